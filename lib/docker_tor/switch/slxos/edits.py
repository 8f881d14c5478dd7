"""The edits that the pack makes on SLX-OS, as data: NOS's, on other paths.

The paths are those of the vendor's bindings for SLX-OS (pyswitchlib: 17r.1.01a, 17r.2.00,
17s.1.02). The command lines are for a person; SLX-OS is not asked by them.
"""

from typing import Tuple

from ..nos.edits import INTERFACE as INTERFACE
from ..nos.edits import Edit, Element, Place

SYSTEM = "urn:brocade.com:mgmt:brocade-common-def"


def vlan(number: int, name: str) -> Edit:
    """A VLAN with its name, which says whose VLAN it is."""
    path = (*_vlan(number), Element(INTERFACE, "vlan-name", text=name))
    return Edit(path, (f"vlan {number}", f" name {name}"))


def whole_vlan(number: int) -> Edit:
    """A VLAN deleted, with all that is in it."""
    return Edit(_vlan(number), (f"no vlan {number}",), delete=True)


def router_interface(number: int, *, delete: bool = False) -> Edit:
    """A VLAN tied to the Ve of its number."""
    leaf = Element(INTERFACE, "Ve", text=str(number))
    path = (*_vlan(number), Element(INTERFACE, "router-interface"), leaf)
    line = f" {'no ' if delete else ''}router-interface Ve {number}"
    return Edit(path, (f"vlan {number}", line), delete)


def place(number: int) -> Place:
    """Where a Ve stands."""
    path = (
        Element(SYSTEM, "routing-system"),
        Element(INTERFACE, "interface"),
        Element(INTERFACE, "ve", "name", str(number)),
    )
    return Place(path, (f"interface Ve {number}",))


def _vlan(number: int) -> Tuple[Element, ...]:
    return (Element(INTERFACE, "interface-vlan"), Element(INTERFACE, "vlan", "name", str(number)))
