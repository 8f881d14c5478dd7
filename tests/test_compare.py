"""What is compared: the findings for a switch, orphans, and since when they have been seen."""

import pytest
from compared import AT_ONCE, NAME, findings, segment, served, switch
from docker_tor.reconcile import compare
from docker_tor.reconcile.compare import (
    CONFLICT,
    DRIFTED,
    IN_SYNC,
    MISSING,
    ORPHAN,
    REPORTED,
    UNKNOWN,
    WAITING,
    Orphans,
)
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.trunk import Port
from ves import goal, ve, ves

K112 = ("tor1", 21, 112)
AFTER_GRACE = Orphans({}, 1000.0, 600, [])
FABRIC = AT_ONCE._replace(elsewhere={22})
UP = served("10.1.112.1/24")


def standings(found):
    return [(one.vlan, one.rbridge, one.standing) for one in found]


@pytest.mark.parametrize(
    ("have", "standing", "detail"),
    [
        (UP, IN_SYNC, ""),
        (UP._replace(in_service=False), DRIFTED, "no shutdown of global Ve 112"),
        (
            served("10.1.112.9/24", "fd00::1/64"),
            DRIFTED,
            "remove 10.1.112.9/24 from Ve 112 on rbridge 21; remove fd00::1/64 from Ve 112 on"
            " rbridge 21; add 10.1.112.1/24 to Ve 112 on rbridge 21",
        ),
        (ABSENT, MISSING, "add VLAN 112 named 'Docker Network'; add global Ve 112; "),
        # It is no orphan.
        (Vlan(NAME, True), MISSING, "add 10.1.112.1/24 to Ve 112 on rbridge 21; no shutdown"),
        (served(name="Servers"), CONFLICT, "VLAN 112 is there already and is named 'Servers', so"),
    ],
)
def test_what_docker_calls_for(have, standing, detail):
    (found,) = findings([segment(112)], {112: have})
    assert (found.standing, found.rbridge) == (standing, 21)
    assert found.detail == detail if standing in (IN_SYNC, DRIFTED) else detail in found.detail
    wanted = goal(112, 21, "10.1.112.1/24") if standing in (MISSING, DRIFTED) else None
    assert found.goal == wanted
    # What an engine that cannot be asked has is left alone.
    (away,) = findings([segment(112)], {112: have}, believed={K112})
    assert (away.standing, away.goal, away.segment) == (UNKNOWN, None, segment(112))
    assert findings([segment(112, on="tor2")], {}) == []


# Orphans.


@pytest.mark.parametrize(
    ("have", "rbridge", "standing", "detail"),
    [
        (UP, 21, ORPHAN, "no network calls for it"),
        (Vlan(NAME), 0, ORPHAN, "no network calls for it"),
        (served(others=("vrrp-group",)), 21, CONFLICT, "Ve 112 on rbridge 21 carries vrrp-group"),
    ],
)
def test_what_nothing_calls_for(have, rbridge, standing, detail):
    (found,) = findings([], {112: have})
    assert (found.rbridge, found.standing, found.segment) == (rbridge, standing, None)
    assert detail in found.detail
    assert found.goal == (Goal(112, rbridge, remove=True) if standing == ORPHAN else None)


@pytest.mark.parametrize(
    ("seen", "more", "standing", "detail", "since"),
    [
        ({}, {}, WAITING, "is removed in 600 s", 1000.0),
        ({K112: 400.5}, {}, WAITING, "is removed in 0 s", 400.5),
        # Until it is gone: a removal may fail.
        ({K112: 400.0}, {}, ORPHAN, "no network calls for it", 400.0),
        # A clock that was set back delays it by no more than its grace.
        ({K112: 9e9}, {}, WAITING, "is removed in 600 s", 1000.0),
        # What was not dispatched from here is only reported, and not while the sensor may just be
        # dispatching it.
        (
            *({K112: 0.0}, {"ours": ()}, REPORTED),
            *("not dispatched from here; orphans=remove takes it away", 0.0),
        ),
        ({}, {"ours": ()}, WAITING, "is reported in 600 s", 1000.0),
        # The grace begins when the engine that may know better is back, and says no.
        (
            *({K112: 0.0}, {"unreached": ["host1", "host2"]}, UNKNOWN),
            *("engine host1, host2 is away, or not believed", None),
        ),
    ],
)
def test_what_becomes_of_an_orphan(seen, more, standing, detail, since):
    orphans = AFTER_GRACE._replace(seen=seen, **more)
    (found,) = findings([], {112: UP}, orphans=orphans)
    assert (found.standing, found.detail) == (standing, detail)
    assert found.goal is None or standing in (WAITING, ORPHAN)
    assert compare.seen([found], orphans) == ({} if since is None else {K112: since})


