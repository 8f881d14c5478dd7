"""The sensor on many engines. It is a real one, in a process of its own as under StackStorm; the
lab's StackStorm keeps its datastore and takes its triggers; a third process has the engines."""

from __future__ import annotations

import collections
import contextlib
import math
import os
import random
import statistics
import time
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Tuple

from lab.bench import PACK
from lab.bench.engines import RACK, Engines, Wanted, engines, networks
from lab.bench.rows import Row, Tell, milliseconds
from lab.stackstorm import StackStorm

SIZES = (10, 100, 400)
EACH = 20
"""Networks of an engine; each network is a segment of its own."""
SENSOR = "docker.NetworkEventsSensor"
DEBOUNCE = 0.25
"""As shipped: seconds that are no part of what is measured."""
IDLE = 300.0
"""Seconds of which the CPU is measured: two of the longest that a watcher waits."""
TIMEOUT = 300.0
STORM = 20.0, 20.0
"""Seconds for which an engine that restarts is down at most, and after which whatever comes twice
has come, or is told of an engine: 30 s after it was lost."""
SETTLED = 30.0
"""Seconds after which all engines that restart are followed again."""


class Measured(NamedTuple):
    """Of one size. Seconds, share of a core, MiB."""

    latency: List[float]
    idle: float
    asked: float
    start: float
    sync: float
    memory: float
    threads: float


SHOWN = {
    "idle": ("CPU while nothing happens", "{:.2%} of a core", 0.01),
    "asked": ("its requests meanwhile", "{:.1f} a second", None),
    "start": ("from the start of the process to its first request", "{:.2f} s", None),
    "sync": ("from there to all dispatched", "{:.2f} s", 3.0),
    "memory": ("memory", "{:.0f} MiB", 100.0),
    "threads": ("threads of the system", "{:.0f}", None),
}
"""What each is, and the target for the largest size."""
LATENCY = "event to dispatch, besides the debounce"
LATENCY_TARGET = 0.060


class Sensor:
    """The sensor's process, and what it has dispatched."""

    def __init__(self, st2: StackStorm) -> None:
        self._st2 = st2

    def start(self) -> float:
        """Start it; when that was (seconds since 1970)."""
        begun = time.time()
        self._st2.start_sensors()
        return begun

    def told(self) -> List[Tuple[Tuple[str, str, int], float]]:
        """Action, switch and VLAN of each change, and when it was dispatched."""
        return [
            ((one["action"], instance.payload["switch"], one["vlan"]), at)
            for instance in self._st2.trigger_instances
            if "switch" in instance.payload
            for at in [instance.occurrence_time.timestamp()]
            for one in instance.payload.get("segments", [instance.payload])
        ]

    def wait(self, count: int) -> None:
        """Wait until so many changes were dispatched. Raises TimeoutError."""
        if not self._st2.until(lambda: len(self.told()) >= count, TIMEOUT):
            raise TimeoutError(f"{len(self.told())} of {count} changes in {TIMEOUT:.0f} s")

    def of_engines(self) -> int:
        """How often an engine was told to be lost, or back."""
        return sum(one.trigger == "docker.EngineEvent" for one in self._st2.trigger_instances)

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def status(self, field: str) -> float:
        """A number of /proc/PID/status."""
        return float(self._proc("status").partition(f"{field}:")[2].split()[0])

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._st2.sensors[SENSOR].pid}/{name}").read_text()


def measure(quick: bool, tell: Tell) -> List[Row]:
    """Each size by itself; with the largest, all engines restart at once."""
    sizes = (2, 8) if quick else SIZES
    found: Dict[int, Measured] = {}
    storm: List[Row] = []
    for count in sizes:
        with _following(count) as (served, sensor):
            found[count] = _measure(count, served, sensor, quick, tell)
            if count == sizes[-1]:
                tell("all engines restart")
                storm = _storm(count, served, sensor, *((3.0, 1.0) if quick else STORM))
    rows = []
    for count, one in found.items():
        target = LATENCY_TARGET if count == sizes[-1] else None
        rows.append(milliseconds(_what(count, LATENCY), one.latency, "changes", target))
    for field, (what, shown, most) in SHOWN.items():
        for count, one in found.items():
            value = getattr(one, field)
            rows.append(Row(_what(count, what), shown.format(value)))
            if most is not None and count == sizes[-1]:
                limit = f"at most {shown.format(most)}"
                rows[-1] = rows[-1]._replace(target=limit, met=value <= most)
    return [*rows, *_growth(found[sizes[0]], found[sizes[-1]], sizes[-1] / sizes[0]), *storm]


def _what(count: int, what: str) -> str:
    return f"{count} x {EACH}: {what}"


