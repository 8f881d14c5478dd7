"""The real sensor in this process, on real engines, and what a switch makes of what it says.

    with Dockerd(parents=["eth0.112"]) as engine, Following(host1=engine.url) as sensor:
        engine.docker("network", "create", ...)
        sensor.wait_until_right(engine)

What should be on the switch comes from `docker network ls` and `docker network inspect` alone:
nothing of the pack takes part in working it out, so that the pack can be held to it.
"""

import ipaddress
import json
import threading
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple
from unittest import mock

from docker_tor.engine import watcher
from network_events_sensor import NetworkEventsSensor
from st2tests.mocks.sensor import MockSensorService, MockSensorWrapper

from lab.real.dockerd import Dockerd

SWITCH = {
    "name": "tor1",
    "host": "10.254.4.105",
    "username": "u",
    "password": "p",
    "rbridge_id": 21,
}
SOON = 10.0
"""Seconds after an engine's return within which everything has to be right."""

Addresses = Tuple[str, ...]
Segments = Dict[int, Addresses]
"""The Ve's addresses by VLAN."""


class Service(MockSensorService):
    """StackStorm, as a sensor sees it. It outlives the sensor, and its datastore does."""

    def __init__(self) -> None:
        super().__init__(MockSensorWrapper(pack="docker", class_name="NetworkEventsSensor"))
        self.changed = threading.Condition()

    def dispatch_with_context(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Any = None,
    ) -> Dict[str, Any]:
        with self.changed:
            kept: Dict[str, Any] = super().dispatch_with_context(trigger, payload, trace_context)
            self.changed.notify_all()
        return kept


def taken(*_arguments: Any, **_more: Any) -> None:
    """StackStorm's check of a payload: whatever it is, it is right."""


class Said(NamedTuple):
    """A change of a segment: what happened, to which VLAN, with which addresses."""

    action: str
    vlan: int
    addresses: Addresses


def subnet(vlan: int) -> str:
    return f"10.{vlan // 100}.{vlan % 100}.0/24"


def create(engine: Dockerd, vlan: int, **pool: str) -> int:
    """Make a macvlan network over the API, `pool` besides its subnet; the answer's status."""
    body = {
        "Name": f"n{vlan}",
        "CheckDuplicate": True,
        "Driver": "macvlan",
        "IPAM": {"Config": [{"Subnet": subnet(vlan), **pool}]},
        "Options": {"parent": f"eth0.{vlan}"},
    }
    return engine.request("POST", "/networks/create", json.dumps(body).encode()).status


def remove(engine: Dockerd, vlan: int) -> int:
    return engine.request("DELETE", f"/networks/n{vlan}").status


def said(action: str, vlan: int) -> Said:
    return Said(action, vlan, (subnet(vlan).replace(".0/", ".1/"),))


