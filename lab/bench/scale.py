"""The sensor on many engines. It is a real one, in a process of its own as under StackStorm; the
lab's StackStorm keeps its datastore and takes its triggers; a third process has the engines."""

from __future__ import annotations

import collections
import contextlib
import os
import random
import time
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

from lab.bench import PACK
from lab.bench.engines import RACK, Engines, Wanted, engines, networks
from lab.bench.rows import Row, Tell, at_most, milliseconds, none
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

LATENCY, CPU, SYNC, MEMORY, SETTLED = 0.060, 0.01, 3.0, 100.0, 30.0
"""The targets with any number of engines: seconds from event to dispatch, share of a core while
nothing happens, seconds until all is dispatched, MiB, and seconds until all engines that restart
are followed again."""

Change = Tuple[str, str, int]
"""Action, switch and VLAN."""


class Sensor:
    """The sensor's process, and what it has dispatched."""

    def __init__(self, st2: StackStorm) -> None:
        self._st2 = st2

    def start(self) -> None:
        """Start it."""
        self._st2.start_sensors()

    def told(self) -> List[Tuple[Change, float]]:
        """Each change, and when it was dispatched (seconds since 1970)."""
        return [
            ((one["action"], instance.payload["switch"], one["vlan"]), at)
            for instance in self._st2.trigger_instances
            if "switch" in instance.payload
            for at in [instance.occurrence_time]
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
    rows: List[Row] = []
    for count in sizes:
        with _following(count) as (served, sensor):
            rows += _measure(count, served, sensor, quick, tell)
            if count == sizes[-1]:
                tell("all engines restart")
                rows += _storm(count, served, sensor, *((3.0, 1.0) if quick else STORM))
    return rows


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
            for ref in st2.pack.rules:
                st2.set_rule(ref, False)
            yield served, Sensor(st2)


def _switch(engine: int) -> str:
    return f"tor{engine // RACK}"


def _measure(count: int, served: Engines, sensor: Sensor, quick: bool, tell: Tell) -> List[Row]:
    size = f"{count} x {EACH}"
    tell(f"{size}: first sync")
    begun = time.time()
    sensor.start()
    _until(lambda: served.followed() > 0)
    asking = time.time()
    sensor.wait(count * EACH)
    last = max(at for _, at in sensor.told())
    _until(lambda: served.followed() == count)
    time.sleep(2.0)
    tell(f"{size}: events")
    latency: List[float] = []
    spare = networks(count, 1, first=RACK * EACH)
    for wanted in random.sample(spare, min(2 if quick else 20, count)):
        for action, change in (("create", served.create), ("destroy", served.remove)):
            seen = len(sensor.told())
            happened = change(wanted)
            sensor.wait(seen + 1)
            ((told, at),) = sensor.told()[seen:]
            if told != _change(action, wanted):
                raise RuntimeError(f"{told} instead of {action} {wanted}")
            latency.append(at - happened - DEBOUNCE)
            # So that no rhythm of the sensor's is met each time.
            time.sleep(0.37 * len(latency) % 1)
    tell(f"{size}: nothing happens")
    cpu, idle = sensor.cpu(), time.monotonic()
    time.sleep(2.0 if quick else IDLE)
    cpu = (sensor.cpu() - cpu) / (time.monotonic() - idle)
    memory = sensor.status("VmRSS") / 1024
    return [
        milliseconds(
            f"{size}: event to dispatch, besides the debounce", latency, "changes", LATENCY
        ),
        at_most(f"{size}: CPU while nothing happens, of a core", cpu, CPU, "{:.2%}"),
        Row(f"{size}: from the start of the process to all dispatched", f"{last - begun:.2f} s"),
        at_most(f"{size}: of that, from its first subscription", last - asking, SYNC, "{:.2f} s"),
        at_most(f"{size}: memory", memory, MEMORY, "{:.0f} MiB"),
        Row(f"{size}: threads of the system", f"{sensor.status('Threads'):.0f}"),
    ]


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
    _until(lambda: served.followed() == count)
    settled, cpu = time.time() - begun, sensor.cpu() - cpu
    time.sleep(patience)
    told = collections.Counter(change for change, _ in sensor.told()[seen:])
    of_engines = sensor.of_engines() - of_engines
    lost, doubled = (sum(more.values()) for more in (expected - told, told - expected))
    what = f"{count} engines restart, down for 1 - {longest:.0f} s"
    return [
        at_most(f"{what}: all as it should be", settled, SETTLED, "{:.1f} s"),
        Row(f"{what}: the sensor's CPU", f"{cpu:.1f} s"),
        none("meanwhile: changes lost", lost, f"{len(expected):,}"),
        none("meanwhile: changes doubled, or of nothing", doubled, f"{len(expected):,}"),
        none("meanwhile: engines told lost or back", of_engines, f"{count}"),
    ]


def _change(action: str, wanted: Wanted) -> Change:
    return action, _switch(wanted.engine), wanted.vlan


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so in {TIMEOUT:.0f} s")
        time.sleep(0.02)
