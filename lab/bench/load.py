"""What a benchmark does to the lab's engine: networks by the thousand, through the engine's own
checks, and the events of containers around them."""

from __future__ import annotations

import secrets
import time
from typing import Any, Dict, List, NamedTuple, Sequence

from lab.engine import Engine

LAST = 3962
"""The last VLAN that a network may have."""
FCOE = 1002
"""The VLAN in between that none may have."""


class Burst(NamedTuple):
    """The ids of the networks made, by VLAN, and how many seconds all of it took."""

    ids: Dict[int, str]
    seconds: float


def vlans(count: int, first: int = 2) -> List[int]:
    """So many VLANs, from `first` on."""
    return [vlan for vlan in range(first, first + count + 1) if vlan != FCOE][:count]


def create(engine: Engine, vlan: int) -> str:
    """A network on that VLAN with a subnet of its own; its id."""
    subnet = f"10.{vlan // 256}.{vlan % 256}.0/24"
    return engine.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[subnet])


def address(vlan: int) -> str:
    """The address that the Ve of that network's VLAN is to have."""
    return f"10.{vlan // 256}.{vlan % 256}.1/24"


def remove(engine: Engine, networks: Sequence[str]) -> float:
    """Remove these networks, by their ids, as fast as it goes; the seconds that it took."""
    begun = time.perf_counter()
    for network in networks:
        engine.remove(network)
    return time.perf_counter() - begun


def burst(engine: Engine, wanted: Sequence[int], others: int, seconds: float) -> Burst:
    """A network for each VLAN, and so many events after each that change no network; as fast as it
    goes, or spread evenly over `seconds` where these are more."""
    ids: Dict[int, str] = {}
    begun = time.perf_counter()
    for number, vlan in enumerate(wanted):
        early = begun + seconds * number / len(wanted) - time.perf_counter()
        if early > 0:
            time.sleep(early)
        ids[vlan] = create(engine, vlan)
        containers(engine, others)
    return Burst(ids, time.perf_counter() - begun)


def restart(engine: Engine, removed: Sequence[int], created: Sequence[int]) -> int:
    """Restart the daemon; while it is down, networks of these VLANs go and come. When (nanoseconds
    since 1970) a reader had subscribed again. Raises TimeoutError."""
    engine.stop()
    for vlan in removed:
        engine.remove(f"n{vlan}")
    for vlan in created:
        create(engine, vlan)
    engine.start()
    if not engine.wait_for_readers(1, 60):
        raise TimeoutError("the sensor did not come back to the engine")
    return time.time_ns()


def containers(engine: Engine, count: int) -> None:
    """So many events of containers that start and join a network, leave it and die."""
    container = secrets.token_hex(32)
    _emit(
        engine,
        count,
        _event("container", "start", container, image="busybox", name="c"),
        *_joining(container),
        _event("container", "die", container, image="busybox", name="c"),
    )


def hints(engine: Engine, count: int) -> None:
    """So many events of networks that are none of a switch's business: bridges that come and go,
    containers that join and leave one. All of them are of the kind that a sensor has to read."""
    bridge, about = secrets.token_hex(32), {"name": "b", "type": "bridge"}
    _emit(
        engine,
        count,
        _event("network", "create", bridge, **about),
        *_joining(secrets.token_hex(32)),
        _event("network", "destroy", bridge, **about),
    )


def _joining(container: str) -> List[Dict[str, Any]]:
    about = {"container": container, "name": "n", "type": "macvlan"}
    network = secrets.token_hex(32)
    return [_event("network", action, network, **about) for action in ("connect", "disconnect")]


def _event(kind: str, action: str, identity: str, **attributes: str) -> Dict[str, Any]:
    return {"Type": kind, "Action": action, "Actor": {"ID": identity, "Attributes": attributes}}


def _emit(engine: Engine, count: int, *events: Dict[str, Any]) -> None:
    for number in range(count):
        engine.emit(events[number % len(events)])
