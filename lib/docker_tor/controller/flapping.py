"""Engines that are lost and back again and again are told of once, and once when that is over.

The first time that an engine is lost, and back, is told as it is. Lost again soon after, it is
flapping: that is told, and then nothing until it has been followed for a while.
"""

from dataclasses import dataclass
from typing import Callable, Collection, Dict, List, NamedTuple

SOON = 600.0
"""Seconds of quiet after which it is over: an engine is followed, a network is not rejected."""


class News(NamedTuple):
    """What has to be told of an engine, as of the trigger EngineEvent."""

    engine: str
    state: str
    reason: str
    seconds: float


@dataclass
class _Losses:
    """Of one engine: when it was first lost, how often since, and when it was last lost or back."""

    first: float
    times: int
    last: float
    away: bool = True


class Flapping:
    """What is told of engines that come and go. Times are monotonic. Not thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._losses: Dict[str, _Losses] = {}

    def lost(self, engine: str, reason: str) -> List[News]:
        """An engine is lost; what is told of it now."""
        now, had = self._clock(), self._losses.get(engine)
        if had is None:
            self._losses[engine] = _Losses(now, 1, now)
            return [News(engine, "lost", reason, 0.0)]
        had.times, had.last, had.away = had.times + 1, now, True
        if had.times > 2:
            return []
        again = (
            f"{reason} It comes and goes: nothing more is told until it has been followed for"
            f" {SOON / 60:.0f} minutes."
        )
        return [News(engine, "lost", again, 0.0)]

    def back(self, engine: str, seconds: float) -> List[News]:
        """An engine is back, after so many seconds; what is told of it now."""
        had = self._losses.get(engine)
        if had is None or had.times == 1:
            if had is not None:
                had.last, had.away = self._clock(), False
            return [News(engine, "back", "", seconds)]
        had.last, had.away = self._clock(), False
        return []

    def over(self, engines: Collection[str]) -> List[News]:
        """What is told of flappings that are over by now; forgets all but these engines."""
        now = self._clock()
        self._losses = {name: one for name, one in self._losses.items() if name in engines}
        news = []
        for name, one in list(self._losses.items()):
            if not one.away and now - one.last >= SOON:
                del self._losses[name]
                if one.times > 1:
                    span = one.last - one.first
                    why = f"It was lost {one.times} times in {max(span / 60, 1):.0f} minutes."
                    news.append(News(name, "back", why, span))
        return news
