"""What processes cost that have ended: their wall time, and their CPU as the kernel counts it."""

from __future__ import annotations

import contextlib
import os
import resource
import tempfile
import time
from typing import Callable, Iterator, NamedTuple


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def cost(run: Callable[[], None]) -> Cost:
    """The cost of what `run` starts and waits for; of this process, the wall time only."""
    # No other child ends meanwhile: what the children have used more is theirs.
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """What is started meanwhile finds no connection to a switch that an earlier action keeps."""
    usual = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder:
        os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            if usual is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = usual
