"""Brings what has been dispatched in line with what the engines have, again and again.

The engines' lists come in from their followers at any time; `settle` does the slow work, in one
thread: it computes the segments that should exist, compares them with the ledger, and dispatches
the difference. A change is written to the ledger before it is dispatched and after, so that a
datastore that fails makes changes wait: none is dropped, and none is dispatched at each try.
"""

import logging
import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Tuple

from . import intent, ledger
from .config import Config, uplink_of
from .intent import Change, Key, Network, Refusal, Segment

Dispatch = Callable[[Change], None]
"""Dispatches one change as a trigger; may raise, and is then called again with the same change."""


class Controller:
    """Desired and dispatched segments of all engines."""

    def __init__(
        self, config: Config, dispatch: Dispatch, store: ledger.Store, *, log: logging.Logger
    ) -> None:
        self._config = config
        self._dispatch = dispatch
        self._store = store
        self._log = log
        self._lock = threading.Lock()
        self._heard: Dict[str, Tuple[List[Network], List[Refusal]]] = {}
        self._dispatched: Optional[Dict[Key, Segment]] = None
        self._unsaved = False
        self._refused: Set[Tuple[str, str, str]] = set()
        self._troubled = False
        self._engines = {engine.name: engine for engine in config.engines}
        self.news = threading.Event()
        """Set when there is something to settle."""

    def hear(self, engine: str, listing: List[Any]) -> None:
        """Take in the list of one engine's networks. Never blocks."""
        heard = intent.networks(engine, listing)
        with self._lock:
            if self._heard.get(engine) == heard:
                return
            self._heard[engine] = heard
        self.news.set()

    def settle(self) -> bool:
        """Dispatch what there is to dispatch; False where something is left for another try.

        Never raises: whatever fails is logged once, until it works again.
        """
        self.news.clear()
        try:
            self._settle()
        except Exception as error:  # noqa: BLE001  # the sensor outlives StackStorm's outages too
            if not self._troubled:
                self._log.error("changes have to wait: %s: %s", type(error).__name__, error)
            self._troubled = True
            return False
        if self._troubled:
            self._log.info("changes flow again")
        self._troubled = False
        return True

    def _settle(self) -> None:
        if self._dispatched is None:
            self._dispatched = ledger.load(self._store.get())
        desired = self._desired(self._dispatched)
        changes = intent.changes(self._dispatched, desired)
        if changes:
            self._save(pending=[change.segment.key for change in changes])
            for change in changes:
                self._dispatch(change)
                self._unsaved = True
                self._record(change)
        # Networks that came or went without changing their segment are recorded as well.
        for key, segment in desired.items():
            if self._dispatched[key] != segment:
                self._dispatched[key] = segment
                self._unsaved = True
        if self._unsaved:
            self._save(pending=[])

    def _record(self, change: Change) -> None:
        assert self._dispatched is not None  # for the type checker
        if change.action == intent.DESTROY:
            del self._dispatched[change.segment.key]
        else:
            self._dispatched[change.segment.key] = change.segment

    def _save(self, pending: List[Key]) -> None:
        self._store.set(ledger.dump((self._dispatched or {}).values(), pending))
        self._unsaved = False

    def _desired(self, dispatched: Mapping[Key, Segment]) -> Dict[Key, Segment]:
        with self._lock:
            heard = dict(self._heard)
        networks = [network for found, _ in heard.values() for network in found]
        networks += self._remembered(dispatched, heard)
        desired, unplaced = intent.segments(networks, self._place)
        self._report([refusal for _, refused in heard.values() for refusal in refused] + unplaced)
        return desired

    def _remembered(
        self, dispatched: Mapping[Key, Segment], heard: Mapping[str, object]
    ) -> List[Network]:
        """The networks of engines that have not been heard: they count as still having what they
        had.

        So do those of engines that are no longer configured, until all that are have been heard: an
        engine that was only renamed must not lose its networks for a moment.
        """
        waiting = set(self._engines) - set(heard)
        return [
            network
            for segment in dispatched.values()
            for network in segment.networks
            if network.engine in waiting or (waiting and network.engine not in self._engines)
        ]

    def _place(self, network: Network) -> Tuple[str, str, int]:
        # A network of an engine that is no longer configured stays where its engine had no uplinks.
        engine = self._engines.get(network.engine) or self._config.engines[0]
        switch, rbridge = uplink_of(self._config, engine, network.interface)
        return switch.name, switch.host, rbridge

    def _report(self, refusals: List[Refusal]) -> None:
        current = {(one.engine, one.id, str(one.error)): one for one in refusals}
        for key, refusal in current.items():
            if key not in self._refused:
                self._log.warning(
                    "network %s of engine %s is refused: %s",
                    refusal.name,
                    refusal.engine,
                    refusal.error,
                )
        self._refused = set(current)
