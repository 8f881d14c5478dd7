"""docker.yaml's ports beside what LLDP says of them: which host is at which port, and what is told
because it is not beyond doubt."""

import pytest
from docker_tor.config import settings
from docker_tor.config.entries import Uplink
from docker_tor.reconcile import cabling
from docker_tor.reconcile.cabling import (
    AGREES,
    AMBIGUOUS,
    ANOTHER_HOST,
    DIFFERS,
    NOT_ASKED,
    NOT_SEEN,
    TO_BE_WRITTEN,
)
from docker_tor.switch.driver import Neighbour
from hypothesis import given
from hypothesis import strategies as st

TEN = "TenGigabitEthernet 21/0/"
PO = "Port-channel 10"


def at(port, system="host1", interface="eth0", channel="", *, port_id="0250.5600.0001", mac=""):
    return Neighbour(f"{TEN}{port}", channel, mac, system, port_id, interface)


def configured(uplinks, engines, **limits):
    login = {"username": "admin", "password": "x", "host_key": "ignore", "rbridge_id": 21}
    switches = [{"name": name, "host": f"h-{name}", **login, **limits} for name in ("tor1", "tor2")]
    ups = [dict(zip(("parent", "switch", "ports"), uplink)) for uplink in uplinks]
    listed = [{"name": name, "url": f"tcp://{name}:2376", "uplinks": ups} for name in engines]
    return settings.parse({"engines": listed, "switches": switches})


def compared(uplinks, names=("host1",), *, tor1=(), tor2=(), **limits):
    """What comes out for the first of the engines whose hosts have these names."""
    named = {f"host{number}": name for number, name in enumerate(names, 1)}
    config = configured(uplinks, named, **limits)
    found = cabling.compare(config, named, {"tor1": tor1, "tor2": tor2})
    return [cable for cable in found if cable.engine == "host1"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("host1", "HOST1", True),
        ("Host1.Example.Net.", "host1", True),
        ("host1.example.net", "host1.example.net.", True),
        ("host1.example.net", "host1.example.org", False),
        (".", "host1", False),
    ],
)
def test_whether_two_names_are_one_hosts(one, other, same):
    assert cabling.same_host(one, other) is same
    assert cabling.same_host(other, one) is same


@pytest.mark.parametrize(
    ("port_id", "description", "names"),
    [
        ("eth0", "eth0", ["eth0"]),
        ("enp3s0f0.100", "bond-0_a", ["enp3s0f0.100", "bond-0_a"]),
        ("0250.5600.0001", "Interface   2 as ens192", ["ens192"]),
        ("3", "to the rack's switch", []),
        ("{{ 1 }}", "x" * 16, []),
    ],
)
def test_what_a_neighbours_interface_may_be_called(port_id, description, names):
    assert cabling.interfaces(at(1, interface=description, port_id=port_id)) == names


FIVE, SIX = f"{TEN}5", f"{TEN}6"
ETH0 = ("eth0", "tor1", ())
ETH0_AT_5 = ("eth0", "tor1", (FIVE,))


@pytest.mark.parametrize(
    ("uplink", "tor1", "tor2", "ports"),
    [
        # docker.yaml has none, and they are to be written.
        (ETH0, [at(5), at(6, interface="eth1"), at(7, "host2")], [], [FIVE]),
        (ETH0, [at(5, "HOST1.example.net", "", port_id="eth0")], [], [FIVE]),
        (ETH0, [at(5, channel=PO), at(6, channel=PO)], [], [PO]),
        # Two entries of docker.yaml that lead to one fabric see the same ports.
        (ETH0, [at(5, mac="a")], [at(5, mac="a")], [FIVE]),
        # These agree; with a port that a hypervisor's agent and the host share, too.
        (ETH0_AT_5, [at(5), at(5, "esx1"), at(5, "")], [], [FIVE]),
        (("eth0", "tor1", (FIVE, SIX)), [at(5), at(6)], [], [FIVE, SIX]),
        (("bond0", "tor1", (FIVE,)), [at(5)], [], [FIVE]),
    ],
)
def test_an_uplink_of_which_nothing_is_doubtful(uplink, tor1, tor2, ports):
    (cable,) = compared([uplink], tor1=tor1, tor2=tor2)
    assert (cable.state, cable.why) == (AGREES if uplink[2] else TO_BE_WRITTEN, "")
    assert cable.uplink == Uplink(*uplink[:2], 0, 0, tuple(ports))
    assert cable.to_write is (not uplink[2])