def test_what_others_made_and_what_is_beyond_the_switchs_limits_is_none_of_its_business():
    for name in ("Servers", "", "docker network", None):
        assert findings([], {112: served("10.1.112.1/24", name=name)}) == []
    have = {vlan: served(f"10.1.{vlan % 256}.1/24") for vlan in (99, 100, 199, 200)}
    found = findings([], have, of=switch(vlans="100-199"))
    assert standings(found) == [(100, 21, ORPHAN), (199, 21, ORPHAN)]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [("10.1.113.77/24", ("10.1.113.1/24",)), ("fd00::9/48", ("10.1.113.1/24", "fd00::1/64"))],
)
def test_an_orphan_does_not_wait_in_the_way_of_what_is_called_for(address, wanted):
    """Its subnet is another network's by now, so that its own cannot come back anyway."""
    have = {112: served(address), 113: ABSENT, 114: served("10.1.114.1/24")}
    # On another rbridge it is in nobody's way.
    have[115] = served(address, rbridge=22)
    found = findings([segment(113, *wanted)], have, orphans=AFTER_GRACE)
    assert standings(found) == [
        *((112, 21, ORPHAN), (113, 21, MISSING)),
        *((114, 21, WAITING), (115, 22, WAITING)),
    ]
    assert found[0].detail == "its subnet is another network's now"


def test_what_is_another_switchs_of_the_fabric_is_that_switchs_business():
    both = Vlan(NAME, True, {21: ve("10.1.112.1/24"), 22: ve("10.1.112.1/24")})
    assert standings(findings([], {112: both}, orphans=FABRIC)) == [(112, 21, ORPHAN)]
    # A VLAN without a Ve may be what it is just making.
    bare = {112: Vlan(NAME, True)}
    assert findings([segment(112, on="tor2", rbridge=22)], bare, orphans=FABRIC) == []
    # If no network calls for it, it is one that some run has left, once no run can be at it.
    (found,) = findings([], bare, orphans=FABRIC)
    assert (found.standing, found.detail) == (WAITING, "is removed in 900 s")
    seen = {("tor1", 0, 112): FABRIC.now - compare.LONGEST_RUN}
    (found,) = findings([], bare, orphans=FABRIC._replace(seen=seen))
    assert (found.standing, found.goal) == (ORPHAN, Goal(112, 0, remove=True))


def layer_2(vlan, **more):
    return segment(vlan, **more)._replace(addresses=())


@pytest.mark.parametrize(
    ("have", "standing", "detail"),
    [
        (Vlan(NAME), IN_SYNC, ""),
        (ABSENT, MISSING, "add VLAN 112 named 'Docker Network'"),
        (Vlan(NAME, True), DRIFTED, "shut global Ve 112; remove global Ve 112"),
        (Vlan(NAME, True, {22: ve("10.1.112.1/24")}), IN_SYNC, ""),
        (served(others=("vrrp-group",)), CONFLICT, None),
    ],
)
def test_a_layer_2_segment(have, standing, detail):
    other = layer_2(112, rbridge=22)._replace(addresses=ves("10.1.112.1/24"))
    wanted = [layer_2(112), *([other] if 22 in have.ves else [])]
    found = findings(wanted, {112: have})[0]
    assert (found.rbridge, found.standing) == (21, standing)
    assert detail is None or found.detail == detail


