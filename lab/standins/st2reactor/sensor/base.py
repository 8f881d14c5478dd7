"""The base class of sensors (st2reactor/sensor/base.py)."""

import abc
from typing import Any, Dict, Optional


class Sensor(abc.ABC):
    """A passive sensor: its own `run` waits for what is to come."""

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
