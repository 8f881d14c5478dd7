"""Reconciles what was last applied with what the engines have, again and again.

The watchers hand in the engines' lists at any time. `settle` does the slow work, in one thread:

1. It assembles the desired state from what each engine was last observed to have.
2. It compares that with what was last applied, and keeps back removals that have to wait.
3. It writes down what it is about to dispatch, dispatches it, and writes down what it has
   dispatched.

So a datastore that fails makes changes wait. None is lost, and none is dispatched at every try.
"""

import logging
import threading
import time
from typing import Any, Callable, Collection, Dict, Iterable, List, Mapping

from ..common.datastore import Store
from ..config import reload
from ..config.settings import Config
from ..desired import holds, last_applied, ledger, segments
from ..desired.assembly import Assembly
from ..desired.by_engine import ByEngine
from ..desired.last_applied import LastApplied
from ..desired.segments import Change, Key
from ..engine.listing import Reader
from ..engine.networks import Observed, Rejection
from . import heartbeat, triggers
from .debounce import Debounce
from .dispatch import Bursts, Dispatch, Dispatcher
from .flapping import Flapping
from .grace import Grace
from .heartbeat import Heartbeat, Pulse
from .holding import Holding
from .lease import Lease
from .repeated import Repeated
from .settler import Settler
from .triggers import Trigger

MOST_NEWS = 1000
"""Engines lost and back that are kept while nothing can be dispatched; the oldest are dropped."""


