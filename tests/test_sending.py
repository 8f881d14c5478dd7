"""What is dispatched, and what becomes of what StackStorm would drop."""

import logging

import pytest
from docker_tor.common.errors import PayloadRefused
from docker_tor.controller import triggers
from docker_tor.controller.dispatch import Bursts, Dispatcher, refusal
from docker_tor.controller.triggers import Trigger
from docker_tor.desired.segments import CREATE, Change, Segment
from hypothesis import given
from hypothesis import strategies as st

LOG = logging.getLogger("test_sending")


class World:
    """A StackStorm that refuses the VLANs of `bad`, and that knows what it was given."""

    def __init__(self, bad=(), few=3):
        self.bad = set(bad)
        self.taken = []
        self.away = False
        self.sender = Dispatcher(self.dispatch, Bursts(few, 256, lambda: 0.0), LOG)

    def dispatch(self, trigger):
        if self.away:
            raise OSError("away")
        vlans = [one["vlan"] for one in trigger.payload.get("segments", [trigger.payload])]
        for vlan in vlans:
            if vlan in self.bad:
                raise PayloadRefused(f"{vlan} is too much", where=trigger.trace_tag)
        self.taken.append(vlans if trigger.name == triggers.NETWORK_BATCH else vlans[0])

    def send(self, *vlans):
        self.sender.begin()
        changes = [Change(CREATE, Segment("tor1", 21, vlan, "h", (), ())) for vlan in vlans]
        return [change.segment.vlan for change in self.sender.changes(changes, "docker")]


def test_what_is_taken_is_dispatched():
    world = World()
    assert world.send(1, 2) == [1, 2]
    assert world.taken == [1, 2]
    assert not world.sender.refused


def test_one_that_is_refused_keeps_no_other_back(caplog):
    world = World(bad=[2])
    assert world.send(1, 2, 3) == [1, 3]
    assert world.sender.refused
    assert caplog.messages == ["not dispatched: tor1/21/2: 2 is too much."]
    assert caplog.records[0].levelname == "ERROR"


def test_a_batch_goes_without_those_that_are_refused(caplog):
    world = World(bad=[6])
    assert world.send(*range(1, 9)) == [1, 2, 3, 4, 5, 7, 8]
    assert world.taken == [[1, 2, 3, 4], [5], [7, 8]]
    assert len(caplog.messages) == 1


@given(st.integers(0, 40), st.sets(st.integers(0, 40)), st.integers(0, 5))
def test_exactly_those_that_are_refused_are_not_dispatched(count, bad, few):
    world = World(bad, few)
    sent = world.send(*range(count))
    assert sent == [vlan for vlan in range(count) if vlan not in bad]
    flat = [vlan for one in world.taken for vlan in (one if isinstance(one, list) else [one])]
    assert flat == sent
    assert world.sender.refused == bool(bad & set(range(count)))


def test_it_is_told_once_and_again_when_it_comes_back(caplog):
    world = World(bad=[2])
    for vlans in ((2,), (2, 3), (3,), (2,)):
        world.send(*vlans)
    assert len(caplog.messages) == 2


def test_what_is_no_change_of_a_segment_is_sent_and_told_alike(caplog):
    taken = []
    bursts = Bursts(3, 256, lambda: 0.0)
    trigger = triggers.engine_event("host1", "lost", "why", 0, "docker")
    assert Dispatcher(taken.append, bursts, LOG).send(trigger)
    assert taken == [trigger]

    def refuse(trigger):
        raise PayloadRefused("no", where=trigger.name)

    sender = Dispatcher(refuse, bursts, LOG)
    for _ in range(2):
        sender.begin()
        assert not sender.send(trigger)
        assert sender.refused
    assert caplog.messages == ["not dispatched: docker.EngineEvent: no."]


def test_other_errors_are_not_taken_for_a_refusal():
    world = World()
    world.away = True
    with pytest.raises(OSError, match="away"):
        world.send(1)
    assert not world.sender.refused
    world.away = False
    assert world.send(1) == [1]


class Invalid(Exception):
    """As jsonschema's ValidationError."""

    def __init__(self, message, *path):
        super().__init__(message)
        self.message = message
        self.absolute_path = path


TRIGGER = Trigger("docker.NetworkBatch", {}, "tor1/1/2/2")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Invalid("4095 is too much", "segments", 1, "vlan"), "for its segments.1.vlan: 4095 is t"),
        (Invalid("'x' was unexpected"), "for its payload: 'x' was unexpected. Register"),
        (ValueError("it doesn't exist in the database"), "for its payload: it doesn't exist in"),
    ],
)
def test_what_stackstorm_refuses_is_told_with_its_field(error, says):
    told = str(refusal(TRIGGER, error))
    assert says in told
    assert told.startswith("docker.NetworkBatch for tor1/1/2/2: StackStorm would drop it ")
    assert "st2ctl reload --register-all" in told


@pytest.mark.parametrize("error", [OSError("away"), RuntimeError("x"), KeyError("x")])
def test_what_may_pass_is_no_refusal(error):
    assert refusal(TRIGGER, error) is None
