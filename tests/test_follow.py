"""One engine followed: subscribe first, then list; ring, gather, list; never give up."""

import contextlib
import itertools
import logging

import pytest
from docker_tor.common.errors import EngineUnreachable
from docker_tor.engine import watcher
from docker_tor.engine.events import Event

LOG = logging.getLogger("test_follow")


class Stop(BaseException):
    """Ends a loop that only a stopped sensor would end."""


class Api:
    """An engine that plays a script: each subscription yields the given events or raises. A number
    among them is for how many seconds the stream lives; an error at its end breaks it off."""

    name = "host1"
    url = "unix:///x.sock"

    def __init__(self, subscriptions, lists=()):
        self.subscriptions = iter(subscriptions)
        self.lists = iter(lists)
        self.calls = []
        self.now = 100.0

    def play(self, script):
        for one in script:
            if isinstance(one, (int, float)):
                self.now += one
            elif isinstance(one, Exception):
                raise one
            else:
                yield one

    @contextlib.contextmanager
    def events(self):
        self.calls.append("subscribe")
        script = next(self.subscriptions, None)
        if script is None:
            raise Stop
        if isinstance(script, Exception):
            raise script
        yield self.play(script)

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

    def listed(self, engine, listing, since):
        assert since >= 100
        self.lists.append((engine, listing))
        self.and_then()

    def removed(self, engine, network):
        self.news.append(("gone", engine, network))

    def lost(self, engine, reason):
        self.news.append(("lost", engine, reason))

    def back(self, engine, seconds):
        self.news.append(("back", engine, seconds))


def follower(api, ear=None, wait=None):
    """One whose waits take no time, but on its clock."""
    waits = []

    def waiting(seconds):
        waits.append(seconds)
        api.now += seconds
        return False

    made = watcher.Watcher(
        api,
        ear or Ear(),
        log=LOG,
        wait=wait or waiting,
        backoff=lambda: itertools.count(1),
        clock=lambda: api.now,
    )
    made.waits = waits
    return made


def read(made):
    with pytest.raises(Stop):
        made.read()


def list_(made):
    """Answer the bell until the script is played, and once more, which ends it."""
    ear = made._handler
    ear.and_then = made._stale.set
    with pytest.raises(Stop):
        made.list()


def lost():
    return EngineUnreachable("no Docker Engine answers", where="unix:///x.sock", remedy="Start it.")


def test_subscribing_rings_before_any_event():
    made = follower(Api([[]]))
    read(made)
    assert made._stale.is_set()


def test_a_container_that_joins_does_not_ring():
    rung = []
    api = Api([])

    @contextlib.contextmanager
    def events():
        if rung:
            raise Stop

        def hints():
            made._stale.clear()
            yield Event(news=False)
            rung.append(made._stale.is_set())
            yield Event()
            rung.append(made._stale.is_set())

        yield hints()

    api.events = events
    made = follower(api)
    read(made)
    assert rung == [False, True]


def test_what_the_engine_tells_of_is_passed_on_before_the_bell_is_rung():
    ear = Ear()
    made = follower(Api([[Event(gone="a" * 64), Event(), Event(gone="b" * 64)]]), ear)
    ear.removed = lambda _engine, network: told.append((network[0], made._stale.is_set()))
    told = []
    made._works = lambda _part: None
    made._stale.set = lambda: told.append("rung")
    read(made)
    assert told == ["rung", ("a", False), "rung", "rung", ("b", False), "rung"]


def test_an_engine_that_is_away_is_tried_again_and_told_once(caplog):
    # After 1, 3, 6, 10, 15, 21, 28 and 36 seconds.
    api, ear = Api([*[lost()] * 10, []], [["a"]]), Ear()
    made = follower(api, ear)
    with caplog.at_level(logging.INFO):
        read(made)
        assert ear.news == [("lost", "host1", str(lost()))]
        list_(made)
    assert made.waits[:10] == list(range(1, 11))
    assert ear.news[1:] == [("back", "host1", pytest.approx(55.0 + watcher.GATHER))]
    assert [record.getMessage() for record in caplog.records] == [
        "Docker Engine host1 is lost: unix:///x.sock: no Docker Engine answers. Start it.",
        "Docker Engine host1 is back after 55.0 s",
    ]


@pytest.mark.parametrize("part", ["events", "list"])
@pytest.mark.parametrize(("seconds", "told"), [(29.9, []), (30.0, ["lost"])])
def test_lost_is_what_cannot_be_reached_for_half_a_minute(part, seconds, told):
    ear = Ear()
    api = Api([lost(), lost()], [lost(), lost()])

    def wait(pause):
        # What each list gathers first takes no time here.
        api.now += seconds if pause == 1 else 0
        return False

    made = follower(api, ear, wait)
    made._stale.set()
    with pytest.raises(Stop):
        made.read() if part == "events" else made.list()
    assert [state for state, *_ in ear.news] == told


