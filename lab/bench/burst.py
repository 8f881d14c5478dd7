"""A thousand networks in the middle of ten thousand other events."""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

from lab.bench import load
from lab.bench.apart import Apart
from lab.bench.docker_api import Events
from lab.bench.far_engine import far_engine
from lab.bench.rows import Row, Tell, milliseconds
from lab.bench.sensing import tally

TARGET = 0.050
OTHERS = 10
"""Other events for each network."""
SPREAD = 20.0
"""Seconds for a thousand networks in the slow run: 50 a second, where a real dockerd was seen to
make 18."""
BURSTS = 3


def measure(quick: bool, tell: Tell) -> List[Row]:
    """Networks of a VLAN each are created, with containers starting, joining, leaving and dying
    between them: as fast as the lab's engine does it, and spread over a time. The engine has a
    process of its own."""
    count = 50 if quick else 1000
    bursts = 1 if quick else BURSTS
    rows: List[Row] = []
    for what, times, seconds in (
        ("at once", bursts, 0.0),
        ("50 networks a second", 1, SPREAD * count / 1000),
    ):
        found = []
        for done in range(times):
            tell(what, done, times)
            found.append(_burst(count, seconds))
        rows += _rows(what, found, count)
    return rows


class Found(NamedTuple):
    """Of one burst: seconds that it took, networks not dispatched exactly once, seconds from event
    to dispatch of each."""

    seconds: float
    wrong: int
    late: List[float]


def _burst(count: int, seconds: float) -> Found:
    vlans = load.vlans(count)
    with far_engine() as engine, Apart(engine.url) as sensor:
        sensor.warm_up(engine)
        with Events(engine.path) as events:
            burst = engine.burst(vlans, OTHERS, seconds)
            told = events.wait(count)
        sensor.until("create", vlans)
        # One more, after which nothing of the burst is on its way.
        engine.create(load.LAST)
        found = sensor.until("create", [*vlans, load.LAST])
    created = tally(found, "create")
    wrong = sum(created.get(vlan, 0) != 1 for vlan in vlans)
    wrong += sum(one.action != "create" for one in found)
    at = [(one.at, one.networks[0]) for one in found if one.vlan != load.LAST]
    late = [(when - told["create", network]) / 1e9 for when, network in at]
    return Found(burst.seconds, wrong, late)


def _rows(what: str, found: Sequence[Found], count: int) -> List[Row]:
    wrong = sum(one.wrong for one in found)
    bursts = f"{len(found)} x {count:,} networks"
    late = [late for one in found for late in one.late]
    return [
        Row(f"{what}: lost, or not exactly once", str(wrong), "", bursts, "0", not wrong),
        milliseconds(f"{what}: event to dispatch", late, "networks", TARGET),
    ]
