"""Which of several sensors dispatches."""

import json
import os
import socket

import pytest
from docker_tor.common.datastore import Store
from docker_tor.controller.lease import LASTS, RENEWED_AFTER, Lease
from hypothesis import given
from hypothesis import strategies as st


class World:
    """A datastore that two sensors share, and the time: `wall` can be set, `now` only goes on."""

    def __init__(self):
        self.value = None
        self.now = 1000.0
        self.wall = 1795449840.0
        self.writes = 0

    def get(self):
        return self.value

    def set(self, text):
        self.value = text
        self.writes += 1

    def lease(self, sleep=lambda _seconds: None, alive=lambda _pid: True):
        store = Store(self.get, self.set)
        return Lease(
            store,
            clock=lambda: self.wall,
            monotonic=lambda: self.now,
            sleep=sleep,
            alive=alive,
        )

    def time_goes_by(self, seconds):
        self.now += seconds
        self.wall += seconds


def test_the_first_has_it():
    world = World()
    first, second = world.lease(), world.lease()
    assert first.hold()
    assert not second.hold()
    assert (first.held, second.held) == (True, False)


def test_it_is_renewed_when_due_and_not_at_each_call():
    world = World()
    first, second = world.lease(), world.lease()
    for _ in range(100):
        assert first.hold()
    assert world.writes == 1
    for _ in range(10):
        world.time_goes_by(RENEWED_AFTER)
        assert first.hold()
        assert not second.hold()


def test_one_that_is_not_renewed_runs_out():
    world = World()
    first, second = world.lease(), world.lease()
    first.hold()
    assert not second.hold()
    world.time_goes_by(LASTS - 1)
    assert not second.hold()
    world.time_goes_by(1)
    assert second.hold()
    assert not first.hold()


def test_how_old_a_record_is_only_who_has_seen_it_knows():
    world = World()
    world.lease().hold()
    world.time_goes_by(LASTS + 1)
    newcomer = world.lease()
    assert not newcomer.hold()
    world.time_goes_by(LASTS)
    assert newcomer.hold()


@pytest.mark.parametrize("step", [0, -3600, 3600, -1e9])
def test_a_clock_that_is_set_or_stands_still_changes_nothing(step):
    world = World()
    first, second = world.lease(), world.lease()
    assert first.hold()
    assert not second.hold()
    world.wall += step
    for _ in range(10):
        # The wall clock stands still: a renewal shows all the same.
        world.now += RENEWED_AFTER
        assert not second.hold()
        assert first.hold()
    # Who has gone has it no longer than without.
    assert not second.hold()
    world.time_goes_by(LASTS)
    assert second.hold()
    assert not first.hold()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.floats(0, 40)),
        st.tuples(st.just("set the clock"), st.floats(-1e6, 1e6)),
    )
)


@given(steps)
def test_never_do_two_hold_it(steps):
    """Whoever has been told that it holds the lease may believe so for RENEWED_AFTER seconds."""
    world = World()
    leases = [world.lease(), world.lease()]
    told = [float("-inf")] * 2
    for step, value in steps:
        if step == "hold":
            if leases[value].hold():
                told[value] = world.now
                assert world.now - told[1 - value] >= LASTS - RENEWED_AFTER
            else:
                told[value] = float("-inf")
        elif step == "wait":
            world.time_goes_by(value)
        else:
            world.wall += value


def test_one_that_is_released_is_free():
    world = World()
    first, second = world.lease(), world.lease()
    first.hold()
    first.release()
    assert second.hold()
    first.release()
    assert second.hold()
    assert not first.hold()


def test_one_that_could_not_be_renewed_is_released_all_the_same():
    world = World()
    first, second = world.lease(), world.lease()
    assert first.hold()
    world.time_goes_by(RENEWED_AFTER)
    store, first._store = first._store, Store(lambda: 1 / 0, world.set)
    with pytest.raises(ZeroDivisionError):
        first.hold()
    first._store = store
    first.release()
    assert second.hold()


def test_one_whose_process_has_died_on_this_host_is_free():
    world = World()
    first = world.lease()
    first.hold()
    assert not world.lease(alive=lambda pid: pid == os.getpid()).hold()
    assert world.lease(alive=lambda _pid: False).hold()


def test_one_of_another_host_stands_whatever_its_process():
    world = World()
    world.lease().hold()
    record = json.loads(world.value)
    assert record["host"] == socket.gethostname()
    world.value = json.dumps({**record, "host": "elsewhere"})
    assert not world.lease(alive=lambda _pid: False).hold()


def test_of_two_that_find_it_free_at_once_one_has_it():
    world = World()
    second = world.lease()

    def rival_writes(_seconds):
        second._write()

    first = world.lease(sleep=rival_writes)
    assert not first.hold()
    assert second.hold()


@pytest.mark.parametrize(
    "value", ["", "nonsense", "[]", "{}", '{"until": "x"}', '{"until": 1e99}', "[" * 9999]
)
def test_a_value_that_is_no_lease_keeps_nobody_out(value):
    world = World()
    world.value = value
    assert world.lease().hold()


def test_a_store_that_fails_gives_no_lease():
    def fail(*_args):
        raise OSError("away")

    lease = Lease(Store(fail, fail))
    with pytest.raises(OSError, match="away"):
        lease.hold()
    assert not lease.held


def test_processes_are_looked_up_for_real():
    from docker_tor.controller import lease

    assert lease._alive(os.getpid())
    assert lease._alive(1)
    assert not lease._alive(2**22 + 1)
