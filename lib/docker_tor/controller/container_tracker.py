"""Tells which containers have started and stopped, by lists and not by events: what an engine lists
is compared with what has been told, which is kept in the datastore. So events that are missed, an
engine that restarts, and a sensor that does, double nothing and lose nothing.
"""

import contextlib
import logging
import threading
import time
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Set

from ..common.datastore import Store
from ..common.errors import MalformedReply
from ..config.settings import Config, EngineConfig
from ..engine.api import Engine
from ..engine.events import Event
from ..engine.networks import Listing
from . import containers
from .containers import Running
from .dispatch import Dispatch
from .lease import Lease

LEASE = "docker_tor.containers_lease"
"""The datastore's name for which of several sensors tells of containers."""
MOST_RUNNING = 5000
"""Containers of one engine that are followed: what has been told is one value of the datastore."""
SETTLES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between lists that still have a container which has ended. The engine says that it has
before it has taken its network down, and only then lists it no more: up to 40 ms were measured."""


class ContainerApi(Engine):
    """The API of one engine, as far as a follower of its containers goes."""

    watched = {"type": ["container"], "event": ["start", "die"]}  # noqa: RUF012  # as Engine has it

    def __init__(self, config: EngineConfig, sleep: Callable[[float], Any] = time.sleep) -> None:
        super().__init__(config)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._ended: Set[str] = set()

    def networks(self) -> Listing:
        """What a follower lists: `GET /containers/json`, the containers that run.

        Raises EngineUnreachable, EngineDenied, EngineRefused, MalformedReply.
        """
        with self._lock:
            ended, self._ended = self._ended, set()
        listing = self._containers()
        for pause in SETTLES:
            if not any(isinstance(one, dict) and one.get("Id") in ended for one in listing):
                break
            self._sleep(pause)
            listing = self._containers()
        if len(listing) > MOST_RUNNING:
            raise MalformedReply(
                f"more than {MOST_RUNNING} containers run on it, and so many are not followed",
                where=self.url,
                remedy="Disable docker.DockerSensor.",
            )
        return Listing(listing)

    def _containers(self) -> List[Any]:
        listing = self._json("/containers/json", "its containers are")
        if not isinstance(listing, list):
            raise MalformedReply("its containers are no list", where=self.url)
        return listing

    @contextlib.contextmanager
    def events(self) -> Iterator[Iterator[Event]]:
        """Subscribe to the starts and the ends of containers."""
        with super().events() as events:
            yield self._noted(events)

    def _noted(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            with self._lock:
                if event.gone and len(self._ended) < MOST_RUNNING:
                    self._ended.add(event.gone)
            yield event


class Tracker:
    """What runs on all engines, and what has been told of it. It listens to their followers."""

    def __init__(
        self, dispatch: Dispatch, store: Store, lease: Lease, *, log: logging.Logger
    ) -> None:
        self._dispatch = dispatch
        self._store = store
        self._lease = lease
        self._log = log
        self._lock = threading.Lock()
        self._engines: FrozenSet[str] = frozenset()
        self._heard: Dict[str, Running] = {}
        # What only `settle` touches.
        self._told: Dict[str, Running] = {}
        self._term = 0
        self._unsaved = False
        self._troubled = False
        self.news = threading.Event()
        """Set when there is something to settle."""
        self.wait = 0.0
        """Seconds for which `settle` is better not called; never any."""

    def configure(self, settings: Config, _trouble: str) -> None:
        """Go by this configuration: its engines are followed, and no others."""
        with self._lock:
            self._engines = frozenset(engine.name for engine in settings.engines)
            self._heard = {name: one for name, one in self._heard.items() if name in self._engines}
        self.news.set()

    def heard(self, engine: str, listing: List[Any], _since: float) -> None:
        """Take in the list of one engine's containers."""
        running = containers.read(engine, listing)
        with self._lock:
            if engine in self._engines:
                self._heard[engine] = running
        self.news.set()

    def announced(self, engine: str, network: str) -> None:
        """A container has ended, and the list will say so."""

    def lost(self, engine: str, reason: str) -> None:
        """Nothing has stopped because an engine is lost; that it is, the log says."""

    def back(self, engine: str, seconds: float) -> None:
        """Its list says what has changed meanwhile."""

    def settle(self) -> bool:
        """Tell what there is to tell; False where something is left for another try.

        Never raises: whatever fails is logged once, until it works again.
        """
        self.news.clear()
        try:
            if self._lease.hold():
                self._settle()
        except Exception as error:  # noqa: BLE001  # the sensor outlives StackStorm's outages too
            if not self._troubled:
                self._log.error("containers have to wait: %s: %s", type(error).__name__, error)
            self._troubled = True
            return False
        if self._troubled:
            self._log.info("containers are told again")
        self._troubled = False
        return True

    def retire(self) -> None:
        """Let another sensor take over at once. Never raises."""
        try:
            self._lease.release()
        except Exception as error:  # noqa: BLE001  # the lease runs out by itself
            self._log.info("the lease was not released: %s: %s", type(error).__name__, error)

    def _settle(self) -> None:
        if self._term != self._lease.term:
            self._told = containers.load(self._store.get())
            self._term = self._lease.term
        with self._lock:
            heard, engines = dict(self._heard), self._engines
        try:
            for engine, running in heard.items():
                self._tell(engine, running)
        finally:
            gone = self._told.keys() - engines if engines else set()
            for engine in gone:
                del self._told[engine]
            if self._unsaved or gone:
                self._store.set(containers.dump(self._told))
                self._unsaved = False

    def _tell(self, engine: str, running: Running) -> None:
        if engine not in self._told:
            # Nothing is known of before: what runs now has not just started.
            self._told[engine], self._unsaved = dict(running), True
        told = self._told[engine]
        for trigger in containers.changes(told, running):
            self._dispatch(trigger)
            self._unsaved = True
            if trigger.name == containers.STOPPED:
                del told[trigger.trace_tag]
            else:
                told[trigger.trace_tag] = running[trigger.trace_tag]
        told.update(running)
