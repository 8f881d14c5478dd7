"""Many Docker Engines, and the networks on them."""

from __future__ import annotations

import time
from typing import ContextManager, List, NamedTuple, Sequence

from lab.bench.elsewhere import elsewhere
from lab.bench.outside import vlans
from lab.engine import Engine

RACK = 20
"""Engines on one switch."""


class Wanted(NamedTuple):
    """A network: its engine's number, its VLAN, and the number of a subnet that no other has."""

    engine: int
    vlan: int
    subnet: int


def networks(count: int, each: int, first: int = 0) -> List[Wanted]:
    """`each` networks for every engine, on VLANs of the switch that no other is on; `first` is how
    many VLANs of each switch are taken already."""
    free, all_first = list(vlans())[first:], first * RACK
    return [
        Wanted(engine, free[number % (RACK * each)], all_first + number)
        for engine in range(count)
        for number in range(engine * each, (engine + 1) * each)
    ]


class Engines:
    """So many engines with these networks."""

    def __init__(self, count: int, wanted: Sequence[Wanted]) -> None:
        self._engines = [Engine() for _ in range(count)]
        for one in wanted:
            self.create(one)
        for engine in self._engines:
            engine.start()

    def urls(self) -> List[str]:
        """Where they listen."""
        return [engine.url for engine in self._engines]

    def create(self, wanted: Wanted) -> float:
        """Make a network; when that was (seconds since 1970)."""
        begun, number = time.time(), wanted.subnet
        subnet = f"10.{number >> 8}.{number & 255}.0/24"
        name, parent = f"net{wanted.vlan}", f"eth0.{wanted.vlan}"
        self._engines[wanted.engine].create(name, parent=parent, subnets=[subnet])
        return begun

    def remove(self, wanted: Wanted) -> float:
        """Remove it; when that was."""
        begun = time.time()
        self._engines[wanted.engine].remove(f"net{wanted.vlan}")
        return begun

    def followed(self) -> int:
        """To how many of them somebody is subscribed."""
        return sum(engine.readers > 0 for engine in self._engines)

    def storm(self, down: Sequence[float], gone: Sequence[Wanted], made: Sequence[Wanted]) -> float:
        """All restart at once, and each is down for so many seconds; no event tells what has gone
        and what is made meanwhile. When it began; it ends when all are back."""
        begun = time.time()
        for engine in self._engines:
            engine.stop()
        for one in gone:
            self.remove(one)
        for one in made:
            self.create(one)
        for seconds, number in sorted(zip(down, range(len(down)))):
            time.sleep(max(begun + seconds - time.time(), 0))
            self._engines[number].start()
        return begun


def engines(count: int, wanted: Sequence[Wanted]) -> ContextManager[Engines]:
    """Engines in a process of their own, until the context ends."""
    return elsewhere(Engines, count, wanted)
