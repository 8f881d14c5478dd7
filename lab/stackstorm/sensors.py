"""Keeps the processes of sensors (st2reactor/container/process_container.py).

StackStorm starts a sensor that fails again, twice. The lab tells at once that it is dead.
"""

import contextlib
import logging
import subprocess
import threading
from pathlib import Path

from . import processes
from .events import SENSOR, Notifier
from .models import Sensor

LOG = logging.getLogger(__name__)

EXIT_TIMEOUT = 5.0
"""Seconds that a sensor has to end once it is told to."""

RUNNING, ENDED, DEAD, STOPPED = "running", "ended", "dead", "stopped"


class SensorProcess:
    """One sensor: its process, and the thread that reads its output and waits for it.

    `state` is "running", "ended" (its `run` has returned), "dead" (it has failed) or "stopped".
    Raises OSError where it cannot be started.
    """

    def __init__(self, sensor: Sensor, socket: Path, notifier: Notifier) -> None:
        self.sensor = sensor
        self.state = RUNNING
        self._notifier = notifier
        self._stopped = False
        self._process = processes.start(
            "sensor_wrapper.py",
            [sensor.pack, str(sensor.path), sensor.class_name],
            socket,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.pid = self._process.pid
        self._thread = threading.Thread(target=self._watch, name=f"st2-{sensor.class_name}")
        self._thread.start()

    def stop(self) -> None:
        """End it by SIGTERM; after EXIT_TIMEOUT seconds by force. Its `cleanup` is not called, as
        StackStorm does not call it then either (st2 issue 5797)."""
        self._stopped = True
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(EXIT_TIMEOUT)
        # What it has left behind, too: nobody is to hold its output.
        processes.kill(self._process)
        self._thread.join()

    def _watch(self) -> None:
        self._tell(state=RUNNING)
        with self._process as process:
            for line in process.stdout or ():
                text = line.rstrip("\n")
                LOG.info("%s: %s", self.sensor.ref, text)
                self._tell(state="log", line=text)
            exit_code = process.wait()
        self.state = STOPPED if self._stopped else DEAD if exit_code else ENDED
        if self.state == DEAD:
            LOG.error("Sensor %s has failed and stays dead", self.sensor.ref)
        self._tell(state=self.state, exit_code=exit_code)

    def _tell(self, **data: object) -> None:
        self._notifier.emit(SENSOR, ref=self.sensor.ref, **data)
