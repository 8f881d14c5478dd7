"""Networks created and removed at once, from the engine to the switch, each way."""

from __future__ import annotations

import contextlib
import functools
import resource
import statistics
import time
from typing import Any, Callable, ContextManager, Dict, Iterator, List, NamedTuple, Sequence

from lab.bench import load
from lab.bench.apart import cpu_of
from lab.bench.far_engine import FarEngine, far_engine
from lab.bench.far_switch import FarSwitch, far_switch
from lab.bench.relay import farther
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.stack import article, configuration, stack
from lab.stackstorm import StackStorm

SIZES = (1, 3, 5, 10, 20, 50, 100)
TARGETS = {20: 2.5, 100: 6.0}
"""Seconds for so many networks."""
COMPARED = 20
"""Networks for which the article's design is compared, and how many times as fast to be."""
FASTER = 20.0
ROUNDS = 3
SLOW = 10.0
"""Seconds that a burst may take to be measured more than once."""
NEVER = 10_000
"""Of `batch_above`: no burst is as large."""
PACE = 18.0
"""Networks a second, as a real dockerd was seen to create them."""
TIMEOUT = 600.0
TRIP, FAR = 0.020, ", 20 ms away"
"""Seconds of a round trip to a switch that is farther away."""
QUIET = 0.05
"""Seconds between two looks whether all workflows have ended."""


class World(NamedTuple):
    """What a burst goes through."""

    engine: FarEngine
    switch: FarSwitch
    st2: StackStorm


class Way(NamedTuple):
    """One way to do it: how it is set up, up to how many networks it is measured, and whether it
    removes what it has made."""

    name: str
    world: Callable[[], ContextManager[World]]
    most: int = SIZES[-1]
    removes: bool = True


Times = Dict[int, List[float]]
"""Seconds, by size."""


class Found(NamedTuple):
    """Until the last network was in service and until the last was gone; CPU for each network of
    what was created and removed, of all actions and of the sensor; and, of networks created at the
    pace of a real engine, from the last one's creation until it was in service."""

    created: Times
    removed: Times
    cpu: Times
    after: Times


def measure(quick: bool, tell: Tell) -> List[Row]:
    """From the first `network create` on the engine until all are in service in the switch's
    running config, and from the first removal until nothing is left of them: through the sensor,
    the rules and the workflows in the lab's StackStorm. A way to the switch that is slow is
    measured once for a size, and not for all sizes."""
    sizes, rounds = ((1, 4), 1) if quick else (SIZES, ROUNDS)
    compared = min(COMPARED, sizes[-1])
    ways = [way for way in WAYS if not quick or way.name in (ARTICLE, BATCH)]
    found = {way.name: _measure(way, sizes, rounds, tell) for way in ways}
    rows = [Row("networks at once", " / ".join(map(str, sizes)), runs="3, 1 if slow")]
    for name, times in found.items():
        rows.append(_series(name, times.created))
    for name, times in found.items():
        if times.removed:
            rows.append(_series(f"{name}: removed", times.removed))
    for name, theirs in ((BATCH, ARTICLE), (f"{BATCH}{FAR}", f"{ARTICLE}{FAR}")):
        if name in found:
            rows += _targets(name, found[name], found[theirs].created[compared], compared)
    return rows


def _series(name: str, times: Times) -> Row:
    medians = {size: statistics.median(seconds) for size, seconds in times.items()}
    cells = " / ".join(f"{seconds:.{2 if seconds < 10 else 0}f}" for seconds in medians.values())
    # What is farther away lies on the others' lines.
    return Row(name, f"{cells} s", series={} if FAR in name else medians)


def _targets(name: str, found: Found, theirs: Sequence[float], compared: int) -> Iterator[Row]:
    for size, seconds in TARGETS.items():
        if size in found.created:
            yield milliseconds(f"{name}: {size}", found.created[size], "bursts", seconds)
            yield milliseconds(f"{name}: {size} removed", found.removed[size], "bursts", seconds)
    yield ratios(
        f"{name}: {compared}, the article's design to it",
        [statistics.median(theirs)],
        [statistics.median(found.created[compared])],
        "of medians",
        at_least=FASTER,
    )
    largest = max(found.cpu)
    what = f"{name}: CPU a network, {largest} created and removed"
    yield milliseconds(what, found.cpu[largest], "bursts")
    for size, seconds_after in found.after.items():
        what = f"{name}: {size} at {PACE:.0f} a second, after the last"
        yield milliseconds(what, seconds_after, "bursts")


