"""A reconcile of many segments: in one session, and as the article would have made them."""

from __future__ import annotations

import time
from typing import Dict, List, NamedTuple, Sequence

from docker_tor.config.settings import DEFAULT_VLAN_NAME
from docker_tor.netconf import session as netconf
from docker_tor.switch import transaction
from docker_tor.switch.plan import Goal

from lab.bench import load
from lab.bench.far_engine import FarEngine, far_engine
from lab.bench.far_switch import RBRIDGE, far_switch
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.sessions import LATENCIES, stock
from lab.bench.stack import configuration, run, stack
from lab.bench.switches import Address
from lab.real import netconfd
from lab.stackstorm import StackStorm

RATIO = 10.0
NOTHING_TO_DO = 2.0
"""Seconds for a reconcile that finds nothing to do."""
SAMPLE = 10
"""Networks that the naive way is measured on."""
REAL = 20
"""Segments on a real NETCONF server."""
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
    all is scaled from that.
    On a real NETCONF server, where there is one, an apply does the same."""
    count, rounds, sample = (20, 1, 1) if quick else (500, 3, SAMPLE)
    rows: List[Row] = []
    with far_engine() as engine:
        vlans = load.vlans(count)
        engine.burst(vlans, 0)
        for latency in LATENCIES[: 1 if quick else None]:
            at = f"{latency * 1000:.0f} ms per RPC"
            found = []
            for done in range(rounds):
                tell(at, done, rounds)
                found.append(_round(engine, latency, vlans, sample))
            rows += _rows(at, found, count, sample)
    return rows + _real(rounds, sample, tell)


def _round(engine: FarEngine, latency: float, vlans: List[int], sample: int) -> Found:
    with far_switch(latency) as switch:
        # The naive way has a switch without anything to itself as well.
        with far_switch(latency) as other:
            # The first is not counted: it imports ncclient.
            _naive(other.address, vlans[sample : sample + 1])
            naive = _naive(other.address, vlans[:sample]) * len(vlans) / sample
        with stack(configuration(engine.url, switch.address)) as st2:
            full = _reconcile(st2, {"added": len(vlans)})
            switch.in_service(vlans, timeout=0)
            switch.books()
            idle = [_reconcile(st2, {"in sync": len(vlans)}) for _ in range(2)]
            return Found(full, idle, switch.books().edits, naive)


def _reconcile(st2: StackStorm, expected: Dict[str, int]) -> float:
    execution = run(st2, RECONCILE, {"dry_run": False, "only_differences": True})
    result = execution.result["result"]
    if result["counts"] not in (expected, {"missing": expected.get("added")}):
        raise RuntimeError(f"a reconcile found {result['counts']}, not {expected}")
    return float(execution.elapsed_seconds or 0)


def _real(rounds: int, sample: int, tell: Tell) -> List[Row]:
    """An apply in one session on a real NETCONF server, in this process."""
    at = f"netconfd: {REAL} segments"
    lacks = netconfd.missing()
    if lacks:
        return [Row(at, "not here", runs="; ".join(lacks))]
    one: List[float] = []
    naive: List[float] = []
    with netconfd.Netconfd() as server:
        login = (server.username, server.password, server.host_key)
        address = Address(server.host, server.port, *login)
        for done in range(-1, rounds):
            tell("netconfd", max(done, 0), rounds)
            server.clear()
            vlans = load.vlans(REAL + sample)
            seconds = _apply(address, vlans[:REAL]), _naive(address, vlans[REAL:])
            # The first round imports.
            if done >= 0:
                one.append(seconds[0])
                naive.append(seconds[1] * REAL / sample)
    scaled = f"rounds, {sample} networks each, scaled to {REAL}"
    return [
        milliseconds(f"{at}, one session", one, "rounds"),
        milliseconds(f"{at}, five stock sessions each", naive, scaled),
        ratios(f"{at}, five sessions each to one", naive, one, "rounds"),
    ]


def _apply(address: Address, vlans: Sequence[int]) -> float:
    goals = [Goal(vlan, RBRIDGE, (load.address(vlan),)) for vlan in vlans]
    begun = time.perf_counter()
    with netconf.session(netconf.Login(*address)) as session:
        outcomes = transaction.bring(session, goals, DEFAULT_VLAN_NAME)
    seconds = time.perf_counter() - begun
    if not all(outcome.changed and outcome.error is None for outcome in outcomes):
        raise RuntimeError(f"an apply has not changed everything: {outcomes}")
    return seconds


def _naive(address: Address, vlans: Sequence[int]) -> float:
    begun = time.perf_counter()
    for vlan in vlans:
        stock(address, vlan)
    return time.perf_counter() - begun


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
