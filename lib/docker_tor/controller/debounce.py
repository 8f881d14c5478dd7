"""When changes are dispatched, and which of them together. Pure.

A change waits a moment for others. What has gathered by then goes out as one batch for each switch,
unless it is little and the first in a while: then each change is shown by itself.
"""

import bisect
import math
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ..desired.segments import DESTROY, Change, Key, Segment

BURST = 2.0
"""Seconds for which changes that keep coming wait for each other at most, and after which what goes
out for a switch belongs to another burst."""


class Debounce:
    """Tells for how long changes are still to wait for those that follow them."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._first: Optional[float] = None
        self._last = 0.0

    def changed(self) -> None:
        """There is a change."""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def taken(self) -> None:
        """All changes until now are being seen to; the next is the first again."""
        self._first = None

    @property
    def wait(self) -> float:
        """Seconds: until nothing has come for `seconds`, or BURST after the first change."""
        if self._first is None:
            return 0.0
        due = min(self._last + self.seconds, self._first + max(self.seconds, BURST))
        return max(due - self._clock(), 0.0)


class Group(NamedTuple):
    """Changes of one switch that one trigger tells of; `alone` where it is one that is shown by
    itself, which a batch of one is not."""

    changes: Tuple[Change, ...]
    alone: bool


class Bursts:
    """Puts together what is to go out together: at most `most` in a group, and one by one only
    where a switch has `few` or fewer and nothing of it went out in the last BURST seconds."""

    def __init__(self, few: int, most: int, clock: Callable[[], float]) -> None:
        self.few = few
        self._most = most
        self._clock = clock
        self._out: Dict[str, float] = {}

    def groups(self, changes: Iterable[Change]) -> List[Group]:
        """The changes as they are to be dispatched, those of each switch in their order."""
        by_switch: Dict[str, List[Change]] = {}
        for change in changes:
            by_switch.setdefault(change.segment.switch, []).append(change)
        found: List[Group] = []
        for switch, those in by_switch.items():
            alone = len(those) <= self.few and not self._busy(switch)
            size = 1 if alone else self._most
            parts = [tuple(those[first : first + size]) for first in range(0, len(those), size)]
            found += [Group(part, alone) for part in parts]
        return found

    def dispatched(self, switch: str) -> None:
        """Something of this switch went out now."""
        self._out[switch] = self._clock()

    def _busy(self, switch: str) -> bool:
        return self._clock() - self._out.get(switch, -math.inf) < BURST


class Grace:
    """Holds removals back for a while: a network that is created again by then has no outage."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._since: Dict[Key, float] = {}

    def due(self, changes: List[Change], desired: Mapping[Key, Segment]) -> List[Change]:
        """The changes without the removals that are still to wait. A removal does not wait where
        its addresses are in the way of a segment that is to come."""
        now = self._clock()
        leaving = {change.segment.key for change in changes if change.action == DESTROY}
        self._since = {key: self._since.get(key, now) for key in leaving}
        waiting = {key for key, since in self._since.items() if now - since < self.seconds}
        spans = _spans(desired) if waiting else {}
        return [
            change
            for change in changes
            if change.action != DESTROY
            or change.segment.key not in waiting
            or _in_the_way(change.segment, spans)
        ]

    @property
    def over(self) -> bool:
        """Whether a removal has waited long enough by now."""
        latest = self._clock() - self.seconds
        return any(since <= latest for since in self._since.values())


_Spans = Dict[Tuple[str, int, int], List[Tuple[int, int]]]
"""First and last addresses of subnets as numbers, sorted, by switch, rbridge and IP version."""


def _spans(desired: Mapping[Key, Segment]) -> _Spans:
    found: _Spans = {}
    for segment in desired.values():
        for place, span in _places(segment):
            found.setdefault(place, []).append(span)
    return {place: sorted(spans) for place, spans in found.items()}


def _in_the_way(leaving: Segment, spans: _Spans) -> bool:
    for place, (first, last) in _places(leaving):
        theirs = spans.get(place, [])
        # They are apart from each other: the last that begins in time ends latest.
        at = bisect.bisect_right(theirs, (last, math.inf)) - 1
        if at >= 0 and theirs[at][1] >= first:
            return True
    return False


def _places(segment: Segment) -> Iterator[Tuple[Tuple[str, int, int], Tuple[int, int]]]:
    for address in segment.addresses:
        network = address.network
        place = (segment.switch, segment.rbridge, network.version)
        yield place, (int(network.network_address), int(network.broadcast_address))
