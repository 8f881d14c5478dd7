"""When changes are dispatched: bursts, removals that wait, and batches."""

import pytest
from docker_tor.controller.debounce import BURST, Debounce
from docker_tor.controller.dispatch import Bursts
from docker_tor.controller.grace import Grace
from docker_tor.desired import last_applied
from docker_tor.desired.segments import CREATE, DESTROY, UPDATE, Change, Segment
from docker_tor.engine.networks import Network
from hypothesis import given
from hypothesis import strategies as st
from listed import ves


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
    return Segment(switch, rbridge, vlan, "10.0.0.1", ves(*given), tuple(networks))


def test_a_change_waits_for_those_that_follow_it(clock):
    debounce = Debounce(0.25, clock)
    assert debounce.wait == 0.0
    debounce.changed()
    assert debounce.wait == 0.25
    clock.now += 0.125
    assert debounce.wait == 0.125
    debounce.changed()
    assert debounce.wait == 0.25
    clock.now += 0.25
    assert debounce.wait == 0.0
    # Late is still due.
    clock.now += 100
    assert debounce.wait == 0.0
    debounce.taken()
    assert debounce.wait == 0.0
    debounce.changed()
    assert debounce.wait == 0.25


@given(st.lists(st.floats(0.0, 0.25, exclude_max=True), min_size=20))
def test_changes_that_keep_coming_wait_no_longer_than_a_burst_may(gaps):
    clock = Clock()
    debounce = Debounce(0.25, clock)
    last = clock.now + BURST
    for gap in gaps:
        debounce.changed()
        assert debounce.wait == pytest.approx(max(min(0.25, last - clock.now), 0.0))
        clock.now += gap


@pytest.mark.parametrize("seconds", [0, 0.25, 2, 5])
def test_alone_a_change_waits_as_long_as_is_configured(clock, seconds):
    debounce = Debounce(seconds, clock)
    debounce.changed()
    assert debounce.wait == seconds


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


def several(switch, *vlans):
    return [destroy(vlan, switch=switch) for vlan in vlans]


def grouped(bursts, changes):
    """The groups: a switch and a VLAN that is shown by itself, or a switch and a batch's VLANs."""
    found = []
    for group in bursts.groups(changes):
        (switch,) = {change.segment.switch for change in group.changes}
        vlans = [change.segment.vlan for change in group.changes]
        if group.alone:
            assert len(vlans) == 1
        found.append((switch, vlans[0] if group.alone else vlans))
    return found


@pytest.mark.parametrize(
    ("few", "count", "expected"),
    [
        (3, 0, []),
        (3, 1, [1]),
        (3, 3, [1, 2, 3]),
        (3, 4, [[1, 2, 3, 4]]),
        (3, 9, [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        (0, 1, [[1]]),
        (0, 2, [[1, 2]]),
        (9, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_few_are_shown_one_by_one_and_more_are_a_batch(clock, few, count, expected):
    changes = several("a", *range(1, count + 1))
    assert grouped(Bursts(few, 4, clock), changes) == [("a", one) for one in expected]


def test_each_switch_has_batches_and_bursts_of_its_own(clock):
    bursts = Bursts(2, 9, clock)
    changes = [*several("a", 1, 2), *several("b", 1), *several("a", 3)]
    assert grouped(bursts, changes) == [("a", [1, 2, 3]), ("b", 1)]
    bursts.dispatched("a")
    assert grouped(bursts, [*several("a", 4), *several("b", 2)]) == [("a", [4]), ("b", 2)]


def test_what_follows_soon_is_a_batch_however_little_it_is(clock):
    bursts = Bursts(3, 9, clock)
    assert grouped(bursts, several("a", 1)) == [("a", 1)]
    # Nothing went out of what was only put together.
    assert grouped(bursts, several("a", 1)) == [("a", 1)]
    bursts.dispatched("a")
    clock.now += BURST - 0.1
    assert grouped(bursts, several("a", 2)) == [("a", [2])]
    bursts.dispatched("a")
    clock.now += BURST - 0.1
    assert grouped(bursts, several("a", 3)) == [("a", [3])]
    clock.now += 0.1
    assert grouped(bursts, several("a", 3)) == [("a", 3)]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9))), st.integers(0, 9), st.booleans()
)
def test_no_change_is_lost_doubled_or_overtaken(pairs, few, busy):
    bursts = Bursts(few, 4, Clock())
    if busy:
        bursts.dispatched("a")
    changes = [destroy(vlan, switch=switch) for switch, vlan in pairs]
    groups = bursts.groups(changes)
    for switch in "ab":
        out = [one for group in groups for one in group.changes if one.segment.switch == switch]
        assert out == [one for one in changes if one.segment.switch == switch]
    assert all(len(group.changes) == 1 if group.alone else group.changes for group in groups)


# What the ledger tells of the segments that are in use.


def network(name, vlan=112):
    return Network(
        "a" * 64, name, "host1", "macvlan", "eth0.112", vlan, frozenset(ves("10.0.0.1/24"))
    )


def book(*pending):
    segments = [
        segment(112, networks=[network("web"), network("db"), network("web")]),
        segment(112, rbridge=22, networks=[network("cache")]),
        segment(112, switch="tor2", networks=[network("other")]),
        segment(113, networks=[network("more", 113)]),
    ]
    return last_applied.LastApplied(desired(*segments), frozenset(), frozenset(pending))


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
    again = last_applied.load(last_applied.dump(kept))
    assert again == kept
    assert again.pending == {("tor1", 21, 112), ("tor1", 22, 112)}
