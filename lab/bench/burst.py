"""Networks created and removed at once, from the engine to the switch."""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Callable, Dict, List

from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds, ratios

SIZES = (1, 5, 20, 100)
TARGETS = {20: 2.5, 100: 6.0}
"""Seconds for so many networks."""
COMPARED = 20
"""Up to how many networks the article's design is measured."""
FASTER = 20.0
"""How many times as fast as that the pack is to be with so many."""
TIMEOUT = 600.0


def measure(quick: bool, tell: Tell) -> List[Row]:
    """From the first `network create` on the engine until all are up in the switch's running
    config, and from the first removal until nothing is left of them: through the sensor, the rules
    and the workflows. Of the article's design its workflows, all started at once, without its
    sensor."""
    sizes, rounds = ((1, 4), 1) if quick else (SIZES, 3)
    created: Dict[int, List[float]] = {}
    removed: Dict[int, List[float]] = {}
    theirs: Dict[int, List[float]] = {}
    numbers = vlans()
    with outside() as out, installed(out) as st2:
        st2.pack.start_sensors()
        # What is imported and compiled late is so in the first burst: it does not count.
        _seconds(st2, [next(numbers)], out.create, out.in_service)
        for size in sizes:
            tell(f"{size} networks")
            for _ in range(rounds):
                wanted = list(itertools.islice(numbers, size))
                took = _seconds(st2, wanted, out.create, out.in_service)
                created.setdefault(size, []).append(took)
                removed.setdefault(size, []).append(_seconds(st2, wanted, out.remove, out.gone))
            if size <= COMPARED:
                tell(f"{size} networks, the article's design")
                begun = time.monotonic()
                st2.articles(list(itertools.islice(numbers, size)))
                theirs[size] = [time.monotonic() - begun]
    compared = max(theirs)
    ours = [statistics.median(created[compared])]
    what = f"{compared} created, the article's design to it"
    return [
        *(milliseconds(f"{n} created", created[n], "bursts", TARGETS.get(n)) for n in sizes),
        *(milliseconds(f"{n} removed", removed[n], "bursts", TARGETS.get(n)) for n in sizes),
        *(milliseconds(f"{n}, the article's design", theirs[n], "burst") for n in theirs),
        ratios(what, theirs[compared], ours, "burst", at_least=FASTER),
    ]


def _seconds(
    st2: Installed,
    wanted: List[int],
    change: Callable[[List[int]], None],
    wait: Callable[[List[int], float], None],
) -> float:
    """From the first change on the engine until the switch is so."""
    begun = time.monotonic()
    change(wanted)
    wait(wanted, TIMEOUT)
    seconds = time.monotonic() - begun
    st2.quiet()
    return seconds
