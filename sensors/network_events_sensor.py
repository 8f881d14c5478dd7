"""Follows Docker Engines and dispatches what a switch, or a person, has to know of them."""

import gc
import threading
from typing import Any, Callable, Dict, Optional, Type

from docker_tor.common import sigterm
from docker_tor.common.datastore import Store
from docker_tor.config import uplinks
from docker_tor.config.reload import Load, Watch
from docker_tor.config.settings import EngineConfig
from docker_tor.controller import dispatch, lease
from docker_tor.controller.controller import Controller
from docker_tor.controller.settler import Settler
from docker_tor.controller.triggers import Trigger
from docker_tor.engine.api import Engine
from docker_tor.engine.watcher import Watcher
from st2common.util.config_loader import ContentPackConfigLoader
from st2common.validators.api.reactor import validate_trigger_payload
from st2reactor.sensor.base import Sensor

PACK = "docker"
RETRY_AFTER = 5.0
"""Seconds until changes that could not be dispatched are tried again."""
LOOK_IN = 5.0
"""Seconds after which lease, heartbeat and docker.yaml are seen to, where there is no news."""


def load_config() -> Dict[str, Any]:
    """docker.yaml as StackStorm has it now, which is as it hands it to a sensor at the start."""
    config: Dict[str, Any] = ContentPackConfigLoader(pack_name=PACK).get_config()
    return config


class NetworkEventsSensor(Sensor):
    """Level-triggered: an event of an engine only says that it is time to list again.

    A watcher for each engine of the configuration in force tells the controller what it lists; one
    loop lets the controller settle. StackStorm gives up a sensor that raises or returns, for good.
    So `run` does neither until `cleanup`.
    """

    needs = staticmethod(uplinks.require)
    """Raises ConfigError for a configuration that has not what the sensor needs."""
    api: Type[Engine] = Engine
    """What of an engine is followed."""

    def __init__(
        self,
        sensor_service: Any,
        config: Optional[Dict[str, Any]] = None,
        *,
        load: Load = load_config,
        validate: Callable[..., Any] = validate_trigger_payload,
    ) -> None:
        """`validate` is StackStorm's own check of a payload, which its `dispatch` makes too, and
        then drops what fails without a word."""
        super().__init__(sensor_service=sensor_service, config=config)
        self._log = sensor_service.get_logger(name=type(self).__name__)
        self._validate = validate
        self._watch = Watch(load, log=self._log, check=self.needs)
        self._controller = self._make()
        self._watchers: Dict[EngineConfig, Watcher] = {}
        self._stopped = threading.Event()

    def _make(self) -> Settler:
        return Controller(
            self._watch.config,
            self._dispatch,
            self._value,
            lease.Lease(self._value(lease.NAME)),
            log=self._log,
        )

    def setup(self) -> None:
        """Check the configuration."""
        self._watch.take(self._config)

    def run(self) -> None:
        """Follow until `cleanup`, or SIGTERM: with that StackStorm stops a sensor, and then calls
        no `cleanup` (st2 issue 5797)."""
        # What a sensor keeps is much, and is never garbage: looked through often, it cost a tenth
        # of the first list of 400 engines.
        gc.set_threshold(50_000, 20, 100)
        with sigterm.deferred(self._stop):
            self._take_up()
            while not self._stopped.is_set():
                if self._controller.settle():
                    self._wait_for_news()
                else:
                    self._stopped.wait(RETRY_AFTER)
                if self._watch.look():
                    self._take_up()
            self._controller.retire()

    def _stop(self) -> None:
        self._stopped.set()
        self._controller.news.set()

    def _wait_for_news(self) -> None:
        self._controller.news.wait(LOOK_IN)
        seconds = self._controller.wait
        while seconds and not self._stopped.wait(seconds):
            seconds = self._controller.wait

    def _take_up(self) -> None:
        """Go by the configuration in force, and follow its engines and no others."""
        engines = self._watch.config.engines
        for engine in set(self._watchers) - set(engines):
            self._watchers.pop(engine).stop()
        self._controller.configure(self._watch.config, self._watch.trouble)
        for engine in engines:
            if engine not in self._watchers:
                watcher = Watcher(self.api(engine), self._controller, log=self._log)
                self._watchers[engine] = watcher
                watcher.start()

    def cleanup(self) -> None:
        """Let `run` return."""
        self._stop()
        for watcher in list(self._watchers.values()):
            watcher.stop()

    def add_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def update_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def remove_trigger(self, trigger: Dict[str, Any]) -> None:
        """The trigger takes no parameters: nothing to do."""

    def _dispatch(self, trigger: Trigger) -> None:
        try:
            self._validate(trigger.name, trigger.payload, throw_on_inexistent_trigger=True)
        except Exception as error:
            refusal = dispatch.refusal(trigger, error)
            if refusal is None:
                raise
            raise refusal from None
        self.sensor_service.dispatch(
            trigger=trigger.name, payload=trigger.payload, trace_tag=trigger.trace_tag
        )
        self._log.info("dispatched %s for %s", trigger.name, trigger.trace_tag)

    def _value(self, name: str) -> Store:
        """A value of the datastore that is not this sensor's alone: actions read it too."""

        def get() -> Optional[str]:
            value = self.sensor_service.get_value(name, local=False)
            if value is None:
                # So it is where StackStorm's API failed, too; this raises then.
                found = self.sensor_service.list_values(local=False, prefix=name, limit=10)
                value = next((one.value for one in found if one.name == name), None)
            return value if isinstance(value, str) else None

        def put(text: str) -> None:
            self.sensor_service.set_value(name, text, local=False)

        return Store(get, put)
