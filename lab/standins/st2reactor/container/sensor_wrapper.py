"""The service that a sensor is handed (st2reactor/container/sensor_wrapper.py)."""

import logging
from typing import Any, Dict, Optional

import lab_socket
from st2common.models.api.trace import TraceContext
from st2common.services.datastore import DatastoreAccess, DatastoreService


class SensorService(DatastoreAccess):
    """Dispatches triggers, reads and writes the datastore, makes loggers."""

    def __init__(self, sensor_wrapper: Any) -> None:
        self._logger: logging.Logger = sensor_wrapper._logger
        super().__init__(
            DatastoreService(self._logger, sensor_wrapper._pack, sensor_wrapper._class_name)
        )

    def get_logger(self, name: str) -> logging.Logger:
        """A logger below the sensor's own."""
        return self._logger.getChild(name)

    def dispatch(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_tag: Optional[str] = None,
    ) -> Any:
        """Dispatch a trigger, `<pack>.<name>`. A payload that the trigger's schema does not allow
        is logged and not dispatched; nothing is raised."""
        return self.dispatch_with_context(
            trigger=trigger,
            payload=payload,
            trace_context=TraceContext(trace_tag=trace_tag) if trace_tag else None,
        )

    def dispatch_with_context(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Optional[TraceContext] = None,
    ) -> Any:
        """The same with a trace context instead of its tag."""
        tag = trace_context.trace_tag if trace_context is not None else None
        try:
            lab_socket.call("dispatch", trigger=trigger, payload=payload, trace_tag=tag)
        except lab_socket.CallFailed as error:
            self._logger.warning('not dispatching the trigger "%s": %s', trigger, error)
