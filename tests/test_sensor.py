"""The two sensors as StackStorm runs them, on the lab's Docker Engine."""

import contextlib
import threading
import time
from unittest import mock

import network_events_sensor
import test_containers
import yaml
from conftest import PACK
from docker_container_sensor import DockerSensor
from docker_tor.common import datastore
from docker_tor.config import reload
from docker_tor.controller import container_tracker, heartbeat, lease
from docker_tor.controller.heartbeat import Heartbeat
from docker_tor.desired import ledger
from docker_tor.engine import watcher
from network_events_sensor import NetworkEventsSensor
from st2tests.base import BaseSensorTestCase

from lab.engine import Engine

LOGIN = {"username": "u", "password": "very secret"}
SWITCH = {"name": "tor1", "host": "h", "rbridge_id": 21, **LOGIN}


def eventually(condition, seconds=10.0):
    """Wait until `condition()` is true, and say whether it ever was."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


KINDS = yaml.safe_load((PACK / "sensors" / "network_events_sensor.yaml").read_text())
SCHEMAS = {f"docker.{kind['name']}": kind["payload_schema"] for kind in KINDS["trigger_types"]}


def configured(*engines):
    return {
        "engines": [
            {"name": f"host{number}", "url": engine.url} for number, engine in enumerate(engines, 1)
        ],
        "switches": [SWITCH],
        "debounce": 0,
    }


class Sensor(NetworkEventsSensor):
    """The sensor in a StackStorm whose docker.yaml changes, that would drop one VLAN, and whose
    database may be away. Every payload is held against its schema."""

    def __init__(self, sensor_service, config=None):
        super().__init__(sensor_service, config, load=lambda: self.docker_yaml, validate=self.check)
        self.docker_yaml = config
        self.refused = None
        self.away = False

    def check(self, trigger, payload, throw_on_inexistent_trigger):
        assert throw_on_inexistent_trigger
        if self.away:
            raise OSError("the database is away")
        for at, one in enumerate(payload.get("segments", [payload])):
            if self.refused is not None and one.get("vlan") == self.refused:
                raise Invalid(*(["segments", at] if "segments" in payload else []), "vlan")
        try:
            from lab.stackstorm import schema
        except ImportError:
            return
        schema.check_given(payload, SCHEMAS[trigger])


class Invalid(Exception):
    """As jsonschema's ValidationError."""

    def __init__(self, *path):
        super().__init__()
        self.absolute_path = path
        self.message = "112 is refused"


class SensorTestCase(BaseSensorTestCase):
    """A sensor that does not wait for a rival, a burst, or its next try."""

    def setUp(self):
        super().setUp()
        pauses = (
            (lease, "RIVALS_WRITE"),
            (watcher, "GATHER"),
            (network_events_sensor, "RETRY_AFTER"),
        )
        for module, pause in pauses:
            patch = mock.patch.object(module, pause, 0.005)
            patch.start()
            self.addCleanup(patch.stop)

    @contextlib.contextmanager
    def started(self, config):
        sensor = self.get_sensor_instance(config=config)
        sensor.docker_yaml = config
        sensor.setup()
        thread = threading.Thread(target=sensor.run)
        thread.start()
        try:
            yield sensor
        finally:
            lived = thread.is_alive()
            sensor.cleanup()
            thread.join(10)
            self.assertEqual((lived, thread.is_alive()), (True, False))

    def errors(self):
        """What was logged of errors."""
        calls = self.sensor_service.get_logger("x").error.call_args_list
        return [call[0][0] % call[0][1:] for call in calls]


