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


def monkey_patch() -> None:
    """Make threads, sockets, sleep and the rest green, as StackStorm does."""
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


if __name__ == "__main__":
    monkey_patch()

# ruff: noqa: E402  # the patch comes first
import atexit
import ctypes
import logging
import signal
from types import SimpleNamespace

import lab_socket
from st2common.util.loader import register_plugin
from st2reactor.container.sensor_wrapper import SensorService
from st2reactor.sensor.base import Sensor


def main(pack: str, file_path: str, class_name: str) -> None:
    """Run a sensor of a pack until its `run` returns, or raises."""
    if sys.platform == "linux":
        # Let the kernel end this process when the lab's thread that started it has ended: 1 is
        # PR_SET_PDEATHSIG.
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    logger = logging.getLogger(f"SensorWrapper.{pack}.{class_name}")
    wrapper = SimpleNamespace(_pack=pack, _class_name=class_name, _logger=logger)
    (found,) = [one for one in register_plugin(Sensor, file_path) if one.__name__ == class_name]
    config = lab_socket.call("config", pack=pack)
    sensor = found(sensor_service=SensorService(wrapper), config=config)
    # When the process ends by itself.
    atexit.register(sensor.cleanup)
    sensor.setup()
    sensor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
