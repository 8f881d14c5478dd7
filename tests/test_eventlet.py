"""The sensor in a process that eventlet has patched, as StackStorm has it: nothing in it may stop
the hub."""

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")
pytest.importorskip("eventlet", reason="the sensor's host process uses eventlet")

from conftest import PACK

from lab.engine import Engine, EngineFaults
from lab.stackstorm import StackStorm

SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}
WAIT = 60.0


def test_no_engine_delays_another(tmp_path):
    """Of four engines one answers no more, one is gone, and two are silent until something
    happens: over TCP and over a socket."""
    slow, gone, tcp = (Engine() for _ in range(3))
    events = []

    def create(engine, vlan):
        engine.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])

    with slow, gone, tcp, Engine(f"unix://{tmp_path}/s") as unix:
        urls = (slow.url, gone.url, tcp.url, unix.url)
        engines = [{"name": f"host{n}", "url": url} for n, url in enumerate(urls, 1)]
        with StackStorm(PACK, {"engines": engines, "switches": [SWITCH]}, events.append) as st2:

            def told(*vlans):
                payloads = [one.payload for one in st2.trigger_instances]
                # One by itself, or a batch.
                changes = [one for each in payloads for one in each.get("segments", [each])]
                return {one.get("vlan") for one in changes}.issuperset(vlans)

            for ref in st2.pack.rules:
                st2.set_rule(ref, False)
            st2.start_sensors()
            create(slow, 111)
            assert st2.until(lambda: told(111), WAIT)
            slow.faults = EngineFaults(delay=3600)
            create(slow, 114)
            gone.stop()
            create(tcp, 112)
            create(unix, 113)
            assert st2.until(lambda: told(112, 113), WAIT)
            assert not told(114)
        assert "without eventlet" not in str(events)
