"""The base class of tests of sensors (st2tests/sensors.py)."""

from typing import Any, ClassVar, Dict, List, Optional

from .mocks.sensor import MockSensorService, MockSensorWrapper
from .pack_resource import BasePackResourceTestCase


class BaseSensorTestCase(BasePackResourceTestCase):
    """Makes instances of `sensor_cls`, with a `sensor_service` that keeps what is dispatched."""

    sensor_cls: ClassVar[Any] = None

    def setUp(self) -> None:
        """A new service for every test."""
        super().setUp()
        wrapper = MockSensorWrapper(pack="tests", class_name=self.sensor_cls.__name__)
        self.sensor_service = MockSensorService(sensor_wrapper=wrapper)

    def get_sensor_instance(
        self, config: Optional[Dict[str, Any]] = None, poll_interval: Optional[float] = None
    ) -> Any:
        """A sensor; an empty configuration and no interval are not passed on."""
        kwargs: Dict[str, Any] = {"sensor_service": self.sensor_service}
        if config:
            kwargs["config"] = config
        if poll_interval is not None:
            kwargs["poll_interval"] = poll_interval
        return self.sensor_cls(**kwargs)

    def get_dispatched_triggers(self) -> List[Dict[str, Any]]:
        """Everything dispatched so far."""
        return self.sensor_service.dispatched_triggers

    def get_last_dispatched_trigger(self) -> Dict[str, Any]:
        """The last one. Raises IndexError if there is none."""
        return self.sensor_service.dispatched_triggers[-1]

    def assertTriggerDispatched(  # noqa: N802  # the name is StackStorm's
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Any = None,
    ) -> bool:
        """True if such a trigger was dispatched; a payload or context that is not given, or is
        empty, matches any. Raises AssertionError."""
        for item in self.get_dispatched_triggers():
            if (
                item["trigger"] == trigger
                and (not payload or item["payload"] == payload)
                and (not trace_context or item["trace_context"] == trace_context)
            ):
                return True
        raise AssertionError(f'Trigger "{trigger}" hasn\'t been dispatched')
