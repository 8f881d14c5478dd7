"""A restart of the engine: how long until everything is right again."""

from __future__ import annotations

from typing import List, Sequence

from lab.bench import load
from lab.bench.apart import Apart
from lab.bench.far_engine import FarEngine, far_engine
from lab.bench.rows import Row, Tell, milliseconds

TARGET = 1.0


def measure(quick: bool, tell: Tell) -> List[Row]:
    """From the moment the event stream is back until the sensor, in its own process, has dispatched
    what has changed meanwhile and written its ledger: with one network of a thousand changed, and
    with all of them changed."""
    count, rounds = (50, 2) if quick else (1000, 6)
    vlans = load.vlans(count)
    one: List[float] = []
    gone: List[float] = []
    back: List[float] = []
    with far_engine() as engine, Apart(engine.url) as sensor:
        tell("restarts", 0, rounds)
        engine.burst(vlans, 0)
        sensor.until("create", vlans)
        for number in range(rounds):
            tell("restarts", number, rounds)
            one.append(_restart(engine, sensor, [vlans[number]], []))
            one.append(_restart(engine, sensor, [], [vlans[number]]))
        for _ in range(max(rounds // 2, 1)):
            gone.append(_restart(engine, sensor, vlans, []))
            back.append(_restart(engine, sensor, [], vlans))
    return [
        milliseconds(f"{count:,} networks, 1 changed meanwhile", one, "restarts", TARGET),
        milliseconds(f"{count:,} networks, all of them new", back, "restarts", TARGET),
        milliseconds(f"{count:,} networks, all of them gone", gone, "restarts", TARGET),
    ]


def _restart(
    engine: FarEngine, sensor: Apart, removed: Sequence[int], created: Sequence[int]
) -> float:
    sensor.forget()
    begun = engine.restart(removed, created)
    found = sensor.until("destroy" if removed else "create", removed or created)
    return (sensor.wait_settled(found[-1].at) - begun) / 1e9
