"""What is told of engines that come and go."""

import pytest
from docker_tor.controller.flapping import SOON, Flapping, News
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


def test_what_happens_once_is_told_as_it_is(clock):
    flapping = Flapping(clock)
    for _ in range(3):
        assert flapping.lost("host1", "no route.") == lost()
        clock.now += 3 * SOON
        assert flapping.over(["host1"]) == []
        assert flapping.back("host1", 3 * SOON) == back(3 * SOON)
        clock.now += SOON
        assert flapping.over(["host1"]) == []


def test_what_comes_and_goes_is_told_once_and_when_it_is_over(clock):
    flapping = Flapping(clock)
    told = []
    for _ in range(7):
        told += flapping.lost("host1", "no route.")
        clock.now += 30
        told += flapping.back("host1", 30.0)
        clock.now += 30
        told += flapping.over(["host1"])
    assert told == [*lost(), *back(30.0), *lost(AGAIN)]
    clock.now += SOON - 31
    assert flapping.over(["host1"]) == []
    clock.now += 1
    assert flapping.over(["host1"]) == back(390.0, "It was lost 7 times in 6 minutes.")
    assert flapping.over(["host1"]) == []
    assert flapping.lost("host1", "no route.") == lost()


def test_one_that_stays_lost_is_not_over(clock):
    flapping = Flapping(clock)
    flapping.lost("host1", "no route.")
    flapping.back("host1", 1.0)
    assert flapping.lost("host1", "no route.") == lost(AGAIN)
    clock.now += 9 * SOON
    assert flapping.over(["host1"]) == []
    assert flapping.back("host1", 9 * SOON) == []
    clock.now += SOON
    (over,) = flapping.over(["host1"])
    assert over.reason == "It was lost 2 times in 90 minutes."


def test_an_engine_that_is_no_more_is_forgotten(clock):
    flapping = Flapping(clock)
    flapping.lost("host1", "no route.")
    assert flapping.over([]) == []
    assert flapping.lost("host1", "no route.") == lost()
    assert Flapping(clock).back("host1", 1.0) == back(1.0)
