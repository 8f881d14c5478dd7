"""A network that is rejected again and again is told of once, and once when that is over. Pure, but
for the clock.

Who removes a network and creates it again gets a new id each time, so each rejection is a new one.
The first is told as it is. The second within SOON says that no more is told, and those after it are
counted. When the network was not rejected for SOON, the count is told.
"""

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

from ..common.sanitize import counted
from ..engine.networks import Rejection
from .flapping import SOON

_Same = Tuple[str, str, str]
"""Engine, network by its name, and reason."""


@dataclass
class _Count:
    first: float
    last: float
    times: int
    rejection: Rejection


class Repeated:
    """Counts rejections. Times are monotonic. Not thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: Dict[_Same, _Count] = {}

    def note(self, rejection: Rejection) -> Optional[str]:
        """What is added to the message about a rejection, perhaps nothing; None if there is to be
        no message."""
        count = self._counts.get(_same(rejection))
        if count is None:
            return ""
        if count.times > 1:
            return None
        minutes = f"{SOON / 60:.0f} minutes"
        return f"It is rejected again: no more is told until it was not rejected for {minutes}."

    def count(self, rejection: Rejection) -> None:
        """The rejection was told, or passed over."""
        now = self._clock()
        count = self._counts.setdefault(_same(rejection), _Count(now, now, 0, rejection))
        count.last, count.times, count.rejection = now, count.times + 1, rejection

    def over(self) -> List[Tuple[Rejection, str]]:
        """The last rejection of each network that was rejected often, and has not been for SOON,
        with what is added to its message."""
        now = self._clock()
        quiet = {same: one for same, one in self._counts.items() if now - one.last >= SOON}
        for same in [same for same, one in quiet.items() if one.times == 1]:
            del self._counts[same]
        return [
            (one.rejection, f"It was rejected {one.times} times in {_span(one)}.")
            for one in quiet.values()
            if one.times > 1
        ]

    def forget(self, rejection: Rejection) -> None:
        """The end was told: the next rejection is the first again."""
        del self._counts[_same(rejection)]


def _span(count: _Count) -> str:
    return counted(max(round((count.last - count.first) / 60), 1), "minute")


def _same(rejection: Rejection) -> _Same:
    return rejection.network["engine"], rejection.network["name"], str(rejection.error)
