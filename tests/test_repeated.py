"""What is told of engines that come and go, and of networks that are rejected, again and again."""

import pytest
from docker_tor.common.errors import InvalidValue
from docker_tor.controller.flapping import SOON, Flapping, News
from docker_tor.controller.repeated import Repeated
from docker_tor.engine.networks import Rejection
from test_debounce import Clock


@pytest.fixture
def clock():
    return Clock()


def lost(reason="no route."):
    return [News("host1", "lost", reason, 0.0)]


def back(seconds, reason=""):
    return [News("host1", "back", reason, seconds)]


AGAIN = (
    "no route. It comes and goes: nothing more is told until it has been followed for 10 minutes."
)


def test_an_engine_that_is_lost_once_is_told_as_it_is(clock):
    flapping = Flapping(clock)
    assert flapping.back("host1", 1.0) == back(1.0)
    for _ in range(3):
        assert flapping.lost("host1", "no route.") == lost()
        clock.now += 3 * SOON
        assert flapping.over(["host1"]) == []
        assert flapping.back("host1", 3 * SOON) == back(3 * SOON)
        clock.now += SOON
        assert flapping.over(["host1"]) == []
    flapping.lost("host1", "no route.")
    # It is not configured any more, and then it is again.
    assert flapping.over([]) == []
    assert flapping.lost("host1", "no route.") == lost()


def test_an_engine_that_comes_and_goes_is_told_once_and_when_it_is_over(clock):
    flapping = Flapping(clock)
    flapping.lost("host1", "no route.")
    flapping.back("host1", 1.0)
    assert flapping.lost("host1", "no route.") == lost(AGAIN)
    # One that stays lost is not over.
    clock.now += 9 * SOON
    assert flapping.over(["host1"]) == []
    assert flapping.back("host1", 9 * SOON) == []
    clock.now += SOON
    assert flapping.over(["host1"]) == back(9 * SOON, "It was lost 2 times in 90 minutes.")
    assert flapping.over(["host1"]) == []
    assert flapping.lost("host1", "no route.") == lost()


def told(repeated, identity, name="web", engine="host1", why="VLAN 4000 is none"):
    """What is told when this network is rejected."""
    network = {"id": identity, "name": name, "engine": engine}
    one = Rejection(network, InvalidValue(why, remedy="Use another."))
    note = repeated.note(one)
    repeated.count(one)
    return note


NO_MORE = "It is rejected again: no more is told until it was not rejected for 10 minutes."


@pytest.mark.parametrize(
    ("identities", "every", "why"),
    [("abcdef", SOON - 1, "6 times in 50 minutes."), ("af", 0, "2 times in 1 minute.")],
)
def test_a_rejection_is_told_twice_then_counted_and_told_when_it_is_over(
    clock, identities, every, why
):
    repeated, notes = Repeated(clock), []
    for identity in identities:
        notes.append(told(repeated, identity))
        clock.now += every
        assert repeated.over() == []
    assert notes == ["", NO_MORE, *[None] * (len(identities) - 2)]
    clock.now += SOON - every
    ((last, note),) = repeated.over()
    assert (last.network["id"], note) == ("f", f"It was rejected {why}")
    # Until it was told, it has to be.
    assert len(repeated.over()) == 1
    repeated.forget(last)
    assert repeated.over() == []
    assert told(repeated, "g") == ""
    clock.now += SOON
    # Now and then is not again and again.
    assert (repeated.over(), told(repeated, "h")) == ([], "")


def test_another_network_engine_or_reason_is_another_matter(clock):
    repeated = Repeated(clock)
    others = ({}, {"name": "db"}, {"engine": "host2"}, {"why": "overlaps"})
    assert [told(repeated, "a", **other) for other in others] == [""] * 4
    assert told(repeated, "e") == NO_MORE
