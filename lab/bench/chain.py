"""The article's chain of five tasks and a chat message, as workflows in the lab's StackStorm: the
pack's, the article's own ported literally, and one of empty actions, which is the floor."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from lab.bench import PACK
from lab.bench.load import vlans
from lab.bench.pack import yardstick
from lab.bench.processes import Cost, cost, nothing_kept
from lab.bench.relay import farther
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.bench.switches import Address, real_server, switch
from lab.stackstorm import StackStorm
from lab.stackstorm.executions import SUCCEEDED
from lab.switch import payloads

FLOOR, PACKS, FIRST, ARTICLE = WAYS = (
    "five empty actions, chat",
    "the pack's chain",
    "the pack's chain, logging in",
    "the article's way",
)
RBRIDGE = 21
NAME = "Docker Network"
PATIENCE = 120.0


class Place(NamedTuple):
    """A switch somewhere."""

    name: str
    address: Address


def measure(quick: bool, tell: Tell) -> List[Row]:
    """On the simulator, on the same 20 ms of round trip away, and on a real NETCONF server."""
    rounds = 2 if quick else 8
    rows: List[Row] = []
    with contextlib.ExitStack() as stack:
        near = stack.enter_context(switch())
        far = stack.enter_context(farther(near, 0.020))
        places = [Place("0 ms away", near), Place("20 ms away", far)]
        real, lacks = real_server(stack)
        places += [Place("netconfd", one.address) for one in real]
        for place in places:
            rows += _rows(place.name, _rounds(place, rounds, tell))
    return rows + lacks


def _rounds(place: Place, rounds: int, tell: Tell) -> Dict[str, List[Cost]]:
    costs: Dict[str, List[Cost]] = {way: [] for way in WAYS}
    numbers = iter(vlans(len(WAYS) * (rounds + 1), first=100))
    with _stackstorms(place.address) as (ours, theirs):
        run: Dict[str, Callable[[int], None]] = {
            FLOOR: lambda _: _run(theirs, "yardstick.floor", {}),
            PACKS: lambda vlan: _pack(ours, vlan),
            FIRST: lambda vlan: _first(ours, vlan),
            ARTICLE: lambda vlan: _article(theirs, place.address, vlan),
        }
        # The first round compiles, and leaves a connection behind.
        for done in range(-1, rounds):
            tell(place.name, max(done, 0), rounds)
            for way in WAYS:
                found = cost(functools.partial(run[way], next(numbers)))
                if done >= 0:
                    costs[way].append(found)
    return costs


@contextlib.contextmanager
def _stackstorms(address: Address) -> Iterator[Tuple[StackStorm, StackStorm]]:
    """The pack in one, the yardstick in another."""
    entry = {"name": "vdx", "rbridge_id": RBRIDGE, **address._asdict()}
    with StackStorm(PACK, {"switches": [entry]}) as ours, StackStorm(
        yardstick().path, {}
    ) as theirs:
        yield ours, theirs


def _run(st2: StackStorm, ref: str, parameters: Dict[str, Any]) -> None:
    execution = st2.wait(st2.run(ref, parameters).id, PATIENCE)
    if execution.status != SUCCEEDED:
        raise RuntimeError(f"{ref} {execution.status}: {execution.result}")


def _pack(st2: StackStorm, vlan: int) -> None:
    given = {"host": "vdx", "vlan": vlan, "subnet": _address(vlan), "rbridge_id": RBRIDGE}
    _run(st2, "docker.docker-network-tor", given)


def _first(st2: StackStorm, vlan: int) -> None:
    with nothing_kept():
        _pack(st2, vlan)


def _article(st2: StackStorm, address: Address, vlan: int) -> None:
    given: Dict[str, Any] = address._asdict()
    del given["host_key"]
    given["edits"] = payloads.segment(RBRIDGE, vlan, _address(vlan), NAME)
    _run(st2, "yardstick.article", given)


def _address(vlan: int) -> str:
    return f"172.{16 + vlan // 256}.{vlan % 256}.1/24"


def _rows(place: str, costs: Dict[str, List[Cost]]) -> List[Row]:
    wall = {way: [one.wall for one in found] for way, found in costs.items()}
    cpu = {way: [one.cpu for one in found] for way, found in costs.items()}
    way_to = "the article's way to the pack's"
    return [
        *(milliseconds(f"{place}: {way}", wall[way], "rounds") for way in WAYS),
        ratios(f"{place}: the pack's chain to the floor", wall[PACKS], wall[FLOOR], "rounds"),
        ratios(f"{place}: the article's way to the floor", wall[ARTICLE], wall[FLOOR], "rounds"),
        ratios(f"{place}: {way_to}", wall[ARTICLE], wall[PACKS], "rounds"),
        *(milliseconds(f"{place}: CPU, {way}", cpu[way], "rounds") for way in WAYS),
        ratios(f"{place}: CPU, {way_to}", cpu[ARTICLE], cpu[PACKS], "rounds"),
    ]
