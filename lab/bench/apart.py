"""The pack's sensor in a process of its own, as the lab's StackStorm starts it.

eventlet has patched that process; it dispatches and keeps its values over a socket; its CPU and its
memory can be read.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from lab.bench.pack import pack
from lab.bench.sensing import Watched, configuration
from lab.stackstorm import sensors, wire
from lab.stackstorm.calls import Calls
from lab.stackstorm.datastore import Datastore

if TYPE_CHECKING:
    pass

SENSOR = "docker.NetworkEventsSensor"


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used. Raises OSError where the system cannot say."""
    # The clock id of another process' CPU time, as clock_getcpuclockid(3) makes it on Linux: it
    # counts nanoseconds where /proc/PID/stat counts hundredths of a second.
    return time.clock_gettime(~pid << 3 | 2)


class Apart(Watched):
    """The sensor there."""

    def __init__(self, engine_url: str) -> None:
        super().__init__()
        self._config = configuration(engine_url)
        self._folder = tempfile.TemporaryDirectory(prefix="docker-tor-")
        self._log = Path(self._folder.name, "log")
        self._stack = contextlib.ExitStack()
        self._process: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> Apart:
        socket = Path(self._folder.name, "socket")
        with self._stack:
            self._stack.callback(self._folder.cleanup)
            server = wire.Server(socket, self._welcome)
            self._stack.callback(server.close)
            log = self._stack.enter_context(open(self._log, "wb"))
            sensor = pack().sensors[SENSOR]
            self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                sensors.command(sensor, "docker", sys.executable),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=sensors.environment(socket),
                cwd=self._folder.name,
            )
            self._stack.callback(self._end, self._process)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @property
    def patched(self) -> bool:
        """Whether eventlet could be used in the process."""
        return b"without eventlet" not in self._log.read_bytes()

    def cpu(self) -> float:
        """Seconds of CPU that the process has used. Raises OSError where the system cannot say."""
        return cpu_of(self._pid)

    def memory(self) -> int:
        """Bytes of the process that are in memory. Raises OSError where there is no /proc."""
        pages = Path(f"/proc/{self._pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def _pid(self) -> int:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the sensor has ended: {self._log.read_text()[-2000:]}")
        return self._process.pid

    def _welcome(self, hello: Dict[str, Any]) -> Tuple[Any, wire.Call]:
        del hello
        known = Calls(
            Datastore(),
            "sensor_service",
            {"dispatch": self._dispatch, "validate": lambda **_: None},
        )

        def call(name: str, args: Dict[str, Any]) -> Any:
            answer = known(name, args)
            if name == "keys.update":
                self._take_value(args["name"], args["value"])
            return answer

        return {"config": self._config, "triggers": []}, call

    def _dispatch(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]],
        trace_tag: Optional[str],
    ) -> None:
        del trace_tag
        self._take(trigger, payload)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        process.wait()
