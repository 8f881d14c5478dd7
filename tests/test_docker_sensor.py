"""The sensor of containers as StackStorm runs it, on the lab's Docker Engine."""

import contextlib
import secrets
import threading
from typing import Any, Dict, Iterator, List, Tuple

from docker_container_sensor import DockerSensor
from docker_tor.controller import container_tracker
from schemas import Draft4Validator
from st2tests.base import BaseSensorTestCase
from test_containers import SCHEMAS
from test_sensor import eventually, without_pauses

from lab.engine import Engine


def run(engine: Engine, name: str, command: str = "web --all") -> str:
    """Show a container as one that runs, and tell of its start; its id."""
    identity = secrets.token_hex(32)
    shown = {"Id": identity, "Names": [f"/{name}"], "Image": "web:1", "Command": command}
    engine.containers.append({**shown, "Created": 1795648720, "Ports": [], "Labels": {}})
    tell(engine, "start", engine.containers[-1])
    return identity


def tell(engine: Engine, action: str, shown: Dict[str, Any]) -> None:
    attributes = {"image": shown["Image"], "name": shown["Names"][0][1:]}
    actor = {"ID": shown["Id"], "Attributes": attributes}
    engine.emit({"Type": "container", "Action": action, "Actor": actor})


class Sensor(DockerSensor):
    """The sensor in a StackStorm with a docker.yaml. Every payload is held against its schema."""

    def __init__(self, sensor_service: Any, config: Any = None) -> None:
        super().__init__(sensor_service, config, load=lambda: config, validate=self.check_payload)

    def check_payload(self, trigger: str, payload: Any, **_options: Any) -> None:
        Draft4Validator(SCHEMAS[trigger]).validate(payload)


class DockerSensorTestCase(BaseSensorTestCase):
    sensor_cls = Sensor

    def setUp(self) -> None:
        super().setUp()
        without_pauses(self)

    @contextlib.contextmanager
    def running(self, *engines: Engine) -> Iterator[None]:
        config = {
            "engines": [
                {"name": f"host{number}", "url": engine.url}
                for number, engine in enumerate(engines, 1)
            ]
        }
        sensor = self.get_sensor_instance(config=config)
        sensor.setup()
        thread = threading.Thread(target=sensor.run)
        thread.start()
        try:
            yield
        finally:
            sensor.cleanup()
            thread.join(10)
            self.assertFalse(thread.is_alive())

    def told(self) -> List[Tuple[str, str, str]]:
        return [
            (
                item["trigger"].rpartition(".")[2],
                item["payload"]["container_info"]["Names"][0],
                item["payload"]["container_info"]["Engine"],
            )
            for item in self.get_dispatched_triggers()
        ]

    def known(self) -> List[str]:
        """The containers of which the sensor has noted that they run."""
        noted = self.sensor_service.get_value(container_tracker.NAME, local=False)
        running = container_tracker.load(noted).get("host1", {})
        return [one["Names"][0] for one in running.values()]

    def test_containers_that_start_and_stop(self) -> None:
        with self.running():
            # It waits for a docker.yaml with an engine.
            error = str(self.sensor_service.get_logger("x").error.call_args)
            self.assertIn("no Docker Engine is configured", error)
        with Engine() as engine:
            run(engine, "before")
            with self.running(engine):
                self.assertTrue(eventually(lambda: self.known() == ["/before"]))
                identity = run(engine, "web", command="web --password geheim")
                self.assertTrue(eventually(lambda: len(self.told()) == 1))
                tell(engine, "die", engine.containers.pop())
                self.assertTrue(eventually(lambda: len(self.told()) == 2))
        self.assertEqual(self.told(), [("started", "/web", "host1"), ("stopped", "/web", "host1")])
        started, stopped = self.get_dispatched_triggers()
        self.assertEqual(started["trigger"], "docker.container_tracker.started")
        self.assertEqual(started["payload"], stopped["payload"])
        self.assertEqual(started["payload"]["container_info"]["Command"], "web")
        self.assertEqual(started["trace_context"].trace_tag, identity)
        self.assertNotIn("geheim", str(self.get_dispatched_triggers()))
