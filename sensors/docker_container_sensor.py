"""Follows the containers of Docker Engines, as the sensor of the Exchange's docker pack did."""

from docker_tor.config import uplinks
from docker_tor.controller import container_tracker, lease
from docker_tor.controller.container_tracker import Tracker
from docker_tor.engine.containers import ContainerApi

# mypy is not told of the folder that StackStorm puts on the path of its sensors.
from network_events_sensor import NetworkEventsSensor  # type: ignore[import-not-found]


class DockerSensor(NetworkEventsSensor):  # type: ignore[misc]  # so that is Any
    """Tells which containers have started and stopped. It needs engines, and no switch."""

    needs = staticmethod(uplinks.require_engines)
    api = ContainerApi

    def _make(self) -> Tracker:
        return Tracker(
            self._dispatch,
            self._value(container_tracker.NAME),
            lease.Lease(self._value(container_tracker.LEASE)),
            log=self._log,
        )
