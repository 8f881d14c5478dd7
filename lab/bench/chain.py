"""The article's chain of five tasks and a chat message: the pack's, the article's own ported
literally, and one of empty actions, which is the floor."""

from __future__ import annotations

from typing import List

from lab.bench.costs import in_turns, nothing_kept
from lab.bench.installed import FLOOR as EMPTY_CHAIN
from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds, ratios

FLOOR, PACKS, FIRST, ARTICLE = (
    "five empty actions, chat",
    "the pack's chain",
    "the pack's chain, logging in",
    "the article's way",
)


def measure(quick: bool, tell: Tell) -> List[Row]:
    """On a switch that is near, and on one where an RPC takes 20 ms more."""
    rows: List[Row] = []
    for latency in (0.0, 0.020):
        rows += _at(latency, 2 if quick else 8, tell)
    return rows


def _at(latency: float, rounds: int, tell: Tell) -> List[Row]:
    place = f"{latency * 1000:.0f} ms an RPC"
    with outside(latency) as out, installed(out) as st2:
        ways = {
            FLOOR: lambda _vlan: st2.empty(EMPTY_CHAIN),
            PACKS: st2.chain,
            FIRST: lambda vlan: _first(st2, vlan),
            ARTICLE: lambda vlan: st2.articles([vlan]),
        }
        found = in_turns(ways, rounds, vlans(), tell, place)
    wall = {name: [one.wall for one in costs] for name, costs in found.items()}
    cpu = {name: [one.cpu for one in costs] for name, costs in found.items()}
    return [
        *(milliseconds(f"{place}: {name}", wall[name], "rounds") for name in ways),
        ratios(f"{place}: the pack's chain to the floor", wall[PACKS], wall[FLOOR], "rounds"),
        ratios(f"{place}: the article's way to the floor", wall[ARTICLE], wall[FLOOR], "rounds"),
        *(milliseconds(f"{place}: CPU, {name}", cpu[name], "rounds") for name in ways),
    ]


def _first(st2: Installed, vlan: int) -> None:
    with nothing_kept():
        st2.chain(vlan)
