"""Who is at which port, as the switch knows it by LLDP: set by tests and by the lab, and told.

switch.lldp.neighbours = [Neighbour("TenGigabitEthernet 21/0/1", "host1", "eth0")]
"""

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence


class Neighbour(NamedTuple):
    """At the port of that full name somebody says that he is `system`, with that port of his."""

    port: str
    system: str
    port_description: str = ""
    port_id: str = "0250.5600.0001"


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
