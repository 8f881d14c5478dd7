"""One engine followed: subscribe first, then list; ring, gather, list; never give up."""

import contextlib
import itertools
import logging

import pytest
from docker_tor import follow
from docker_tor.errors import EngineUnreachable

LOG = logging.getLogger("test_follow")


class Stop(BaseException):
    """Ends a loop that only a stopped sensor would end."""


class Api:
    """An engine that plays a script: each subscription yields the given hints or raises."""

    name = "host1"
    url = "unix:///x.sock"

    def __init__(self, subscriptions, lists=()):
        self.subscriptions = iter(subscriptions)
        self.lists = iter(lists)
        self.calls = []

    @contextlib.contextmanager
    def events(self):
        self.calls.append("subscribe")
        script = next(self.subscriptions, None)
        if script is None:
            raise Stop
        if isinstance(script, Exception):
            raise script
        yield iter(script)

    def networks(self):
        self.calls.append("list")
        answer = next(self.lists, Stop())
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Ear:
    """A listener that remembers; `and_then` is called at each list."""

    def __init__(self, and_then=lambda: None):
        self.lists = []
        self.news = []
        self.and_then = and_then

    def heard(self, engine, listing, since):
        assert since >= 100
        self.lists.append((engine, listing))
        self.and_then()

    def lost(self, engine, reason):
        self.news.append(("lost", engine, reason))

    def back(self, engine, seconds):
        self.news.append(("back", engine, seconds))


def follower(api, ear=None, wait=None, clock=None):
    waits = []

    def waiting(seconds):
        waits.append(seconds)
        return False

    made = follow.Follower(
        api,
        ear or Ear(),
        log=LOG,
        wait=wait or waiting,
        backoff=lambda: itertools.count(1),
        clock=clock or itertools.count(100, 7).__next__,
    )
    made.waits = waits
    return made


def read(made):
    with pytest.raises(Stop):
        made.read()


def list_(made):
    """Answer the bell until the script is played, and once more, which ends it."""
    ear = made._listener
    ear.and_then = made._bell.set
    with pytest.raises(Stop):
        made.list()


def lost():
    return EngineUnreachable("no Docker Engine answers", where="unix:///x.sock", remedy="Start it.")


def test_subscribing_rings_before_any_event():
    made = follower(Api([[]]))
    read(made)
    assert made._bell.is_set()


def test_a_container_that_joins_does_not_ring():
    rung = []
    api = Api([])

    @contextlib.contextmanager
    def events():
        if rung:
            raise Stop

        def hints():
            made._bell.clear()
            yield False
            rung.append(made._bell.is_set())
            yield True
            rung.append(made._bell.is_set())

        yield hints()

    api.events = events
    made = follower(api)
    read(made)
    assert rung == [False, True]


def test_an_engine_that_is_away_is_tried_again_and_told_once(caplog):
    api, ear = Api([lost(), lost(), lost(), []], [["a"]]), Ear()
    made = follower(api, ear)
    with caplog.at_level(logging.INFO):
        read(made)
        assert ear.news == [("lost", "host1", str(lost()))]
        list_(made)
    assert made.waits[:3] == [1, 2, 3]
    assert ear.news[1:] == [("back", "host1", 14)]
    assert [record.getMessage() for record in caplog.records] == [
        "Docker Engine host1 is lost: unix:///x.sock: no Docker Engine answers. Start it.",
        "Docker Engine host1 is back after 14.0 s",
    ]


def test_an_engine_that_is_away_for_a_day_is_told_once_and_tried_for_ever(caplog):
    day = 24 * 3600
    tries = day // int(follow.LONGEST_PAUSE) + 100
    api, ear = Api([*[lost()] * tries, []], [["a"]]), Ear()
    made = follow.Follower(
        api,
        ear,
        log=LOG,
        wait=lambda seconds: waits.append(seconds),
        backoff=lambda: follow.pauses(jitter=lambda: 0.0),
    )
    waits = []
    with caplog.at_level(logging.INFO):
        read(made)
        list_(made)
    assert sum(waits) > day
    assert max(waits) <= 30
    assert [state for state, *_ in ear.news] == ["lost", "back"]
    assert len(caplog.records) == 2


def test_an_engine_is_back_when_its_list_is_known_and_not_before():
    api, ear = Api([lost(), []], [lost(), ["a"]]), Ear()
    made = follower(api, ear)
    read(made)
    assert [state for state, *_ in ear.news] == ["lost"]
    list_(made)
    assert [state for state, *_ in ear.news] == ["lost", "back"]


def test_a_list_without_a_subscription_brings_no_engine_back():
    api, ear = Api([lost()], [["a"]]), Ear()
    made = follower(api, ear)
    read(made)
    made._bell.set()
    list_(made)
    assert [state for state, *_ in ear.news] == ["lost"]


def test_pauses_begin_anew_after_a_success():
    made = follower(Api([lost(), lost(), [], lost()]))
    read(made)
    assert made.waits == [1, 2, 1]


def test_a_stream_that_fell_silent_is_subscribed_to_again_without_a_word(caplog):
    api = Api([[], []])
    with caplog.at_level(logging.INFO):
        read(follower(api))
    assert api.calls == ["subscribe"] * 3
    assert caplog.records == []


def test_an_error_nobody_foresaw_kills_nothing(caplog):
    made = follower(Api([RuntimeError("a bug"), []]))
    read(made)
    assert "Docker Engine host1: unexpected" in caplog.text


def test_a_burst_of_rings_is_one_list():
    ear = Ear(lambda: made._bell.set())
    waits = []

    def wait(seconds):
        waits.append(seconds)
        return len(waits) > 1

    made = follower(Api([], [["a"]]), ear, wait)
    for _ in range(100):
        made._bell.set()
    made.list()
    assert ear.lists == [("host1", ["a"])]
    assert waits == [follow.GATHER] * 2


def test_a_ring_during_the_list_is_answered_by_another():
    ear = Ear(lambda: made._bell.set())
    made = follower(Api([], [["old"], ["new"]]), ear)
    made._bell.set()
    list_(made)
    assert [listing for _, listing in ear.lists] == [["old"], ["new"]]


def test_an_engine_that_tells_of_nothing_is_listed_now_and_then(monkeypatch):
    monkeypatch.setattr(follow, "RESYNC", 0)
    ear = Ear()
    with pytest.raises(Stop):
        follower(Api([], [["a"], ["b"]]), ear).list()
    assert [listing for _, listing in ear.lists] == [["a"], ["b"]]


def test_a_list_that_fails_is_tried_again():
    ear = Ear(lambda: made._bell.set())
    made = follower(Api([], [lost(), lost(), ["a"]]), ear)
    made._bell.set()
    list_(made)
    assert ear.lists == [("host1", ["a"])]
    assert [wait for wait in made.waits if wait != follow.GATHER] == [1, 2]


def test_pauses_grow_are_jittered_and_capped():
    full = list(itertools.islice(follow.pauses(jitter=lambda: 0.0), 12))
    assert full[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(full) == full[-1] == 5.0
    half = list(itertools.islice(follow.pauses(jitter=lambda: 1.0), 3))
    assert half == [0.05, 0.1, 0.2]


def test_a_stopped_follower_ends():
    made = follow.Follower(Api([[True]]), Ear(), log=LOG)
    made.stop()
    made.start()
    for thread in made._threads:
        thread.join(10)
        assert not thread.is_alive()
