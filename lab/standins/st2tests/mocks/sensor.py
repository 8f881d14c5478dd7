"""The service of a sensor under test (st2tests/mocks/sensor.py)."""

import logging
from typing import Any, Dict, List, Optional
from unittest.mock import Mock

from st2common.models.api.trace import TraceContext
from st2reactor.container.sensor_wrapper import SensorService

from .datastore import MockDatastoreService


class MockSensorWrapper:
    """Says which pack and class the sensor is."""

    def __init__(self, pack: str, class_name: str) -> None:
        self._pack = pack
        self._class_name = class_name
        self._logger = Mock(spec=logging.RootLogger)


class MockSensorService(SensorService):
    """Keeps what is dispatched in `dispatched_triggers`, in order and unchecked, each as
    {"trigger", "payload", "trace_context"}. Its datastore is in memory."""

    def __init__(self, sensor_wrapper: MockSensorWrapper) -> None:
        super().__init__(sensor_wrapper)
        self.dispatched_triggers: List[Dict[str, Any]] = []
        self.datastore_service = MockDatastoreService(
            self._logger, sensor_wrapper._pack, sensor_wrapper._class_name
        )

    def get_logger(self, name: str) -> logging.Logger:  # noqa: ARG002  # one mock for all names
        """A mock, so that a test can ask what was logged."""
        return self._logger

    def dispatch_with_context(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Optional[TraceContext] = None,
    ) -> Dict[str, Any]:
        """Keep it, and return what was kept."""
        item = {"trigger": trigger, "payload": payload, "trace_context": trace_context}
        self.dispatched_triggers.append(item)
        return item
