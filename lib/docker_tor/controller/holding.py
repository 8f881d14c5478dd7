"""The holds of all engines from one list to the next: what each has told, and what people know.

The rules are those of `desired.holds`. This remembers what they need: which networks an engine has
told are gone, what was held before, and which holds chat was told of.
"""

import threading
from typing import (
    Callable,
    Collection,
    Dict,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from ..desired import holds
from ..desired.by_engine import ByEngine, Networks
from ..desired.holds import NO_DOUBT, Doubt
from ..engine.networks import Observed

PATIENCE = 5.0
"""Seconds for which nobody is told of a hold: the event may still be on its way."""
MOST_REMOVED = 10_000
"""Ids of an engine that are kept at most, for a sensor that stands by: the newest ones."""
WHY = {
    "back": "It lists the missing networks again: they stay.",
    "told": "It says now that the missing networks were removed: their segments go.",
    "over": "It still does not list the missing networks: their segments go.",
    "released": "Somebody has released the missing networks: their segments go.",
}
"""How a hold ends."""


class News(NamedTuple):
    """A hold that has begun, or ended: its engine, the state, why, and for how many seconds."""

    engine: str
    state: str
    reason: str
    seconds: float


class Holding:
    """What is held of each engine. Watchers call `removed` and `listed` from threads of their own;
    everything else is for one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._removed: Dict[str, Dict[str, float]] = {}
        self._doubts: Dict[str, Doubt] = {}
        self._judged: Dict[str, Tuple[FrozenSet[str], Networks]] = {}
        self._told: Set[str] = set()
        self._saved = holds.dump({})

    @property
    def waiting(self) -> bool:
        """Whether anything is held."""
        return any(doubt.held for doubt in list(self._doubts.values()))

    def removed(self, engine: str, network: str, moment: float) -> None:
        """The engine has told at `moment` (monotonic) that a network is gone."""
        with self._lock:
            told = self._removed.setdefault(engine, {})
            told[network] = moment
            if len(told) > MOST_REMOVED:
                del told[next(iter(told))]

    def listed(self, engine: str, observed: Observed) -> None:
        """A network that the engine lists after it told that it is gone, is not gone.

        A node of a swarm tells so when the last of its containers leaves a network that the swarm
        still has.
        """
        self._forget(engine, observed, lambda one: one in observed.ids)

    def judge(
        self,
        applied: ByEngine,
        engines: Collection[str],
        observed: Mapping[str, Observed],
        released: Optional[str],
        seconds: float,
        now: float,
    ) -> Tuple[Mapping[str, Doubt], List[News]]:
        """What is held of each engine now, and what has to be told of that.

        `applied` are the networks that were last applied. `engines` are those that are configured;
        of one that was not `observed`, all stays as it is. `released` is the datastore's text. A
        removal is held for `seconds`; `now` is in seconds since 1970.
        """
        free = holds.released(released)
        news: List[News] = []
        self._doubts = {name: one for name, one in self._doubts.items() if name in engines}
        self._told.intersection_update(engines)
        for engine, seen in observed.items():
            mine = applied.of(engine)
            removed = self._removed_of(engine, mine, seen)
            before = self._doubts.get(engine, NO_DOUBT)
            if self._is_as_before(engine, mine, seen, before):
                continue
            had = [both[0].network for both in mine.values()]
            after = holds.judge(had, seen, before, removed, free.get(engine, {}), seconds, now)
            self._doubts[engine], self._judged[engine] = after, (seen.ids, mine)
            if engine not in self._told and _is_due(after, now):
                self._told.add(engine)
                news.append(News(engine, holds.HELD, holds.said(after, seconds), seconds))
            if engine in self._told and not after.held:
                self._told.remove(engine)
                began = min(before.held.values(), default=now)
                why = _ended(before, seen, removed, seen.at - began >= seconds)
                news.append(News(engine, holds.ENDED, why, max(now - began, 0.0)))
        return self._doubts, news

    def load(self, text: Optional[str]) -> None:
        """Go on with what another life of the sensor has saved."""
        self._doubts = holds.load(text)
        self._told = {engine for engine, doubt in self._doubts.items() if doubt.held}
        self._saved = text or holds.dump({})

    def _is_as_before(self, engine: str, had: Networks, seen: Observed, doubt: Doubt) -> bool:
        """Whether nothing was missing of what an engine had, and it lists and had the same now."""
        ids, networks = self._judged.get(engine, (None, None))
        return not doubt.held and not doubt.gone and had is networks and seen.ids == ids

    def save(self, applied: ByEngine, put: Callable[[str], None]) -> None:
        """Save the holds that people were told of, and what is gone of the networks that were last
        applied, if that is not what is saved already."""
        kept = {
            engine: doubt._replace(
                held=doubt.held if engine in self._told else {},
                gone=doubt.gone & applied.of(engine).keys(),
            )
            for engine, doubt in self._doubts.items()
            if doubt.held or doubt.gone
        }
        text = holds.dump({engine: one for engine, one in kept.items() if one.held or one.gone})
        if text != self._saved:
            put(text)
            self._saved = text

    def _removed_of(self, engine: str, applied: Networks, seen: Observed) -> FrozenSet[str]:
        """What the engine has told is gone, but for what it told before this list was asked for, of
        networks that are not applied: that is forgotten."""
        self._forget(engine, seen, lambda one: one not in applied)
        with self._lock:
            return frozenset(self._removed.get(engine, ()))

    def _forget(self, engine: str, seen: Observed, which: Callable[[str], bool]) -> None:
        """Forget what was told before this list was asked for, as far as it is `which`."""
        with self._lock:
            told = self._removed.get(engine, {})
            for one in [one for one, at in told.items() if at < seen.since and which(one)]:
                del told[one]


def _is_due(doubt: Doubt, now: float) -> bool:
    return any(now - at >= PATIENCE for at in doubt.held.values())


def _ended(before: Doubt, seen: Observed, removed: FrozenSet[str], over: bool) -> str:
    """Why nothing of an engine is held any more."""
    if seen.ids.intersection(before.held):
        return WHY["back"]
    if removed.intersection(before.held):
        return WHY["told"]
    return WHY["over" if over else "released"]
