"""What the sensor holds of each engine, what the engines have told, and what people know of it.

The rules are in `holds`; here is what they need from one list to the next.
"""

import threading
from typing import (
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from ..desired import holds
from ..desired.holds import NO_DOUBT, Doubt, Listed
from ..engine.networks import Network

PATIENCE = 5.0
"""Seconds for which a hold is nobody's business: the event may still be on its way."""
MOST_ANNOUNCED = 10_000
"""Ids of an engine that are kept at most, for a sensor that stands by: the newest ones."""
WHY = {
    "back": "It lists again what was missing, and that stays.",
    "told": "It has said by now that what was missing was removed, and that goes.",
    "over": "It still does not list what was missing, and that goes.",
    "released": "What was missing has been released, and goes.",
}
"""How a hold ends."""


class News(NamedTuple):
    """A hold that has begun, or ended: its engine, the state, why, and for how many seconds."""

    engine: str
    state: str
    reason: str
    seconds: float


class Holds:
    """What is held of each engine. Followers report from threads of their own what is announced;
    all else is for one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._announced: Dict[str, Dict[str, float]] = {}
        self._doubts: Dict[str, Doubt] = {}
        self._told: Set[str] = set()
        self._kept = holds.dump({})
        self.waiting = False
        """Whether anything is held."""

    def announced(self, engine: str, network: str, moment: float) -> None:
        """The engine has told at `moment` (monotonic) that a network is gone."""
        with self._lock:
            told = self._announced.setdefault(engine, {})
            told[network] = moment
            if len(told) > MOST_ANNOUNCED:
                del told[next(iter(told))]

    def listed(self, engine: str, listed: Listed) -> None:
        """What the engine lists since it told that it is gone, is not: a node of a swarm tells so
        when the last of its containers leaves a network that the swarm still has."""
        with self._lock:
            told = self._announced.get(engine, {})
            for one in [one for one, at in told.items() if at < listed.since and one in listed.ids]:
                del told[one]

    def judge(
        self,
        known: Iterable[Network],
        lists: Mapping[str, Optional[Listed]],
        released: Optional[str],
        seconds: float,
        now: float,
    ) -> Tuple[List[Network], List[News]]:
        """The networks that are held, and what there is to tell of that.

        `known` are those of the ledger, and `lists` has what was last listed by engine: None of one
        that has not been heard, of which all stays as it is. `released` is as it is kept, `seconds`
        for how long a removal is held, and `now` since 1970.
        """
        had: Dict[str, List[Network]] = {}
        for network in known:
            had.setdefault(network.engine, []).append(network)
        free = holds.released(released)
        held: List[Network] = []
        news: List[News] = []
        self._doubts = {name: one for name, one in self._doubts.items() if name in lists}
        self._told.intersection_update(lists)
        for engine, listed in lists.items():
            if listed is None:
                continue
            mine = had.get(engine, [])
            told = self._told_of(engine, mine, listed)
            before = self._doubts.get(engine, NO_DOUBT)
            after = holds.judge(mine, listed, before, told, free.get(engine, {}), seconds, now)
            self._doubts[engine] = after
            held += [network for network in mine if network.id in after.held]
            news += self._news(engine, after, now, seconds)
            if engine in self._told and not after.held:
                self._told.remove(engine)
                began = min(before.held.values(), default=now)
                why = _ended(before, listed, told, listed.at - began >= seconds)
                news.append(News(engine, holds.ENDED, why, max(now - began, 0.0)))
        self._note()
        return held, news

    def _note(self) -> None:
        self.waiting = any(doubt.held for doubt in self._doubts.values())

    def _told_of(self, engine: str, had: List[Network], listed: Listed) -> FrozenSet[str]:
        """What the engine has told is gone; nothing has to be known any more of what was gone
        before this list was asked for, and was not had."""
        with self._lock:
            told = self._announced.get(engine)
            if not told:
                return frozenset()
            known = {network.id for network in had}
            for one in [one for one, at in told.items() if at < listed.since and one not in known]:
                del told[one]
            return frozenset(told)

    def _news(self, engine: str, doubt: Doubt, now: float, seconds: float) -> Iterable[News]:
        if engine not in self._told and any(now - at >= PATIENCE for at in doubt.held.values()):
            self._told.add(engine)
            yield News(engine, holds.HELD, holds.said(doubt, seconds), seconds)

    def load(self, text: Optional[str]) -> None:
        """Go on with what another life of the sensor has kept."""
        self._doubts = holds.load(text)
        self._told = {engine for engine, doubt in self._doubts.items() if doubt.held}
        self._kept = text or holds.dump({})
        self._note()

    def save(self, known: Iterable[Network], put: Callable[[str], None]) -> None:
        """Keep what people were told of, and what is gone of the networks that the ledger knows, if
        that is anything else than is kept already."""
        ids = {network.id for network in known}
        kept = {
            engine: doubt._replace(
                held=doubt.held if engine in self._told else {}, gone=doubt.gone & ids
            )
            for engine, doubt in self._doubts.items()
        }
        text = holds.dump({engine: one for engine, one in kept.items() if one.held or one.gone})
        if text != self._kept:
            put(text)
            self._kept = text


def _ended(before: Doubt, listed: Listed, told: FrozenSet[str], over: bool) -> str:
    """Why nothing of an engine is held any more."""
    if listed.ids.intersection(before.held):
        return WHY["back"]
    if told.intersection(before.held):
        return WHY["told"]
    return WHY["over" if over else "released"]
