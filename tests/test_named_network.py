"""Which network a person means by what he has typed."""

import pytest
from docker_tor.common.errors import InvalidValue, SegmentConflict
from docker_tor.common.sanitize import label
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network, Rejection
from docker_tor.reconcile import named_network
from docker_tor.reconcile.discovery import Discovery

LONG = "n" * 84
HERE = {"tor1", "tor2"}


def network(number, name, engine="host1"):
    shown = label(name)
    full = "" if shown == name else name
    identity = f"{number:x}" * 64
    return Network(identity, shown, engine, "macvlan", "eth0.5", 5, frozenset(), full_name=full)


def survey(*placed, rejected=(), ignored=(), unreached=()):
    """Networks with the VLAN and switch of each, and those that have none with the reason."""
    segments = {}
    for one, vlan, switch in placed:
        made = Segment(switch, 21, vlan, "h", (), (one,))
        before = segments.get(made.key, made)
        segments[made.key] = made._replace(networks=(*before.networks, one)[-2:])
    troubles = [
        [Rejection(one.as_payload(), error, one.full_name) for one, error in found]
        for found in (rejected, ignored)
    ]
    away = dict.fromkeys(unreached, "it is away")
    return Discovery(segments, troubles[0], away, frozenset(), ignored=troubles[1])


def vlans(text, found, on=HERE):
    return sorted(key[2] for key in named_network.keys(text, found, on))


WEB, DB = network(1, "web"), network(2, "db")
TWO = survey((WEB, 112, "tor1"), (DB, 113, "tor1"))


@pytest.mark.parametrize("text", ["web", "ab" * 32, "ab" * 6, "Web", "AB" * 6])
def test_a_name_an_id_and_the_beginning_of_one(text):
    """Case does not matter where nothing else answers."""
    ours = network(1, "web")._replace(id="ab" * 32)
    assert vlans(text, survey((ours, 112, "tor1"), (DB, 113, "tor1"))) == [112]


@pytest.mark.parametrize("text", ["we", "webb", "1" * 11, "1" * 65, "", "3" * 12])
def test_what_no_network_answers_to(text):
    with pytest.raises(InvalidValue, match="no segment is for a network"):
        named_network.keys(text, TWO, HERE)
    # An engine that could not be asked may know it.
    with pytest.raises(InvalidValue, match="engine host2 could not be asked"):
        named_network.keys(text, survey(unreached=["host2"]), HERE)


def test_case_tells_networks_apart():
    both = survey((WEB, 112, "tor1"), (network(3, "WEB"), 114, "tor1"))
    assert (vlans("web", both), vlans("WEB", both)) == ([112], [114])
    with pytest.raises(InvalidValue, match="2 networks answer to 'Web'"):
        vlans("Web", both)


def test_what_is_compared_is_whole():
    one, other = network(1, f"{LONG}1"), network(2, f"{LONG}2")
    found = survey((one, 112, "tor1"), (other, 113, "tor1"))
    assert (vlans(f"{LONG}1", found), vlans(f"{LONG}2", found)) == ([112], [113])
    # What is shown of both is the same.
    with pytest.raises(InvalidValue) as caught:
        named_network.keys(one.name, found, HERE)
    assert "2 networks answer to" in caught.value.what
    assert "111111111111 of engine host1, 222222222222 of engine host1" in caught.value.what
    assert "by its id" in caught.value.remedy
    # It will do where there is but one, and a whole name is preferred to it.
    odd = network(1, "it's <@U1>")
    for shown in (one, odd):
        assert vlans(shown.name, survey((shown, 112, "tor1"))) == [112]
    short = network(3, one.name)
    assert vlans(one.name, survey((one, 112, "tor1"), (short, 114, "tor1"))) == [114]


def test_one_name_on_two_engines():
    theirs = network(2, "web", engine="host2")
    apart = survey((WEB, 112, "tor1"), (theirs, 112, "tor2"))
    with pytest.raises(InvalidValue, match="2 networks answer to 'web'"):
        named_network.keys("web", apart, HERE)
    assert named_network.keys("web", apart, {"tor2"}) == {("tor2", 21, 112)}
    assert named_network.keys("2" * 12, apart, HERE) == {("tor2", 21, 112)}
    # Where it makes no difference which is meant, both are.
    together = survey((WEB, 112, "tor1"), (theirs, 112, "tor1"))
    assert vlans("web", together) == [112]
    # A swarm's network is one, on however many engines.
    swarm = survey((WEB, 112, "tor1"), (WEB._replace(engine="host2"), 112, "tor2"))
    assert vlans("web", swarm) == [112, 112]


def test_why_there_is_no_segment():
    rejected = [(WEB, SegmentConflict("somebody has it"))]
    ignored = [(DB, InvalidValue("its parent vlan10 carries no tag", remedy="Say it."))]
    found = survey(rejected=rejected, ignored=ignored)
    with pytest.raises(SegmentConflict, match="somebody has it"):
        named_network.keys("web", found, HERE)
    for text in ("db", "2" * 12):
        with pytest.raises(InvalidValue) as caught:
            named_network.keys(text, found, HERE)
        assert str(caught.value) == (
            "engine host1: nothing is done for network db: its parent vlan10 carries no tag."
            " Say it."
        )
    # One that has a segment is meant rather than one that has none.
    other = network(3, "web")
    assert vlans("web", survey((other, 112, "tor1"), rejected=rejected)) == [112]
    both = [*rejected, (other, InvalidValue("no"))]
    with pytest.raises(InvalidValue, match="2 networks answer to 'web'"):
        named_network.keys("web", survey(rejected=both), HERE)


@pytest.mark.parametrize(("text", "is_one"), [("4094", True), ("12345", False), ("١١٢", False)])
def test_a_number_is_a_vlan(text, is_one):
    assert named_network.is_vlan(text) is is_one


def test_who_answers():
    meant = [named_network.is_meant(text, WEB) for text in ("web", "1" * 12, "db")]
    assert meant == [True, True, False]
