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


def configured(*uplinks, engines=("host1",), **limits):
    login = {"username": "admin", "password": "x", "host_key": "ignore", "rbridge_id": 21}
    switches = [
        {"name": name, "host": f"10.0.0.{number}", **login, **limits}
        for number, name in enumerate(("tor1", "tor2"))
    ]
    listed = [
        {
            "name": name,
            "url": f"tcp://{name}:2376",
            "uplinks": [
                {
                    "parent": parent,
                    "switch": switch,
                    "ports": [one if "-" in one else f"{TEN}{one}" for one in ports],
                }
                for parent, switch, ports in uplinks
            ],
        }
        for name in engines
    ]
    return settings.parse({"engines": listed, "switches": switches})


def compared(uplinks, names, *, engines=None, tor2=(), tor1=(), **limits):
    """What comes out for the first engine."""
    named = {f"host{number}": name for number, name in enumerate(names, 1)}
    config = configured(*uplinks, engines=engines or tuple(named), **limits)
    found = cabling.compare(config, named, {"tor1": tor1, "tor2": tor2})
    return [cable for cable in found if cable.engine == config.engines[0].name]


# Which names are one host's.


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("host1", "host1", True),
        ("host1", "HOST1", True),
        ("host1", "host1.example.net", True),
        ("Host1.Example.Net.", "host1", True),
        ("host1.example.net", "host1.example.net.", True),
        ("host1.example.net", "host1.example.org", False),
        ("host1.example.net", "host1.example", False),
        ("host1", "host10", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", False),
        ("", "host1", False),
        (".", "host1", False),
    ],
)
def test_whether_two_names_are_one_hosts(one, other, same):
    assert cabling.same_host(one, other) is same
    assert cabling.same_host(other, one) is same


# What an interface is called.


@pytest.mark.parametrize(
    ("port_id", "description", "names"),
    [
        ("0250.5600.0001", "eth0", ["eth0"]),
        ("eth0", "", ["eth0"]),
        ("eth0", "eth0", ["eth0"]),
        ("eth0", "uplink", ["eth0", "uplink"]),
        ("0250.5600.0001", "Interface   2 as ens192", ["ens192"]),
        ("3", "to the rack's switch", []),
        ("", "x" * 16, []),
        ("{{ 1 }}", "a\nb", []),
        ("enp3s0f0.100", "bond-0_a", ["enp3s0f0.100", "bond-0_a"]),
    ],
)
def test_what_a_neighbours_interface_may_be_called(port_id, description, names):
    assert cabling.interfaces(at(1, interface=description, port_id=port_id)) == names


# An uplink of docker.yaml.

ETH0 = ("eth0", "tor1", ())
ETH0_AT_5 = ("eth0", "tor1", ("5",))


