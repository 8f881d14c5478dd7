"""The edits that the pack makes on a Brocade VDX, as data.

Paths and namespaces are those of NOS's YANG as the vendor's own bindings use them. An edit has one
container of a kind, for NOS maps one edit-config to one command; deleted is a leaf or an entry of a
list, never a container that holds what others have made.
"""

from ipaddress import IPv4Interface, IPv6Interface
from typing import NamedTuple, Tuple

from ..edit import Edit as Edit
from ..edit import Element as Element

INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
IP = "urn:brocade.com:mgmt:brocade-ip-config"
IPV6 = "urn:brocade.com:mgmt:brocade-ipv6-config"

_INTERFACES = (Element(INTERFACE, "interface-vlan"), Element(INTERFACE, "interface"))


def vlan(number: int, name: str, *, delete: bool = False) -> Edit:
    """A VLAN with its name, which says whose VLAN it is; or, deleted, its name alone."""
    path = (*_vlan(number), Element(INTERFACE, "vlan-name", text=name))
    return Edit(
        path, (f"interface Vlan {number}", " no name" if delete else f" name {name}"), delete
    )


def whole_vlan(number: int, *, delete: bool = False) -> Edit:
    """A VLAN, with all that is in it."""
    return Edit(_vlan(number), (f"{_no(delete)}interface Vlan {number}",), delete)


def global_ve(number: int, *, delete: bool = False) -> Edit:
    """The global Ve of a VLAN."""
    return Edit(_global_ve(number), (f"{_no(delete)}interface Ve {number}",), delete)


def global_shutdown(number: int, *, delete: bool = False) -> Edit:
    """A global Ve shut; or, deleted, in service."""
    path = (*_global_ve(number), Element(INTERFACE, "global-ve-shutdown"))
    return Edit(path, (f"interface Ve {number}", f" {_no(delete)}shutdown"), delete)


class Place(NamedTuple):
    """Where a Ve stands: the path to it, and the command lines that lead there."""

    path: Tuple[Element, ...]
    cli: Tuple[str, ...]

    def ve(self, *, delete: bool = False) -> Edit:
        """The Ve by itself. With its first address it is made as well."""
        *above, line = self.cli
        own = line.replace("interface", f"{_no(delete)}interface")
        return Edit(self.path, (*above, own), delete)

    def shutdown(self, *, delete: bool = False) -> Edit:
        """The Ve shut; or, deleted, in service."""
        return self._inside((Element(IP, "shutdown"),), "shutdown", delete)

    def ipv4(self, address: IPv4Interface, *, flag: str = "", delete: bool = False) -> Edit:
        """An IPv4 address: the primary one of its subnet, or with the flag a "secondary" one."""
        entry = Element(IP, "address", "address", str(address), flag)
        path = (Element(IP, "ip"), Element(IP, "ip-config"), entry)
        return self._inside(path, f"ip address {address} {flag}".rstrip(), delete)

    def ipv6(self, address: IPv6Interface, *, delete: bool = False) -> Edit:
        """An IPv6 address; a Ve takes any number of them."""
        path = (
            *(Element(IPV6, name) for name in ("ipv6", "ipv6-config", "address")),
            Element(IPV6, "ipv6-address", "address", str(address)),
        )
        return self._inside(path, f"ipv6 address {address}", delete)

    def _inside(self, path: Tuple[Element, ...], command: str, delete: bool) -> Edit:
        line = f"{' ' * len(self.cli)}{_no(delete)}{command}"
        return Edit((*self.path, *path), (*self.cli, line), delete)


def place(rbridge: int, number: int) -> Place:
    """Where a VLAN's Ve stands on one rbridge."""
    path = (
        Element(RBRIDGE, "rbridge-id", "rbridge-id", str(rbridge)),
        Element(INTERFACE, "interface"),
        Element(INTERFACE, "ve", "name", str(number)),
    )
    return Place(path, (f"rbridge-id {rbridge}", f" interface Ve {number}"))


def ve(rbridge: int, number: int, *, delete: bool = False) -> Edit:
    """A VLAN's Ve on one rbridge, by itself."""
    return place(rbridge, number).ve(delete=delete)


def shutdown(rbridge: int, number: int, *, delete: bool = False) -> Edit:
    """A Ve shut on one rbridge; or, deleted, in service there."""
    return place(rbridge, number).shutdown(delete=delete)


def ipv4(rbridge: int, number: int, address: IPv4Interface, *, delete: bool = False) -> Edit:
    """A Ve's IPv4 address on one rbridge: the primary one of its subnet."""
    return place(rbridge, number).ipv4(address, delete=delete)


def secondary(rbridge: int, number: int, address: IPv4Interface, *, delete: bool = False) -> Edit:
    """A further IPv4 address of a Ve in a subnet in which it has its primary one already."""
    return place(rbridge, number).ipv4(address, flag="secondary", delete=delete)


def ipv6(rbridge: int, number: int, address: IPv6Interface, *, delete: bool = False) -> Edit:
    """An IPv6 address of a Ve on one rbridge."""
    return place(rbridge, number).ipv6(address, delete=delete)


def _vlan(number: int) -> Tuple[Element, ...]:
    return (*_INTERFACES, Element(INTERFACE, "vlan", "name", str(number)))


def _global_ve(number: int) -> Tuple[Element, ...]:
    return (*_INTERFACES, Element(INTERFACE, "ve", "gve-name", str(number)))


def _no(delete: bool) -> str:
    return "no " if delete else ""
