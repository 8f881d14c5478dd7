"""A reconcile of many segments: in one session, and as the article would have made them."""

from __future__ import annotations

import itertools
import time
from typing import Any, Dict, List

from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds, ratios

RATIO = 10.0
NOTHING_TO_DO = 2.0
"""Seconds for a reconcile that finds nothing to do."""


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The action docker.reconcile, its process included, on a switch that has none of the segments,
    and again when it has all; then the article's workflows for some, one after the other: what they
    would have taken for all is scaled from that."""
    count, rounds, sample = (20, 1, 1) if quick else (500, 3, 5)
    rows: List[Row] = []
    for latency in (0.0, 0.020):
        at = f"{latency * 1000:.0f} ms an RPC"
        full: List[float] = []
        idle: List[float] = []
        naive: List[float] = []
        sent = 0
        tell(at)
        for _ in range(rounds):
            numbers = vlans()
            wanted = list(itertools.islice(numbers, count))
            with outside(latency) as out, installed(out.address(), out.url()) as st2:
                out.create(wanted)
                full.append(_reconcile(st2, {"added": count}))
                out.in_service(wanted, timeout=0)
                out.edits()
                idle += [_reconcile(st2, {"in sync": count}) for _ in range(2)]
                sent += out.edits()
                begun = time.monotonic()
                for vlan in itertools.islice(numbers, sample):
                    st2.articles([vlan])
                naive.append((time.monotonic() - begun) * count / sample)
        scaled = f"rounds, {sample} networks each, scaled to {count:,}"
        rows += [
            milliseconds(f"{at}: {count:,} segments missing", full, "rounds"),
            milliseconds(f"{at}: the article's way", naive, scaled),
            ratios(f"{at}: the article's way to it", naive, full, "rounds", at_least=RATIO),
            milliseconds(f"{at}: {count:,} segments in sync", idle, "runs", NOTHING_TO_DO),
            Row(f"{at}: edits sent by those", str(sent), "", f"{len(idle)} runs", "0", not sent),
        ]
    return rows


def _reconcile(st2: Installed, expected: Dict[str, Any]) -> float:
    begun = time.monotonic()
    counts = st2.reconcile()["counts"]
    seconds = time.monotonic() - begun
    if counts not in (expected, {"missing": expected.get("added")}):
        raise RuntimeError(f"a reconcile found {counts}, not {expected}")
    return seconds
