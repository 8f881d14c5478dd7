"""Follows Docker Engines and dispatches what a switch, or a person, has to know of them."""

import threading
from typing import Any, Dict, List, Optional

from docker_tor import config, heartbeat, lease, ledger
from docker_tor.controller import Controller, Stores
from docker_tor.engine import Engine
from docker_tor.errors import DockerTorError
from docker_tor.follow import Follower
from docker_tor.store import Store
from docker_tor.triggers import Trigger
from st2reactor.sensor.base import Sensor

RETRY_AFTER = 5.0
"""Seconds until changes that could not be dispatched are tried again."""
LOOK_IN = 10.0
"""Seconds after which lease and heartbeat are seen to, where there is no news."""


class NetworkEventsSensor(Sensor):
    """Level-triggered: an event of an engine only says that it is time to look again.

    StackStorm gives up a sensor that raises, for good, and never asks again for one that returns;
    so `run` does neither until `cleanup`. A configuration that is wrong is told in the log and
    leaves the sensor alive and idle, since StackStorm reads it only at the sensor's start.
    """

    def __init__(self, sensor_service: Any, config: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(sensor_service=sensor_service, config=config)
        self._log = sensor_service.get_logger(name=type(self).__name__)
        self._followers: List[Follower] = []
        self._controller: Optional[Controller] = None
        self._stopped = threading.Event()

    def setup(self) -> None:
        """Check the configuration and get ready to follow each engine of it."""
        try:
            settings = config.require(config.parse(self._config))
        except DockerTorError as error:
            self._log.error(
                "%s The sensor idles; correct the pack's configuration, then restart it: "
                "st2ctl reload --register-configs && st2ctl restart-component st2sensorcontainer",
                error,
            )
            return
        self._lease = lease.Lease(self._value(lease.NAME))
        stores = Stores(self._value(ledger.NAME), self._value(heartbeat.NAME))
        self._controller = Controller(settings, self._dispatch, stores, self._lease, log=self._log)
        self._followers = [
            Follower(Engine(engine), self._controller, log=self._log) for engine in settings.engines
        ]

    def run(self) -> None:
        """Follow until `cleanup`."""
        for follower in self._followers:
            follower.start()
        while not self._stopped.is_set():
            if self._controller is None:
                self._stopped.wait(RETRY_AFTER)
            elif self._controller.settle():
                self._wait_for_news(self._controller)
            else:
                self._stopped.wait(RETRY_AFTER)

    def _wait_for_news(self, controller: Controller) -> None:
        controller.news.wait(LOOK_IN)
        seconds = controller.wait
        while seconds and not self._stopped.wait(seconds):
            seconds = controller.wait

    def cleanup(self) -> None:
        """Let `run` return."""
        self._stopped.set()
        for follower in self._followers:
            follower.stop()
        if self._controller is not None:
            self._controller.news.set()
            self._controller.retire()

    def add_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def update_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def remove_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def _dispatch(self, trigger: Trigger) -> None:
        self.sensor_service.dispatch(
            trigger=trigger.name, payload=trigger.payload, trace_tag=trigger.trace_tag
        )
        self._log.info("dispatched %s for %s", trigger.name, trigger.trace_tag)

    def _value(self, name: str) -> Store:
        """A value of the datastore that is not this sensor's alone: actions read it too."""

        def get() -> Optional[str]:
            value = self.sensor_service.get_value(name, local=False)
            return value if isinstance(value, str) else None

        def put(text: str) -> None:
            self.sensor_service.set_value(name, text, local=False)

        return Store(get, put)
