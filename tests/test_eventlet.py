"""The sensor under eventlet's monkey-patching: nothing in it may stop the hub."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACK, STANDINS

from lab.engine import Engine, EngineFaults

pytest.importorskip("eventlet", reason="the sensor's host process uses eventlet")

SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}


@contextlib.contextmanager
def patched_sensor(*urls):
    """The sensor's standard output, line by line, in a patched process."""
    given = os.environ.get("PYTHONPATH")
    standins = str(STANDINS) if STANDINS else None
    folders = [folder for folder in (str(PACK / "sensors"), standins, given) if folder]
    config = {
        "engines": [{"name": f"host{n}", "url": url} for n, url in enumerate(urls, 1)],
        "switches": [SWITCH],
    }
    command = [
        sys.executable,
        "-W",
        "ignore",  # eventlet's own deprecation warnings
        str(Path(__file__).with_name("eventlet_sensor.py")),
        json.dumps(config),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process.stdout
        finally:
            process.kill()


def told(output):
    """What the next trigger says, or that the hub has turned."""
    line = output.readline().strip()
    if line == "ticks":
        return line
    _name, payload, _tag = json.loads(line)
    if "engine" in payload:
        return payload["state"], payload["engine"]
    (change,) = payload.get("segments", [payload])
    return change["action"], change["vlan"]


def test_the_hub_turns_and_no_engine_delays_another(tmp_path):
    """Of four engines one never answers, one is dead, and two are silent until something happens:
    over TCP and over a socket."""
    slow, tcp = (Engine(tcp=("127.0.0.1", 0)) for _ in range(2))
    with slow, tcp, Engine(unix=str(tmp_path / "s")) as unix:
        slow.faults = EngineFaults(delay=3600)
        urls = (slow.tcp_url, "tcp://127.0.0.1:1", tcp.tcp_url, unix.unix_url)
        with patched_sensor(*urls) as output:
            assert {told(output) for _ in range(2)} == {"ticks", ("lost", "host2")}
            for engine, vlan in ((tcp, 112), (unix, 113)):
                engine.create("n", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])
                assert told(output) == ("create", vlan)
                engine.remove("n")
                assert told(output) == ("destroy", vlan)
