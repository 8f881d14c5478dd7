"""What processes cost that have ended: their wall time, and their CPU as the kernel counts it."""

from __future__ import annotations

import contextlib
import os
import resource
import tempfile
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple
from unittest import mock

from lab.bench.rows import Tell


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


Way = Callable[[int], Any]
"""One way to do what is measured; takes a VLAN that nobody has used yet."""


def cost(run: Callable[[], Any]) -> Cost:
    """The cost of what `run` starts and waits for; of this process, the wall time only."""
    # No other child ends meanwhile: what the children have used more is theirs.
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def in_turns(
    ways: Mapping[str, Way], rounds: int, vlans: Iterator[int], tell: Tell, where: str
) -> Dict[str, List[Cost]]:
    """Each way once a round: what is compared is measured in the same minutes."""
    found: Dict[str, List[Cost]] = {name: [] for name in ways}
    # The first round compiles, and leaves a connection behind.
    tell(where)
    for done in range(-1, rounds):
        for name, way in ways.items():
            vlan = next(vlans)
            took = cost(lambda way=way, vlan=vlan: way(vlan))  # type: ignore[misc]  # bound at once
            if done >= 0:
                found[name].append(took)
    return found


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """What is started meanwhile finds no connection to a switch that an earlier action keeps."""
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder:
        with mock.patch.dict(os.environ, TMPDIR=folder):
            yield