class NetworkEventsSensorTestCase(SensorTestCase):
    """From an engine's networks to dispatched triggers."""

    sensor_cls = Sensor

    def running(self, *engines, **settings):
        return self.started({**configured(*engines), **settings})

    def beat(self):
        text = self.sensor_service.get_value(heartbeat.NAME, local=False)
        return heartbeat.load(text) if text else Heartbeat(0.0, {})

    def dispatched(self):
        return [
            (one["action"], one["vlan"])
            for item in self.get_dispatched_triggers()
            if item["trigger"] in ("docker.NetworkEvent", "docker.NetworkBatch")
            for one in item["payload"].get("segments", [item["payload"]])
        ]

    def test_the_articles_network(self):
        with Engine() as engine, self.running(engine) as sensor:
            network = engine.create(
                "dockernetwork112", parent="eth0.112", subnets=["172.16.112.0/24"]
            )
            self.assertTrue(eventually(self.get_dispatched_triggers))
            (told,) = self.get_dispatched_triggers()
            self.assertEqual(told["trigger"], "docker.NetworkEvent")
            self.assertEqual(told["trace_context"].trace_tag, "tor1/21/112")
            self.assertEqual(told["payload"]["addresses"], ["172.16.112.1/24"])
            self.assertEqual([one["id"] for one in told["payload"]["networks"]], [network])
            engine.remove(network)
            sensor.add_trigger({})
            sensor.update_trigger({})
            sensor.remove_trigger({})
            self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))
            self.assertEqual(self.dispatched(), [("create", 112), ("destroy", 112)])
        kept = self.sensor_service.get_value(ledger.name_of("tor1"), local=False)
        self.assertIn("retired", kept)
        seen = [self.get_dispatched_triggers(), kept]
        self.assertNotIn(
            "very secret", str([*seen, self.sensor_service.get_logger("x").mock_calls])
        )

    def test_docker_yaml_is_taken_up_without_a_restart(self):
        with contextlib.ExitStack() as stack:
            first, second = (stack.enter_context(Engine()) for _ in range(2))
            first.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            second.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
            stack.enter_context(mock.patch.object(reload, "EVERY", 0.0))
            stack.enter_context(mock.patch.object(network_events_sensor, "LOOK_IN", 0.02))
            sensor = stack.enter_context(self.started(None))
            self.assertIn("no Docker Engine is configured", self.errors()[0])
            self.assertTrue(eventually(lambda: self.beat().trouble))
            sensor.docker_yaml = configured(first)
            self.assertTrue(eventually(lambda: self.dispatched() == [("create", 112)]))
            follower = next(iter(sensor._watchers.values()))
            # One more engine; the other one's follower is left alone.
            sensor.docker_yaml = configured(first, second)
            self.assertTrue(eventually(lambda: self.dispatched()[1:] == [("create", 113)]))
            self.assertIs(next(iter(sensor._watchers.values())), follower)
            # One less.
            both = sensor.docker_yaml
            sensor.docker_yaml = {**both, "engines": both["engines"][1:]}
            self.assertTrue(eventually(lambda: self.dispatched()[2:] == [("destroy", 112)]))
            first.create("c", parent="eth0.114", subnets=["172.16.114.0/24"])
            second.remove("b")
            self.assertTrue(eventually(lambda: self.dispatched()[3:] == [("destroy", 113)]))

    def test_a_change_is_seen_within_a_minute(self):
        # Beside it a look may wait for a burst to end, and for StackStorm to answer.
        self.assertLessEqual(reload.EVERY + network_events_sensor.LOOK_IN, 45.0)

    def test_what_stackstorm_would_drop_is_not_dispatched_and_what_it_cannot_take_waits(self):
        with Engine() as engine, self.running(engine) as sensor:
            sensor.refused, sensor.away = 112, True
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            engine.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
            self.assertTrue(eventually(self.errors))
            self.assertEqual(self.dispatched(), [])
            sensor.away = False
            self.assertTrue(eventually(lambda: self.dispatched() == [("create", 113)]))
            why = "would drop it for its vlan: 112 is refused"
            self.assertTrue(eventually(lambda: why in str(self.errors())))
            held = ledger.load(datastore.reader(self.sensor_service))
            self.assertEqual([key[2] for key in held.segments], [113])

    def test_an_api_that_fails_is_no_empty_ledger(self):
        """StackStorm's service returns None then, as for a value that is not there."""
        with Engine() as engine:
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            with self.running(engine):
                self.assertTrue(eventually(self.dispatched))
            with mock.patch.object(self.sensor_service, "get_value", return_value=None):
                with mock.patch.object(
                    self.sensor_service, "list_values", side_effect=OSError("the API is away")
                ), self.running(engine):
                    self.assertTrue(eventually(self.errors))
                # It fails only now and then.
                with self.running(engine):
                    engine.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
                    self.assertTrue(eventually(lambda: len(self.dispatched()) > 1))
        self.assertEqual(self.dispatched(), [("create", 112), ("create", 113)])


class Containers(DockerSensor):
    """The sensor of containers in the same StackStorm."""

    def __init__(self, sensor_service, config=None):
        super().__init__(sensor_service, config, load=lambda: config, validate=self.check)

    def check(self, trigger, payload, **_options):
        test_containers.PAYLOADS[trigger].validate(payload)


class DockerSensorTestCase(SensorTestCase):
    """From an engine's containers to dispatched triggers."""

    sensor_cls = Containers

    def told(self):
        return [
            (one["trigger"], one["payload"]["container_info"]["Names"])
            for one in self.get_dispatched_triggers()
        ]

    def known(self):
        """The containers of which the sensor has noted that they run."""
        noted = self.sensor_service.get_value(container_tracker.NAME, local=False)
        return [*container_tracker.load(noted).get("host1", {})]

    def test_containers_that_start_and_stop(self):
        with self.started(None):
            self.assertIn("no Docker Engine is configured", self.errors()[0])
        ids = ["a" * 64, "b" * 64]
        shown = {"Image": "web:1", "Created": 1795648720, "Ports": [], "Labels": {}}
        first, second = (
            {**shown, "Id": one, "Names": [f"/{one[0]}"], "Command": "web --password geheim"}
            for one in ids
        )
        with Engine() as engine:

            def tell(action):
                actor = {"ID": second["Id"], "Attributes": {"image": "web:1", "name": "b"}}
                engine.emit({"Type": "container", "Action": action, "Actor": actor})

            engine.containers.append(first)
            with self.started(configured(engine)):
                self.assertTrue(eventually(lambda: self.known() == ids[:1]))
                engine.containers.append(second)
                tell("start")
                self.assertTrue(eventually(lambda: len(self.told()) == 1))
                engine.containers.pop()
                tell("die")
                self.assertTrue(eventually(lambda: len(self.told()) == 2))
        kinds = [f"docker.container_tracker.{kind}" for kind in ("started", "stopped")]
        self.assertEqual(self.told(), [(kind, ["/b"]) for kind in kinds])
        started, stopped = self.get_dispatched_triggers()
        self.assertEqual(started["payload"], stopped["payload"])
        self.assertEqual(started["payload"]["container_info"]["Engine"], "host1")
        self.assertEqual(started["trace_context"].trace_tag, ids[1])
        self.assertNotIn("geheim", str(self.get_dispatched_triggers()))
