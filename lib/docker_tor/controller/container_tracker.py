"""Tells which containers have started and stopped, by lists and not by events.

What an engine lists is compared with what has been told, which is kept in the datastore. So missed
events, an engine that restarts and a sensor that restarts lose nothing and double nothing.
"""

import json
import logging
import threading
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional

from ..common.datastore import Store
from ..config.settings import Config
from ..engine import containers
from ..engine.containers import Running
from .dispatch import Dispatch
from .lease import Lease
from .settler import Settler
from .triggers import Trigger

STARTED = "docker.container_tracker.started"
STOPPED = "docker.container_tracker.stopped"
NAME = "docker_tor.containers"
"""The datastore's name for the containers that have been told."""
LEASE = "docker_tor.containers_lease"
"""The datastore's name for which of several sensors tells of containers."""


class Tracker(Settler):
    """What runs on all engines, and what has been told of it."""

    what = "containers"

    def __init__(
        self, dispatch: Dispatch, store: Store, lease: Lease, *, log: logging.Logger
    ) -> None:
        super().__init__(lease, log)
        self._dispatch = dispatch
        self._store = store
        self._lock = threading.Lock()
        self._engines: FrozenSet[str] = frozenset()
        self._running: Dict[str, Running] = {}
        # What only `settle` touches.
        self._told: Dict[str, Running] = {}
        self._term = 0
        self._unsaved = False

    def configure(self, config: Config, trouble: str = "") -> None:  # noqa: ARG002  # says nothing
        """Go by this configuration: its engines are followed, and no others."""
        with self._lock:
            self._engines = frozenset(engine.name for engine in config.engines)
            self._running = {
                name: one for name, one in self._running.items() if name in self._engines
            }
        self.news.set()

    def listed(self, engine: str, listing: List[Any], since: float) -> None:  # noqa: ARG002
        """Take in the list of one engine's containers."""
        running = containers.read(engine, listing)
        with self._lock:
            if engine in self._engines:
                self._running[engine] = running
        self.news.set()

    def _work(self) -> None:
        if self._term != self._lease.term:
            self._told = load(self._store.get())
            self._term = self._lease.term
        with self._lock:
            running, engines = dict(self._running), self._engines
        try:
            for engine, those in running.items():
                self._tell(engine, those)
        finally:
            gone = self._told.keys() - engines if engines else set()
            for engine in gone:
                del self._told[engine]
            if self._unsaved or gone:
                self._store.set(dump(self._told))
                self._unsaved = False

    def _tell(self, engine: str, running: Running) -> None:
        if engine not in self._told:
            # Nothing is known of before: what runs now has not just started.
            self._told[engine], self._unsaved = dict(running), True
        told = self._told[engine]
        for trigger in changes(told, running):
            self._dispatch(trigger)
            self._unsaved = True
            if trigger.name == STOPPED:
                del told[trigger.trace_tag]
            else:
                told[trigger.trace_tag] = running[trigger.trace_tag]
        told.update(running)


def changes(told: Running, running: Running) -> Iterator[Trigger]:
    """What has to be told: first the containers that have stopped, as they were last listed."""
    for identity in sorted(told.keys() - running.keys()):
        yield Trigger(STOPPED, {"container_info": told[identity]}, identity)
    for identity in sorted(running.keys() - told.keys()):
        yield Trigger(STARTED, {"container_info": running[identity]}, identity)


def dump(engines: Mapping[str, Running]) -> str:
    """What has been told of each engine, as text."""
    plain = {name: list(running.values()) for name, running in engines.items()}
    return json.dumps({"version": 1, "engines": plain}, separators=(",", ":"))


def load(text: Optional[str]) -> Dict[str, Running]:
    """What `dump` made text of; nothing where there is no text. Raises ValueError."""
    try:
        engines = json.loads(text or '{"engines":{}}')["engines"]
        return {name: {info["Id"]: info for info in listing} for name, listing in engines.items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"the value of {NAME} is none of the pack's ({error!r}): st2 key delete {NAME}"
        ) from None
