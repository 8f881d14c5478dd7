"""When changes are dispatched: at once, or a moment later so that a burst goes out together. Pure.

A few changes go out as they come. Where more segments than that change within a second, those that
follow wait for each other a little: they then go out as one batch for each switch.
"""

import bisect
import math
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Tuple

from . import values
from .intent import DESTROY, Change, Key, Segment

BURST = 1.0
"""Seconds within which changes count as one burst."""
GATHER = 0.25
"""Seconds for which the changes of a burst wait for each other."""


class Pace:
    """Tells from what was dispatched lately how long the next changes are to wait."""

    def __init__(self, few: int, clock: Callable[[], float]) -> None:
        self._few = few
        self._clock = clock
        self._recent: Dict[Key, float] = {}

    def dispatched(self, keys: Iterable[Key]) -> None:
        """Changes of these segments were dispatched now."""
        self._recent.update(dict.fromkeys(keys, self._clock()))

    @property
    def wait(self) -> float:
        """Seconds: 0 unless a burst is under way. Changes of one segment are no burst."""
        since = self._clock() - BURST
        self._recent = {key: at for key, at in self._recent.items() if at > since}
        return GATHER if len(self._recent) > self._few else 0.0


class Grace:
    """Holds removals back for a while: a network that is created again by then has no outage."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since: Dict[Key, float] = {}

    def due(self, changes: List[Change], desired: Mapping[Key, Segment]) -> List[Change]:
        """The changes without the removals that are still to wait. A removal does not wait where
        its addresses are in the way of a segment that is to come."""
        now = self._clock()
        leaving = {change.segment.key for change in changes if change.action == DESTROY}
        self._since = {key: self._since.get(key, now) for key in leaving}
        waiting = {key for key, since in self._since.items() if now - since < self._seconds}
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
        latest = self._clock() - self._seconds
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
        network = values.known_address(address).network
        place = (segment.switch, segment.rbridge, network.version)
        yield place, (int(network.network_address), int(network.broadcast_address))


def batches(changes: Iterable[Change], few: int, most: int) -> List[Tuple[Change, ...]]:
    """The changes in the groups in which they are to be dispatched, removals first as they come: of
    a switch with `few` changes at the most each by itself, of others `most` together."""
    by_switch: Dict[str, List[Change]] = {}
    for change in changes:
        by_switch.setdefault(change.segment.switch, []).append(change)
    return [
        tuple(found[first : first + size])
        for found in by_switch.values()
        for size in [most if len(found) > few else 1]
        for first in range(0, len(found), size)
    ]
