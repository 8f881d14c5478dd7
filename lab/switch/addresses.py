"""Addresses of interfaces, and what holds between them on any switch; pure.

Subnets do not overlap. In each an interface has one primary IPv4 address. Others in it are
secondary: they come after it and go before it. The words are those of Brocade's published source of
NOS; which error-tag it sends with them is not known: here it is operation-failed.
"""

import functools
import ipaddress
import re
from typing import Callable, Iterator, List, Mapping, Tuple, Union

from .schema import Tree
from .xml import SwitchError

Address = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
Addresses = Mapping[str, bool]
"""Those of an interface, each with its prefix length, and whether it is secondary."""

_DOTTED = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}\Z")
_PREFIXED = re.compile(r"[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}\Z")


def ipv4(text: str) -> str:
    """Reads A.B.C.D/len of a host: prefix 1 - 31; up to 30, neither network nor broadcast
    address."""
    if not _DOTTED.match(text):
        raise ValueError(f"{text[:40]!r} is not an IPv4 address of the form A.B.C.D/len")
    interface = _host(text, 31)
    network = interface.network
    ends = (network.network_address, network.broadcast_address)
    if network.prefixlen < 31 and interface.ip in ends:
        raise ValueError(f"{text} is a network address or a broadcast address")
    if interface.ip.is_reserved or interface.ip.packed[0] == 0:
        raise ValueError(f"{text} is not the address of a host")
    return str(interface)


def ipv6(text: str) -> str:
    """Reads a global IPv6 address with a prefix of 1 - 127; link-local ones are another node on
    NOS."""
    if not _PREFIXED.match(text) or ":" not in text:
        raise ValueError(f"{text[:40]!r} is not an IPv6 address of the form X:X::X/len")
    interface = _host(text, 127)
    if interface.ip.is_link_local:
        raise ValueError(f"{text} is a link-local address")
    return str(interface)


def _host(text: str, longest: int) -> Address:
    try:
        interface = _parsed(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not a valid address") from None
    if not 1 <= interface.network.prefixlen <= longest:
        raise ValueError(f"{text} has a prefix length other than 1 - {longest}")
    if interface.ip.is_multicast or interface.ip.is_loopback or interface.ip.is_unspecified:
        raise ValueError(f"{text} is not the address of a host")
    return interface


def check(known: Tree, now: Tree, of: Callable[[Tree], Addresses], name: str) -> None:
    """Raises SwitchError if interfaces that were as `known` cannot have the addresses that they
    have `now`. Both are by their keys, which stand after `name`; `of` tells an interface's."""
    # Most are the same object: an edit makes anew only what it changes.
    others = [key for key, one in now.items() if one is not known.get(key)]
    changed = [key for key in others if of(now[key]) != of(known.get(key, {}))]
    for key in changed:
        _check_primaries(of(known.get(key, {})), of(now[key]))
    if not changed:
        return
    taken = sorted(
        (_span(text), key, text) for key, one in now.items() for text in _primaries(of(one))
    )
    for (one, key, text), (other, its_key, its_text) in zip(taken, taken[1:]):
        if one[0] == other[0] and other[1] <= one[2]:
            pair = [(text, key), (its_text, its_key)]
            if text in of(known.get(key, {})):
                pair.reverse()
            (new, _), (old, of_key) = pair
            what = f"{new} overlaps with a previously configured IP subnet: {old}"
            raise SwitchError("operation-failed", f"{what} of interface {name}{of_key}")


def _check_primaries(known: Addresses, now: Addresses) -> None:
    subnets = {_span(text) for text in _primaries(now)}
    for text, secondary in now.items():
        if secondary and _parsed(text).network.prefixlen == 31:
            message = "Cannot assign /31 subnet address as secondary"
            raise SwitchError("operation-failed", message)
        if _span(text) not in subnets:
            message = f"{text} is secondary, and its subnet has no primary IP address"
            if text in known:
                message = "Primary IP address can not be deleted if secondary address exists"
            raise SwitchError("operation-failed", message)


def primaries_first(addresses: Addresses) -> List[str]:
    """Addresses in the order in which they are told: those of IPv4, the primary ones first, and
    those of IPv6."""
    return sorted(addresses, key=lambda text: (_span(text)[0], addresses[text], _parsed(text)))


def _primaries(addresses: Addresses) -> Iterator[str]:
    return (text for text, secondary in addresses.items() if not secondary)


@functools.lru_cache(maxsize=1 << 16)
def _parsed(text: str) -> Address:
    return ipaddress.ip_interface(text)


@functools.lru_cache(maxsize=1 << 16)
def _span(text: str) -> Tuple[int, int, int]:
    """The IP version of an address' subnet, and the subnet's first and last address as numbers."""
    network = _parsed(text).network
    return network.version, int(network.network_address), int(network.broadcast_address)
