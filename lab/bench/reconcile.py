"""A reconcile of many segments: in one session, and as the article would have made them; and of
many switches at the same time."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import Any, Dict, List

from lab.bench.costs import cost
from lab.bench.installed import Installed, fabric, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds, ratios

RATIO = 10.0
NOTHING_TO_DO = 2.0
"""Seconds for a reconcile that finds nothing to do."""
FABRIC = 5.0
"""The same with SWITCHES switches."""
SWITCHES = 20
LATENCY = 0.020
"""Seconds that an RPC takes on a switch that is not near."""


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The action docker.reconcile, its process included, on a switch that has none of the segments,
    and again when it has all; then the article's workflows for some, one after the other: what they
    would have taken for all is scaled from that."""
    count, rounds, sample = (20, 1, 1) if quick else (500, 3, 5)
    rows: List[Row] = []
    for latency in (0.0, LATENCY):
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
                out.asked()
                idle += [_reconcile(st2, {"in sync": count}) for _ in range(2)]
                sent += out.asked()[1]
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
    tell("many switches")
    return rows + _fabric(3 if quick else SWITCHES, count, 2 if quick else 5)


def _fabric(switches: int, count: int, runs: int) -> List[Row]:
    """Each switch in sync, with a simulator and an engine in a process of its own: all share the
    machine with what is measured. The first run logs in everywhere."""
    wanted = list(itertools.islice(vlans(), count))
    with contextlib.ExitStack() as stack:
        outs = [stack.enter_context(outside(LATENCY)) for _ in range(switches)]
        for out in outs:
            out.create(wanted)
            out.configure(wanted)
        st2 = stack.enter_context(fabric([(out.address(), out.url()) for out in outs]))
        in_sync = {"in sync": count * switches}
        costs = [cost(lambda: _reconcile(st2, in_sync)) for _ in range(runs)]
        asked = [out.asked() for out in outs]
    sessions, edits = (sum(numbers) / switches / runs for numbers in zip(*asked))
    what = f"{LATENCY * 1000:.0f} ms an RPC, {switches} switches with {count:,} segments in sync"
    wall = [one.wall for one in costs]
    return [
        milliseconds(f"{what}: the first, which logs in", wall[:1], "run"),
        milliseconds(what, wall[1:], "runs", FABRIC),
        milliseconds(f"{what}: CPU of the action", [one.cpu for one in costs[1:]], "runs"),
        Row(f"{what}: sessions a switch and run", f"{sessions:g}", target="1", met=sessions == 1),
        Row(f"{what}: edits", f"{edits:g}", target="0", met=not edits),
    ]


def _reconcile(st2: Installed, expected: Dict[str, Any]) -> float:
    begun = time.monotonic()
    counts = st2.reconcile()["counts"]
    seconds = time.monotonic() - begun
    if counts not in (expected, {"missing": expected.get("added")}):
        raise RuntimeError(f"a reconcile found {counts}, not {expected}")
    return seconds
