"""Whether the sensor's memory grows with what it has seen."""

from __future__ import annotations

import itertools
from typing import Dict, List

from lab.bench import load
from lab.bench.apart import Apart
from lab.bench.far_engine import far_engine
from lab.bench.rows import Row, Tell

TARGET = 1 << 20
VLANS = 10
BATCH = 500
"""Events from one reading of the memory to the next: a network created and removed, and hints."""


def measure(quick: bool, tell: Tell) -> List[Row]:
    """Memory of the sensor's process as events of networks reach it, as fast as it takes them."""
    events = 5_000 if quick else 100_000
    marks = [events // 10, events // 2, events]
    held: Dict[int, int] = {}
    with far_engine() as engine, Apart(engine.url) as sensor:
        sensor.warm_up(engine)
        # Ever the same few VLANs: what may be remembered of each is so at the first mark.
        for done, vlan in zip(range(0, events, BATCH), itertools.cycle(load.vlans(VLANS))):
            tell("events of networks", done, events)
            network = engine.create(vlan)
            engine.hints(BATCH // 2 - 1)
            sensor.until("create", [vlan])
            engine.remove(network)
            engine.hints(BATCH // 2 - 1)
            sensor.until("destroy", [vlan])
            sensor.forget()
            held[done + BATCH] = sensor.memory()
    grown = held[marks[-1]] - held[marks[0]]
    return [
        *(Row(f"after {mark:,} events", f"{held[mark] / 2**20:.1f} MiB") for mark in marks),
        Row(
            f"growth from {marks[0]:,} to {marks[-1]:,} events",
            f"{grown / 2**10:,.0f} KiB",
            runs=f"{events:,} events",
            target=f"flat: under {TARGET >> 10:,} KiB",
            met=grown < TARGET,
        ),
    ]