class Controller(Settler):
    """The desired and the applied segments of all engines."""

    what = "changes"

    def __init__(
        self,
        config: Config,
        dispatch: Dispatch,
        store: Callable[[str], Store],
        lease: Lease,
        *,
        log: logging.Logger,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(lease, log)
        self._config = config
        self._trouble = ""
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        # What watchers write, under the lock.
        self._lock = threading.Lock()
        self._engines = {engine.name: engine for engine in config.engines}
        self._readers = {one.name: Reader(one.name, one.vlans) for one in config.engines}
        self._observed: Dict[str, Observed] = {}
        self._engine_news: List[Trigger] = []
        self._pulses = {name: Pulse() for name in self._engines}
        self._since: Dict[str, float] = {}
        self._debounce = Debounce(config.debounce, monotonic)
        self._holding = Holding()
        self._flapping = Flapping(monotonic)
        self._repeated = Repeated(monotonic)
        # What only `settle` touches.
        self._applied = LastApplied()
        self._ledger = ledger.Writer()
        self._by_engine = ByEngine()
        self._assembly = Assembly()
        bursts = Bursts(config.batch_above, triggers.MOST_IN_BATCH, monotonic)
        self._out = Dispatcher(dispatch, bursts, log)
        self._grace = Grace(config.removal_grace, monotonic)
        self._term = 0
        self._due = True
        self._beat_at = float("-inf")

    def configure(self, config: Config, trouble: str = "") -> None:
        """Go by this configuration from now on; `trouble` is why it is not the one of now.

        An engine whose entry has changed counts as one that was not observed yet, so what it had
        stays. Its watcher has to be stopped first. Not at the same time as `settle`.
        """
        with self._lock:
            kept = {one.name for one in config.engines if self._engines.get(one.name) == one}
            self._config, self._trouble = config, trouble
            self._engines = {engine.name: engine for engine in config.engines}
            self._readers = {
                name: self._readers[name] if name in kept else Reader(name, engine.vlans)
                for name, engine in self._engines.items()
            }
            self._observed = {name: one for name, one in self._observed.items() if name in kept}
            self._since = {name: since for name, since in self._since.items() if name in kept}
            self._pulses = {
                name: self._pulses[name] if name in kept else Pulse() for name in self._engines
            }
            self._debounce.seconds = config.debounce
            self._changed()
        self._out.bursts.few = config.batch_above
        self._grace.seconds = config.removal_grace
        self._beat_at = float("-inf")

    def listed(self, engine: str, listing: List[Any], since: float) -> None:
        """Take in the list of one engine's networks; there was news `since` (monotonic)."""
        now = self._clock()
        seen = self._readers[engine].observe(listing, now, since)
        self._holding.listed(engine, seen)
        with self._lock:
            # An engine that chat was told is lost stays so until chat is told otherwise.
            lost = self._pulses[engine].state == heartbeat.LOST
            state = heartbeat.LOST if lost else heartbeat.FOLLOWING
            self._pulse(engine, state=state, last_contact=now, networks=len(listing))
            before = self._observed.get(engine)
            self._observed[engine] = seen
            if before is None or before.meaning != seen.meaning:
                self._since.setdefault(engine, since)
                self._changed()

    def removed(self, engine: str, identity: str) -> None:
        """An engine has told that a network is gone, which may end a hold."""
        self._holding.removed(engine, identity, self._monotonic())
        if self._holding.waiting:
            with self._lock:
                self._changed()

    def lost(self, engine: str, reason: str) -> None:
        """An engine is lost: nothing that it had is gone, but people want to know."""
        with self._lock:
            self._pulse(engine, state=heartbeat.LOST)
            news = self._flapping.lost(engine, reason)
        for one in news:
            self._announce(*one)

    def back(self, engine: str, seconds: float) -> None:
        """An engine is back, after so many seconds."""
        with self._lock:
            self._pulse(engine, state=heartbeat.FOLLOWING)
            news = self._flapping.back(engine, seconds)
        for one in news:
            self._announce(*one)

    @property
    def wait(self) -> float:
        """Seconds for which what there is to settle has to wait for what follows it."""
        with self._lock:
            return self._debounce.wait

    def _pulse(self, engine: str, **changed: Any) -> None:
        self._pulses[engine] = self._pulses[engine]._replace(**changed)

    def _announce(self, engine: str, state: str, reason: str, seconds: float) -> None:
        trigger = triggers.engine_event(engine, state, reason, seconds, self._config.chat())
        with self._lock:
            self._engine_news = [*self._engine_news, trigger][-MOST_NEWS:]
            self._changed()

    def _changed(self) -> None:
        self._debounce.changed()
        self.news.set()

    def _begin(self) -> None:
        with self._lock:
            over = self._flapping.over(self._engines)
        for one in over:
            self._announce(*one)
        with self._lock:
            waits = self._grace.over or self._holding.waiting or bool(self._repeated.over())
            self._due = self._due or self.news.is_set() or waits
            self.news.clear()
            self._debounce.taken()

    def _work(self) -> None:
        # Without an engine there is no configuration yet: nothing is known, and nothing is gone.
        if self._engines:
            self._reconcile()
        self._beat()

    def _stand_by(self) -> None:
        # Another sensor dispatches. What it writes is read when this one takes over.
        with self._lock:
            self._engine_news = []

    def _reconcile(self) -> None:
        if self._term != self._lease.term:
            self._applied = ledger.load(lambda name: self._store(name).get())
            self._applied.resume(self._clock())
            self._holding.load(self._store(holds.NAME).get())
            self._term, self._due = self._lease.term, True
        if not self._due:
            return
        with self._lock:
            since, self._since = self._since, {}
            observed = dict(self._observed)
        self._by_engine.take(self._applied.segments)
        held = self._held(observed)
        desired = self._assembly.assemble(self._config, observed, self._by_engine, held)
        found = segments.changes(self._applied.segments, desired.segments)
        changed = {change.segment.key for change in found}
        changes = self._grace.due(found, desired.segments)
        untold = self._applied.untold(desired.rejected)
        if untold:
            self._applied.unsaved.add(last_applied.REST)
        if changes or untold:
            self._save(change.segment.key for change in changes)
        self._dispatch(changes, untold)
        self._applied.note(desired, changed, observed, self._engines)
        self._save(())
        self._by_engine.take(self._applied.segments)
        self._holding.save(self._by_engine, self._store(holds.NAME).set)
        # What was applied is senior by now. The next event need not wait until that is taken in.
        self._assembly.assemble(self._config, observed, self._by_engine, held)
        self._due = self._out.refused
        now = self._monotonic()
        with self._lock:
            for engine, moment in since.items():
                self._pulse(engine, lag=round(now - moment, 3))

    def _held(self, observed: Mapping[str, Observed]) -> Dict[str, Collection[str]]:
        """The networks that stay though their engine does not list them, by engine; who has to know
        of them is told."""
        doubts, news = self._holding.judge(
            self._by_engine,
            self._engines,
            observed,
            self._store(holds.RELEASED).get() if self._holding.waiting else None,
            self._config.mass_removal_hold,
            self._clock(),
        )
        for one in news:
            self._announce(*one)
        return {name: doubt.held.keys() for name, doubt in doubts.items() if doubt.held}

    def _save(self, pending: Iterable[Key]) -> None:
        """Write down what was dispatched, and what is about to be."""
        self._applied.pend(pending)
        self._ledger.save(self._applied, lambda name, text: self._store(name).set(text))

    def _dispatch(self, changes: List[Change], untold: List[Rejection]) -> None:
        """Dispatch all that there is, and record what is not refused."""
        self._out.begin()
        for change in self._out.changes(changes, self._config):
            self._applied.record(change, self._clock())
        for rejection in untold:
            note = self._repeated.note(rejection)
            if note is None or self._reject(rejection, note):
                self._applied.told(rejection)
                self._repeated.count(rejection)
        for rejection, note in self._repeated.over():
            self._reject(rejection, note)
            self._repeated.forget(rejection)
        with self._lock:
            waiting = list(self._engine_news)
        for trigger in waiting:
            self._out.send(trigger)
            with self._lock:
                self._engine_news = [other for other in self._engine_news if other is not trigger]

    def _reject(self, rejection: Rejection, note: str) -> bool:
        chat = self._config.chat(rejection.switch)
        return self._out.send(triggers.network_refused(rejection, chat, note))

    def _beat(self) -> None:
        now = self._monotonic()
        if now - self._beat_at >= heartbeat.EVERY:
            with self._lock:
                pulses = dict(self._pulses)
            beat = Heartbeat(self._clock(), pulses, reload.mark(self._config), self._trouble)
            self._store(heartbeat.NAME).set(heartbeat.dump(beat))
            self._beat_at = now
