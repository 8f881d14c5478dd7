"""One Docker Engine, followed for as long as the sensor lives.

Two threads an engine. The reader subscribes to the engine's events and does nothing with them but
pass on which networks are gone, and ring a bell: a reader that is slow loses events and slows the
engine. The lister answers the bell with one `GET /networks`, however often it rang, and reports the
list. Subscribing rings too, so that each list is younger than the subscription that will tell of
the next change.

A stream that is cut and works again at the next try is nothing to tell anybody: proxies cut the
idle ones every few seconds.
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
"""Seconds between tries at most: an engine that is back is to be right within ten."""
LOST_AFTER = 30.0
"""Seconds for which an engine cannot be listed or subscribed to before it is told as lost."""
LIVED = 2.0
"""Seconds after which a stream that ends has worked: the pauses begin anew."""
GATHER = 0.01
"""Seconds between the first ring of a burst and the list that answers it."""
RESYNC = 60.0
"""Seconds after which an engine is listed without a ring: a stream on which containers come and go
all the time is never silent, and an engine drops events that are not read fast enough."""

Wait = Callable[[float], bool]
"""Waits that many seconds; True as soon as the follower is to stop."""


class Api(Protocol):
    """What a follower needs of `engine.Engine`."""

    name: str

    def networks(self) -> List[Any]:
        """The engine's list of networks."""

    def events(self) -> ContextManager[Iterator[Event]]:
        """A subscription: a context manager around an iterator of events."""


class Listener(Protocol):
    """Who is told what an engine has. None of these may wait for anything."""

    def heard(self, engine: str, listing: List[Any], since: float) -> None:
        """The engine's networks, as of now; `since` (monotonic) there was news to ask for."""

    def announced(self, engine: str, network: str) -> None:
        """The engine has told that the network with that id is gone."""

    def lost(self, engine: str, reason: str) -> None:
        """The engine cannot be followed any more, or not yet, and people should know."""

    def back(self, engine: str, seconds: float) -> None:
        """One that was lost can be again, after so many seconds in all."""


def pauses(
    shortest: float = SHORTEST_PAUSE,
    longest: float = LONGEST_PAUSE,
    jitter: Callable[[], float] = random.random,
) -> Iterator[float]:
    """Seconds to wait between tries: doubling up to `longest`, each cut by up to half at random, so
    that many sensors do not call on a returning engine at the same moment."""
    pause = shortest
    while True:
        yield pause * (1 - jitter() / 2)
        pause = min(pause * 2, longest)


class Follower:
    """Follows one engine and tells the listener every list of its networks."""

    def __init__(
        self,
        api: Api,
        listener: Listener,
        *,
        log: logging.Logger,
        wait: Optional[Wait] = None,
        backoff: Callable[[], Iterator[float]] = pauses,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._listener = listener
        self._log = log
        self._backoff = backoff
        self._clock = clock
        self._stopped = threading.Event()
        self._wait: Wait = wait or self._stopped.wait
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._troubles: Dict[str, float] = {}
        self._lost_at: Optional[float] = None
        self._threads = [
            threading.Thread(target=target, name=f"{api.name}-{target.__name__}", daemon=True)
            for target in (self.read, self.list)
        ]

    def start(self) -> None:
        """Follow in two threads of its own."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask both threads to end, which one that waits for the engine does later. From now on the
        listener is told nothing."""
        with self._lock:
            self._stopped.set()
        self._bell.set()

    def read(self) -> None:
        """Subscribe, pass on what is told, and subscribe again, until stopped."""
        tries = self._backoff()
        while not self._stopped.is_set():
            began: Optional[float] = None
            try:
                with self._api.events() as events:
                    began = self._clock()
                    self._works("events")
                    self._bell.set()
                    for event in events:
                        if event.gone:
                            self._tell(self._listener.announced, event.gone)
                        if event.news:
                            self._bell.set()
                        if self._stopped.is_set():
                            return
            except Exception as error:  # noqa: BLE001  # the sensor outlives it
                if began is not None and self._clock() - began >= LIVED:
                    tries = self._backoff()
                self._fails("events", error)
                self._wait(next(tries))

    def list(self) -> None:
        """Answer the bell with a list, until stopped."""
        tries = self._backoff()
        while not self._stopped.is_set():
            self._bell.wait(RESYNC)
            since = self._clock()
            if self._wait(GATHER):
                return
            self._bell.clear()
            try:
                self._tell(self._listener.heard, self._api.networks(), since)
            except Exception as error:  # noqa: BLE001  # the sensor outlives it
                self._fails("list", error)
                self._wait(next(tries))
                self._bell.set()
            else:
                tries = self._backoff()
                self._works("list")
                self._tell_back()

    def _works(self, part: str) -> None:
        with self._lock:
            self._troubles.pop(part, None)

    def _fails(self, part: str, error: Exception) -> None:
        now = self._clock()
        with self._lock:
            if self._stopped.is_set():
                return
            first = part not in self._troubles
            self._troubles.setdefault(part, now)
            since = min(self._troubles.values())
            lost = self._lost_at is None and now - since >= LOST_AFTER
            if lost:
                self._lost_at = since
        if first and not isinstance(error, DockerTorError):
            self._log.error("Docker Engine %s: unexpected", self._api.name, exc_info=error)
        if lost:
            self._log.warning("Docker Engine %s is lost: %s", self._api.name, error)
            self._tell(self._listener.lost, str(error))

    def _tell_back(self) -> None:
        # Only a list brings an engine back: what it has is known again.
        with self._lock:
            if self._lost_at is None or self._troubles:
                return
            seconds, self._lost_at = self._clock() - self._lost_at, None
        self._log.info("Docker Engine %s is back after %.1f s", self._api.name, seconds)
        self._tell(self._listener.back, seconds)

    def _tell(self, what: Callable[..., None], *details: Any) -> None:
        with self._lock:
            if not self._stopped.is_set():
                what(self._api.name, *details)