ON_5, ON_6 = f"{FIVE} of tor1", f"{SIX} of tor1"


@pytest.mark.parametrize(
    ("uplink", "tor1", "tor2", "state", "why"),
    [
        (ETH0, [at(5, channel=PO), at(6)], [], AMBIGUOUS, f"seen at {PO} of tor1, {ON_6}"),
        (ETH0, [at(5)], [at(5)], AMBIGUOUS, f"seen at {ON_5}, {FIVE} of tor2"),
        (ETH0, [at(5, mac="a")], [at(5, mac="b")], AMBIGUOUS, f"seen at {ON_5}, {FIVE} of tor2"),
        (ETH0, [], [at(5)], DIFFERS, f"eth0 is seen at {FIVE} of tor2"),
        (ETH0, [at(5, "")], [], NOT_SEEN, "LLDP says nothing"),
        (
            *(ETH0_AT_5, [at(5, "")], [at(5, interface="eth1")], NOT_SEEN),
            f"LLDP says nothing of {FIVE}; of this host it has eth1 at {FIVE} of tor2",
        ),
        (
            *(("bond0", "tor1", ()), [at(5, channel=PO), at(6, interface="", port_id="7")], []),
            *(
                NOT_SEEN,
                f"of this host it has eth0 at {PO} of tor1, a port without a name at {ON_6}",
            ),
        ),
        (ETH0_AT_5, [], [], NOT_SEEN, f"LLDP says nothing of {FIVE}"),
        (ETH0_AT_5, [at(5), at(6)], [], DIFFERS, f"eth0 is seen at {ON_5}, {ON_6}"),
        (
            *(ETH0_AT_5, [at(5, "web9"), at(5, "web8"), at(6)], []),
            *(ANOTHER_HOST, f"web9, web8 is seen at {FIVE}"),
        ),
        (
            *(("bond0", "tor1", (PO,)), [at(5, "web9", channel=PO)], []),
            *(ANOTHER_HOST, f"web9 is seen at {PO}"),
        ),
    ],
)
def test_an_uplink_that_somebody_has_to_look_at(uplink, tor1, tor2, state, why):
    (cable,) = compared([uplink], tor1=tor1, tor2=tor2)
    assert cable.state == state
    assert cable.why.endswith(why)
    assert (cable.uplink.ports, cable.to_write) == (uplink[2], False)


# Hosts that cannot be told apart.

MAY_BE_ONE = "engines host1, host2 may be one host"


@pytest.mark.parametrize(
    ("names", "systems", "why"),
    [
        (["host1", "HOST1.example.net"], ["host1"], MAY_BE_ONE),
        # Which of both the short name is, nobody can tell.
        (["host1.example.net", "host1.example.org"], ["host1"], MAY_BE_ONE),
        # The same short name in two domains.
        (["host1"], ["host1.a", "host1.b"], "host1 may be any of host1.a, host1.b"),
        (["host1"], ["host1", "host1.a"], "host1 may be any of host1, host1.a"),
        # These are three hosts.
        (["host1.a", "host1.b"], ["host1.a", "host1.b", "host1.c"], ""),
        (["host1", "host2"], ["Host1.", "HOST1"], ""),
    ],
)
def test_hosts_that_have_one_name(names, systems, why):
    for uplinks in ([ETH0], []):
        (cable,) = compared(uplinks, names, tor1=[at(5, system) for system in systems])
        assert (cable.state, cable.why) == ((AMBIGUOUS, why) if why else (TO_BE_WRITTEN, ""))
        assert cable.to_write is (not why)


