"""Brings what has been dispatched in line with what the engines have, again and again.

The engines' lists come in from their followers at any time; `settle` does the slow work, in one
thread: it computes the segments that should exist, compares them with the ledger, and dispatches
the difference. A change is written to the ledger before it is dispatched and after, so that a
datastore that fails makes changes wait: none is dropped, and none is dispatched at each try.
"""

import logging
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Set, Tuple

from ..common.datastore import Store
from ..common.errors import ConfigError
from ..config import reload
from ..config.settings import Config, SwitchConfig
from ..config.uplinks import uplink_of
from ..desired import segments
from ..desired.segments import Change, Key, Segment
from ..engine.networks import Network, Refusal
from . import heartbeat, triggers
from .book import Book
from .debounce import Bursts, Debounce, Grace
from .dispatch import Dispatch, Sender
from .heartbeat import Heartbeat, Pulse
from .holding import Holds
from .lease import Lease
from .observed import Heard, hear
from .triggers import Trigger

MOST_NEWS = 1000
"""Engines lost and back that are kept while nothing can be dispatched; the oldest go first."""


class Stores(NamedTuple):
    """The values that the controller keeps in the datastore."""

    ledger: Store
    heartbeat: Store
    holds: Store
    released: Store


class Controller:
    """Desired and dispatched segments of all engines. It listens to their followers."""

    def __init__(
        self,
        config: Config,
        dispatch: Dispatch,
        stores: Stores,
        lease: Lease,
        *,
        log: logging.Logger,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._trouble = ""
        self._stores = stores
        self._lease = lease
        self._log = log
        self._clock = clock
        self._monotonic = monotonic
        self._engines = {engine.name: engine for engine in config.engines}
        # What followers write, under the lock.
        self._lock = threading.Lock()
        self._heard: Dict[str, Heard] = {}
        self._engine_news: List[Trigger] = []
        self._pulses = {name: Pulse() for name in self._engines}
        self._since: Dict[str, float] = {}
        self._debounce = Debounce(config.debounce, monotonic)
        self._holds = Holds()
        # What only `settle` touches.
        self._book = Book(stores.ledger, clock)
        bursts = Bursts(config.batch_above, triggers.MOST_IN_BATCH, monotonic)
        self._out = Sender(dispatch, bursts, log)
        self._grace = Grace(config.removal_grace, monotonic)
        self._term = 0
        self._due = True
        self._troubled = False
        self._beat_at = float("-inf")
        self.news = threading.Event()
        """Set when there is something to settle."""

    def configure(self, config: Config, trouble: str = "") -> None:
        """Go by this configuration from now on; `trouble` is why it is not the one of now.

        Engines that are other ones than before count as not heard yet, so what they had stays until
        they are; their followers have to be stopped first. Not at the same time as `settle`.
        """
        with self._lock:
            kept = {one.name for one in config.engines if self._engines.get(one.name) == one}
            self._config, self._trouble = config, trouble
            self._engines = {engine.name: engine for engine in config.engines}
            self._heard = {name: heard for name, heard in self._heard.items() if name in kept}
            self._since = {name: since for name, since in self._since.items() if name in kept}
            self._pulses = {
                name: self._pulses[name] if name in kept else Pulse() for name in self._engines
            }
            self._debounce.seconds = config.debounce
            self._changed()
        self._out.bursts.few = config.batch_above
        self._grace.seconds = config.removal_grace
        self._beat_at = float("-inf")

    def heard(self, engine: str, listing: List[Any], since: float) -> None:
        """Take in the list of one engine's networks. Does not wait for anything."""
        found = hear(engine, listing, self._engines[engine].vlans, self._clock(), since)
        self._holds.listed(engine, found.listed)
        with self._lock:
            pulse = self._pulses[engine]
            # What chat was told is lost stays so until chat is told otherwise.
            state = heartbeat.LOST if pulse.state == heartbeat.LOST else heartbeat.FOLLOWING
            self._pulses[engine] = pulse._replace(
                state=state, last_contact=self._clock(), networks=len(listing)
            )
            same = found.same_as(self._heard.get(engine))
            self._heard[engine] = found
            if same:
                return
            self._since.setdefault(engine, since)
            self._changed()

    def announced(self, engine: str, network: str) -> None:
        """An engine has told that a network is gone."""
        self._holds.announced(engine, network, self._monotonic())
        if self._holds.waiting:
            with self._lock:
                self._changed()

    def lost(self, engine: str, reason: str) -> None:
        """An engine is lost: nothing it had is gone, but people want to know."""
        with self._lock:
            self._pulses[engine] = self._pulses[engine]._replace(state=heartbeat.LOST)
        self._announce(engine, "lost", reason, 0.0)

    def back(self, engine: str, seconds: float) -> None:
        """An engine is back, after so many seconds."""
        with self._lock:
            self._pulses[engine] = self._pulses[engine]._replace(state=heartbeat.FOLLOWING)
        self._announce(engine, "back", "", seconds)

    def _announce(self, engine: str, state: str, reason: str, seconds: float) -> None:
        trigger = triggers.engine_event(engine, state, reason, seconds, self._config.channel)
        with self._lock:
            self._engine_news = [*self._engine_news, trigger][-MOST_NEWS:]
            self._changed()

    def _changed(self) -> None:
        self._debounce.changed()
        self.news.set()

    def settle(self) -> bool:
        """Dispatch what there is to dispatch; False where something is left for another try.

        Never raises: whatever fails is logged once, until it works again.
        """
        with self._lock:
            waits = self._grace.over or self._holds.waiting
            self._due = self._due or self.news.is_set() or waits
            self.news.clear()
            self._debounce.taken()
        try:
            if self._lease.hold():
                # Without an engine there is no configuration yet: nothing is known, nothing gone.
                if self._engines:
                    self._settle()
                self._beat()
            else:
                self._stand_by()
        except Exception as error:  # noqa: BLE001  # the sensor outlives StackStorm's outages too
            if not self._troubled:
                self._log.error("changes have to wait: %s: %s", type(error).__name__, error)
            self._troubled = True
            return False
        if self._troubled:
            self._log.info("changes flow again")
        self._troubled = False
        return True

    @property
    def wait(self) -> float:
        """Seconds for which what there is to settle is to wait for what follows it."""
        with self._lock:
            return self._debounce.wait

    def retire(self) -> None:
        """Let another sensor take over at once. Never raises."""
        try:
            self._lease.release()
        except Exception as error:  # noqa: BLE001  # the lease runs out by itself
            self._log.info("the lease was not released: %s: %s", type(error).__name__, error)

    def _stand_by(self) -> None:
        """Another sensor dispatches: what it writes is read when this one takes over."""
        with self._lock:
            self._engine_news = []

    def _settle(self) -> None:
        if self._term != self._lease.term:
            self._book.load()
            self._holds.load(self._stores.holds.get())
            self._term, self._due = self._lease.term, True
        if not self._due:
            return
        with self._lock:
            since, self._since = self._since, {}
        desired, refusals = self._desired()
        changes = self._grace.due(segments.changes(self._book.segments, desired), desired)
        untold = self._book.untold(refusals)
        if changes or untold:
            self._book.save(pending=[change.segment.key for change in changes])
        undone = self._dispatch(changes, untold)
        self._note({key: one for key, one in desired.items() if key not in undone}, refusals)
        self._book.save_changes()
        self._holds.save(self._book.networks(), self._stores.holds.set)
        self._due = self._out.refused
        now = self._monotonic()
        with self._lock:
            for engine, moment in since.items():
                self._pulses[engine] = self._pulses[engine]._replace(lag=round(now - moment, 3))

    def _dispatch(self, changes: List[Change], untold: List[Refusal]) -> Set[Key]:
        """Dispatch all that there is; the segments whose changes StackStorm would drop."""
        tell = self._config.channel
        undone = {change.segment.key for change in changes}
        self._out.begin()
        for change in self._out.changes(changes, tell):
            self._book.dispatched(change)
            undone.discard(change.segment.key)
        for refusal in untold:
            if self._out.send(triggers.network_refused(refusal, tell)):
                self._book.told(refusal)
        self._dispatch_engine_news()
        return undone

    def _beat(self) -> None:
        now = self._monotonic()
        if now - self._beat_at >= heartbeat.EVERY:
            with self._lock:
                pulses = dict(self._pulses)
            beat = Heartbeat(self._clock(), pulses, reload.mark(self._config), self._trouble)
            self._stores.heartbeat.set(heartbeat.dump(beat))
            self._beat_at = now

    def _dispatch_engine_news(self) -> None:
        with self._lock:
            waiting = list(self._engine_news)
        for trigger in waiting:
            self._out.send(trigger)
            with self._lock:
                self._engine_news = [other for other in self._engine_news if other is not trigger]

    def _note(self, desired: Mapping[Key, Segment], refusals: List[Refusal]) -> None:
        with self._lock:
            passed = {name: found.passed for name, found in self._heard.items()}
        self._book.note(desired, refusals, passed, set(self._engines) - set(passed))

    def _desired(self) -> Tuple[Dict[Key, Segment], List[Refusal]]:
        with self._lock:
            heard = dict(self._heard)
        wanted = [network for found in heard.values() for network in found.wanted]
        remembered = self._book.remembered(set(self._engines), set(heard))
        incumbents = {(network.engine, network.id): network for network in self._book.networks()}
        desired, refused = segments.segments(
            [*wanted, *remembered, *self._held(heard)], self._place, incumbents
        )
        return desired, [*(one for found in heard.values() for one in found.refused), *refused]

    def _held(self, heard: Mapping[str, Heard]) -> List[Network]:
        """The networks that engines have dropped and that stay nevertheless; who has to know of
        that is told."""
        lists = {name: heard[name].listed if name in heard else None for name in self._engines}
        released = self._stores.released.get() if self._holds.waiting else None
        seconds = self._config.mass_removal_hold
        held, news = self._holds.judge(
            self._book.networks(), lists, released, seconds, self._clock()
        )
        for one in news:
            self._announce(*one)
        return held

    def _place(self, network: Network) -> Tuple[SwitchConfig, int]:
        engine = self._engines.get(network.engine)
        if engine is not None:
            return uplink_of(self._config, engine, network.interface, network.tagged)
        # Of an engine that is not configured any more only the ledger knows where it was.
        for segment in self._book.segments.values():
            switch = self._config.named(segment.switch)
            if switch is not None and network in segment.networks:
                return switch, segment.rbridge
        raise ConfigError("neither its engine nor its switch is configured any more")
