"""A reconcile of many segments in one session, and of many switches at the same time."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import Any, Dict, List

from lab.bench.costs import cost
from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds, none

NOTHING_TO_DO = 2.0
"""Seconds for a reconcile that finds nothing to do."""
FABRIC = 5.0
"""The same with SWITCHES switches."""
SWITCHES = 20
LATENCY = 0.020
"""Seconds that an RPC takes on a switch that is not near."""


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The action docker.reconcile, its process included, on a switch that has none of the segments,
    and again when it has all."""
    count, rounds = (20, 1) if quick else (500, 3)
    wanted = list(itertools.islice(vlans(), count))
    rows: List[Row] = []
    for latency in (0.0, LATENCY):
        at = f"{latency * 1000:.0f} ms an RPC"
        tell(at)
        full: List[float] = []
        idle: List[float] = []
        sent = 0
        for _ in range(rounds):
            with outside(latency) as out, installed(out) as st2:
                out.create(wanted)
                full.append(_reconcile(st2, {"added": count}))
                out.in_service(wanted, timeout=0)
                out.asked()
                idle += [_reconcile(st2, {"in sync": count}) for _ in range(2)]
                sent += out.asked()[1]
        rows += [
            milliseconds(f"{at}: {count:,} segments missing", full, "rounds"),
            milliseconds(f"{at}: {count:,} segments in sync", idle, "runs", NOTHING_TO_DO),
            none(f"{at}: edits sent by those", sent, f"{len(idle)} runs"),
        ]
    tell("many switches")
    return rows + _fabric(3 if quick else SWITCHES, wanted, 2 if quick else 5)


def _fabric(switches: int, wanted: List[int], runs: int) -> List[Row]:
    """Each switch in sync, with a simulator and an engine in a process of its own: all share the
    machine with what is measured. The first run logs in everywhere."""
    with contextlib.ExitStack() as stack:
        outs = [stack.enter_context(outside(LATENCY)) for _ in range(switches)]
        for out in outs:
            out.create(wanted)
            out.configure(wanted)
        st2 = stack.enter_context(installed(*outs))
        in_sync = {"in sync": len(wanted) * switches}
        costs = [cost(lambda: _reconcile(st2, in_sync)) for _ in range(runs)]
        asked = [out.asked() for out in outs]
    sessions, edits = (sum(numbers) for numbers in zip(*asked))
    what = f"{LATENCY * 1000:.0f} ms an RPC, {switches} switches with {len(wanted):,} segments"
    wall = [one.wall for one in costs]
    return [
        milliseconds(f"{what} in sync: the first, which logs in", wall[:1], "run"),
        milliseconds(f"{what} in sync", wall[1:], "runs", FABRIC),
        milliseconds(f"{what} in sync: CPU of the action", [one.cpu for one in costs[1:]], "runs"),
        none(f"{what} in sync: sessions beyond one each", sessions - switches * runs, f"{runs}"),
        none(f"{what} in sync: edits", edits, f"{runs}"),
    ]


def _reconcile(st2: Installed, expected: Dict[str, Any]) -> float:
    begun = time.monotonic()
    result = st2.run("docker.reconcile", dry_run=False, only_differences=True)["result"]
    seconds = time.monotonic() - begun
    counts = result["counts"]
    if counts not in (expected, {"missing": expected.get("added")}):
        raise RuntimeError(f"a reconcile found {counts}, not {expected}")
    return seconds
