"""What is told of a network that is rejected again and again."""

from docker_tor.common.errors import InvalidValue
from docker_tor.controller.repeated import SOON, Repeated
from docker_tor.engine.networks import Rejection
from test_debounce import Clock


def rejection(identity, name="web", engine="host1", why="VLAN 4000 is none"):
    network = {"id": identity, "name": name, "engine": engine}
    return Rejection(network, InvalidValue(why, remedy="Use another."))


def told(repeated, one):
    note = repeated.note(one)
    repeated.count(one)
    return note


AGAIN = "It is rejected again: no more is told until it was not rejected for 10 minutes."


def test_it_is_told_twice_then_counted_and_told_when_it_is_over():
    clock = Clock()
    repeated = Repeated(clock)
    notes = []
    for identity in "abcdef":
        notes.append(told(repeated, rejection(identity)))
        clock.now += SOON - 1
        assert repeated.over() == []
    assert notes == ["", AGAIN, None, None, None, None]
    clock.now += 1
    ((last, note),) = repeated.over()
    assert last.network["id"] == "f"
    assert note == "It was rejected 6 times in 50 minutes."
    # Until it was told, it has to be.
    assert len(repeated.over()) == 1
    repeated.forget(last)
    assert repeated.over() == []
    assert told(repeated, rejection("g")) == ""


def test_what_happens_at_once_was_in_a_minute():
    clock = Clock()
    repeated = Repeated(clock)
    told(repeated, rejection("a"))
    told(repeated, rejection("b"))
    clock.now += SOON
    ((_, note),) = repeated.over()
    assert note == "It was rejected 2 times in 1 minute."


def test_what_happens_now_and_then_is_told_as_it_is():
    clock = Clock()
    repeated = Repeated(clock)
    for identity in "abc":
        assert told(repeated, rejection(identity)) == ""
        clock.now += SOON
        assert repeated.over() == []


def test_another_network_engine_or_reason_is_another_matter():
    repeated = Repeated(Clock())
    assert told(repeated, rejection("a")) == ""
    assert told(repeated, rejection("b", name="db")) == ""
    assert told(repeated, rejection("c", engine="host2")) == ""
    assert told(repeated, rejection("d", why="overlaps")) == ""
    assert told(repeated, rejection("e")) == AGAIN
