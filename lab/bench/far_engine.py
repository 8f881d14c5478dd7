"""The lab's engine in a process of its own, with what is done to it: neither takes time from the
sensor, or from the process that keeps the clock of what is dispatched."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Sequence

from lab.bench import load
from lab.engine import Engine

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class FarEngine:
    """What can be asked of that engine; it does it before it answers. `path` is its socket."""

    def __init__(self, pipe: Connection, path: str) -> None:
        self._pipe = pipe
        self.path = path
        self.url = f"unix://{path}"

    def create(self, vlan: int) -> str:
        """A network on that VLAN; its id."""
        return str(self._ask("create", vlan))

    def remove(self, network: str) -> None:
        """Remove a network."""
        self._ask("remove", network)

    def burst(self, vlans: Sequence[int], others: int, seconds: float = 0.0) -> load.Burst:
        """See `load.burst`."""
        return load.Burst(*self._ask("burst", vlans, others, seconds))

    def restart(self, removed: Sequence[int], created: Sequence[int]) -> int:
        """See `load.restart`."""
        return int(self._ask("restart", removed, created))

    def hints(self, count: int) -> None:
        """See `load.hints`."""
        self._ask("hints", count)

    def lost_events(self) -> int:
        """How many events the present readers were too slow for."""
        return int(self._ask("lost_events"))

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextlib.contextmanager
def far_engine() -> Iterator[FarEngine]:
    """An engine that listens on a unix socket."""
    # Not forked: this process has threads.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder:
        path = str(Path(folder, "docker.sock"))
        process = context.Process(target=_serve, args=(theirs, path), daemon=True)
        process.start()
        theirs.close()
        try:
            ours.recv()
            yield FarEngine(ours, path)
        finally:
            ours.close()
            process.join()


def _serve(pipe: Connection, path: str) -> None:
    # It ends with the process that asks, not with Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Engine(unix=path) as engine:
        known: Dict[str, Callable[..., Any]] = {
            "create": lambda vlan: load.create(engine, vlan),
            "remove": engine.remove,
            "burst": lambda *asked: load.burst(engine, *asked),
            "restart": lambda *asked: load.restart(engine, *asked),
            "hints": lambda count: load.hints(engine, count),
            "lost_events": lambda: engine.lost_events,
        }
        pipe.send("listening")
        with contextlib.suppress(EOFError):
            while True:
                call, *arguments = pipe.recv()
                try:
                    pipe.send(known[call](*arguments))
                except Exception as error:  # noqa: BLE001  # whoever asks raises it
                    pipe.send(error)
