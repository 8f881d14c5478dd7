"""When changes are dispatched: bursts, removals that wait, and batches."""

import pytest
from docker_tor import ledger, pace
from docker_tor.intent import CREATE, DESTROY, UPDATE, Change, Segment
from docker_tor.networks import Network
from docker_tor.pace import BURST, GATHER, Grace, Pace


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def segment(vlan, *addresses, switch="tor1", rbridge=21, networks=()):
    given = addresses or (f"10.0.{vlan}.1/24",)
    return Segment(switch, rbridge, vlan, "10.0.0.1", given, tuple(networks))


def keys(*vlans):
    return [segment(vlan).key for vlan in vlans]


def test_a_few_changes_do_not_wait(clock):
    few = Pace(3, clock)
    assert few.wait == 0.0
    few.dispatched(keys(1, 2, 3))
    assert few.wait == 0.0
    few.dispatched(keys(4))
    assert few.wait == GATHER


def test_changes_of_one_segment_are_no_burst(clock):
    few = Pace(1, clock)
    for _ in range(9):
        few.dispatched(keys(1))
    assert few.wait == 0.0


def test_a_burst_is_over_a_second_after_the_last(clock):
    few = Pace(1, clock)
    few.dispatched(keys(1))
    clock.now += BURST / 2
    few.dispatched(keys(2))
    assert few.wait == GATHER
    clock.now += BURST / 2
    assert few.wait == 0.0
    few.dispatched(keys(3))
    assert few.wait == GATHER
    clock.now += BURST
    assert few.wait == 0.0


def destroy(vlan, *addresses, **more):
    return Change(DESTROY, segment(vlan, *addresses, **more))


def desired(*segments):
    return {one.key: one for one in segments}


def test_without_grace_nothing_waits(clock):
    grace = Grace(0, clock)
    changes = [destroy(1), Change(CREATE, segment(2))]
    assert grace.due(changes, desired(segment(2))) == changes


def test_removals_wait_and_others_do_not(clock):
    grace = Grace(30, clock)
    others = [Change(CREATE, segment(2)), Change(UPDATE, segment(3))]
    changes = [destroy(1), *others]
    want = desired(segment(2), segment(3))
    assert not grace.over
    assert grace.due(changes, want) == others
    clock.now += 29
    assert (grace.over, grace.due(changes, want)) == (False, others)
    clock.now += 1
    assert (grace.over, grace.due(changes, want)) == (True, changes)


def test_each_removal_waits_from_when_it_was_first_seen(clock):
    grace = Grace(30, clock)
    grace.due([destroy(1)], {})
    clock.now += 20
    grace.due([destroy(1), destroy(2)], {})
    clock.now += 10
    assert grace.due([destroy(1), destroy(2)], {}) == [destroy(1)]
    # The one was dispatched: it is no change any more.
    assert grace.due([destroy(2)], {}) == []
    assert not grace.over
    clock.now += 20
    assert grace.due([destroy(2)], {}) == [destroy(2)]


def test_one_that_came_back_waits_anew(clock):
    grace = Grace(30, clock)
    grace.due([destroy(1)], {})
    clock.now += 29
    grace.due([], desired(segment(1)))
    clock.now += 1
    assert not grace.over
    assert grace.due([destroy(1)], {}) == []


@pytest.mark.parametrize(
    ("newcomer", "waits"),
    [
        (segment(2, "10.0.1.9/24"), False),
        (segment(2, "10.0.0.1/16"), False),
        (segment(2, "192.0.2.1/24", "10.0.1.9/28"), False),
        (segment(2, "10.0.2.1/24"), True),
        (segment(2, "fd00:1::1/64"), True),
        (segment(2, "10.0.1.9/24", rbridge=22), True),
        (segment(2, "10.0.1.9/24", switch="tor2"), True),
    ],
)
def test_one_that_is_in_the_way_does_not_wait(clock, newcomer, waits):
    grace = Grace(30, clock)
    coming = Change(CREATE, newcomer)
    changes = [destroy(1, "10.0.1.1/24"), coming]
    assert grace.due(changes, desired(newcomer)) == ([coming] if waits else changes)


def grouped(changes, few, most):
    return [
        [(change.segment.switch, change.segment.vlan) for change in group]
        for group in pace.batches(changes, few, most)
    ]


def several(switch, *vlans):
    return [destroy(vlan, switch=switch) for vlan in vlans]


def test_batches():
    assert grouped([], 3, 4) == []
    assert grouped(several("a", 1, 2, 3), 3, 4) == [[("a", 1)], [("a", 2)], [("a", 3)]]
    assert grouped(several("a", 1, 2, 3, 4), 3, 4) == [[("a", vlan) for vlan in (1, 2, 3, 4)]]
    assert grouped(several("a", *range(1, 10)), 3, 4) == [
        [("a", vlan) for vlan in group] for group in ((1, 2, 3, 4), (5, 6, 7, 8), (9,))
    ]


def test_each_switch_has_batches_of_its_own():
    changes = [*several("a", 1, 2), *several("b", 1), *several("a", 3)]
    assert grouped(changes, 2, 9) == [[("a", 1), ("a", 2), ("a", 3)], [("b", 1)]]
    assert grouped(changes, 0, 9) == [[("a", 1), ("a", 2), ("a", 3)], [("b", 1)]]
    assert all(isinstance(group, tuple) for group in pace.batches(changes, 2, 9))


# What the ledger tells of the segments that are in use.


def network(name, vlan=112):
    return Network("a" * 64, name, "host1", "macvlan", "eth0.112", vlan, frozenset({"10.0.0.1/24"}))


def book(*pending):
    segments = [
        segment(112, networks=[network("web"), network("db"), network("web")]),
        segment(112, rbridge=22, networks=[network("cache")]),
        segment(112, switch="tor2", networks=[network("other")]),
        segment(113, networks=[network("more", 113)]),
    ]
    return ledger.Ledger(desired(*segments), frozenset(), frozenset(pending))


def test_users():
    assert book().users("tor1", 112) == ("cache", "db", "web")
    assert book().users("tor1", 112, 21) == ("db", "web")
    assert book().users("tor1", 112, 23) == book().users("tor1", 114) == ()
    assert book().users("tor9", 112) == ()


def test_those_whose_change_is_pending_do_not_count():
    pending = ("tor1", 21, 112)
    assert book(pending).users("tor1", 112, 21) == ()
    assert book(pending).users("tor1", 112) == ("cache",)


def test_what_is_pending_is_kept():
    kept = book(("tor1", 21, 112), ("tor1", 22, 112))
    again = ledger.load(ledger.dump(kept))
    assert again == kept
    assert again.pending == {("tor1", 21, 112), ("tor1", 22, 112)}
