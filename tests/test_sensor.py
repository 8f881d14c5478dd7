"""The sensor as StackStorm runs it, on the lab's Docker Engine."""

import contextlib
import threading
import time

from docker_tor import ledger
from network_events_sensor import NetworkEventsSensor
from st2tests.base import BaseSensorTestCase

from lab.engine import Engine, EngineFaults

SWITCH = {
    "name": "tor1",
    "host": "10.254.4.105",
    "username": "u",
    "password": "very secret",
    "rbridge_id": 21,
}


def eventually(condition, seconds=10.0):
    """Wait until `condition()` is true, and say whether it ever was."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


class NetworkEventsSensorTestCase(BaseSensorTestCase):
    """From an engine's networks to dispatched triggers."""

    sensor_cls = NetworkEventsSensor

    @contextlib.contextmanager
    def running(self, *engines, **settings):
        sensor = self.get_sensor_instance(
            config={
                "engines": [
                    {"name": f"host{number}", "url": engine.tcp_url}
                    for number, engine in enumerate(engines, 1)
                ],
                "switches": [SWITCH],
                **settings,
            }
        )
        sensor.setup()
        thread = threading.Thread(target=sensor.run)
        thread.start()
        try:
            yield sensor
        finally:
            sensor.cleanup()
            thread.join(10)
            self.assertFalse(thread.is_alive())

    def dispatched(self):
        return [
            (one["action"], one["vlan"])
            for item in self.get_dispatched_triggers()
            if item["trigger"] in ("docker.NetworkEvent", "docker.NetworkBatch")
            for one in item["payload"].get("segments", [item["payload"]])
        ]

    def test_the_articles_network(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            network = engine.create(
                "dockernetwork112", parent="eth0.112", subnets=["172.16.112.0/24"]
            )
            self.assertTrue(eventually(self.get_dispatched_triggers))
            self.assertTriggerDispatched(
                trigger="docker.NetworkEvent",
                payload={
                    "action": "create",
                    "vlan": 112,
                    "subnet": "172.16.112.1/24",
                    "addresses": ["172.16.112.1/24"],
                    "rbridge": 21,
                    "host": "10.254.4.105",
                    "channel": "docker",
                    "switch": "tor1",
                    "networks": [
                        {
                            "id": network,
                            "name": "dockernetwork112",
                            "engine": "host1",
                            "driver": "macvlan",
                            "parent": "eth0.112",
                        }
                    ],
                },
            )
            context = self.get_last_dispatched_trigger()["trace_context"]
            self.assertEqual(context.trace_tag, "tor1/21/112")
            engine.remove(network)
            self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))
            self.assertEqual(self.dispatched(), [("create", 112), ("destroy", 112)])

    def test_networks_of_others_pass_in_silence(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            engine.create("a", driver="bridge", subnets=["172.20.0.0/16"])
            engine.create("b", driver="macvlan", parent="eth0", subnets=["172.21.0.0/16"])
            engine.create("c", driver="ipvlan", parent="bond0.200", subnets=["172.22.0.0/16"])
            self.assertTrue(eventually(self.get_dispatched_triggers))
            self.assertEqual(self.dispatched(), [("create", 200)])

    def test_networks_that_are_there_before_the_sensor(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine:
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            with self.running(engine):
                self.assertTrue(eventually(self.get_dispatched_triggers))
            with self.running(engine):
                engine.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
                self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))
        self.assertEqual(self.dispatched(), [("create", 112), ("create", 113)])

    def test_several_engines_on_one_vlan_are_one_segment(self):
        with contextlib.ExitStack() as stack:
            engines = [stack.enter_context(Engine(tcp=("127.0.0.1", 0))) for _ in range(2)]
            stack.enter_context(self.running(*engines))
            networks = [
                engine.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
                for engine in engines
            ]
            self.assertTrue(eventually(lambda: self.ledger_holds(2)))
            engines[0].remove(networks[0])
            self.assertTrue(eventually(lambda: self.ledger_holds(1)))
            self.assertEqual(self.dispatched(), [("create", 112)])
            engines[1].remove(networks[1])
            self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))
            self.assertEqual(self.dispatched(), [("create", 112), ("destroy", 112)])

    def ledger_holds(self, count):
        held = ledger.load(self.sensor_service.get_value(ledger.NAME, local=False))
        return sum(len(segment.networks) for segment in held.segments.values()) == count

    def test_an_engine_that_restarts(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            self.assertTrue(eventually(self.get_dispatched_triggers))
            engine.restart()
            engine.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
            self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))
            self.assertEqual(self.dispatched(), [("create", 112), ("create", 113)])

    def test_names_that_are_hostile(self):
        name = '"<!channel> ]]>]]> {{ st2kv.system.x }}\n`' + "x" * 6000
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            engine.create(name, parent="eth0.112", subnets=["172.16.112.0/24"])
            self.assertTrue(eventually(self.get_dispatched_triggers))
            (shown,) = self.get_last_dispatched_trigger()["payload"]["networks"]
            self.assertFalse(set(shown["name"]) & set('"<>{}\n`'))

    def test_events_that_are_not_json(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            self.assertTrue(eventually(self.get_dispatched_triggers))
            engine.faults = EngineFaults(garble=b"no JSON {{ \xff\x00\n", paths=("/events",))
            engine.create("b", parent="eth0.113", subnets=["172.16.113.0/24"])
            self.assertTrue(eventually(lambda: len(self.dispatched()) == 2))

    def test_what_is_wrong_with_the_configuration_is_told_and_survived(self):
        for config, told in (
            (None, "no Docker Engine is configured"),
            ({"engines": [{"url": "tcp://127.0.0.1:1"}]}, "no switch is configured"),
            (
                {
                    "engines": [{"url": "tcp://127.0.0.1:1"}],
                    "switches": [SWITCH, {**SWITCH, "name": "tor2", "host": "10.254.4.106"}],
                },
                "has no uplink",
            ),
        ):
            sensor = self.get_sensor_instance(config=config)
            sensor.setup()
            message, error = self.sensor_service.get_logger("x").error.call_args[0]
            self.assertIn(told, str(error))
            self.assertIn("The sensor idles", message)
            thread = threading.Thread(target=sensor.run)
            thread.start()
            self.assertTrue(thread.is_alive())
            sensor.cleanup()
            thread.join(10)
            self.assertFalse(thread.is_alive())

    def test_no_secret_is_dispatched_logged_or_kept(self):
        with Engine(tcp=("127.0.0.1", 0)) as engine, self.running(engine):
            engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
            self.assertTrue(eventually(self.get_dispatched_triggers))
        seen = [
            self.get_dispatched_triggers(),
            self.sensor_service.get_value(ledger.NAME, local=False),
            self.sensor_service.get_logger("x").mock_calls,
        ]
        self.assertNotIn("very secret", str(seen))

    def test_triggers_need_nothing(self):
        sensor = self.get_sensor_instance()
        sensor.add_trigger({})
        sensor.update_trigger({})
        sensor.remove_trigger({})
        self.assertEqual(self.get_dispatched_triggers(), [])
