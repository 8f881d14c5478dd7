"""A reconcile of many segments: in one session, and as the article would have made them."""

from __future__ import annotations

import time
from typing import Any, Dict, List, NamedTuple

from lab.bench import load
from lab.bench.far_engine import FarEngine, far_engine
from lab.bench.far_switch import far_switch
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.sessions import LATENCIES, stock
from lab.bench.stack import configuration, run, stack
from lab.stackstorm import StackStorm

RATIO = 10.0
NOTHING_TO_DO = 2.0
"""Seconds for a reconcile that finds nothing to do."""
SAMPLE = 10
"""Networks that the naive way is measured on."""
RECONCILE = "docker.reconcile"


class Found(NamedTuple):
    """Of one switch: seconds that the reconcile took that did everything, and those that did
    nothing, with the edits that those sent; seconds that the naive way would have taken."""

    full: float
    idle: List[float]
    edits: int
    naive: float


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The action docker.reconcile in the lab's StackStorm, its process included, on a switch that
    has none of the segments, and again when it has all. The naive way, in this process, makes some
    of them with five stock ncclient sessions each, one after another: what it would have taken for
    all is scaled from that."""
    count, rounds, sample = (20, 1, 1) if quick else (500, 3, SAMPLE)
    rows: List[Row] = []
    with far_engine() as engine:
        vlans = load.vlans(count)
        engine.burst(vlans, 0)
        for latency in LATENCIES:
            at = f"{latency * 1000:.0f} ms per RPC"
            found = []
            for done in range(rounds):
                tell(at, done, rounds)
                found.append(_round(engine, latency, vlans, sample))
            rows += _rows(at, found, count, sample)
    return rows


def _round(engine: FarEngine, latency: float, vlans: List[int], sample: int) -> Found:
    with far_switch(latency) as switch:
        # The naive way has a switch without anything to itself as well.
        with far_switch(latency) as other:
            # The first is not counted: it imports ncclient.
            naive = [_seconds(other.address, vlan) for vlan in vlans[: sample + 1]][1:]
        with stack(configuration(engine.url, switch.address)) as st2:
            full = _reconcile(st2, {"added": len(vlans)})
            switch.in_service(vlans, timeout=0)
            switch.books()
            idle = [_reconcile(st2, {"in sync": len(vlans)}) for _ in range(2)]
            return Found(full, idle, switch.books().edits, sum(naive) * len(vlans) / sample)


def _seconds(address: Any, vlan: int) -> float:
    begun = time.perf_counter()
    stock(address, vlan)
    return time.perf_counter() - begun


def _reconcile(st2: StackStorm, expected: Dict[str, int]) -> float:
    execution = run(st2, RECONCILE, {"dry_run": False, "only_differences": True})
    result = execution.result["result"]
    if result["counts"] not in (expected, {"missing": expected.get("added")}):
        raise RuntimeError(f"a reconcile found {result['counts']}, not {expected}")
    return float(execution.elapsed_seconds or 0)


def _rows(at: str, found: List[Found], count: int, sample: int) -> List[Row]:
    full, naive = [one.full for one in found], [one.naive for one in found]
    edits = sum(one.edits for one in found)
    idle = [seconds for one in found for seconds in one.idle]
    scaled = f"rounds, {sample} networks each, scaled to {count:,}"
    return [
        milliseconds(f"{at}: {count:,} segments missing, one session", full, "rounds"),
        milliseconds(f"{at}: the naive way, five stock sessions each", naive, scaled),
        ratios(f"{at}: the naive way to one session", naive, full, "rounds", at_least=RATIO),
        milliseconds(f"{at}: {count:,} segments in sync", idle, "runs", NOTHING_TO_DO),
        Row(f"{at}: edits sent by those", str(edits), "", f"{len(idle)} runs", "0", not edits),
    ]