def test_streams_that_a_proxy_cuts_all_day_are_told_to_nobody(caplog):
    """Each is subscribed to at once, so that what happened meanwhile is seen at once."""
    cut = EngineUnreachable("it ended its event stream", where="tcp://proxy:2375")
    streams = [[seconds, cut] for seconds in (4, 10, 7, 5)] * 3000
    api, ear = Api(streams), Ear()
    made = follower(api, ear)
    with caplog.at_level(logging.INFO):
        read(made)
    assert api.now > 100 + 12_000 * 6.5
    assert made.waits == [1] * len(streams)
    assert made._stale.is_set()
    assert (ear.news, caplog.records) == ([], [])


def test_an_engine_that_is_away_for_a_day_is_told_once_and_tried_for_ever(caplog):
    day = 24 * 3600
    tries = day // int(watcher.LONGEST_PAUSE) + 100
    api, ear = Api([*[lost()] * tries, []], [["a"]]), Ear()
    made = watcher.Watcher(
        api,
        ear,
        log=LOG,
        wait=lambda seconds: waits.append(seconds),
        backoff=lambda: watcher.pauses(jitter=lambda: 0.0),
        clock=lambda: 100.0 + sum(waits),
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
    api, ear = Api([*[lost()] * 9, []], [lost(), ["a"]]), Ear()
    made = follower(api, ear)
    read(made)
    assert [state for state, *_ in ear.news] == ["lost"]
    list_(made)
    assert [state for state, *_ in ear.news] == ["lost", "back"]


def test_a_list_without_a_subscription_brings_no_engine_back():
    api, ear = Api([lost()] * 9, [["a"]]), Ear()
    made = follower(api, ear)
    read(made)
    made._stale.set()
    list_(made)
    assert [state for state, *_ in ear.news] == ["lost"]


def test_pauses_begin_anew_only_after_a_stream_that_has_lived():
    brief, lived = watcher.LIVED - 0.1, watcher.LIVED
    made = follower(
        Api([lost(), lost(), [brief, lost()], [lost()], [lived, lost()], [brief, lost()], lost()])
    )
    read(made)
    assert made.waits == [1, 2, 3, 4, 1, 2, 3]


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
    ear = Ear(lambda: made._stale.set())
    waits = []

    def wait(seconds):
        waits.append(seconds)
        return len(waits) > 1

    made = follower(Api([], [["a"]]), ear, wait)
    for _ in range(100):
        made._stale.set()
    made.list()
    assert ear.lists == [("host1", ["a"])]
    assert waits == [watcher.GATHER] * 2


def test_a_ring_during_the_list_is_answered_by_another():
    ear = Ear(lambda: made._stale.set())
    made = follower(Api([], [["old"], ["new"]]), ear)
    made._stale.set()
    list_(made)
    assert [listing for _, listing in ear.lists] == [["old"], ["new"]]


def test_an_engine_that_tells_of_nothing_is_listed_now_and_then(monkeypatch):
    monkeypatch.setattr(watcher, "RESYNC", 0)
    ear = Ear()
    with pytest.raises(Stop):
        follower(Api([], [["a"], ["b"]]), ear).list()
    assert [listing for _, listing in ear.lists] == [["a"], ["b"]]


def test_a_list_that_fails_is_tried_again():
    ear = Ear(lambda: made._stale.set())
    made = follower(Api([], [lost(), lost(), ["a"]]), ear)
    made._stale.set()
    list_(made)
    assert ear.lists == [("host1", ["a"])]
    assert [wait for wait in made.waits if wait != watcher.GATHER] == [1, 2]


def test_pauses_grow_are_jittered_and_capped():
    full = list(itertools.islice(watcher.pauses(jitter=lambda: 0.0), 12))
    assert full[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(full) == full[-1] == 5.0
    half = list(itertools.islice(watcher.pauses(jitter=lambda: 1.0), 3))
    assert half == [0.05, 0.1, 0.2]


def test_a_stopped_follower_ends():
    made = watcher.Watcher(Api([[True]]), Ear(), log=LOG)
    made.stop()
    made.start()
    for thread in made._threads:
        thread.join(10)
        assert not thread.is_alive()


def test_once_stopped_it_tells_nothing_whatever_comes():
    """As from an engine that answers late, and is not configured any more."""
    ear = Ear()
    made = follower(Api([]), ear)

    class Late:
        name = "host1"

        def networks(self):
            made.stop()
            return [1]

        @contextlib.contextmanager
        def events(self):
            made.stop()
            yield iter([Event(gone="a", news=True)])

    made._api = Late()
    made._stale.set()
    made.list()
    assert made._stopped.is_set()
    made._stopped.clear()
    made.read()
    made._fails("list", lost())
    assert (ear.lists, ear.news) == ([], [])
