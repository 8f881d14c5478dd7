"""Tells of one visitor, and of one that its schema refuses."""

import threading
from typing import Any

from st2reactor.sensor.base import Sensor


class Visitors(Sensor):
    """Ends when the datastore says so."""

    def setup(self) -> None:
        self.log = self.sensor_service.get_logger(name="visitors")

    def run(self) -> None:
        self.sensor_service.set_value("config", sorted(self.config), local=False)
        for payload in ({"name": "Ann", "bags": []}, {"name": 1}):
            self.sensor_service.dispatch(trigger="tried.Visitor", payload=payload, trace_tag="tag")
        self.log.info("all told")
        while self.sensor_service.get_value("go", local=False) is None:
            threading.Event().wait(0.01)
        raise RuntimeError("gone")

    def cleanup(self) -> None:
        self.sensor_service.set_value("cleaned", "up", local=False)

    def add_trigger(self, trigger: Any) -> None:
        """Nothing to do."""

    def update_trigger(self, trigger: Any) -> None:
        """Nothing to do."""

    def remove_trigger(self, trigger: Any) -> None:
        """Nothing to do."""
