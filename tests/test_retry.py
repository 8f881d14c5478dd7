"""What may pass is tried again by the action itself; with a clock that the test moves."""

import contextlib

import pytest
from docker_tor.common import retry
from docker_tor.common.errors import (
    SessionLost,
    SwitchBusy,
    SwitchRefused,
    SwitchUnreachable,
)
from hypothesis import given
from hypothesis import strategies as st

SWITCH = "192.0.2.1:22"


class World:
    """The system around an action: sleeping moves its clock, and calls `then`."""

    def __init__(self, chance=0.5, then=lambda _world: None, **taken):
        self.now = 1000.0
        self.slept = []
        self.chance = chance
        self.then = then
        self.parent = 7
        self.taken = {"work": 0, "wait": 0, **taken}
        self.told = []

    def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds
        self.then(self)

    def place(self, name, most):
        kind = name.rpartition(".")[2]
        if self.taken[kind] >= most:
            return None
        self.taken[kind] += 1
        return self.held(kind)

    @contextlib.contextmanager
    def held(self, kind):
        try:
            yield
        finally:
            self.taken[kind] -= 1

    @property
    def outside(self):
        return retry.Outside(
            lambda: self.now, self.sleep, lambda: self.chance, lambda: self.parent, self.place
        )

    def persist(self, attempt, seconds=retry.PATIENCE):
        return retry.persist(attempt, SWITCH, seconds, self.told.append, self.outside)


class Tries:
    """An attempt that raises each of the errors, the last one for ever if it has to, and then
    returns "done"; what each was told."""

    def __init__(self, *errors, for_ever=False):
        self.errors = list(errors)
        self.for_ever = for_ever
        self.unsure = []

    def __call__(self, unsure):
        self.unsure.append(unsure)
        if self.errors:
            raise self.errors[0] if self.for_ever and self.errors[1:] == [] else self.errors.pop(0)
        return "done"


def away():
    return SwitchUnreachable("no session", where=SWITCH, remedy="Check it.")


def lost():
    error = SessionLost("it ended", where=SWITCH)
    error.unsure = True
    return error


def test_what_may_pass_is_tried_again_and_each_try_is_a_line():
    world, tries = World(), Tries(away(), SwitchBusy("locked"), away())
    assert world.persist(tries) == "done"
    assert world.told == [
        f"Try 1 failed, the next is in 1.0 s: {away()}",
        "Try 2 failed, the next is in 2.0 s: locked.",
        f"Try 3 failed, the next is in 4.0 s: {away()}",
    ]
    assert sum(world.slept) == 7
    assert world.taken == {"work": 0, "wait": 0}


@given(st.floats(0, 1), st.integers(1, 2000))
def test_pauses_grow_from_a_second_to_a_minute_within_the_patience(chance, seconds):
    world = World(chance)
    with pytest.raises(SwitchUnreachable) as raised:
        world.persist(Tries(away(), for_ever=True), seconds)
    assert world.now == pytest.approx(1000 + seconds)
    assert f"in {seconds} s)" in raised.value.what
    waited = [float(line.split(" s:")[0].rpartition(" ")[2]) for line in world.told]
    assert all(retry.SHORTEST <= one <= retry.LONGEST for one in waited[:-1])
    for one, longer in zip(waited, waited[1:-1]):
        assert longer > one or longer >= 45


@pytest.mark.parametrize("last", [away(), SwitchRefused("no", tag="invalid-value")])
def test_what_is_not_known_is_still_not_known_at_the_end(last):
    """A try may have changed something, and the last one knows only what it is told."""
    world, tries = World(), Tries(away(), lost(), away(), last, for_ever=True)
    with pytest.raises(type(last)) as raised:
        world.persist(tries, 60)
    assert raised.value.unsure is True
    assert tries.unsure[:4] == [False, False, True, True]


@pytest.mark.parametrize(
    ("seconds", "remedy"),
    [(0, "Check it."), (480, "8 actions wait for the switch already. The next")],
)
def test_without_patience_or_a_place_to_wait_there_is_one_try(seconds, remedy):
    world = World(wait=8)
    with pytest.raises(SwitchUnreachable) as raised:
        world.persist(Tries(away()), seconds)
    assert raised.value.remedy.startswith(remedy)
    assert world.slept == []


# Its runner, and its turn.


def test_it_stops_when_its_runner_is_gone():
    def end(world):
        world.parent = 1 if world.now > 1003 else 7

    world = World(then=end)
    with pytest.raises(Exception, match="the action runner that this action was for is gone") as r:
        world.persist(Tries(lost(), for_ever=True))
    assert r.value.unsure is True
    assert world.now < 1010
    assert max(world.slept) <= 1


def test_it_edits_nothing_if_its_runner_goes_while_it_waits_for_its_turn():
    def end(world):
        world.parent, world.taken["work"] = 1, 7

    world, tries = World(work=8, then=end), Tries()
    with pytest.raises(Exception, match="is gone"):
        world.persist(tries)
    assert (tries.unsure, world.told, world.taken["work"]) == ([], [], 7)


def test_it_waits_for_its_turn():
    def end(world):
        world.taken["work"] = 7 if world.now > 1005 else 8

    world = World(work=8, then=end)
    assert world.persist(Tries()) == "done"
    assert 5 < world.now - 1000 < 6


@pytest.mark.parametrize(
    ("wait", "why", "lines"),
    [(7, "none has ended within 20 s", 4), (8, "8 wait for it to be well again", 0)],
)
def test_a_turn_that_does_not_come_is_a_try_that_failed(wait, why, lines):
    """Whoever waits has one place, however often its turn does not come. Nobody waits where all
    places to wait are taken: the switch is in trouble."""
    world, tries, waiting = World(work=8, wait=wait), Tries(), []
    with pytest.raises(SwitchBusy, match=f"8 actions are at work on the switch already, and {why}"):
        retry.persist(
            tries, SWITCH, 100, lambda _line: waiting.append(world.taken["wait"]), world.outside
        )
    assert (tries.unsure, waiting) == ([], [wait + 1] * lines)


def test_without_a_folder_nobody_waits():
    world = World()

    def place(_name, _most):
        raise PermissionError("the folder is not this user's alone")

    world.place = place
    assert world.persist(Tries()) == "done"
    with pytest.raises(SwitchUnreachable) as raised:
        world.persist(Tries(away()))
    assert "for lack of a place to wait: the folder is not this user's alone." in str(raised.value)


def test_each_switch_has_its_own_places(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    outside = World().outside._replace(place=retry.OUTSIDE.place)
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(retry.OUTSIDE.place(retry._name(SWITCH, "wait"), 8))
        with pytest.raises(SwitchUnreachable, match="8 actions wait"):
            retry.persist(Tries(away()), SWITCH, 60, outside=outside)
        assert retry.persist(Tries(away()), "192.0.2.2:22", 60, outside=outside) == "done"
    assert retry.persist(Tries(away()), SWITCH, 60, outside=outside) == "done"


@pytest.mark.parametrize(
    ("until", "seconds", "begun"),
    [
        ({}, 0, 1000),
        ({"retry_until": None}, 0, 1000),
        ({"retry_until": "soon"}, 0, 1000),
        ({"retry_until": 900}, 0, 420),
        ({"retry_until": 1100.5}, 100.5, 620.5),
        # The clocks of two machines differ.
        ({"retry_until": 9999}, 480, 1000),
    ],
)
def test_the_patience_is_what_is_left_of_the_run(until, seconds, begun):
    assert retry.patience(until, lambda: 1000.0) == seconds
    assert retry.begun(until, 1000) == begun
