"""The sensor on the lab's StackStorm, by its own wrapper: what it asks StackStorm itself."""

import contextlib
import sys
import threading
from typing import Any, Dict, Iterator, List

import pytest
from conftest import PACK, STANDINS
from docker_tor import watch
from test_sensor import eventually

pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from st2common.util import config_loader
from st2common.validators.api import reactor

from lab.engine import Engine
from lab.stackstorm import RegistrationError, StackStorm, sensor_wrapper, wire

pytestmark = pytest.mark.skipif(STANDINS is None, reason="StackStorm itself is asked")

SWITCH = {
    "name": "tor1",
    "host": "10.254.4.105",
    "username": "u",
    "password": "{{ st2kv.system.vdx_password }}",
    "rbridge_id": 21,
}
WAIT = 30.0


@pytest.fixture
def st2() -> Iterator[StackStorm]:
    with StackStorm(PACK, {}) as st2:
        for rule in list(st2.rules):
            st2.set_rule(rule, False)
        st2.datastore.set("vdx_password", "very secret", secret=True)
        yield st2


@pytest.fixture
def sensor(st2: StackStorm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with running(st2, monkeypatch, "network_events_sensor.py", "NetworkEventsSensor") as sensor:
        yield sensor


@contextlib.contextmanager
def running(
    st2: StackStorm, monkeypatch: pytest.MonkeyPatch, file: str, name: str
) -> Iterator[Any]:
    """A sensor on a thread of this process."""
    for module, attribute in ((reactor, "check"), (config_loader, "load")):
        # The wrapper sets them for a process of its own.
        monkeypatch.setattr(module, attribute, None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(watch, "EVERY", 0.0)
    hello = {"kind": "sensor", "ref": f"docker.{name}"}
    client = wire.Client(str(st2._server.path), hello)
    path = str(PACK / "sensors" / file)
    wrapper = sensor_wrapper.Wrapper("docker", path, name, None, client)
    monkeypatch.setitem(type(wrapper.sensor).run.__globals__, "LOOK_IN", 0.02)
    thread = threading.Thread(target=wrapper.run)
    thread.start()
    yield wrapper.sensor
    wrapper.stop()
    thread.join(WAIT)
    client.close()


def beat(st2: StackStorm) -> str:
    return st2.datastore.get("docker_tor.heartbeat") or ""


def dispatched(st2: StackStorm) -> List[Any]:
    return [
        (one.payload["action"], one.payload["vlan"])
        for one in st2.trigger_instances
        if one.trigger == "docker.NetworkEvent"
    ]


def settings(engine: Engine, **more: Any) -> Dict[str, Any]:
    return {"engines": [{"name": "host1", "url": engine.tcp_url}], "switches": [SWITCH], **more}


def test_docker_yaml_that_is_registered_is_taken_up(st2: StackStorm, sensor: Any) -> None:
    with Engine(tcp=("127.0.0.1", 0)) as engine:
        engine.create("a", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert eventually(lambda: "no Docker Engine is configured" in beat(st2))
        st2.register_config(settings(engine))
        assert eventually(lambda: dispatched(st2) == [("create", 112)])
        # Secrets come decrypted, as in the actions.
        assert sensor._watch.config.switches[0].password == "very secret"
        with pytest.raises(RegistrationError, match="debounce"):
            st2.register_config(settings(engine, debounce=-1))
        st2.register_config(settings(engine, nonsense=1))
        assert eventually(lambda: "there is no key 'nonsense'" in beat(st2))
        assert sensor._watch.config.engines[0].url == engine.tcp_url
        assert "very secret" not in beat(st2)


def test_what_this_stackstorm_would_drop_is_told(
    st2: StackStorm, sensor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    del sensor
    kind = st2.pack.trigger_types["docker.NetworkEvent"]
    kind.payload_schema["properties"]["vlan"]["maximum"] = 112
    with Engine(tcp=("127.0.0.1", 0)) as engine:
        for vlan in (112, 113):
            engine.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])
        st2.register_config(settings(engine))
        assert eventually(lambda: dispatched(st2) == [("create", 112)])
        says = "would drop it for its vlan: 113 is greater than the maximum of 112"
        assert eventually(lambda: says in caplog.text)


def test_the_sensor_of_containers_goes_by_the_old_pack_s_docker_yaml(
    st2: StackStorm, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ("docker_container_sensor.py", "DockerSensor")
    with Engine(tcp=("127.0.0.1", 0)) as engine, running(st2, monkeypatch, *made):
        st2.register_config({"url": engine.tcp_url, "version": "1.13", "poll_interval": 5})
        assert eventually(lambda: "127.0.0.1" in (st2.datastore.get("docker_tor.containers") or ""))
        engine.run_container("web")
        assert eventually(lambda: st2.trigger_instances)
    (one,) = st2.trigger_instances
    assert one.trigger == "docker.container_tracker.started"
    assert one.payload["container_info"]["Names"] == ["/web"]
