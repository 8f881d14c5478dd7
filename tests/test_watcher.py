"""One engine watched: subscribe, then list; gather events, list again; never give up."""

import contextlib
import itertools
import logging

import pytest
from docker_tor.common.errors import EngineUnreachable
from docker_tor.engine import watcher
from docker_tor.engine.events import Event

LOG = logging.getLogger("test_watcher")
GONE = Event(gone="a" * 64)


class Stop(BaseException):
    """Ends a loop that only a stopped sensor would end."""


class Watched:
    """A watcher, its engine, and what it told. Its waits take no time but on its clock.

    The engine plays a script: each subscription yields the given events or raises. A number among
    them is for how many seconds the stream lives; an error at its end breaks it off."""

    name = "host1"

    def __init__(self, subscriptions=(), lists=(), spawn=lambda *_thread: None):
        self.subscriptions, self.lists = iter(subscriptions), iter(lists)
        self.now = 100.0
        self.told, self.waits = [], []
        self.then = lambda: None
        self.made = watcher.Watcher(
            self,
            self,
            log=LOG,
            wait=self.wait,
            backoff=lambda: itertools.count(1),
            clock=lambda: self.now,
            spawn=spawn,
        )

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
        script = next(self.subscriptions, Stop())
        if isinstance(script, BaseException):
            raise script
        yield self.play(script)

    def networks(self):
        answer = next(self.lists, Stop())
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return False

    @property
    def stale(self):
        return self.made._stale

    def read(self):
        with pytest.raises(Stop):
            self.made.read()
        return self

    def list(self):
        """List until the script is played, and once more, which ends it."""
        self.then = self.stale.set
        with pytest.raises(Stop):
            self.made.list()
        return self

    def listed(self, engine, listing, since):
        assert (engine, since >= 100) == ("host1", True)
        self.told.append(listing)
        self.then()

    def removed(self, engine, identity):
        self.told.append(("removed", engine, identity, self.stale.is_set()))

    def lost(self, engine, reason):
        self.told.append(("lost", engine, reason))

    def back(self, engine, seconds):
        self.told.append(("back", engine, seconds))

    @property
    def news(self):
        """Whether the engine is lost or back, in order."""
        return [one[0] for one in self.told if isinstance(one, tuple)]


def lost():
    return EngineUnreachable("no Docker Engine answers", where="unix:///x.sock", remedy="Start it.")


def test_events_are_passed_on_and_what_is_known_is_stale_then_or_after_a_while():
    watched = Watched()
    script = [
        *((0, Event(news=False), False), (0, GONE, True), (0, Event(), True)),
        # A stream that is never silent is no reason not to list.
        *((watcher.RESYNC - 1, Event(news=False), False), (1, Event(news=False), True)),
    ]

    def events():
        # A subscription alone makes it stale: what came before it nobody has told.
        assert watched.stale.is_set()
        for seconds, event, stale in script:
            watched.stale.clear()
            watched.now += seconds
            yield event
            assert watched.stale.is_set() is stale

    watched.subscriptions = iter([events()])
    assert watched.read().told == [("removed", "host1", "a" * 64, False)]


def test_an_engine_that_is_away_is_tried_again_and_told_once(caplog):
    # After 1, 3, 6, 10, 15, 21, 28 and 36 seconds.
    watched = Watched([*[lost()] * 10, []], [["a"]])
    with caplog.at_level(logging.INFO):
        watched.read()
        assert watched.told == [("lost", "host1", str(lost()))]
        watched.list()
    assert watched.waits[:10] == list(range(1, 11))
    assert watched.told[1:] == [["a"], ("back", "host1", pytest.approx(55.0 + watcher.GATHER))]
    assert [record.getMessage() for record in caplog.records] == [
        "Docker Engine host1 is lost: unix:///x.sock: no Docker Engine answers. Start it.",
        "Docker Engine host1 is back after 55.0 s",
    ]


@pytest.mark.parametrize("part", ["read", "list"])
def test_lost_is_what_cannot_be_reached_for_half_a_minute(part):
    for seconds, told in ((29.9, []), (30.0, ["lost"])):
        watched = Watched([lost(), lost()], [lost(), lost()])
        # What each list gathers first takes no time here.
        watched.made._wait = lambda pause, at=watched, by=seconds: at.wait(by * (pause == 1))
        watched.stale.set()
        with pytest.raises(Stop):
            getattr(watched.made, part)()
        assert watched.news == told


def test_an_engine_is_back_when_it_is_followed_and_its_list_is_known_and_not_before():
    watched = Watched([*[lost()] * 9, []], [lost(), ["a"], ["b"]]).read()
    assert watched.news == ["lost"]
    assert watched.list().news == ["lost", "back"]
    watched = Watched([lost()] * 9, [["a"]]).read()
    watched.stale.set()
    assert watched.list().news == ["lost"]


def test_pauses_start_anew_only_after_a_stream_that_has_lived():
    brief, lived = watcher.LIVED - 0.1, watcher.LIVED
    streams = [lost(), lost(), [brief, lost()], [lost()], [lived, lost()], [brief, lost()], lost()]
    assert Watched(streams).read().waits == [1, 2, 3, 4, 1, 2, 3]


def test_an_error_nobody_foresaw_kills_nothing(caplog):
    Watched([RuntimeError("a bug"), []]).read()
    assert "Docker Engine host1: unexpected" in caplog.text


def test_a_subscription_that_is_refused_is_no_reason_not_to_list():
    # After 1, 3, 6 ... 55 seconds, and 66.
    for tries, stale in ((10, False), (12, True)):
        assert Watched([lost()] * tries).read().stale.is_set() is stale


def test_one_thread_lists_at_a_time_and_ends_when_nothing_is_stale():
    begun = []
    watched = Watched(
        [[]], [lost(), ["a"], ["b"]], spawn=lambda run, _name: begun.append(run)
    ).read()
    watched.made._turn_stale()
    (lists,) = begun
    lists()
    # It has listed again what it could not have.
    assert (watched.told, watched.waits) == ([["a"]], [watcher.GATHER, 1, watcher.GATHER])
    watched.made._turn_stale()
    assert begun == [lists] * 2


def test_pauses_grow_are_jittered_and_capped():
    full = list(itertools.islice(watcher.pauses(jitter=lambda: 0.0), 12))
    assert full[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(full) == full[-1] == 5.0
    assert list(itertools.islice(watcher.pauses(jitter=lambda: 1.0), 3)) == [0.05, 0.1, 0.2]


def test_once_stopped_it_tells_nothing_whatever_comes():
    """As from an engine that answers late, and is not configured any more."""
    begun = []
    watched = Watched([[GONE]], [[1]], spawn=lambda *one: begun.append(one))
    watched.made.stop()
    watched.made.start()
    watched.made._turn_stale()
    watched.made._tell(watched.listed, [1], 100.0)
    watched.made._fails("list", lost())
    ((read, name),) = begun
    read()
    assert (name, watched.told) == ("host1-read", [])