def _measure(way: Way, sizes: Sequence[int], rounds: int, tell: Tell) -> Found:
    found = Found({}, {}, {}, {})
    with way.world() as world:
        vlans = iter(load.vlans(load.LAST - 4))
        world.engine.wait_for_reader()
        # What is imported and compiled late is so in the first burst: it does not count.
        _burst(way, world, [next(vlans)], Found({}, {}, {}, {}))
        for size in sizes:
            if size > way.most:
                break
            for done in range(rounds):
                tell(f"{way.name}, {size} networks", done, rounds)
                _burst(way, world, [next(vlans) for _ in range(size)], found)
                if found.created[size][-1] > SLOW:
                    break
        if way.name.startswith(BATCH):
            for size in (size for size in TARGETS if size in sizes):
                tell(f"{way.name}, {size} networks at {PACE:.0f} a second", 0, 1)
                _paced(world, [next(vlans) for _ in range(size)], found)
    return found


def _paced(world: World, vlans: Sequence[int], found: Found) -> None:
    begun = time.time_ns()
    made = world.engine.burst(vlans, 0, len(vlans) / PACE)
    done = world.switch.in_service(vlans, TIMEOUT)
    found.after.setdefault(len(vlans), []).append((done - begun) / 1e9 - made.seconds)
    _wait_for_quiet(world.st2)
    world.engine.remove_all(list(made.ids.values()))
    world.switch.gone(vlans, TIMEOUT)
    _wait_for_quiet(world.st2)


def _burst(way: Way, world: World, vlans: Sequence[int], found: Found) -> None:
    used, begun = _cpu(world.st2), time.time_ns()
    made = world.engine.burst(vlans, 0)
    seconds = (world.switch.in_service(vlans, TIMEOUT) - begun) / 1e9
    found.created.setdefault(len(vlans), []).append(seconds)
    _wait_for_quiet(world.st2)
    begun = time.time_ns()
    world.engine.remove_all(list(made.ids.values()))
    if not way.removes:
        return
    seconds = (world.switch.gone(vlans, TIMEOUT) - begun) / 1e9
    found.removed.setdefault(len(vlans), []).append(seconds)
    _wait_for_quiet(world.st2)
    found.cpu.setdefault(len(vlans), []).append((_cpu(world.st2) - used) / len(vlans))


def _wait_for_quiet(st2: StackStorm) -> None:
    """Until every workflow has ended. Raises RuntimeError where one has not succeeded."""
    # Not `until`, which would look after each of the thousands of things that happen.
    while not all(execution.completed for execution in st2.executions(parent=None)):
        time.sleep(QUIET)
    failed = [one for one in st2.executions(parent=None) if one.status != "succeeded"]
    if failed:
        raise RuntimeError(f"{len(failed)} workflows failed, the last with {failed[0].result}")


def _cpu(st2: StackStorm) -> float:
    """Seconds of CPU of all actions that have ended, and of the sensor."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    sensors = (sensor.pid for sensor in st2.sensors.values() if sensor.pid is not None)
    return children.ru_utime + children.ru_stime + sum(map(cpu_of, sensors))


@contextlib.contextmanager
def _ours(round_trip: float = 0.0, **config: Any) -> Iterator[World]:
    with far_engine() as engine, far_switch() as switch:
        with farther(switch.address, round_trip) as address, stack(
            configuration(engine.url, address, **config)
        ) as st2:
            st2.start_sensors()
            yield World(engine, switch, st2)


@contextlib.contextmanager
def _theirs(round_trip: float = 0.0) -> Iterator[World]:
    """The article's design knows no retries: it gets a switch with sessions for all."""
    with far_engine() as engine, far_switch(max_sessions=1000) as switch:
        with farther(switch.address, round_trip) as address, article(engine.path, address) as st2:
            st2.start_sensors()
            yield World(engine, switch, st2)


ARTICLE, CHAIN, BATCH = "the article's design", "chain", "batch"
WAYS = (
    Way(ARTICLE, _theirs, most=COMPARED, removes=False),
    Way(CHAIN, functools.partial(_ours, batch_above=NEVER)),
    # As shipped.
    Way(BATCH, _ours),
    Way(f"{ARTICLE}{FAR}", functools.partial(_theirs, TRIP), most=COMPARED, removes=False),
    Way(f"{BATCH}{FAR}", functools.partial(_ours, TRIP)),
)