class Following:
    """The sensor on the engines whose urls are given by name; `start` again after `stop`.

    Engines are told as lost at their first failure, unless `lost_after` says otherwise (seconds).
    """

    def __init__(
        self,
        *,
        sensor: Callable[..., Any] = NetworkEventsSensor,
        lost_after: float = 0.0,
        **urls: str,
    ) -> None:
        self.service = Service()
        engines = [{"name": name, "url": url} for name, url in urls.items()]
        # Each change as soon as it is seen: what goes out together is tested elsewhere.
        self._config = {"engines": engines, "switches": [SWITCH], "debounce": 0}
        self._make = sensor
        self._sensor: Any = None
        self._thread = threading.Thread()
        self._patience = mock.patch.object(watcher, "LOST_AFTER", lost_after)

    def __enter__(self) -> "Following":
        self._patience.start()
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._patience.stop()
        self.stop()

    def start(self) -> None:
        """A new sensor on the datastore of the one before."""
        self._sensor = self._make(
            self.service, self._config, load=lambda: self._config, validate=taken
        )
        self._sensor.setup()
        self._thread = threading.Thread(target=self._sensor.run, name="sensor")
        self._thread.start()

    def stop(self) -> None:
        """End the sensor in order; it must have lived until now."""
        lived = self._thread.is_alive()
        self._sensor.cleanup()
        self._thread.join(30)
        assert lived, "the sensor had ended by itself"
        assert not self._thread.is_alive(), "the sensor does not end"

    def said(self) -> List[Said]:
        """Every change so far, by itself or in a batch."""
        return [
            Said(one["action"], one["vlan"], tuple(one["addresses"]))
            for payload in self.payloads("docker.NetworkEvent", "docker.NetworkBatch")
            for one in payload.get("segments", [payload])
        ]

    def engines(self) -> List[str]:
        return [payload["state"] for payload in self.payloads("docker.EngineEvent")]

    def refused(self) -> List[str]:
        return [payload["reason"] for payload in self.payloads("docker.NetworkRefused")]

    def switch(self) -> Segments:
        """What a switch that does as it is told has now.

        Raises AssertionError where it is told of something twice, or of the end of what it lacks.
        """
        has: Segments = {}
        for said in self.said():
            if said.action == "create":
                assert said.vlan not in has, f"created twice: {said}"
                has[said.vlan] = said.addresses
            elif said.action == "update":
                assert has.get(said.vlan, said.addresses) != said.addresses, f"no update: {said}"
                has[said.vlan] = said.addresses
            else:
                assert has.pop(said.vlan, None) == said.addresses, f"was not there: {said}"
        return has

    def wait_for(self, condition: Callable[[], bool], seconds: float = SOON) -> None:
        """Wait until the condition is true; it is looked at whenever a trigger is dispatched."""
        with self.service.changed:
            if not self.service.changed.wait_for(condition, seconds):
                triggers = self.service.dispatched_triggers[-20:]
                raise AssertionError(f"not within {seconds:.0f} s; the last triggers: {triggers}")

    def wait_until_right(self, *engines: Dockerd, seconds: float = SOON) -> Segments:
        """Wait until the switch has what these engines' networks call for, and return that."""
        wanted = implied(*engines)
        self.wait_for(lambda: self.switch() == wanted, seconds)
        return wanted

    def wait_until_told_of(self, *states: str, seconds: float = SOON) -> None:
        """Wait until engines were lost and back exactly so, and nothing else went wrong."""
        self.wait_for(lambda: len(self.engines()) >= len(states), seconds)
        assert self.engines() == list(states)
        assert self.service.get_logger("").error.call_count == 0

    def payloads(self, *triggers: str) -> List[Dict[str, Any]]:
        with self.service.changed:
            told = list(self.service.dispatched_triggers)
        return [item["payload"] for item in told if item["trigger"] in triggers]


def implied(*engines: Dockerd) -> Segments:
    """What `docker network ls` and `docker network inspect` of these engines call for."""
    found: Dict[int, Dict[str, Any]] = {}
    for engine in engines:
        ids = engine.docker("network", "ls", "-q", "--no-trunc").stdout.split()
        shown = json.loads(engine.docker("network", "inspect", *ids).stdout)
        templates = {one["Name"]: one for one in shown if one["ConfigOnly"]}
        for one in shown:
            source = templates.get(one["ConfigFrom"]["Network"], one)
            parent = (source["Options"] or {}).get("parent", "")
            off = (one["Labels"] or {}).get("docker_tor") == "off"
            if one["Driver"] in ("macvlan", "ipvlan") and "." in parent and not off:
                pools = one["IPAM"]["Config"] or source["IPAM"]["Config"]
                of_vlan = found.setdefault(int(parent.rpartition(".")[2]), {})
                of_vlan.update((str(ve), ve) for ve in map(_ve, _routed(one, source, pools)))
    return {
        vlan: tuple(sorted(ves, key=lambda text: (ves[text].version, ves[text])))
        for vlan, ves in found.items()
    }


def _routed(
    one: Mapping[str, Any], source: Mapping[str, Any], pools: List[Mapping[str, str]]
) -> List[Mapping[str, str]]:
    if one["Internal"]:
        return []
    return [pool for pool in pools if source["EnableIPv6"] or ":" not in pool["Subnet"]]


def _ve(pool: Mapping[str, str]) -> Any:
    subnet = ipaddress.ip_network(pool["Subnet"], strict=False)
    first = next(ipaddress.ip_network(pool.get("IPRange") or pool["Subnet"]).hosts())
    return ipaddress.ip_interface(f"{pool.get('Gateway') or first}/{subnet.prefixlen}")
