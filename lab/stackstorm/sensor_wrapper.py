"""The process of one sensor: loads the class from its file, makes it, and runs it
(st2reactor/container/sensor_wrapper.py).

It is a script. As under StackStorm the process is monkey-patched by eventlet before anything else
is imported, and of the pack only the sensor's own folder is on the path. Where eventlet cannot be
used it says so on stderr and goes on without: threads and sockets are then the ordinary ones.
"""

import sys

if __name__ == "__main__":
    # The lab's modules are not the sensor's, and some have names of the standard library.
    sys.path.pop(0)


def monkey_patch() -> bool:
    """Make threads, sockets, sleep and the rest green, as StackStorm does. Returns whether it could
    be done."""
    import warnings

    try:
        with warnings.catch_warnings():
            # That it is deprecated, and what the libraries under it say about old Pythons, is
            # StackStorm's concern and not the sensor's.
            warnings.simplefilter("ignore")
            import eventlet
        eventlet.monkey_patch(os=True, select=True, socket=True, thread=True, time=True)
    except Exception as error:  # noqa: BLE001  # whatever keeps eventlet from this Python
        sys.stderr.write(
            f"WARNING: the sensor runs without eventlet's monkey patching, unlike under "
            f"StackStorm: {type(error).__name__}: {error}\n"
        )
        return False
    return True


PATCHED = __name__ == "__main__" and monkey_patch()

# ruff: noqa: E402  # the patch comes first
import atexit
import ctypes
import logging
import os
import signal
from pathlib import Path
from typing import Any, Dict, Optional

from jsonschema import ValidationError
from st2common.models.api.trace import TraceContext
from st2common.services.datastore import DatastoreService
from st2common.util import config_loader
from st2common.util.loader import load_module, register_plugin_class
from st2common.validators.api import reactor
from st2reactor.container.sensor_wrapper import SensorService
from st2reactor.sensor.base import Sensor


class _Service(SensorService):
    def __init__(self, sensor_wrapper: "Wrapper") -> None:
        super().__init__(sensor_wrapper)
        self._call = sensor_wrapper._client.call
        self._datastore_service = DatastoreService(
            logger=self._logger,
            pack_name=sensor_wrapper._pack,
            class_name=sensor_wrapper._class_name,
            call=self._call,
        )

    @property
    def datastore_service(self) -> Any:
        return self._datastore_service

    def dispatch_with_context(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Optional[TraceContext] = None,
    ) -> None:
        tag = trace_context.trace_tag if trace_context is not None else None
        try:
            refused = self._call("dispatch", trigger=trigger, payload=payload, trace_tag=tag)
        except TypeError as error:
            # StackStorm finds out in its rules engine, and drops the trigger too.
            refused = f'The payload of trigger "{trigger}" is lost: {error}'
        if refused:
            self._logger.warning("%s", refused)


def _answer_for_stackstorm(client: Any) -> None:
    """Let the lab answer what StackStorm's own modules are asked in a sensor's process."""

    def check(trigger: str, payload: Any, throw: bool) -> None:
        refused = client.call("validate", trigger=trigger, payload=payload)
        if refused is None:
            return
        if refused["path"] is not None:
            raise ValidationError(refused["message"], path=refused["path"])
        if throw:
            raise ValueError(refused["message"])

    reactor.check = check
    config_loader.load = lambda pack: client.call("config", pack=pack)


class Wrapper:
    """Makes a sensor and runs it. Raises whatever keeps it from that."""

    def __init__(self, pack: str, file_path: str, class_name: str, client: Any) -> None:
        self._pack = pack
        self._class_name = class_name
        self._client = client
        self._logger = logging.getLogger(f"SensorWrapper.{pack}.{class_name}")
        _answer_for_stackstorm(client)
        found = register_plugin_class(Sensor, file_path, class_name)
        self.sensor = found(sensor_service=_Service(self), config=client.welcome["config"])

    def run(self) -> None:
        """Run it until it returns, or raises."""
        self._logger.info("Running sensor initialization code")
        self.sensor.setup()
        self._logger.info("Running sensor")
        self.sensor.run()

    def stop(self) -> None:
        """Called when the process ends by itself."""
        self._logger.info("Invoking cleanup on sensor")
        self.sensor.cleanup()


def main(pack: str, file_path: str, class_name: str) -> None:
    """Run a sensor of a pack."""
    if sys.platform == "linux":
        # Let the kernel end this process when the lab's thread that started it has ended: 1 is
        # PR_SET_PDEATHSIG.
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    wire: Any = load_module("_lab_wire", str(Path(__file__).with_name("wire.py")))
    hello = {"kind": "sensor", "ref": f"{pack}.{class_name}"}
    wrapper = Wrapper(pack, file_path, class_name, wire.Client(os.environ[wire.SOCKET], hello))
    atexit.register(wrapper.stop)
    wrapper.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