@pytest.mark.parametrize(
    ("uplink", "tor1", "tor2", "state", "why", "ports"),
    [
        # Without ports.
        (ETH0, [at(5)], [], TO_BE_WRITTEN, "", [f"{TEN}5"]),
        (
            ETH0,
            [at(5, "HOST1.example.net", "", port_id="eth0")],
            [],
            TO_BE_WRITTEN,
            "",
            [f"{TEN}5"],
        ),
        (ETH0, [at(5, channel=PO)], [], TO_BE_WRITTEN, "", [PO]),
        (ETH0, [at(5, channel=PO), at(6, channel=PO)], [], TO_BE_WRITTEN, "", [PO]),
        (
            ETH0,
            [at(5), at(6, interface="eth1"), at(7, "host2")],
            [],
            TO_BE_WRITTEN,
            "",
            [f"{TEN}5"],
        ),
        (
            *(ETH0, [at(5), at(6)], [], AMBIGUOUS),
            *(f"eth0 is seen at {TEN}5 of tor1, {TEN}6 of tor1", []),
        ),
        (
            *(ETH0, [at(5, channel=PO), at(6)], [], AMBIGUOUS),
            *(f"eth0 is seen at {PO} of tor1, {TEN}6 of tor1", []),
        ),
        (
            *(ETH0, [at(5)], [at(5)], AMBIGUOUS),
            *(f"eth0 is seen at {TEN}5 of tor1, {TEN}5 of tor2", []),
        ),
        (ETH0, [], [at(5)], DIFFERS, f"eth0 is seen at {TEN}5 of tor2", []),
        (
            *(ETH0, [], [at(5), at(6)], AMBIGUOUS),
            *(f"eth0 is seen at {TEN}5 of tor2, {TEN}6 of tor2", []),
        ),
        # Two entries of docker.yaml that lead to one fabric see the same ports.
        (ETH0, [at(5, mac="a")], [at(5, mac="a")], TO_BE_WRITTEN, "", [f"{TEN}5"]),
        (
            *(ETH0, [at(5, mac="a")], [at(5, mac="b")], AMBIGUOUS),
            *(f"eth0 is seen at {TEN}5 of tor1, {TEN}5 of tor2", []),
        ),
        (ETH0, [], [], NOT_SEEN, "LLDP says nothing", []),
        (ETH0, [at(5, "")], [], NOT_SEEN, "LLDP says nothing", []),
        (
            *(("bond0", "tor1", ()), [at(5, channel=PO), at(6, interface="", port_id="7")], []),
            *(NOT_SEEN,),
            "LLDP says nothing; of this host it has"
            f" eth0 at {PO} of tor1, a port without a name at {TEN}6 of tor1",
            [],
        ),
        # With ports.
        (ETH0_AT_5, [at(5)], [], AGREES, "", [f"{TEN}5"]),
        # A port that a hypervisor's agent and the host share.
        (ETH0_AT_5, [at(5), at(5, "esx1"), at(5, "")], [], AGREES, "", [f"{TEN}5"]),
        (("eth0", "tor1", ("5", "6")), [at(5), at(6)], [], AGREES, "", [f"{TEN}5", f"{TEN}6"]),
        (("bond0", "tor1", (PO,)), [at(5, channel=PO)], [], AGREES, "", [PO]),
        (("bond0", "tor1", ("5",)), [at(5)], [], AGREES, "", [f"{TEN}5"]),
        (ETH0_AT_5, [], [], NOT_SEEN, f"LLDP says nothing of {TEN}5", [f"{TEN}5"]),
        (
            *(("eth0", "tor1", ("5", "6")), [at(5)], [], NOT_SEEN),
            f"LLDP says nothing of {TEN}6; of this host it has eth0 at {TEN}5 of tor1",
            [f"{TEN}5", f"{TEN}6"],
        ),
        (ETH0_AT_5, [at(6)], [], DIFFERS, f"eth0 is seen at {TEN}6 of tor1", [f"{TEN}6"]),
        # The trunk is the Port-channel's.
        (ETH0_AT_5, [at(5, channel=PO)], [], DIFFERS, f"eth0 is seen at {PO} of tor1", [PO]),
        (
            *(ETH0_AT_5, [at(5), at(6)], [], DIFFERS),
            *(f"eth0 is seen at {TEN}5 of tor1, {TEN}6 of tor1", [f"{TEN}5"]),
        ),
        (
            *(ETH0_AT_5, [at(5)], [at(9)], DIFFERS),
            *(f"eth0 is seen at {TEN}5 of tor1, {TEN}9 of tor2", [f"{TEN}5"]),
        ),
        (ETH0_AT_5, [], [at(9)], DIFFERS, f"eth0 is seen at {TEN}9 of tor2", [f"{TEN}5"]),
        (
            *(ETH0_AT_5, [at(5, "web9"), at(5, "web8"), at(6)], [], ANOTHER_HOST),
            *(f"web9, web8 is seen at {TEN}5", [f"{TEN}5"]),
        ),
        (
            *(("bond0", "tor1", (PO,)), [at(5, "web9", channel=PO)], [], ANOTHER_HOST),
            *(f"web9 is seen at {PO}", [PO]),
        ),
    ],
)
def test_an_uplink(uplink, tor1, tor2, state, why, ports):
    (cable,) = compared([uplink], ["host1"], tor1=tor1, tor2=tor2)
    assert (cable.state, cable.why) == (state, why)
    assert cable.uplink[:3] == (*uplink[:2], 0)
    assert list(cable.uplink.ports) == ports
    assert cable.to_write == (cable.uplink.ports != cable.ports)


# Hosts that cannot be told apart.


@pytest.mark.parametrize(
    ("names", "systems", "why"),
    [
        (["host1", "host1"], ["host1"], "engines host1, host2 may be one host"),
        (["host1", "HOST1.example.net"], ["host1"], "engines host1, host2 may be one host"),
        # Which of both the short name is, nobody can tell.
        (
            ["host1.example.net", "host1.example.org"],
            ["host1"],
            "engines host1, host2 may be one host",
        ),
        # The same short name in two domains.
        (
            ["host1"],
            ["host1.example.net", "host1.example.org"],
            "host1 may be any of host1.example.net, host1.example.org",
        ),
        (["host1"], ["host1", "host1.example.net"], "host1 may be any of host1, host1.example.net"),
        # These are three hosts.
        (
            ["host1.example.net", "host1.example.org"],
            ["host1.example.net", "host1.example.org", "host1.example.com"],
            "",
        ),
        (["host1", "host2"], ["Host1.", "HOST1"], ""),
    ],
)
@pytest.mark.parametrize("uplinks", [[ETH0], []], ids=["uplink", "no uplink"])
def test_hosts_that_have_one_name(uplinks, names, systems, why):
    tor1 = [at(5, system) for system in systems]
    (cable,) = compared(uplinks, names, tor1=tor1)
    assert (cable.state, cable.why) == ((AMBIGUOUS, why) if why else (TO_BE_WRITTEN, ""))
    assert cable.to_write is (not why)