def test_an_engine_or_a_switch_that_could_not_be_asked():
    config = configured([ETH0, ("eth1", "tor2", ())], ("host1", "host2"))
    found = cabling.compare(config, {"host1": "host1", "host2": ""}, {"tor1": [at(5)]})
    assert [(cable.engine, cable.parent, cable.state, cable.why) for cable in found] == [
        ("host1", "eth0", TO_BE_WRITTEN, ""),
        ("host1", "eth1", NOT_ASKED, "the switch does not tell its neighbours"),
        ("host2", "eth0", NOT_ASKED, "the engine does not tell its host's name"),
        ("host2", "eth1", NOT_ASKED, "the switch does not tell its neighbours"),
    ]


# Engines without uplinks.


def test_an_engine_without_uplinks_may_have_one_for_each_interface_that_is_seen():
    tor1, tor2 = [at(5), at(6, interface="eth1"), at(7, "web9")], [at(1, interface="ens192")]
    found = compared([], tor1=tor1, tor2=tor2)
    assert {(cable.state, cable.why, cable.to_write) for cable in found} == {
        (TO_BE_WRITTEN, "", True)
    }
    assert [cable.uplink for cable in found] == [
        Uplink("eth0", "tor1", 0, 0, (FIVE,)),
        Uplink("eth1", "tor1", 0, 0, (SIX,)),
        Uplink("ens192", "tor2", 0, 0, (f"{TEN}1",)),
    ]


@pytest.mark.parametrize(
    ("tor1", "tor2", "parent", "state", "why"),
    [
        ([], [], "", NOT_SEEN, "LLDP says nothing"),
        (
            *([at(5, interface="", port_id="7")], [], "", NOT_SEEN),
            f"LLDP says nothing; of this host it has a port without a name at {ON_5}",
        ),
        ([at(5)], [at(5)], "eth0", AMBIGUOUS, f"eth0 is seen at {ON_5}, {FIVE} of tor2"),
        (
            *([at(5, channel=PO)], [], "eth0", AMBIGUOUS),
            "eth0 is a member of a bond, whose own name the parent is",
        ),
    ],
)
def test_an_engine_without_uplinks_of_which_nothing_is_sure(tor1, tor2, parent, state, why):
    (cable,) = compared([], tor1=tor1, tor2=tor2)
    assert (cable.parent, cable.state, cable.why) == (parent, state, why)
    assert not cable.to_write


@pytest.mark.parametrize(
    ("uplinks", "seen"),
    [([ETH0], ""), ([], ""), ([("eth0", "tor1", (SIX,))], f"eth0 is seen at {ON_5}; ")],
)
def test_a_port_that_docker_may_not_use_is_not_to_be_written(uplinks, seen):
    (cable,) = compared(uplinks, tor1=[at(5)], ports=[SIX])
    assert cable.why == f"{seen}{FIVE} is not among the `ports` of switch tor1"
    assert not cable.to_write


def test_a_sentence_names_a_few():
    assert cabling.some(list("abcd")) == "a, b, c, d"
    assert cabling.some(list("abcdef")) == "a, b, c, d and 2 more"


NAMES = st.sampled_from(["", "host1", "HOST1.a", "host1.b", "host2", "web9", "."])
SEEN = st.lists(
    st.builds(
        at,
        st.integers(5, 7),
        NAMES,
        st.sampled_from(["eth0", "eth1", ""]),
        st.sampled_from(["", PO]),
    ),
    max_size=5,
)


@given(
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from([[], [ETH0], [ETH0_AT_5], [("eth0", "tor2", (FIVE, SIX))]]),
    SEEN,
    SEEN,
)
def test_whatever_is_written_is_the_only_place_where_the_parent_is_seen(names, uplinks, one, two):
    for cable in compared(uplinks, names, tor1=one, tor2=two):
        if not cable.to_write:
            continue
        places = {
            (switch, neighbour.trunk)
            for switch, neighbours in (("tor1", one), ("tor2", two))
            for neighbour in neighbours
            if cabling.same_host(names[0], neighbour.system)
            and cable.parent in cabling.interfaces(neighbour)
        }
        assert places == {(cable.switch, *cable.uplink.ports)}
        assert not any(cabling.same_host(names[0], other) for other in names[1:])
