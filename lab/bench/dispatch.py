"""From an engine's event to the sensor's dispatch, one network at a time."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Callable, List, Tuple

from lab.bench.apart import Apart
from lab.bench.docker_api import Api, Events
from lab.bench.rows import Row, Tell, milliseconds
from lab.bench.sensing import Dispatched, Inside, Watched
from lab.engine import Engine
from lab.real import dockerd

TARGET = 0.050
PARENT, VLAN, SUBNET = "eth0.112", 112, "172.16.112.0/24"


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The engine's own time of an event (timeNano; both read one clock) to the dispatch call that
    follows from it, for networks that are created and removed one after another."""
    count = 5 if quick else 60
    rows: List[Row] = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="docker-tor-"))
        real, lacks = _dockerd(stack)
        engine = stack.enter_context(Engine(unix=str(Path(folder, "docker.sock"))))
        named = [("the lab's engine", engine.unix_url[len("unix://") :])]
        if real:
            named.insert(0, (f"real dockerd {Api(real).version()}", real))
        else:
            rows.append(Row(f"real dockerd: not measured, {lacks}", "-", target="at most 50.0 ms"))
        for name, path in named:
            for kind, where in ((Inside, "sensor in process"), (Apart, "in its own process")):
                what = f"{name}, {where}"
                created, removed = _latencies(path, kind, count, _telling(tell, what))
                rows.append(milliseconds(f"{what}: create", created, "networks", TARGET))
                rows.append(milliseconds(f"{what}: remove", removed, "networks", TARGET))
    return rows


def _telling(tell: Tell, what: str) -> Callable[[int, int], None]:
    return lambda done, of: tell(what, done, of)


def _latencies(
    path: str, kind: Callable[[str], Watched], count: int, tell: Callable[[int, int], None]
) -> Tuple[List[float], List[float]]:
    api = Api(path)
    found: List[Dispatched] = []
    with kind(f"unix://{path}") as watched, Events(path) as events:
        # The first network waits for the sensor to start: it is not counted.
        for number in range(count + 1):
            network = api.create(f"bench{number}", PARENT, SUBNET)
            watched.wait(lambda found: bool(found))
            api.remove(network)
            watched.wait(lambda found: len(found) >= 2)
            if number:
                tell(number, count)
                found += watched.dispatched()
            watched.forget()
        told = events.wait(2 * count + 2)
    at = {(one.action, one.networks[0]): one.at for one in found}
    return (
        [(at[key] - told[key]) / 1e9 for key in at if key[0] == "create"],
        [(at[key] - told[key]) / 1e9 for key in at if key[0] == "destroy"],
    )


def _dockerd(stack: contextlib.ExitStack) -> Tuple[str, str]:
    """The socket of a real Docker Engine of one's own, or "" and what this machine lacks for it."""
    lacks = dockerd.missing()
    if lacks:
        return "", "; ".join(lacks)
    return str(stack.enter_context(dockerd.Dockerd(parents=[PARENT])).socket), ""
