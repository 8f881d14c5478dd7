"""Keeps the processes of sensors (st2reactor/container/process_container.py)."""

import collections
import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional

from . import wire
from .events import SENSOR, Notifier
from .models import Sensor
from .python_runner import STANDINS
from .registry import SENSOR_EXIT, SENSOR_SPAWN

LOG = logging.getLogger(__name__)

WRAPPER = Path(__file__).with_name("sensor_wrapper.py")
MAX_RESPAWNS = 2
STARTED_AFTER = 10.0
"""Seconds of life after which earlier deaths are forgotten."""
RESPAWN_DELAY = 2.5
"""Seconds before the first respawn, and twice that before the second."""
EXIT_TIMEOUT = 5.0
"""Seconds that a sensor has to end once it is told to."""
KEPT_LINES = 1000

STARTING, RUNNING, RESPAWNING, DEAD, ENDED, STOPPED = (
    "starting",
    "running",
    "respawning",
    "dead",
    "ended",
    "stopped",
)

Dispatch = Callable[[str, Mapping[str, Any]], Any]


class SensorProcess:
    """One sensor: its process, the thread that waits for it, and the one that reads its output.

    `state` is "running", "respawning", "dead" (it has failed too often), "ended" (its `run` has
    returned) or "stopped". `exit_codes` are those of the processes that have ended.
    """

    def __init__(
        self,
        sensor: Sensor,
        command: List[str],
        environment: Mapping[str, str],
        cwd: Path,
        notifier: Notifier,
        dispatch: Dispatch,
        changed: Callable[[], None],
        respawn_delay: float = RESPAWN_DELAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sensor = sensor
        self.state = STARTING
        self.pid: Optional[int] = None
        self.exit_codes: List[int] = []
        self.output: Deque[str] = collections.deque(maxlen=KEPT_LINES)
        self._command = command
        self._environment = dict(environment)
        self._cwd = cwd
        self._notifier = notifier
        self._dispatch = dispatch
        self._changed = changed
        self._respawn_delay = respawn_delay
        self._clock = clock
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._process: Optional[subprocess.Popen[str]] = None
        self._thread = threading.Thread(target=self._run, name=f"st2-sensor-{sensor.class_name}")

    def start(self) -> None:
        """Start it and look after it."""
        self._thread.start()

    def stop(self) -> None:
        """End it; after EXIT_TIMEOUT seconds by force. Its `cleanup` is not called, as StackStorm
        does not call it then either (st2 issue 5797)."""
        self._stopped.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(EXIT_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join()

    def _run(self) -> None:
        respawns = 0
        while not self._stopped.is_set():
            begun = self._clock()
            try:
                exit_code = self._live()
            except OSError as error:
                self.output.append(f"Failed to spawn process for sensor: {error}")
                self._enter(DEAD)
                return
            if exit_code is None:
                break
            if self._clock() - begun >= STARTED_AFTER:
                respawns = 0
            if self._stopped.is_set():
                break
            if exit_code == 0 or respawns >= MAX_RESPAWNS:
                self._enter(ENDED if exit_code == 0 else DEAD)
                return
            respawns += 1
            self._enter(RESPAWNING)
            self._stopped.wait(self._respawn_delay * respawns)
        self._enter(STOPPED)

    def _live(self) -> Optional[int]:
        """One life. Returns its exit code, None if it was not to begin any more."""
        with self._lock:
            if self._stopped.is_set():
                return None
            process = self._process = subprocess.Popen(  # noqa: S603  # the lab's own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env=self._environment,
                cwd=str(self._cwd),
                start_new_session=True,
            )
        with process:
            self.pid = process.pid
            self._tell_spawn(process.pid)
            reader = threading.Thread(target=self._read, args=(process,), name="st2-sensor-output")
            reader.start()
            exit_code = process.wait()
            _end_group(process.pid)
            reader.join()
        self.pid = None
        self.exit_codes.append(exit_code)
        self._tell_exit(exit_code)
        return exit_code

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            text = line.rstrip("\n")
            self.output.append(text)
            LOG.info("%s: %s", self.sensor.ref, text)
            self._notifier.emit(SENSOR, ref=self.sensor.ref, state="log", line=text)
            self._changed()

    def _enter(self, state: str) -> None:
        self.state = state
        if state == DEAD:
            LOG.error("Sensor %s has failed and stays dead", self.sensor.ref)
        self._notifier.emit(SENSOR, ref=self.sensor.ref, state=state)
        self._changed()

    def _tell_spawn(self, pid: int) -> None:
        self.state = RUNNING
        self._notifier.emit(SENSOR, ref=self.sensor.ref, state="spawned", pid=pid)
        command = " ".join(self._command)
        self._dispatch(
            SENSOR_SPAWN,
            {
                "id": self.sensor.class_name,
                "timestamp": int(time.time()),
                "pid": pid,
                "cmd": command,
            },
        )
        self._changed()

    def _tell_exit(self, exit_code: int) -> None:
        LOG.info("Sensor %s has exited with code %s", self.sensor.ref, exit_code)
        self._notifier.emit(SENSOR, ref=self.sensor.ref, state="exited", exit_code=exit_code)
        self._dispatch(
            SENSOR_EXIT,
            {
                "id": self.sensor.class_name,
                "timestamp": int(time.time()),
                "exit_code": exit_code,
            },
        )
        self._changed()


def _end_group(pid: int) -> None:
    """End what the sensor has left behind, so that nobody holds its output."""
    # Mostly nothing is left (macOS answers EPERM for a group of zombies).
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def command(sensor: Sensor, pack: str, python: str) -> List[str]:
    """What runs a sensor."""
    found = [
        python,
        "-u",
        str(WRAPPER),
        f"--pack={pack}",
        f"--file-path={sensor.path}",
        f"--class-name={sensor.class_name}",
        f"--trigger-type-refs={','.join(sensor.trigger_types)}",
        "--parent-args=[]",
    ]
    if sensor.poll_interval:
        found.append(f"--poll-interval={sensor.poll_interval}")
    return found


def environment(socket: Path) -> Dict[str, str]:
    """What a sensor's process finds: of the lab nothing but the stand-ins and the socket."""
    return {**os.environ, "PYTHONPATH": str(STANDINS), wire.SOCKET: str(socket)}
