"""Removals wait for a while: a network that is created again meanwhile has no outage. Pure.

A removal is that of a segment, or that of a VLAN from ports.
"""

import bisect
import math
from typing import Callable, Collection, Dict, Iterator, List, Mapping, Set, Tuple

from ..config.limits import Rbridge, span
from ..desired.actions import DESTROY
from ..desired.segments import Change, Key, Segment


class Grace:
    """Keeps each removal back for `seconds` after it was first seen."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._since: Dict[_Removal, float] = {}
        self._waiting: Set[_Removal] = set()

    def due(self, changes: List[Change], desired: Mapping[Key, Segment]) -> List[Change]:
        """The changes, without the removals that still have to wait.

        The removal of a segment does not wait if its subnets overlap those of a desired segment on
        its rbridge. What waits still has its ports: no other change takes them away.
        """
        now = self._clock()
        leaving = {_removal(change) for change in changes if change.only_less}
        self._since = {one: self._since.get(one, now) for one in leaving}
        waiting = {one for one, since in self._since.items() if now - since < self.seconds}
        self._waiting = waiting
        spans = _spans(desired, {key[:2] for key, _ in waiting})
        due: List[Change] = []
        ports: Dict[Tuple[str, int], Set[str]] = {}
        for change in changes:
            segment = change.segment
            in_the_way = change.action == DESTROY and _in_the_way(segment, spans)
            if _removal(change) not in waiting or in_the_way:
                due.append(change)
            else:
                ports.setdefault((segment.switch, segment.vlan), set()).update(change.ports_gone)
        return [_without(change, ports) for change in due] if ports else due

    @property
    def over(self) -> bool:
        """Whether a removal has waited long enough by now."""
        latest = self._clock() - self.seconds
        return any(self._since[one] <= latest for one in self._waiting)


_Removal = Tuple[Key, Tuple[str, ...]]
"""A segment, and the ports that the VLAN is taken from where the segment stays."""


def _removal(change: Change) -> _Removal:
    return change.segment.key, () if change.action == DESTROY else change.ports_gone


def _without(change: Change, ports: Mapping[Tuple[str, int], Collection[str]]) -> Change:
    """The change, without what waits of the ports that it takes the VLAN from."""
    stay = ports.get((change.segment.switch, change.segment.vlan), ())
    return change._replace(ports_gone=tuple(p for p in change.ports_gone if p not in stay))


_Spans = Dict[Tuple[str, Rbridge, int], List[Tuple[int, int]]]
"""First and last addresses of subnets as numbers, sorted, by switch, rbridge and IP version."""


def _spans(desired: Mapping[Key, Segment], where: Collection[Tuple[str, Rbridge]]) -> _Spans:
    """Those of the segments on these rbridges of switches."""
    found: _Spans = {}
    for segment in desired.values() if where else ():
        if (segment.switch, segment.rbridge) in where:
            for place, ends in _places(segment):
                found.setdefault(place, []).append(ends)
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
        yield (segment.switch, segment.rbridge, address.version), span(address)
