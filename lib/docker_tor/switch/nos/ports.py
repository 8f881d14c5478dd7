"""Ports on NOS and SLX-OS: the VLANs that a trunk allows, edited and read. Pure.

`switchport trunk allowed vlan add` appends to the port's list, and `remove` takes from it: each is
a leaf of its own, and the running config shows the list in `add`. Steps for several VLANs that go
out together are one list. Paths: the vendor's bindings (pynos 1.3.27, pyswitchlib 1.2.0).
"""

import re
from typing import Dict, Iterable, Iterator, List, Mapping, Sequence, Set, Tuple

from lxml import etree

from ...common.sanitize import printable
from .. import trunk
from ..driver import Step
from ..model import Vlan
from ..reading import parts, subtree, text_of
from ..trunk import Port
from .edits import INTERFACE, Edit, Element

TYPES = (
    "GigabitEthernet",
    "TenGigabitEthernet",
    "FortyGigabitEthernet",
    "HundredGigabitEthernet",
    "Ethernet",
    "Port-channel",
)
"""The types of ports as the CLI has them. In XML each is a list of its own, in small letters; one
edit has entries of one list."""
_MOST_LISTS = 64
"""Lists that one port may have: NOS shows one."""
_NUMBER = re.compile(r"[0-9/:]{1,16}\Z")
_TRUNKS = ("trunk", "trunk-no-default-native")
_FIRST, _LAST = -len(TYPES), 16
"""The ranks of removals and additions: before and after all of a VLAN's and its Ves'."""


def edit(port: str, vlans: Iterable[int], *, remove: bool = False) -> Edit:
    """VLANs added to a port's list, or taken from it."""
    word, text = "remove" if remove else "add", trunk.printed(vlans)
    kind, _, number = port.partition(" ")
    path = (
        Element(INTERFACE, "interface"),
        Element(INTERFACE, kind.lower(), "name", number),
        *(Element(INTERFACE, name) for name in ("switchport", "trunk", "allowed", "vlan")),
        Element(INTERFACE, word, text=text),
    )
    return Edit(path, (f"interface {port}", f" switchport trunk allowed vlan {word} {text}"))


def joined(steps: Sequence[Step]) -> List[Edit]:
    """The edits of port steps that go out together: one for each port and way."""
    found: Dict[Tuple[str, bool], Set[int]] = {}
    for step in steps:
        found.setdefault((step.port, step.rank < 0), set()).add(step.vlan)
    return [edit(port, vlans, remove=remove) for (port, remove), vlans in found.items()]


def steps(vlan: int, have: Vlan, want: Vlan) -> Iterator[Step]:
    """The steps from the ports that `have` has to those that `want` has."""
    for port, meant in want.ports.items():
        was, is_to = have.ports.get(port, Port()).lists(vlan), meant.lists(vlan)
        if was == is_to:
            continue
        kind = port.partition(" ")[0]
        rank = (TYPES.index(kind) if kind in TYPES else 0) + (_LAST if is_to else _FIRST)
        does = f"allow VLAN {vlan} on {port}" if is_to else f"remove VLAN {vlan} from {port}"
        yield Step(rank, vlan, None, does, edit(port, [vlan], remove=was), port)


def filters(ports: Sequence[str]) -> List[str]:
    """The `<filter>` elements that read these ports' mode and list."""
    return [_filter(part) for part in parts(ports)]


def _filter(ports: Sequence[str]) -> str:
    asked = ""
    for port in ports:
        kind, _, number = port.partition(" ")
        # A name may come from what a task was handed, and be anything.
        if kind in TYPES and _NUMBER.match(number):
            asked += (
                f"<{kind.lower()}><name>{number}</name><switchport-basic/><switchport><basic/>"
                f"<mode/><trunk><allowed/></trunk></switchport></{kind.lower()}>"
            )
    return subtree(f'<interface xmlns="{INTERFACE}">{asked}</interface>')


def read(data: etree._Element) -> Dict[str, Port]:
    """Every port in the `<data>` of a reply, by its name on the CLI."""
    parts: Dict[str, List[etree._Element]] = {}
    for kind in TYPES:
        tag = f"{{{INTERFACE}}}interface/{{{INTERFACE}}}{kind.lower()}"
        for entry in data.iterfind(tag):
            number = printable(text_of(entry.find(f"{{{INTERFACE}}}name")), 64)
            parts.setdefault(f"{kind} {number}", []).append(entry)
    return {name: _port(entries) for name, entries in parts.items()}


def _port(parts: Sequence[etree._Element]) -> Port:
    mode = next(iter(_found(parts, "switchport", "mode", "vlan-mode")), None)
    if mode is None:
        layer_2 = _found(parts, "switchport") or _found(parts, "switchport-basic", "basic")
        return Port(trunk.ACCESS if layer_2 else trunk.NO_SWITCHPORT)
    if text_of(mode) not in _TRUNKS:
        return Port(printable(text_of(mode), 64) or trunk.ACCESS)
    for rule in (trunk.ALL, trunk.NONE, trunk.EXCEPT):
        if _allowed(parts, rule):
            return _with(rule, _allowed(parts, trunk.EXCEPT) if rule == trunk.EXCEPT else [])
    return _with(trunk.ONLY, _allowed(parts, "add"))


def _with(rule: str, lists: Sequence[etree._Element]) -> Port:
    if len(lists) > _MOST_LISTS:
        return Port(rule=trunk.UNREADABLE)
    try:
        vlans = [trunk.parse(text_of(one)) for one in lists]
    except ValueError:
        return Port(rule=trunk.UNREADABLE)
    return Port(rule=rule, vlans=frozenset().union(*vlans))


def _allowed(parts: Sequence[etree._Element], leaf: str) -> List[etree._Element]:
    return _found(parts, "switchport", "trunk", "allowed", "vlan", leaf)


def _found(parts: Sequence[etree._Element], *path: str) -> List[etree._Element]:
    inside = "/".join(f"{{{INTERFACE}}}{name}" for name in path)
    return [element for part in parts for element in part.iterfind(inside)]


def trunk_lines(port: str) -> List[str]:
    """The command lines that make a port a trunk."""
    return [f"interface {port}", " switchport", " switchport mode trunk"]


def shown(vlan: int, ports: Mapping[str, Port]) -> List[str]:
    """The lines of `show running-config` by which ports carry the VLAN."""
    lines: List[str] = []
    for name, port in sorted(ports.items()):
        if port.carries(vlan):
            rest = f" {trunk.printed(port.vlans)}" if port.rule == trunk.EXCEPT else ""
            allowed = f"add {vlan}" if port.lists(vlan) else f"{port.rule}{rest}"
            lines += [f"interface {name}", f" switchport trunk allowed vlan {allowed}"]
    return lines
