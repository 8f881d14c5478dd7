"""The value types of the modelled configuration: text from outside to its canonical form.

Each reader takes the text of a leaf and returns it as the switch keeps it, or raises ValueError
with a text for the error-message. Ranges: NOS command reference; see `schema`.
"""

import functools
import ipaddress
import re
from typing import Callable, Collection, Dict, Iterable, Set, Tuple, Union

Reader = Callable[[str], str]
Address = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]

MODELLED_VLANS = 4090
LAST_VLAN = 3962
FCOE_VLAN = 1002

_DECIMAL = re.compile(r"[0-9]{1,9}\Z")
_DOTTED = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}\Z")
_PREFIXED = re.compile(r"[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}\Z")
_LONGEST = {4: 31, 6: 127}
_CLASS_E = ipaddress.IPv4Network("240.0.0.0/4")
_ZERO = ipaddress.IPv4Network("0.0.0.0/8")


def number(text: str) -> int:
    """A decimal number without sign, blanks or leading zeros."""
    if not _DECIMAL.match(text) or str(int(text)) != text:
        raise ValueError(f"{text[:40]!r} is not a valid number")
    return int(text)


def between(least: int, most: int) -> Reader:
    """The reader of numbers from `least` to `most`."""

    def read(text: str) -> str:
        if not least <= number(text) <= most:
            raise ValueError(f"{text} is not in {least} - {most}")
        return text

    return read


def vlan(text: str) -> str:
    """A VLAN id of a VDX 6740 or 6940."""
    vlan_id = number(text)
    if not 1 <= vlan_id <= MODELLED_VLANS:
        raise ValueError(f"{vlan_id} is not a valid VLAN ID, which is 1 - {MODELLED_VLANS}")
    if vlan_id == FCOE_VLAN:
        raise ValueError(f"VLAN {vlan_id} is reserved for FCoE")
    if vlan_id > LAST_VLAN:
        raise ValueError(f"VLAN {vlan_id} is reserved for internal use")
    return text


def rbridge(present: Collection[int]) -> Reader:
    """The reader of rbridge ids in a fabric that has only those `present`."""

    def read(text: str) -> str:
        if number(text) not in present:
            raise ValueError(f"rbridge-id {text} is not part of this fabric")
        return text

    return read


def string(longest: int) -> Reader:
    """The reader of a line of printable text, 1 - `longest` characters."""

    def read(text: str) -> str:
        if not 1 <= len(text) <= longest:
            raise ValueError(f"{len(text)} characters, where 1 - {longest} are allowed")
        if not text.isprintable() or text != text.strip():
            raise ValueError(f"{text[:40]!r} is not plain text")
        return text

    return read


def vlan_mode(text: str) -> str:
    """The mode of a port."""
    if text not in ("access", "trunk", "trunk-no-default-native"):
        raise ValueError(f"{text[:40]!r} is no mode of a port")
    return text


def vlan_list(text: str) -> str:
    """VLANs as ranges, "5,7-9", of 253 characters at most; as text they stay as they are."""
    if not 1 <= len(text) <= 253:
        raise ValueError(f"{len(text)} characters, where 1 - 253 are allowed")
    vlans_of(text)
    return text


def vlans_of(text: str, last_vlan: int = MODELLED_VLANS) -> Set[int]:
    """The VLANs of such a list."""
    vlans: Set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        low, high = number(first), number(last or first)
        if not 1 <= low <= high <= last_vlan:
            raise ValueError(f"{part!r} is no range of VLANs in 1 - {last_vlan}")
        vlans.update(range(low, high + 1))
    return vlans


def list_of_vlans(vlans: Iterable[int]) -> str:
    """The list of these VLANs."""
    runs: Dict[int, int] = {}
    for vlan in sorted(vlans):
        first = next((low for low, high in runs.items() if high == vlan - 1), vlan)
        runs[first] = vlan
    return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in runs.items())


def span_of(text: str) -> str:
    """A VLAN, or a range of them as "100..199"."""
    vlans_in(text)
    return text


def vlans_in(span: str) -> Set[int]:
    """The VLANs of what `span_of` reads."""
    return vlans_of(span.replace("..", "-"), 4094)


def one_of(*words: str) -> Reader:
    """The reader of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(words)}")
        return text

    return read


def ip(family: str) -> Reader:
    """The reader of addresses of that family, without a prefix length."""
    kind = ipaddress.IPv4Address if family == "ipv4" else ipaddress.IPv6Address
    return lambda text: str(kind(text))


def ipv4_address(text: str) -> str:
    """A.B.C.D/len of a host: prefix 1 - 31; up to 30, neither network nor broadcast address."""
    if not _DOTTED.match(text):
        raise ValueError(f"{text[:40]!r} is not an IPv4 address of the form A.B.C.D/len")
    interface = _host(text)
    network = interface.network
    ends = (network.network_address, network.broadcast_address)
    if network.prefixlen < 31 and interface.ip in ends:
        raise ValueError(f"{text} is a network address or a broadcast address")
    if interface.ip in _CLASS_E or interface.ip in _ZERO:
        raise ValueError(f"{text} is not the address of a host")
    return str(interface)


def ipv6_address(text: str) -> str:
    """A global IPv6 address with a prefix of 1 - 127; link-local ones are another node on NOS."""
    if not _PREFIXED.match(text) or ":" not in text:
        raise ValueError(f"{text[:40]!r} is not an IPv6 address of the form X:X::X/len")
    interface = _host(text)
    if interface.ip.is_link_local:
        raise ValueError(f"{text} is a link-local address")
    return str(interface)


def _host(text: str) -> Address:
    try:
        interface = parsed(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not a valid address") from None
    longest = _LONGEST[interface.version]
    if not 1 <= interface.network.prefixlen <= longest:
        raise ValueError(f"{text} has a prefix length other than 1 - {longest}")
    if interface.ip.is_multicast or interface.ip.is_loopback or interface.ip.is_unspecified:
        raise ValueError(f"{text} is not the address of a host")
    return interface


@functools.lru_cache(maxsize=1 << 16)
def parsed(text: str) -> Address:
    """An address of the configuration, for comparing."""
    return ipaddress.ip_interface(text)


@functools.lru_cache(maxsize=1 << 16)
def span(text: str) -> Tuple[int, int, int]:
    """The IP version of an address' subnet, and the subnet's first and last address as numbers."""
    network = parsed(text).network
    return network.version, int(network.network_address), int(network.broadcast_address)


def address_order(text: str) -> Tuple[int, int]:
    """Sorts addresses by their number."""
    interface = parsed(text)
    return int(interface.ip), interface.network.prefixlen
