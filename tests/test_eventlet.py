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


@pytest.mark.parametrize("scheme", ["unix", "tcp"])
def test_the_hub_turns_while_an_engine_is_silent(tmp_path, scheme):
    with Engine(unix=str(tmp_path / "s"), tcp=("127.0.0.1", 0)) as engine:
        with patched_sensor(engine.unix_url if scheme == "unix" else engine.tcp_url) as output:
            assert told(output) == "ticks"
            engine.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
            assert told(output) == ("create", 112)
            engine.remove("n")
            assert told(output) == ("destroy", 112)


def test_a_slow_and_a_dead_engine_delay_no_other(tmp_path):
    slow = Engine(tcp=("127.0.0.1", 0))
    with slow, Engine(unix=str(tmp_path / "s")) as engine:
        slow.faults = EngineFaults(delay=3600)
        dead = "tcp://127.0.0.1:1"
        with patched_sensor(slow.tcp_url, dead, engine.unix_url) as output:
            engine.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
            seen = [told(output) for _ in range(3)]
    assert sorted(seen[:3], key=str) == sorted(
        ["ticks", ("lost", "host2"), ("create", 112)], key=str
    )
