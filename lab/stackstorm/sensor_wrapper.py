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

import argparse  # noqa: E402  # the patch comes first
import atexit  # noqa: E402  # the patch comes first
import ctypes  # noqa: E402  # the patch comes first
import importlib.util  # noqa: E402  # the patch comes first
import logging  # noqa: E402  # the patch comes first
import os  # noqa: E402  # the patch comes first
import signal  # noqa: E402  # the patch comes first
import threading  # noqa: E402  # the patch comes first
from typing import Any, Dict, List, Optional  # noqa: E402  # the patch comes first

from jsonschema import ValidationError  # noqa: E402  # the patch comes first
from st2common.models.api.trace import TraceContext  # noqa: E402  # the patch comes first
from st2common.util import config_loader  # noqa: E402  # the patch comes first
from st2common.util.loader import register_plugin_class  # noqa: E402  # the patch comes first
from st2common.validators.api import reactor  # noqa: E402  # the patch comes first
from st2reactor.container.sensor_wrapper import SensorService  # noqa: E402  # the patch comes first
from st2reactor.sensor.base import PollingSensor, Sensor  # noqa: E402  # the patch comes first


def _sibling(name: str) -> Any:
    """A module of this script's folder, which is not on the path."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location(f"_lab_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Service(SensorService):
    def __init__(self, sensor_wrapper: "Wrapper") -> None:
        super().__init__(sensor_wrapper)
        self._client = sensor_wrapper._client
        self._datastore_service = _sibling("child").DatastoreService(
            logger=self._logger,
            pack_name=sensor_wrapper._pack,
            class_name=sensor_wrapper._class_name,
            client=self._client,
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
        try:
            payload = _sibling("jsonable").plain(payload)
        except TypeError as error:
            # StackStorm finds out in its rules engine, and drops the trigger too.
            self._logger.warning('The payload of trigger "%s" is lost: %s', trigger, error)
            return
        tag = trace_context.trace_tag if trace_context is not None else None
        refused = self._client.call("dispatch", trigger=trigger, payload=payload, trace_tag=tag)
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

    def __init__(
        self,
        pack: str,
        file_path: str,
        class_name: str,
        poll_interval: Optional[float],
        client: Any,
    ) -> None:
        self._pack = pack
        self._class_name = class_name
        self._client = client
        self._logger = logging.getLogger(f"SensorWrapper.{pack}.{class_name}")
        _answer_for_stackstorm(client)
        found = register_plugin_class(Sensor, file_path, class_name)
        kwargs: Dict[str, Any] = {"sensor_service": _Service(self)}
        kwargs["config"] = client.welcome["config"]
        if poll_interval and issubclass(found, PollingSensor):
            kwargs["poll_interval"] = poll_interval
        self.sensor = found(**kwargs)

    def run(self) -> None:
        """Run it until it returns, or raises."""
        # StackStorm's trigger watcher tells of the triggers in a thread of its own, too.
        watcher = threading.Thread(target=self._tell_triggers, name="triggers", daemon=True)
        watcher.start()
        self._logger.info("Running sensor initialization code")
        self.sensor.setup()
        self._logger.info("Running sensor")
        try:
            self.sensor.run()
        except Exception as error:
            self._logger.warning(
                'Sensor "%s" run method raised an exception: %s.',
                self._class_name,
                error,
                exc_info=True,
            )
            raise

    def stop(self) -> None:
        """Called when the process ends by itself."""
        self._logger.info("Invoking cleanup on sensor")
        self.sensor.cleanup()

    def _tell_triggers(self) -> None:
        for trigger in self._client.welcome["triggers"]:
            self.sensor.add_trigger(trigger=trigger)


def end_with_parent() -> None:
    """Let the kernel end this process when the lab's thread that waits for it has ended, where the
    kernel can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


def main(arguments: Optional[List[str]] = None) -> None:
    """Run the sensor that the command line names."""
    parser = argparse.ArgumentParser(description="Sensor runner wrapper")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--file-path", required=True)
    parser.add_argument("--class-name", required=True)
    parser.add_argument("--trigger-type-refs", default="")
    parser.add_argument("--poll-interval", type=float)
    parser.add_argument("--parent-args")
    args = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    wire = _sibling("wire")
    ref = f"{args.pack}.{args.class_name}"
    client = wire.Client(os.environ[wire.SOCKET], {"kind": "sensor", "ref": ref})
    wrapper = Wrapper(args.pack, args.file_path, args.class_name, args.poll_interval, client)
    atexit.register(wrapper.stop)
    wrapper.run()


if __name__ == "__main__":
    end_with_parent()
    main()
