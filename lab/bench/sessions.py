"""The article's five edits: in five sessions, in one, and as the article itself made them."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

import ncclient.transport.session
import ncclient.xml_
from docker_tor.netconf import session as netconf
from docker_tor.switch import apply
from docker_tor.switch.edit import Edit
from docker_tor.switch.nos import edits as vdx
from ncclient import manager
from ncclient.operations import RPCError

from lab.bench.load import vlans
from lab.bench.pack import VDX, parameters
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.switches import Address, switch
from lab.switch import payloads

RBRIDGE = 21
LATENCIES = (0.0, 0.020)

# As ncclient is when nobody has touched it: the pack sets both when it connects.
_STOCK_TICK = ncclient.transport.session.TICK
_STOCK_PARSER = ncclient.xml_.parser


def measure(quick: bool, tell: Tell) -> List[Row]:
    """Wall time of five edits of a new segment, in this process, in turns; each pack edit reads
    before it edits. The simulator is a process of its own, once as it is and once 20 ms slower for
    each RPC."""
    rounds = 2 if quick else 10
    return [row for latency in LATENCIES for row in _at(latency, rounds, tell)]


Way = Callable[[Address, int], None]
"""Makes the five edits for a VLAN."""


def _at(latency: float, rounds: int, tell: Tell) -> List[Row]:
    at = f"{latency * 1000:.0f} ms per RPC"
    with switch(latency) as address:
        found = _rounds(address, rounds, lambda done: tell(at, done, rounds))
    one, five, theirs = (found[way] for way in (_one, _five, stock))
    return [
        milliseconds(f"{at}: five edits in one session", one, "rounds"),
        milliseconds(f"{at}: five edits, a session each", five, "rounds"),
        milliseconds(f"{at}: the article's way, stock ncclient", theirs, "rounds"),
        ratios(f"{at}: five sessions to one", five, one, "rounds"),
        ratios(f"{at}: the article's way to one session", theirs, one, "rounds"),
        ratios(f"{at}: the article's way to five sessions", theirs, five, "rounds"),
    ]


def _rounds(address: Address, rounds: int, tell: Callable[[int], None]) -> Dict[Way, List[float]]:
    ways: Tuple[Way, ...] = (_one, _five, stock)
    numbers = iter(vlans(len(ways) * (rounds + 1), first=100))
    seconds: Dict[Way, List[float]] = {way: [] for way in ways}
    # What is imported late, is imported in the first round: it does not count.
    for done in range(-1, rounds):
        tell(max(done, 0))
        for way in ways:
            vlan = next(numbers)
            begun = time.perf_counter()
            way(address, vlan)
            if done >= 0:
                seconds[way].append(time.perf_counter() - begun)
    return seconds


def _one(address: Address, vlan: int) -> None:
    with netconf.session(netconf.Login(*address)) as session:
        for edit in _edits(vlan):
            _changed(apply.apply(session, edit))


def _five(address: Address, vlan: int) -> None:
    for edit in _edits(vlan):
        with netconf.session(netconf.Login(*address)) as session:
            _changed(apply.apply(session, edit))


def stock(address: Address, vlan: int) -> None:
    """One edit-config each, in a session of its own, without a look at what is there."""
    with _untouched():
        for config in payloads.segment(RBRIDGE, vlan, _address(vlan), "Docker Network"):
            with manager.connect(
                host=address.host,
                port=address.port,
                username=address.username,
                password=address.password,
                hostkey_verify=False,
                allow_agent=False,
                look_for_keys=False,
            ) as session:
                _send(session, config)


def _send(session: Any, config: str) -> None:
    try:
        session.edit_config(target="running", config=config)
    except RPCError as error:
        # A real NETCONF server has no Ve shut by itself.
        if error.tag != "data-missing":
            raise


@contextlib.contextmanager
def _untouched() -> Iterator[None]:
    ncclient.transport.session.TICK = _STOCK_TICK
    ncclient.xml_.parser = _STOCK_PARSER
    # The pack sets its own again with its next connection.
    yield


def _edits(vlan: int) -> List[Edit]:
    ve = "rbridge_id_interface_ve_"
    edits: List[Tuple[str, Mapping[str, Any]]] = [
        ("interface_vlan_interface_vlan_vlan_name", {"vlan_name": "Docker Network"}),
        ("interface_vlan_interface_ve_gve_name", {}),
        (f"{ve}ip_ip_config_address_address", {"address": _address(vlan)}),
        (f"{ve}shutdown", {"delete_shutdown": True}),
        ("interface_vlan_interface_ve_global_ve_shutdown", {"delete_global_ve_shutdown": True}),
    ]
    keys = {"name": vlan, "gve_name": vlan, "rbridge_id": RBRIDGE}
    return [vdx.render(name, parameters(f"{VDX}{name}", {**keys, **own})) for name, own in edits]


def _address(vlan: int) -> str:
    return f"172.{16 + vlan // 256}.{vlan % 256}.1/24"


def _changed(result: Mapping[str, Any]) -> None:
    if not result["changed"]:
        raise RuntimeError(f"an edit of a new segment changed nothing: {result}")
