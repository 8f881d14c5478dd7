"""Removals wait for a while: a network that is created again meanwhile has no outage. Pure."""

import bisect
import math
from typing import Callable, Dict, Iterator, List, Mapping, Tuple

from ..config.limits import Rbridge
from ..desired.actions import DESTROY
from ..desired.segments import Change, Key, Segment


class Grace:
    """Keeps each removal back for `seconds` after it was first seen."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._since: Dict[Key, float] = {}

    def due(self, changes: List[Change], desired: Mapping[Key, Segment]) -> List[Change]:
        """The changes, without the removals that still have to wait.

        A removal does not wait if its subnets overlap those of a desired segment on its rbridge.
        """
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


_Spans = Dict[Tuple[str, Rbridge, int], List[Tuple[int, int]]]
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
        # They do not overlap each other: of those that begin in time, the last one ends last.
        at = bisect.bisect_right(theirs, (last, math.inf)) - 1
        if at >= 0 and theirs[at][1] >= first:
            return True
    return False


def _places(segment: Segment) -> Iterator[Tuple[Tuple[str, Rbridge, int], Tuple[int, int]]]:
    for address in segment.addresses:
        network = address.network
        place = (segment.switch, segment.rbridge, network.version)
        yield place, (int(network.network_address), int(network.broadcast_address))
