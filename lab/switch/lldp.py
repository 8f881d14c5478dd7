"""Who is at which port, as the switch knows it by LLDP: set by tests and by the lab, and told.

    switch.lldp.neighbours = [Neighbour("TenGigabitEthernet 21/0/1", "host1", "eth0")]

The RPC is that of the vendor's bindings of brocade-lldp-ext, and answers in pages. A port's index
is made up of its place here: how NOS makes one is not public. `show lldp neighbors` has the columns
that a published parser of SLX-OS expects.
"""

from dataclasses import dataclass
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

from lxml import etree

from .arguments import arguments, number
from .names import LLDP_EXT, element, group

PAGE = 2
"""Ports that one reply tells of."""

_COLUMNS = (
    *(("Local Port", 12), ("Dead Interval", 13), ("Remaining Life", 14), ("Remote Port ID", 32)),
    *(("Remote Port Descr", 32), ("Chassis ID", 15), ("Tx", 11), ("Rx", 11), ("System Name", 0)),
)


class Neighbour(NamedTuple):
    """At the port of that full name somebody says that he is `system`, with that port of his."""

    port: str
    system: str
    port_description: str = ""
    port_id: str = "0250.5600.0001"
    chassis_id: str = "0250.5600.0001"


def neighbour(text: str) -> Neighbour:
    """Of text such as "TenGigabitEthernet 21/0/2=host2,eth1". Raises ValueError."""
    port, equals, who = text.partition("=")
    system, _, interface = who.partition(",")
    if not (port and equals and system):
        raise ValueError(f"{text!r} is no neighbour: write it as in 'PORT=HOST,INTERFACE'")
    return Neighbour(port, system, interface)


@dataclass
class Lldp:
    """What the switch has heard."""

    neighbours: Sequence[Neighbour] = ()

    @property
    def by_port(self) -> Dict[str, List[Neighbour]]:
        """The neighbours of each port that has one."""
        found: Dict[str, List[Neighbour]] = {}
        for one in self.neighbours:
            found.setdefault(one.port, []).append(one)
        return found

    def shown(self) -> List[str]:
        """`show lldp neighbors`."""
        rows = [[name for name, _ in _COLUMNS]]
        rows += [
            [
                *(_short(one.port), "120", "101", one.port_id, one.port_description),
                *(one.chassis_id, "17", "17", one.system),
            ]
            for found in self.by_port.values()
            for one in found
        ]
        lines = ["  ".join(_cells(row)).rstrip() for row in rows]
        return [*lines, f"Total no. of Records: {len(rows) - 1}"]


def _get_lldp_neighbor_detail(lldp: Lldp, asked: etree._Element) -> List[etree._Element]:
    ports = list(enumerate(lldp.by_port.items(), 1))
    given = arguments(asked, optional=("last-rcvd-ifindex",))
    after = number(given["last-rcvd-ifindex"]) if given else 0
    left = [(index, found) for index, found in ports if index > after]
    told = [
        group(
            LLDP_EXT,
            "lldp-neighbor-detail",
            ("local-interface-name", _short(port)),
            ("local-interface-ifindex", str(index)),
            ("local-interface-mac", f"0005.3300.{index:04x}"),
            ("remote-interface-name", one.port_id),
            ("remote-interface-mac", one.chassis_id),
            ("dead-interval", "120"),
            ("remaining-life", "101"),
            ("remote-chassis-id", one.chassis_id),
            # What a neighbour does not say is left out.
            *((name, text) for name, text in _said(one) if text),
        )
        for index, (port, found) in left[:PAGE]
        for one in found
    ]
    return [*told, element(LLDP_EXT, "has-more", "true" if len(left) > PAGE else "false")]


def _said(one: Neighbour) -> Tuple[Tuple[str, str], ...]:
    return (
        ("remote-port-description", one.port_description),
        ("remote-system-name", one.system),
    )


def _short(port: str) -> str:
    """As LLDP has the port's name: "Te 21/0/1", or "Eth 0/1" on SLX-OS."""
    kind, _, name = port.partition(" ")
    return f"{kind[:3] if kind == 'Ethernet' else kind[:2]} {name}"


def _cells(row: Sequence[str]) -> List[str]:
    return [cell.ljust(width) for cell, (_, width) in zip(row, _COLUMNS)]


OPERATIONS: Dict[str, Callable[[Lldp, etree._Element], List[etree._Element]]] = {
    f"{{{LLDP_EXT}}}get-lldp-neighbor-detail": _get_lldp_neighbor_detail,
}
