"""When changes are dispatched: bursts that are waited for, removals that wait."""

import pytest
from docker_tor.controller.debounce import BURST, Debounce
from docker_tor.controller.grace import Grace
from docker_tor.desired.segments import CREATE, DESTROY, UPDATE, Change, Segment
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


def segment(vlan, *addresses, switch="tor1", rbridge=21):
    given = addresses or (f"10.0.{vlan}.1/24",)
    return Segment(switch, rbridge, vlan, "10.0.0.1", ves(*given), ())


def destroy(vlan, *addresses, **more):
    return Change(DESTROY, segment(vlan, *addresses, **more), only_less=True)


def desired(*segments):
    return {one.key: one for one in segments}


def test_a_change_waits_for_those_that_follow_it(clock):
    debounce = Debounce(5, clock)
    assert debounce.wait == 0.0
    for _ in range(2):
        debounce.changed()
        assert debounce.wait == 5
        clock.now += 2
        assert debounce.wait == 3
        # Late is still due.
        clock.now += 100
        assert debounce.wait == 0.0
        debounce.taken()
        assert debounce.wait == 0.0


@given(st.lists(st.floats(0.0, 0.25, exclude_max=True), min_size=20))
def test_changes_that_keep_coming_wait_no_longer_than_a_burst_may(gaps):
    clock = Clock()
    debounce = Debounce(0.25, clock)
    last = clock.now + BURST
    for gap in gaps:
        debounce.changed()
        assert debounce.wait == pytest.approx(max(min(0.25, last - clock.now), 0.0))
        clock.now += gap


def test_ports_wait_with_the_removal_that_takes_them(clock):
    grace = Grace(30, clock)
    want = desired(segment(1, rbridge=22), segment(1, rbridge=23))
    taken = Change(UPDATE, segment(1, rbridge=22), ("Te 1",), only_less=True)
    moved = Change(UPDATE, segment(1, rbridge=23), ("Te 1", "Te 2"))
    assert grace.due([taken, moved], want) == [moved._replace(ports_gone=("Te 2",))]
    assert grace.due([destroy(1), taken, moved._replace(ports_gone=())], want) == [
        moved._replace(ports_gone=())
    ]
    clock.now += 30
    assert (grace.over, grace.due([taken], want)) == (True, [taken])
    # Other ports wait anew.
    assert grace.due([taken._replace(ports_gone=("Te 1", "Te 2"))], want) == []


def test_each_removal_waits_from_when_it_was_first_seen(clock):
    grace = Grace(30, clock)
    others = [Change(CREATE, segment(8)), Change(UPDATE, segment(9))]
    want = desired(segment(8), segment(9))
    assert Grace(0, clock).due([destroy(1), *others], want) == [destroy(1), *others]
    assert not grace.over
    assert grace.due([destroy(1), *others], want) == others
    clock.now += 20
    grace.due([destroy(1), destroy(2)], {})
    clock.now += 10
    assert grace.due([destroy(1), destroy(2)], {}) == [destroy(1)]
    # The one was dispatched: it is no change any more.
    assert grace.due([destroy(2)], {}) == []
    assert not grace.over
    clock.now += 19
    # The other was called for again, and waits anew.
    grace.due([], desired(segment(2)))
    clock.now += 1
    assert not grace.over
    assert grace.due([destroy(2)], {}) == []


@pytest.mark.parametrize(
    ("newcomer", "waits"),
    [
        (segment(2, "10.0.1.9/24"), False),
        (segment(2, "10.0.0.1/16"), False),
        (segment(2, "10.0.1.0/32"), False),
        (segment(2, "10.0.2.0/32"), True),
        (segment(2, "192.0.2.1/24", "10.0.1.9/28"), False),
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


def test_it_is_in_the_way_though_others_stand_before_and_behind(clock):
    others = [segment(8, "10.0.0.1/24"), segment(9, "10.9.0.1/24")]
    leaving = [destroy(1, "10.0.1.1/24")]
    assert Grace(30, clock).due(leaving, desired(*others)) == []
    assert Grace(30, clock).due(leaving, desired(*others, segment(2, "10.0.1.9/24"))) == leaving