def _growth(least: Measured, most: Measured, times: float) -> Iterator[Row]:
    for field in ("latency", "idle", "sync", "memory"):
        low, high = (
            statistics.median(value) if isinstance(value, list) else max(value, 1e-9)
            for value in (getattr(least, field), getattr(most, field))
        )
        power = math.log(high / low) / math.log(times)
        yield Row(f"{field}, from the least to {times:.0f} times the engines", f"n^{power:.2f}")


@contextlib.contextmanager
def _following(count: int) -> Iterator[Tuple[Engines, Sensor]]:
    """Engines, and a sensor of theirs that is not started yet."""
    with engines(count, networks(count, EACH)) as served:
        config = {
            "engines": [
                {
                    "name": f"host{number}",
                    "url": url,
                    "uplinks": [{"parent": "eth0", "switch": _switch(number), "rbridge_id": 21}],
                }
                for number, url in enumerate(served.urls())
            ],
            "switches": [
                {"host": _switch(number), "username": "u", "password": "p"}
                for number in range(0, count, RACK)
            ],
            "debounce": DEBOUNCE,
        }
        with StackStorm(PACK, config) as st2:
            for ref in st2.rules:
                st2.set_rule(ref, False)
            yield served, Sensor(st2)


def _switch(engine: int) -> str:
    return f"tor{engine // RACK}"


def _measure(count: int, served: Engines, sensor: Sensor, quick: bool, tell: Tell) -> Measured:
    tell(_what(count, "first sync"))
    begun = sensor.start()
    _until(lambda: served.asked() > 0)
    asking = time.time()
    sensor.wait(count * EACH)
    sync = max(at for _, at in sensor.told()) - asking
    _until(served.followed)
    time.sleep(2.0)
    tell(_what(count, "events"))
    latency: List[float] = []
    spare = networks(count, 1, first=RACK * EACH)
    for wanted in random.sample(spare, min(2 if quick else 20, count)):
        for action, there in (("create", True), ("destroy", False)):
            seen = len(sensor.told())
            happened = served.set(wanted, there)
            sensor.wait(seen + 1)
            ((change, at),) = sensor.told()[seen:]
            if change != _change(action, wanted):
                raise RuntimeError(f"{change} instead of {action} {wanted}")
            latency.append(at - happened - DEBOUNCE)
            # So that no rhythm of the sensor's is met each time.
            time.sleep(0.37 * len(latency) % 1)
    tell(_what(count, "nothing happens"))
    cpu, asked, begun = sensor.cpu(), served.asked(), time.monotonic()
    time.sleep(2.0 if quick else IDLE)
    seconds = time.monotonic() - begun
    return Measured(
        latency,
        (sensor.cpu() - cpu) / seconds,
        (served.asked() - asked) / seconds,
        asking - begun,
        sync,
        sensor.status("VmRSS") / 1024,
        sensor.status("Threads"),
    )


def _storm(
    count: int, served: Engines, sensor: Sensor, longest: float, patience: float
) -> List[Row]:
    """Each is back after at most `longest` seconds, without one of its networks and with another
    instead; `patience` seconds later nothing more is awaited."""
    gone = networks(count, EACH)[::EACH]
    made = networks(count, 1, first=RACK * EACH + RACK)
    expected = collections.Counter(
        [_change("destroy", one) for one in gone] + [_change("create", one) for one in made]
    )
    cpu, seen, of_engines = sensor.cpu(), len(sensor.told()), sensor.of_engines()
    down = [1 + (longest - 1) * number / count for number in range(count)]
    random.shuffle(down)
    begun = served.storm(down, gone, made)
    sensor.wait(seen + len(expected))
    _until(served.followed)
    settled, cpu = time.time() - begun, sensor.cpu() - cpu
    time.sleep(patience)
    changes = collections.Counter(change for change, _ in sensor.told()[seen:])
    of_engines = sensor.of_engines() - of_engines
    what = f"{count} engines restart, down for 1 - {longest:.0f} s"
    return [
        Row(
            f"{what}: all as it should be",
            f"{settled:.1f} s",
            target=f"at most {SETTLED:.0f} s",
            met=settled <= SETTLED,
        ),
        Row(f"{what}: the sensor's CPU", f"{cpu:.1f} s"),
        _none("changes lost", (expected - changes).values(), f"{len(expected):,}"),
        _none(
            "changes doubled, or of nothing", (changes - expected).values(), f"{len(expected):,}"
        ),
        _none("engines told lost or back", [of_engines], f"{count}"),
    ]


def _none(what: str, counts: Iterable[int], of: str) -> Row:
    count = sum(counts)
    return Row(f"meanwhile: {what}", str(count), "", of, "0", not count)


def _change(action: str, wanted: Wanted) -> Tuple[str, str, int]:
    return action, _switch(wanted.engine), wanted.vlan


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so in {TIMEOUT:.0f} s")
        time.sleep(0.02)
