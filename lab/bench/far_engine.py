"""The lab's engine in a process of its own, with what is done to it: neither takes time from the
sensor, or from the process that keeps the clock of what is dispatched."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from lab.bench import load
from lab.bench.far import Answers, Far, far
from lab.engine import Engine


class FarEngine:
    """What can be asked of that engine. `path` is its socket."""

    def __init__(self, engine: Far, path: str) -> None:
        self._ask = engine.ask
        self.path = path
        self.url = f"unix://{path}"

    def create(self, vlan: int) -> str:
        """A network on that VLAN; its id."""
        return str(self._ask("create", vlan))

    def remove(self, network: str) -> None:
        """Remove a network."""
        self._ask("remove", network)

    def remove_all(self, networks: Sequence[str]) -> None:
        """Remove several, as fast as it goes."""
        self._ask("remove_all", networks)

    def burst(self, vlans: Sequence[int], others: int, seconds: float = 0.0) -> load.Burst:
        """See `load.burst`."""
        return load.Burst(*self._ask("burst", vlans, others, seconds))

    def restart(self, removed: Sequence[int], created: Sequence[int]) -> int:
        """See `load.restart`."""
        return int(self._ask("restart", removed, created))

    def hints(self, count: int) -> None:
        """See `load.hints`."""
        self._ask("hints", count)

    def wait_for_reader(self) -> None:
        """Until a sensor reads its events. Raises TimeoutError."""
        if not self._ask("wait_for_readers", 1, 30.0):
            raise TimeoutError("nobody reads the engine's events")


@contextlib.contextmanager
def far_engine() -> Iterator[FarEngine]:
    """An engine that listens on a unix socket."""
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder:
        path = str(Path(folder, "docker.sock"))
        with far(_engine, path) as engine:
            yield FarEngine(engine, path)


@contextlib.contextmanager
def _engine(path: str) -> Iterator[Answers]:
    with Engine(unix=path) as engine:
        yield {
            "create": lambda vlan: load.create(engine, vlan),
            "remove": engine.remove,
            "remove_all": lambda networks: load.remove(engine, networks),
            "burst": lambda *asked: load.burst(engine, *asked),
            "restart": lambda *asked: load.restart(engine, *asked),
            "hints": lambda count: load.hints(engine, count),
            "wait_for_readers": engine.wait_for_readers,
        }
