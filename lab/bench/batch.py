"""A batch of one network, and one of many, as workflows in the lab's StackStorm.

Beside them the floor: a workflow of one empty action and a chat message.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from lab.bench import load
from lab.bench.far_switch import RBRIDGE
from lab.bench.pack import yardstick
from lab.bench.processes import Cost, cost
from lab.bench.relay import farther
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.stack import configuration, run, stack
from lab.bench.switches import Address, Real, real_server, switch
from lab.stackstorm import StackStorm

MANY = 20
"""Networks of a batch."""
FLOOR, ONE, BATCH = WAYS = (
    "one empty action, chat",
    "a batch of one network",
    f"a batch of {MANY} networks",
)
WORKFLOW = "docker.docker-network-tor-batch"
CPU = 0.150
"""Seconds of CPU for each network beyond the floor's."""


def measure(quick: bool, tell: Tell) -> List[Row]:
    """In turns; CPU is that of the processes that were started, and ended."""
    rounds = 2 if quick else 15
    rows: List[Row] = []
    lacks: List[Row] = []
    with contextlib.ExitStack() as stack:
        near = stack.enter_context(switch())
        places = {"0 ms away": Real(near, lambda: None)}
        if not quick:
            far = stack.enter_context(farther(near, 0.020))
            places["20 ms away"] = Real(far, lambda: None)
            real, lacks = real_server(stack)
            places.update(("netconfd", one) for one in real)
        for number, (place, where) in enumerate(places.items()):
            # Each has its own part of the VLANs, as the switch keeps them.
            numbers = load.vlans((rounds + 1) * (MANY + 1), first=100 + 1000 * number)
            rows += _at(place, where, iter(numbers), rounds, tell)
    return rows + lacks


def _at(place: str, where: Real, numbers: Iterator[int], rounds: int, tell: Tell) -> Iterator[Row]:
    costs: Dict[str, List[Cost]] = {way: [] for way in WAYS}
    with _stackstorms(where.address) as (ours, theirs):
        ways: Dict[str, Callable[[], Any]] = {
            FLOOR: lambda: run(theirs, "yardstick.floor_one", {}),
            ONE: lambda: run(ours, WORKFLOW, _segments([next(numbers)])),
            BATCH: lambda: run(ours, WORKFLOW, _segments([next(numbers) for _ in range(MANY)])),
        }
        # The first round compiles, and leaves a connection behind.
        for done in range(-1, rounds):
            tell(place, max(done, 0), rounds)
            where.clear()
            for way, start in ways.items():
                found = cost(start)
                if done >= 0:
                    costs[way].append(found)
    return _rows(place, costs)


@contextlib.contextmanager
def _stackstorms(address: Address) -> Iterator[Tuple[StackStorm, StackStorm]]:
    """The pack in one, the yardstick in another."""
    with stack(configuration("unix:///not/asked", address)) as ours, StackStorm(
        yardstick().path, {}
    ) as theirs:
        yield ours, theirs


def _segments(vlans: Sequence[int]) -> Dict[str, Any]:
    segments = [
        {"vlan": vlan, "rbridge": RBRIDGE, "addresses": [load.address(vlan)]} for vlan in vlans
    ]
    return {"host": "vdx", "segments": segments}


def _rows(place: str, costs: Dict[str, List[Cost]]) -> Iterator[Row]:
    wall = {way: [one.wall for one in found] for way, found in costs.items()}
    cpu = {way: [one.cpu for one in found] for way, found in costs.items()}
    for way in WAYS:
        yield milliseconds(f"{place}: {way}", wall[way], "rounds")
    yield ratios(f"{place}: a batch of one to the floor", wall[ONE], wall[FLOOR], "rounds")
    for way, networks in ((ONE, 1), (BATCH, MANY)):
        more = [(one - floor) / networks for one, floor in zip(cpu[way], cpu[FLOOR])]
        what = f"{place}: CPU for a network beyond the floor's, {way}"
        yield milliseconds(what, more, "rounds", CPU)
