"""An engine and a switch in a process of their own."""

from __future__ import annotations

import time
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Sequence, Tuple

from lab.bench.elsewhere import elsewhere
from lab.engine import Engine
from lab.switch import Faults, Switch, nos, payloads

RBRIDGE = 21
EVERY = 0.005
"""Seconds between two looks at the running config."""
FCOE = 1002
"""The VLAN in between that none may have."""


def vlans(first: int = 100) -> Iterator[int]:
    """VLANs that networks may have, from `first` on."""
    return (vlan for vlan in range(first, 3963) if vlan != FCOE)


def subnet(vlan: int) -> str:
    """A subnet of its own for each VLAN, and none that an engine has by itself."""
    return f"10.{vlan // 256}.{vlan % 256}.0/24"


def address(vlan: int) -> str:
    """The address of that VLAN's Ve."""
    return subnet(vlan).replace(".0/", ".1/")


def edits(vlan: int) -> List[str]:
    """The article's five edits as <config> elements."""
    return payloads.segment(RBRIDGE, vlan, address(vlan), "Docker Network")


class Outside:
    """Both; every RPC of the switch takes `latency` seconds longer."""

    def __init__(self, latency: float) -> None:
        self._engine = Engine()
        # The article's design knows no retries: there are sessions for all.
        self._switch = Switch(
            rbridge_ids=(RBRIDGE,), faults=Faults(latency=latency), max_sessions=1000, seed=False
        )
        self._engine.start()
        self._switch.start()

    def url(self) -> str:
        """The engine's."""
        return self._engine.url

    def login(self) -> Dict[str, Any]:
        """Where the switch is and who may log in, as docker.yaml has it."""
        host, port, key = self._switch.host, self._switch.port, self._switch.host_key
        user = {"username": "admin", "password": "password"}
        return {"host": host, "port": port, **user, "host_key": key}

    def create(self, wanted: Sequence[int]) -> None:
        """A network on each of these VLANs, as fast as it goes."""
        for vlan in wanted:
            self._engine.create(f"net{vlan}", parent=f"eth0.{vlan}", subnets=[subnet(vlan)])

    def remove(self, wanted: Sequence[int]) -> None:
        """These VLANs' networks go, as fast as it goes."""
        for vlan in wanted:
            self._engine.remove(f"net{vlan}")

    def configure(self, wanted: Sequence[int]) -> None:
        """The switch has these VLANs up already, as the pack would have made them."""
        for vlan in wanted:
            self._switch.edit(*edits(vlan))

    def in_service(self, wanted: Sequence[int], timeout: float) -> None:
        """Wait until the switch has all of them up. Raises TimeoutError."""
        self._wait(lambda: set(wanted) <= {ve.vlan_id for ve in self._ves() if ve.up}, timeout)

    def gone(self, wanted: Sequence[int], timeout: float) -> None:
        """Wait until nothing is left of them. Raises TimeoutError."""
        self._wait(
            lambda: (
                set(wanted).isdisjoint(map(int, nos.vlans(self._switch.running.tree)))
                and set(wanted).isdisjoint(ve.vlan_id for ve in self._ves())
            ),
            timeout,
        )

    def asked(self) -> Tuple[int, int]:
        """In how many sessions the switch was asked since this was called last, and for how many
        edits."""
        rpcs = self._switch.rpcs
        self._switch.forget_rpcs()
        sessions = {rpc.session_id for rpc in rpcs}
        return len(sessions), sum(rpc.operation == "edit-config" for rpc in rpcs)

    def _ves(self) -> List[nos.Ve]:
        return nos.state(self._switch.running.tree, str(RBRIDGE))

    @staticmethod
    def _wait(holds: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the switch is not so in {timeout:.0f} s")
            time.sleep(EVERY)


def outside(latency: float = 0.0) -> ContextManager[Outside]:
    """One, until the context ends."""
    return elsewhere(Outside, latency)
