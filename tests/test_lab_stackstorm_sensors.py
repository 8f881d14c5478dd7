"""Sensors of the embedded StackStorm, each in its process."""

import os
import signal
import threading
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.stackstorm import Event, StackStorm, sensors
from lab.stackstorm.events import Notifier
from lab.stackstorm.models import Sensor
from lab.stackstorm.sensors import SensorProcess

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}, "token": "{{ st2kv.system.token }}"}
WAIT = 60.0
REF = "lab_pack.Visitors"


@pytest.fixture
def told() -> List[Event]:
    return []


@pytest.fixture
def st2(told: List[Event]) -> Iterator[StackStorm]:
    with StackStorm(PACK, CONFIG, on_event=told.append, respawn_delay=0.01) as st2:
        st2.datastore.set("token", "TOKEN", secret=True)
        yield st2


def start(st2: StackStorm, do: str) -> SensorProcess:
    st2.datastore.set("lab_pack.Visitors:do", do)
    st2.start_sensors()
    return st2.sensors[REF]


def said(sensor: SensorProcess, text: str) -> Callable[[], bool]:
    return lambda: any(text in line for line in list(sensor.output))


def test_a_sensor_that_waits(st2: StackStorm, told: List[Event]) -> None:
    sensor = start(st2, "wait")
    assert st2.until(said(sensor, "config ["), WAIT)
    assert st2.until(said(sensor, "trigger lab_pack.Visitor"), WAIT)
    output = "\n".join(sensor.output)
    # Only its own folder is on the path, and everything is green.
    assert "imports [] green True beside the sensor" in output
    assert "config ['limits', 'region', 'servers', 'token']" in output
    assert set(st2.sensors) == {REF, "lab_pack.Poller"}
    assert sensor.state == "running"
    assert sensor.pid is not None
    st2.start_sensors()
    assert st2.sensors[REF] is sensor
    st2.close()
    assert sensor.state == "stopped"
    assert sensor.pid is None
    assert sensor.exit_codes == [-signal.SIGTERM]
    # As under StackStorm, which ends the process without it.
    assert not said(sensor, "cleanup called")()
    spawned = [event.data for event in told if event.data.get("state") == "spawned"]
    assert {event["ref"] for event in spawned} == {REF, "lab_pack.Poller"}


def test_what_a_sensor_dispatches_and_keeps(st2: StackStorm) -> None:
    sensor = start(st2, "visit")
    assert st2.until(lambda: bool(st2.executions(action="lab_pack.echo")), WAIT)
    (instance,) = [one for one in st2.trigger_instances if one.trigger == "lab_pack.Visitor"]
    assert instance.payload == {"name": "Ann", "age": 18, "bags": [1]}
    assert instance.trace_tag == "ann"
    output = "\n".join(sensor.output)
    assert "'old' is not of type 'integer'" in output
    assert 'The payload of trigger "lab_pack.Visitor" is lost' in output
    assert "lab_pack.Nobody\" doesn't exist" in output
    assert "count '3'" in output
    assert "secret 's3'" in output
    assert "user 'sensor_service'" in output
    assert f"keys ['{REF}:count', '{REF}:do', '{REF}:secret']" in output
    assert "deleted True" in output
    assert st2.datastore.get(f"{REF}:secret") != "s3"
    assert st2.datastore.get(f"{REF}:secret", decrypt=True) == "s3"


@pytest.mark.parametrize(("do", "why"), [("raise", "no run"), ("setup", "no setup")])
def test_a_sensor_that_raises_is_respawned_twice(
    st2: StackStorm, told: List[Event], do: str, why: str
) -> None:
    sensor = start(st2, do)
    assert st2.until(lambda: sensor.state == "dead", WAIT)
    assert sensor.exit_codes == [1, 1, 1]
    assert said(sensor, f"RuntimeError: {why}")()
    # A sensor that has been made is cleaned up after, whatever it raised.
    assert sum("cleanup called" in line for line in sensor.output) == 3
    st2.close()
    states = [event.data["state"] for event in told if event.data.get("ref") == REF]
    assert [state for state in states if state != "log"] == [
        "spawned",
        "exited",
        "respawning",
        "spawned",
        "exited",
        "respawning",
        "spawned",
        "exited",
        "dead",
    ]
    exits = [one for one in st2.trigger_instances if one.trigger.endswith("process_exit")]
    assert {"id": "Visitors", "exit_code": 1}.items() <= exits[-1].payload.items()


def test_a_sensor_that_returns_is_not_respawned(st2: StackStorm) -> None:
    sensor = start(st2, "return")
    assert st2.until(lambda: sensor.state == "ended", WAIT)
    assert sensor.exit_codes == [0]
    assert said(sensor, "cleanup called")()


def test_a_polling_sensor(st2: StackStorm) -> None:
    st2.start_sensors()
    poller = st2.sensors["lab_pack.Poller"]
    assert st2.until(lambda: poller.state == "ended", WAIT)
    assert said(poller, "interval 4")()


def test_a_configuration_that_cannot_be_resolved_keeps_it_from_starting() -> None:
    with StackStorm(PACK, {**CONFIG, "token": "{{ nonsense }}"}, respawn_delay=0.01) as st2:
        st2.start_sensors()
        sensor = st2.sensors[REF]
        assert st2.until(lambda: sensor.state == "dead", WAIT)
        assert said(sensor, 'configuration value for key "token"')()


CHANGED = threading.Condition()


def tell() -> None:
    with CHANGED:
        CHANGED.notify_all()


def until(holds: Callable[[], bool]) -> None:
    with CHANGED:
        assert CHANGED.wait_for(holds, WAIT)


def process(command: List[str], clock: Callable[[], float], delay: float) -> SensorProcess:
    return SensorProcess(
        Sensor(REF, "Visitors", PACK, []),
        command,
        os.environ,
        PACK,
        Notifier(None),
        lambda *_: None,
        tell,
        respawn_delay=delay,
        clock=clock,
    )


def test_a_sensor_that_has_lived_long_enough_is_forgiven() -> None:
    moments = iter([0.0, 1.0, 10.0, 30.0, 40.0, 41.0, 50.0, 51.0])
    sensor = process(["false"], lambda: next(moments), 0.0)
    sensor.start()
    until(lambda: sensor.state == "dead")
    sensor.stop()
    # Short, long (forgiven), short, short: the second respawn after the long one was the last.
    assert sensor.exit_codes == [1, 1, 1, 1]


def test_a_process_that_cannot_be_started() -> None:
    sensor = process(["/nowhere/python"], lambda: 0.0, 0.0)
    sensor.start()
    until(lambda: sensor.state == "dead")
    sensor.stop()
    assert "Failed to spawn" in sensor.output[0]


def test_stop_while_it_waits_to_be_respawned() -> None:
    sensor = process(["false"], lambda: 0.0, 3600.0)
    sensor.start()
    until(lambda: sensor.state == "respawning")
    sensor.stop()
    assert sensor.state == "stopped"


def test_a_sensor_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors, "EXIT_TIMEOUT", 0.05)
    deaf = "trap '' TERM; echo deaf; while :; do sleep 1; done"
    sensor = process(["sh", "-c", deaf], lambda: 0.0, 0.0)
    sensor.start()
    until(lambda: "deaf" in sensor.output)
    sensor.stop()
    assert sensor.exit_codes == [-signal.SIGKILL]
