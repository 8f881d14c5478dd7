"""The edits that the pack makes on SLX-OS, as data: NOS's, on other paths.

The paths are those of the vendor's bindings for SLX-OS (pyswitchlib: 17r.1.01a, 17r.2.00,
17s.1.02). The command lines are for a person; SLX-OS is not asked by them.
"""

from ipaddress import IPv4Interface, IPv6Interface
from typing import Tuple

from ..nos.edits import INTERFACE as INTERFACE
from ..nos.edits import IP, IPV6, Edit, Element

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
    return Edit(path, (f"vlan {number}", f" {_no(delete)}router-interface Ve {number}"), delete)


def ve(number: int, *, delete: bool = False) -> Edit:
    """A Ve by itself. With its first address it is made as well."""
    return Edit(_ve(number), (f"{_no(delete)}interface Ve {number}",), delete)


def shutdown(number: int, *, delete: bool = False) -> Edit:
    """A Ve shut; or, deleted, in service."""
    path = (*_ve(number), Element(IP, "shutdown"))
    return Edit(path, (f"interface Ve {number}", f" {_no(delete)}shutdown"), delete)


def ipv4(number: int, address: IPv4Interface, *, flag: str = "", delete: bool = False) -> Edit:
    """A Ve's IPv4 address: the primary one of its subnet, or with the flag a "secondary" one."""
    entry = Element(IP, "address", "address", str(address), flag)
    path = (*_ve(number), Element(IP, "ip"), Element(IP, "ip-config"), entry)
    line = f" {_no(delete)}ip address {address} {flag}".rstrip()
    return Edit(path, (f"interface Ve {number}", line), delete)


def ipv6(number: int, address: IPv6Interface, *, delete: bool = False) -> Edit:
    """An IPv6 address of a Ve."""
    path = (
        *_ve(number),
        *(Element(IPV6, name) for name in ("ipv6", "ipv6-config", "address")),
        Element(IPV6, "ipv6-address", "address", str(address)),
    )
    return Edit(path, (f"interface Ve {number}", f" {_no(delete)}ipv6 address {address}"), delete)


def _vlan(number: int) -> Tuple[Element, ...]:
    return (
        Element(INTERFACE, "interface-vlan"),
        Element(INTERFACE, "vlan", "name", str(number)),
    )


def _ve(number: int) -> Tuple[Element, ...]:
    return (
        Element(SYSTEM, "routing-system"),
        Element(INTERFACE, "interface"),
        Element(INTERFACE, "ve", "name", str(number)),
    )


def _no(delete: bool) -> str:
    return "no " if delete else ""