# What could not be asked.


def test_an_engine_or_a_switch_that_could_not_be_asked():
    config = configured(ETH0, ("eth1", "tor2", ()), engines=("host1", "host2"))
    found = cabling.compare(config, {"host1": "host1", "host2": ""}, {"tor1": [at(5)]})
    assert [(cable.engine, cable.parent, cable.state, cable.why) for cable in found] == [
        ("host1", "eth0", TO_BE_WRITTEN, ""),
        ("host1", "eth1", NOT_ASKED, "the switch does not tell its neighbours"),
        ("host2", "eth0", NOT_ASKED, "the engine does not tell its host's name"),
        ("host2", "eth1", NOT_ASKED, "the switch does not tell its neighbours"),
    ]


# Engines without uplinks.


@pytest.mark.parametrize(
    ("tor1", "tor2", "told"),
    [
        ([], [], [("", "", NOT_SEEN, "LLDP says nothing", [])]),
        (
            [at(5, interface="", port_id="7")],
            [],
            [
                (
                    *("", "", NOT_SEEN, "LLDP says nothing; of this host it has a port without a"),
                    [],
                )
            ],
        ),
        (
            [at(5), at(6, interface="eth1"), at(7, "web9")],
            [at(1, interface="ens192")],
            [
                ("eth0", "tor1", TO_BE_WRITTEN, "", [f"{TEN}5"]),
                ("eth1", "tor1", TO_BE_WRITTEN, "", [f"{TEN}6"]),
                ("ens192", "tor2", TO_BE_WRITTEN, "", [f"{TEN}1"]),
            ],
        ),
        (
            [at(5)],
            [at(5)],
            [("eth0", "", AMBIGUOUS, f"eth0 is seen at {TEN}5 of tor1, {TEN}5 of tor2", [])],
        ),
        (
            [at(5, channel=PO), at(6, interface="eth1")],
            [],
            [
                ("eth0", "tor1", AMBIGUOUS, "eth0 is a member of a bond, whose own name", [PO]),
                ("eth1", "tor1", TO_BE_WRITTEN, "", [f"{TEN}6"]),
            ],
        ),
    ],
)
def test_an_engine_without_uplinks(tor1, tor2, told):
    found = compared([], ["host1"], tor1=tor1, tor2=tor2)
    assert len(found) == len(told)
    for cable, (parent, switch, state, why, seen) in zip(found, told):
        assert (cable.parent, cable.switch, cable.state) == (parent, switch, state)
        assert cable.why.startswith(why)
        assert list(cable.seen) == seen
        assert cable.to_write is (state == TO_BE_WRITTEN)
        if cable.to_write:
            assert cable.uplink == Uplink(parent, switch, 0, 0, tuple(seen))


@pytest.mark.parametrize(
    ("uplinks", "tor1", "why"),
    [
        ([ETH0], [at(5)], f"{TEN}5 is not among the `ports` of switch tor1"),
        ([], [at(5)], f"{TEN}5 is not among the `ports` of switch tor1"),
        (
            [("eth0", "tor1", ("6",))],
            [at(5)],
            f"eth0 is seen at {TEN}5 of tor1; {TEN}5 is not among the `ports` of switch tor1",
        ),
    ],
)
def test_a_port_that_docker_may_not_use_is_not_to_be_written(uplinks, tor1, why):
    (cable,) = compared(uplinks, ["host1"], tor1=tor1, ports=[f"{TEN}6"])
    assert (cable.why, cable.to_write) == (why, False)


def test_a_sentence_names_a_few():
    assert cabling.some(list("abcd")) == "a, b, c, d"
    assert cabling.some(list("abcdef")) == "a, b, c, d and 2 more"


NAMES = st.sampled_from(["", "host1", "HOST1.a", "host1.b", "host2", "web9", "."])
SEEN = st.builds(
    at,
    st.integers(5, 7),
    NAMES,
    st.sampled_from(["eth0", "eth1", ""]),
    st.sampled_from(["", PO]),
    mac=st.sampled_from(["", "a", "b"]),
)


@given(
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from([[], [ETH0], [ETH0_AT_5], [("eth0", "tor2", ("5", "6"))]]),
    st.lists(SEEN, max_size=5),
    st.lists(SEEN, max_size=3),
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
        assert (cable.switch, *cable.uplink.ports) in places
        assert len({port for _, port in places}) == 1
        assert not any(cabling.same_host(names[0], other) for other in names[1:])
