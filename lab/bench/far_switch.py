"""The switch's simulator in a process of its own that keeps books of what it was asked."""

from __future__ import annotations

import contextlib
import time
from typing import Callable, Iterator, NamedTuple, Sequence

from lab.bench.far import Answers, Far, far
from lab.bench.load import address
from lab.bench.switches import Address
from lab.switch import Faults, Switch, payloads, rules
from lab.switch.schema import Tree

RBRIDGE = 21
LAST_VLAN = 4086
"""Of a VDX 8770."""
EVERY = 0.002
"""Seconds between two looks at the running config."""


class Books(NamedTuple):
    """What a switch was asked since it was asked last: edits among the RPCs, bytes of messages and
    replies, and the seconds that its RPCs took, without those that they were made to wait."""

    rpcs: int
    edits: int
    bytes: int
    seconds: float


class FarSwitch:
    """What can be asked of that switch. `address` is where it is."""

    def __init__(self, switch: Far) -> None:
        self._ask = switch.ask
        self.address = Address(*switch.ask("address"))

    def fill(self, vlans: Sequence[int], name: str) -> None:
        """Configure segments by hand, each VLAN with that name."""
        self._ask("fill", vlans, name)

    def books(self) -> Books:
        """The books since the last time, which begin anew."""
        return Books(*self._ask("books"))

    def in_service(self, vlans: Sequence[int], timeout: float) -> int:
        """When (nanoseconds since 1970) all these VLANs' segments were in service. Raises
        TimeoutError after so many seconds."""
        return int(self._ask("in_service", vlans, timeout))

    def gone(self, vlans: Sequence[int], timeout: float) -> int:
        """When (nanoseconds since 1970) nothing was left of these VLANs. Raises TimeoutError."""
        return int(self._ask("gone", vlans, timeout))


@contextlib.contextmanager
def far_switch(latency: float = 0.0, max_sessions: int = 16) -> Iterator[FarSwitch]:
    """A switch that nobody has configured, and that takes `latency` seconds longer for every
    RPC."""
    with far(_switch, latency, max_sessions) as switch:
        yield FarSwitch(switch)


@contextlib.contextmanager
def _switch(latency: float, max_sessions: int) -> Iterator[Answers]:
    with Switch(
        rbridge_ids=(RBRIDGE,),
        faults=Faults(latency=latency),
        max_sessions=max_sessions,
        seed=False,
        last_vlan=LAST_VLAN,
    ) as switch:
        yield {
            "address": lambda: (switch.host, switch.port, "admin", "password", switch.host_key),
            "fill": lambda vlans, name: switch.edit(
                *payloads.segments(RBRIDGE, {vlan: address(vlan) for vlan in vlans}, name)
            ),
            "books": lambda: _books(switch),
            "in_service": lambda vlans, timeout: _wait(switch, vlans, _is_in_service, timeout),
            "gone": lambda vlans, timeout: _wait(switch, vlans, _is_gone, timeout),
        }


def _books(switch: Switch) -> Books:
    rpcs = switch.rpcs
    switch.forget_rpcs()
    return Books(
        len(rpcs),
        sum(rpc.operation == "edit-config" for rpc in rpcs),
        sum(rpc.received + rpc.sent for rpc in rpcs),
        sum(rpc.seconds - rpc.waited for rpc in rpcs),
    )


def _wait(
    switch: Switch, vlans: Sequence[int], holds: Callable[[Tree, str], bool], timeout: float
) -> int:
    left = [str(vlan) for vlan in vlans]
    seen = None
    deadline = time.monotonic() + timeout
    while True:
        running, now = switch.running, time.time_ns()
        if running is not seen:
            seen = running
            left = [key for key in left if not holds(running.tree, key)]
        if not left:
            return now
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(left)} of {len(vlans)} VLANs are not so in {timeout:.0f} s")
        time.sleep(EVERY)


def _is_in_service(tree: Tree, key: str) -> bool:
    ve, global_ve = _ve(tree, key), rules.global_ves(tree).get(key)
    return (
        key in rules.vlans(tree)
        and global_ve is not None
        and "global-ve-shutdown" not in global_ve
        and bool(rules.ipv4(ve))
        and "shutdown" not in ve
    )


def _is_gone(tree: Tree, key: str) -> bool:
    return not (key in rules.vlans(tree) or key in rules.global_ves(tree) or _ve(tree, key))


def _ve(tree: Tree, key: str) -> Tree:
    found: Tree = rules.ves(rules.rbridges(tree)[str(RBRIDGE)]).get(key, {})
    return found
