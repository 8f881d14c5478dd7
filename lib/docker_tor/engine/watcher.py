"""List and watch one Docker Engine, for as long as the sensor lives.

- Its reader, a thread, subscribes to the engine's events. Of each event it passes on only which
  network is gone, and notes that what is known is stale. It does nothing slow: an engine drops
  events for a slow reader.
- While anything is stale a second thread lists: it sends one `GET /networks`, however many events
  there were, and hands the list to the handler. Then it ends, since hundreds of engines are idle.

What is known is stale after each subscription, too. So every list is younger than the subscription
that tells of the next change, and no change falls between the two.

Either thread tries again for ever, with growing pauses. Only an engine that fails for `LOST_AFTER`
seconds is told as lost, since proxies cut idle streams all day. Only a list makes it known again.
"""

import logging
import random
import threading
import time
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Protocol

from ..common.errors import DockerTorError
from .events import Event

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between tries at most: an engine that is back has to be right within ten."""
LOST_AFTER = 30.0
"""Seconds of failing lists or subscriptions after which an engine is told as lost."""
LIVED = 2.0
"""Seconds after which a stream that ends counts as one that worked: the pauses start anew."""
GATHER = 0.01
"""Seconds between the first event of a burst and the list that answers all of them."""
RESYNC = 60.0
"""Seconds after which an engine is listed where no event asks for it, as soon as anything is heard:
it drops events that are not read fast enough, and a stream on which containers start and end all
the time is never silent."""

Wait = Callable[[float], bool]
"""Waits that many seconds; True as soon as the watcher has to stop."""


class Api(Protocol):
    """What a watcher needs of `api.Engine`."""

    name: str

    def networks(self) -> List[Any]:
        """The engine's list. Raises DockerTorError."""

    def events(self) -> ContextManager[Iterator[Event]]:
        """A subscription: a context manager around an iterator of events. Raises the same."""


class Handler(Protocol):
    """Who is told what an engine has. No method may wait for anything."""

    def listed(self, engine: str, listing: List[Any], since: float) -> None:
        """The engine's list, as of now. There was news to ask for `since` (monotonic)."""

    def removed(self, engine: str, identity: str) -> None:
        """The engine has told that the network (or container) with that id is gone."""

    def lost(self, engine: str, reason: str) -> None:
        """The engine has not been reached for `LOST_AFTER` seconds."""

    def back(self, engine: str, seconds: float) -> None:
        """The engine is reached again, after so many seconds in all."""


def pauses(
    shortest: float = SHORTEST_PAUSE,
    longest: float = LONGEST_PAUSE,
    jitter: Callable[[], float] = random.random,
) -> Iterator[float]:
    """Seconds between tries: they double up to `longest`. Each is cut by up to half at random, so
    that many sensors do not ask a returning engine at the same moment."""
    pause = shortest
    while True:
        yield pause * (1 - jitter() / 2)
        pause = min(pause * 2, longest)


def _spawn(target: Callable[[], None], name: str) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()


class Watcher:
    """Watches one engine and hands every list of its networks to the handler."""

    def __init__(
        self,
        api: Api,
        handler: Handler,
        *,
        log: logging.Logger,
        wait: Optional[Wait] = None,
        backoff: Callable[[], Iterator[float]] = pauses,
        clock: Callable[[], float] = time.monotonic,
        spawn: Callable[[Callable[[], None], str], Any] = _spawn,
    ) -> None:
        self._api = api
        self._handler = handler
        self._log = log
        self._backoff = backoff
        self._clock = clock
        self._stopped = threading.Event()
        self._wait: Wait = wait or self._stopped.wait
        self._stale = threading.Event()
        self._lock = threading.Lock()
        self._failing: Dict[str, float] = {}
        """Since when subscribing and listing have failed."""
        self._lost_at: Optional[float] = None
        self._spawn = spawn
        self._listing = False
        """Whether a thread lists."""
        self._listed_at = clock()

    def start(self) -> None:
        """Watch, in threads of its own."""
        self._spawn(self.read, f"{self._api.name}-read")

    def stop(self) -> None:
        """Ask the threads to end. The handler is told nothing from now on, though a thread that
        waits for the engine ends later."""
        with self._lock:
            self._stopped.set()

    def read(self) -> None:
        """Subscribe, pass on events, and subscribe again, until stopped."""
        tries = self._backoff()
        while not self._stopped.is_set():
            began: Optional[float] = None
            try:
                with self._api.events() as events:
                    began = self._clock()
                    self._works("events")
                    self._turn_stale()
                    for event in events:
                        if event.gone:
                            self._tell(self._handler.removed, event.gone)
                        self._heard(event.news)
                        if self._stopped.is_set():
                            return
            except Exception as error:  # noqa: BLE001  # the sensor outlives it
                if began is not None and self._clock() - began >= LIVED:
                    tries = self._backoff()
                self._fails("events", error)
                self._heard(news=False)
                self._wait(next(tries))

    def list(self) -> None:
        """List until what is known is not stale any more."""
        tries = self._backoff()
        while self._goes_on():
            since = self._clock()
            if self._wait(GATHER):
                return
            self._stale.clear()
            try:
                self._tell(self._handler.listed, self._api.networks(), since)
            except Exception as error:  # noqa: BLE001  # the sensor outlives it
                self._fails("list", error)
                self._wait(next(tries))
                self._stale.set()
            else:
                tries = self._backoff()
                self._listed_at = self._clock()
                self._works("list")
                self._tell_back()

    def _heard(self, news: bool) -> None:
        if news or self._clock() - self._listed_at >= RESYNC:
            self._turn_stale()

    def _turn_stale(self) -> None:
        with self._lock:
            self._stale.set()
            if not self._listing and not self._stopped.is_set():
                self._spawn(self.list, f"{self._api.name}-list")
                self._listing = True

    def _goes_on(self) -> bool:
        """Whether the thread that lists has more to do; else another is started when there is."""
        with self._lock:
            self._listing = self._stale.is_set() and not self._stopped.is_set()
            return self._listing

    def _works(self, part: str) -> None:
        with self._lock:
            self._failing.pop(part, None)

    def _fails(self, part: str, error: Exception) -> None:
        now = self._clock()
        with self._lock:
            if self._stopped.is_set():
                return
            first = part not in self._failing
            self._failing.setdefault(part, now)
            since = min(self._failing.values())
            lost = self._lost_at is None and now - since >= LOST_AFTER
            if lost:
                self._lost_at = since
        if first and not isinstance(error, DockerTorError):
            self._log.error("Docker Engine %s: unexpected", self._api.name, exc_info=error)
        if lost:
            self._log.warning("Docker Engine %s is lost: %s", self._api.name, error)
            self._tell(self._handler.lost, str(error))

    def _tell_back(self) -> None:
        with self._lock:
            if self._lost_at is None or self._failing:
                return
            seconds, self._lost_at = self._clock() - self._lost_at, None
        self._log.info("Docker Engine %s is back after %.1f s", self._api.name, seconds)
        self._tell(self._handler.back, seconds)

    def _tell(self, what: Callable[..., None], *details: Any) -> None:
        with self._lock:
            if not self._stopped.is_set():
                what(self._api.name, *details)
