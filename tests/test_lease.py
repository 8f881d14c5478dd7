"""Which of several sensors dispatches."""

import json
import os
import socket

import pytest
from docker_tor.common.datastore import Store
from docker_tor.controller import lease
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

    def set(self, text):
        self.value = text
        self.writes += 1

    def lease(self, sleep=lambda _seconds: None, alive=lambda _pid: True):
        return Lease(
            Store(lambda: self.value, self.set),
            clock=lambda: self.wall,
            monotonic=lambda: self.now,
            sleep=sleep,
            alive=alive,
        )

    def wait(self, seconds):
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def world():
    return World()


def test_it_is_renewed_when_due_and_runs_out_otherwise(world):
    first, second = world.lease(), world.lease()
    assert [first.hold() for _ in range(100)] == [True] * 100
    assert (world.writes, second.hold()) == (1, False)
    for _ in range(10):
        world.wait(RENEWED_AFTER)
        assert (first.hold(), second.hold()) == (True, False)
    assert (first.held, second.held, first.term, second.term) == (True, False, 1, 0)
    world.wait(LASTS - 1)
    assert not second.hold()
    world.wait(1)
    # How old a record is, only who has seen it knows.
    assert not world.lease().hold()
    assert second.hold()
    assert not first.hold()
    assert (first.held, second.held, first.term, second.term) == (False, True, 1, 1)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.floats(0, 40)),
        st.tuples(st.just("set the clock"), st.floats(-1e6, 1e6)),
    )
)


@given(STEPS)
def test_never_do_two_hold_it(steps):
    """Whoever has been told that it holds the lease may believe so for RENEWED_AFTER seconds."""
    world = World()
    leases = [world.lease(), world.lease()]
    told = [float("-inf")] * 2
    for step, value in steps:
        if step == "hold":
            held = leases[value].hold()
            told[value] = world.now if held else float("-inf")
            assert not held or world.now - told[1 - value] >= LASTS - RENEWED_AFTER
        elif step == "wait":
            world.wait(value)
        else:
            world.wall += value


def test_one_that_is_released_is_free(world):
    first, second = world.lease(), world.lease()
    first.hold()
    # Even one that could not be renewed.
    world.wait(RENEWED_AFTER)
    store, first._store = first._store, Store(lambda: 1 / 0, world.set)
    with pytest.raises(ZeroDivisionError):
        first.hold()
    assert not first.held
    first._store = store
    first.release()
    assert (first.held, world.value) == (False, "")
    assert second.hold()
    # Nobody releases another's.
    first.release()
    assert second.hold()
    assert not first.hold()


def test_one_whose_process_has_died_is_free_if_that_can_be_seen_from_here(world):
    world.lease().hold()
    record = json.loads(world.value)
    assert not world.lease(alive=lambda pid: pid == os.getpid()).hold()
    assert world.lease(alive=lambda _pid: False).hold()
    # Another machine's, or another container's, whatever its host is called.
    world.value = json.dumps({**record, "pids": "elsewhere"})
    assert not world.lease(alive=lambda _pid: False).hold()


def test_of_two_that_find_it_free_at_once_one_has_it(world):
    second = world.lease()
    first = world.lease(sleep=lambda _seconds: second._write())
    assert not first.hold()
    assert second.hold()


@pytest.mark.parametrize(
    "value", ["", "nonsense", "[]", "{}", '{"until": "x"}', '{"until": 1e99}', "[" * 9999]
)
def test_a_value_that_is_no_lease_keeps_nobody_out(world, value):
    world.value = value
    assert world.lease().hold()


def test_processes_are_looked_up_for_real(monkeypatch):
    assert lease._alive(os.getpid())
    assert not lease._alive(2**22 + 1)

    def denied(_pid, _signal):
        raise PermissionError(1, "somebody else's")

    monkeypatch.setattr(os, "kill", denied)
    assert lease._alive(1)
    # Without Linux a host goes by its name.
    monkeypatch.setattr(os, "readlink", lambda _path: os.stat("/none"))
    assert lease._pids() == socket.gethostname()
