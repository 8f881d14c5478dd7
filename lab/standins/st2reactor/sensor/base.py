"""The base classes of sensors (st2reactor/sensor/base.py)."""

import abc
import time
from typing import Any, Dict, Optional


class BaseSensor(abc.ABC):
    """What every sensor has. Sensors derive from `Sensor` or `PollingSensor`."""

    def __init__(self, sensor_service: Any, config: Optional[Dict[str, Any]] = None) -> None:
        self._sensor_service = sensor_service
        self.sensor_service = sensor_service
        self._config: Dict[str, Any] = config or {}
        self.config = self._config

    @abc.abstractmethod
    def setup(self) -> None:
        """Get ready; called once, before `run`."""

    @abc.abstractmethod
    def run(self) -> None:
        """Watch and dispatch. A sensor that raises is started again, twice."""

    @abc.abstractmethod
    def cleanup(self) -> None:
        """Called when the sensor's process ends by itself."""

    @abc.abstractmethod
    def add_trigger(self, trigger: Dict[str, Any]) -> None:
        """A trigger of the sensor's types is there."""

    @abc.abstractmethod
    def update_trigger(self, trigger: Dict[str, Any]) -> None:
        """A trigger has changed."""

    @abc.abstractmethod
    def remove_trigger(self, trigger: Dict[str, Any]) -> None:
        """A trigger has gone."""


class Sensor(BaseSensor):
    """A passive sensor: its own `run` waits for what is to come."""

    @abc.abstractmethod
    def run(self) -> None:
        """Watch and dispatch."""


class PollingSensor(BaseSensor):
    """An active sensor: `poll` is called every `poll_interval` seconds."""

    def __init__(
        self,
        sensor_service: Any,
        config: Optional[Dict[str, Any]] = None,
        poll_interval: float = 5,
    ) -> None:
        super().__init__(sensor_service=sensor_service, config=config)
        self._poll_interval = poll_interval

    @abc.abstractmethod
    def poll(self) -> None:
        """Look once, and dispatch."""

    def run(self) -> None:
        """Poll for ever."""
        while True:
            self.poll()
            time.sleep(self._poll_interval)

    def get_poll_interval(self) -> float:
        """Seconds between two polls."""
        return self._poll_interval

    def set_poll_interval(self, poll_interval: float) -> None:
        """Change the seconds between two polls."""
        self._poll_interval = poll_interval
