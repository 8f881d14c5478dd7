"""The edits that the pack makes on a switch with OpenConfig's models, as data.

What is configured of an entry stands in its `config`, the key once more, too. The command lines are
for a person, in words that most such switches share.
"""

from ipaddress import IPv4Interface, IPv6Interface
from typing import NamedTuple, Tuple

from ...config.limits import VeAddress
from ..edit import Edit, Element
from .layout import Layout

VLAN = "http://openconfig.net/yang/vlan"
INSTANCE = "http://openconfig.net/yang/network-instance"
INTERFACE = "http://openconfig.net/yang/interfaces"
IP = "http://openconfig.net/yang/interfaces/ip"
_TYPE = Element(
    INTERFACE,
    "type",
    text="ianaift:l3ipvlan",
    prefixes=(("ianaift", "urn:ietf:params:xml:ns:yang:iana-if-type"),),
)
ACTIVE, SUSPENDED, SECONDARY = "ACTIVE", "SUSPENDED", "SECONDARY"

_Path = Tuple[Element, ...]


def vlan(layout: Layout, number: int, name: str) -> Edit:
    """A VLAN with its name, which says whose VLAN it is."""
    lines = (f"vlan {number}", f"   name {name}")
    return _config(_vlan(layout, number), lines, ("vlan-id", str(number)), ("name", name))


def status(layout: Layout, number: int, word: str) -> Edit:
    """A VLAN active, or suspended."""
    lines = (f"vlan {number}", f"   state {word.lower()}")
    return _config(_vlan(layout, number), lines, ("status", word))


def whole_vlan(layout: Layout, number: int) -> Edit:
    """A VLAN deleted, with all that is in it."""
    return Edit(_vlan(layout, number), (f"no vlan {number}",), delete=True)


class Place(NamedTuple):
    """A VLAN's interface, which is its Ve."""

    layout: Layout
    vlan: int

    def ve(self, *, delete: bool = False, tied: bool = True) -> Edit:
        """The interface by itself: shut, and perhaps tied to its VLAN."""
        if delete:
            return Edit(self._path, (f"no {self._line}",), delete)
        named = ("name", self.layout.interface(self.vlan))
        made = _config(self._path, (self._line,), named, ("enabled", "false"))
        tie = (self._tie,) if tied else ()
        return made._replace(inside=(*made.inside, (Element(INTERFACE, "config"), _TYPE), *tie))

    def tie(self, *, delete: bool = False) -> Edit:
        """The interface tied to its VLAN: it is the one that routes that."""
        return Edit((*self._path, *self._tie), (self._line,), delete)

    def shutdown(self, *, delete: bool = False) -> Edit:
        """The interface shut; or, deleted, in service."""
        line, word = ("   no shutdown", "true") if delete else ("   shutdown", "false")
        return _config(self._path, (self._line, line), ("enabled", word))

    def ipv4(self, address: IPv4Interface, *, flag: str = "", delete: bool = False) -> Edit:
        """An IPv4 address; with the flag, a "secondary" one of its subnet."""
        more = [("type", SECONDARY)] if flag and self.layout.types else []
        return self._address("ip", address, delete, f" {flag}".rstrip(), *more)

    def ipv6(self, address: IPv6Interface, *, delete: bool = False) -> Edit:
        """An IPv6 address."""
        return self._address("ipv6", address, delete)

    def _address(
        self, word: str, address: VeAddress, delete: bool, flag: str = "", *more: Tuple[str, str]
    ) -> Edit:
        ip, length = str(address).split("/")
        family = (Element(IP, f"ipv{address.version}"), Element(IP, "addresses"))
        path = (*self._path, self._tie[0], *family, Element(IP, "address", "ip", ip))
        lines = (self._line, f"   {'no ' if delete else ''}{word} address {address}{flag}")
        if delete:
            return Edit(path, lines, delete)
        return _config(path, lines, ("ip", ip), ("prefix-length", length), *more)

    @property
    def _line(self) -> str:
        return f"interface {self.layout.interface(self.vlan)}"

    @property
    def _path(self) -> _Path:
        name = self.layout.interface(self.vlan)
        return (Element(INTERFACE, "interfaces"), Element(INTERFACE, "interface", "name", name))

    @property
    def _tie(self) -> _Path:
        leaf = Element(VLAN, "vlan", text=str(self.vlan))
        return (Element(VLAN, "routed-vlan"), Element(VLAN, "config"), leaf)


def _vlan(layout: Layout, number: int) -> _Path:
    instance: _Path = ()
    if layout.instances:
        instance = (
            Element(INSTANCE, "network-instances"),
            Element(INSTANCE, "network-instance", "name", "default"),
        )
    namespace = INSTANCE if layout.instances else VLAN
    vlans = (Element(namespace, "vlans"), Element(namespace, "vlan", "vlan-id", str(number)))
    return (*instance, *vlans)


def _config(path: _Path, lines: Tuple[str, ...], *leaves: Tuple[str, str]) -> Edit:
    """Leaves of the `config` of what the path leads to."""
    namespace = path[-1].namespace
    config = Element(namespace, "config")
    made = ((config, Element(namespace, name, text=text)) for name, text in leaves)
    return Edit(path, lines, inside=tuple(made))