def test_an_orphan_leaves_the_vlan_to_the_other_segments_on_it():
    keep = Goal(112, 21, remove=True, keep_vlan=True)
    orphan, wanted = findings([layer_2(112, rbridge=22)], {112: UP})
    assert (orphan.goal, wanted.standing) == (keep, IN_SYNC)
    # Of another entry, if the switch is of one fabric with it.
    theirs = [layer_2(112, on="tor2", rbridge=22)]
    (orphan,) = findings(theirs, {112: UP}, orphans=FABRIC)
    assert orphan.goal == keep
    (orphan,) = findings(theirs, {112: UP})
    assert orphan.goal == keep._replace(keep_vlan=False)
    assert findings(theirs, {112: Vlan(NAME)}, orphans=FABRIC) == []
    (orphan,) = findings(theirs, {112: Vlan(NAME)})
    assert orphan.goal == Goal(112, 0, remove=True)


# Ports.

A, B = "TenGigabitEthernet 21/0/1", "TenGigabitEthernet 21/0/2"
ON_A = AT_ONCE._replace(recorded={112: frozenset({A})})


def on(have, *carrying):
    """The VLAN, and which of both ports carry it."""
    lists = {port: frozenset({10, 112} if port in carrying else {10}) for port in (A, B)}
    return {112: have._replace(ports={port: Port(vlans=of) for port, of in lists.items()})}


def test_recorded_ports_go_with_the_orphan():
    """But those of others stay: what is not recorded is not ours."""
    (found,) = findings([], on(UP, A, B), orphans=ON_A)
    assert (found.standing, found.goal) == (ORPHAN, Goal(112, 21, remove=True, ports_gone=(A,)))
    assert found.changes.want.ports[B].carries(112)
    assert not found.changes.want.ports[A].carries(112)


@pytest.mark.parametrize(
    ("segments", "vlan"),
    [
        # The segment stays, or its VLAN is gone already, with the Ve or by itself.
        ([segment(112, ports=(B,)), segment(112, rbridge=22, ports=(B,))], UP),
        ([], ABSENT),
        # On another VLAN, or at another switch, it is another port's.
        ([segment(113, ports=(A,)), segment(112, on="tor2", ports=(A,))], ABSENT),
    ],
)
def test_a_recorded_port_that_no_network_needs_is_an_orphan(segments, vlan):
    have = on(vlan, A, B)
    # Though the segment is not ours: what is recorded is.
    found, *others = findings(segments, have, orphans=ON_A._replace(ours=()))
    assert (found.rbridge, found.standing) == (0, ORPHAN)
    assert found.goal == Goal(112, 0, ports_only=True, ports_gone=(A,))
    assert found.detail == f"no network calls for it on {A}"
    assert [step.port for step in found.changes.steps] == [A]
    assert ORPHAN not in [one.standing for one in others]
    waits = ON_A._replace(grace=600)
    found, *_ = findings(segments, have, orphans=waits)
    assert (found.standing, found.detail) == (WAITING, f"is taken from {A} in 600 s")
    assert compare.seen([found], waits) == {("tor1", 0, 112): 1000.0}
    found, *_ = findings(segments, have, orphans=ON_A._replace(unreached=["host1"]))
    assert (found.standing, found.goal) == (UNKNOWN, None)


@pytest.mark.parametrize(
    ("segments", "have"),
    [
        # Somebody needs it.
        ([segment(112, ports=(A,))], on(UP, A)),
        ([segment(112, rbridge=22, on="tor2", ports=(A,))], on(ABSENT, A)),
        # The network's uplink names no port any more: somebody else takes care of it.
        ([segment(112)], on(UP, A)),
        # The VLAN is another's by now.
        ([], on(Vlan("Servers"), A)),
        # On a switch whose empty list means all VLANs, its list has nothing else.
        ([], {112: ABSENT._replace(ports={A: Port(vlans=frozenset({112}), last_stays=True)})}),
    ],
)
def test_a_recorded_port_that_is_left_alone(segments, have):
    found = findings(segments, have, orphans=ON_A._replace(elsewhere={22}))
    assert not {ORPHAN, WAITING} & {one.standing for one in found}


def test_a_record_of_what_is_not_there_any_more_is_forgotten_at_once():
    """Somebody else may allow the VLAN there tomorrow."""
    (found,) = findings([], on(ABSENT), orphans=ON_A._replace(grace=600))
    assert (found.standing, found.goal.ports_gone) == (ORPHAN, (A,))
    assert found.detail == f"only its record is left, of {A}"
