"""Which networks have to do with each other: on one segment, or with subnets that overlap. Pure.

Whether a network is admitted depends on its neighbours, these, and theirs, and on no other. So when
a few come or go, only those are looked at again.

Subnets are blocks: of two that overlap, one lies within the other. Those within a block follow it
in the order of their first addresses; those around it are found by their sizes.
"""

import bisect
from collections import Counter
from typing import Dict, Iterable, Iterator, List, NamedTuple, Set, Tuple, Union

from ..config.limits import VeAddress, span
from .segments import Key

Who = Tuple[str, str]
"""A network, by its engine and its id."""


class _Block(NamedTuple):
    """A subnet by its first and last address, on one switch."""

    switch: str
    version: int
    first: int
    last: int


Link = Union[Key, _Block]
"""What networks have to do with each other by."""


class _Blocks:
    """The blocks of one IP version on one switch, that networks have."""

    def __init__(self) -> None:
        self._sorted: List[_Block] = []
        self._sizes: Counter[int] = Counter()

    def add(self, block: _Block) -> None:
        bisect.insort(self._sorted, block)
        self._sizes[block.last - block.first + 1] += 1

    def remove(self, block: _Block) -> None:
        del self._sorted[bisect.bisect_left(self._sorted, block)]
        size = block.last - block.first + 1
        self._sizes[size] -= 1
        if not self._sizes[size]:
            del self._sizes[size]

    def around(self, block: _Block) -> Iterator[_Block]:
        """The blocks that this one lies within, if they were there."""
        for size in self._sizes:
            if size > block.last - block.first + 1:
                first = block.first - block.first % size
                yield block._replace(first=first, last=first + size - 1)

    def within(self, block: _Block) -> Iterator[_Block]:
        """The blocks that begin within this one, itself among them."""
        at = bisect.bisect_left(self._sorted, block._replace(last=-1))
        while at < len(self._sorted) and self._sorted[at].first <= block.last:
            yield self._sorted[at]
            at += 1


class Neighbours:
    """Networks, and who is whose neighbour."""

    def __init__(self) -> None:
        self._links: Dict[Who, Tuple[Link, ...]] = {}
        self._members: Dict[Link, List[Who]] = {}
        self._blocks: Dict[Tuple[str, int], _Blocks] = {}

    def add(self, who: Who, key: Key, addresses: Iterable[VeAddress]) -> None:
        """A network comes, on that segment, with these addresses of a Ve."""
        links: Tuple[Link, ...] = (key, *{_block(key, address) for address in addresses})
        self._links[who] = links
        for link in links:
            if link not in self._members:
                self._members[link] = []
                if isinstance(link, _Block):
                    self._blocks.setdefault(link[:2], _Blocks()).add(link)
            self._members[link].append(who)

    def remove(self, who: Who) -> Tuple[Link, ...]:
        """A network goes; what it had to do with others by."""
        links = self._links.pop(who)
        for link in links:
            self._members[link].remove(who)
            if not self._members[link]:
                del self._members[link]
                if isinstance(link, _Block):
                    self._blocks[link[:2]].remove(link)
        return links

    def groups(self, some: Iterable[Who], left: Iterable[Link]) -> Iterator[Set[Who]]:
        """Those that are there of `some` networks, and those that had to do with what others have
        `left`; each with its neighbours, theirs in turn, and so on. No two groups are neighbours,
        and all of one are on one switch."""
        found: Set[Who] = set()
        met: Set[Link] = set()
        for one in [*some, *(who for link in left for who in self._near(link))]:
            group: Set[Who] = set()
            queue = [one]
            while queue:
                who = queue.pop()
                if who in found or who not in self._links:
                    continue
                found.add(who)
                group.add(who)
                for link in self._links[who]:
                    if link not in met:
                        met.add(link)
                        queue += self._near(link)
            if group:
                yield group

    def _near(self, link: Link) -> Iterator[Who]:
        """The networks that have the same link, or a block that overlaps it."""
        yield from self._members.get(link, ())
        if isinstance(link, _Block):
            blocks = self._blocks[link[:2]]
            for block in (*blocks.around(link), *blocks.within(link)):
                yield from self._members.get(block, ())


def _block(key: Key, address: VeAddress) -> _Block:
    return _Block(key[0], address.version, *span(address))
