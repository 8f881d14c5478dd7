"""What a switch takes: VLANs, rbridge ids, VLAN names, addresses of a Ve.

Each check takes what somebody wrote and the name of the field it stands in. It returns the value in
its one canonical form, or raises InvalidValue. VLANs are those of IEEE 802.1Q, of which a kind of
switch may take fewer (`platforms`). The other ranges are NOS's (command reference of the VDX 6740
and 6940): rbridge ids 1 - 239; VLAN names of up to 32 characters.
"""

import functools
import ipaddress
from typing import Any, Optional, Tuple, Union

from ..common.errors import InvalidValue
from ..common.sanitize import printable, quoted
from ..common.validators import whole_number

LAST_VLAN = 4094
LAST_RBRIDGE = 239
VLAN_NAME_LENGTH = 32
REMEMBERED = 4096
"""Addresses that are not parsed anew each time: as many as there are VLANs."""

VeAddress = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
"""An address of a Ve with its prefix length. Between the edges of the pack it is never text."""
Rbridge = Optional[int]
"""An rbridge's id. None on a switch that has no rbridges; 0 stands for all rbridges of a VLAN."""

_LONGEST_PREFIX = {4: 31, 6: 127}
_EXAMPLE = 'Write it as in "172.16.112.1/24" or "fd00:112::1/64".'


def vlan_id(value: Any, field: str = "vlan", remedy: str = "") -> int:
    """The VLAN id 1 - 4094, from an integer or its decimal digits."""
    remedy = remedy or f"Use a VLAN of 1 - {LAST_VLAN}."
    number = whole_number(value, field, remedy)
    if not 1 <= number <= LAST_VLAN:
        raise InvalidValue(f"{field} is {number}, which is no VLAN", remedy=remedy)
    return number


def rbridge_id(value: Any, field: str = "rbridge_id") -> int:
    """The rbridge id 1 - 239, from an integer or its decimal digits."""
    remedy = f"Use the switch's own rbridge id, 1 - {LAST_RBRIDGE} (`show vcs`)."
    number = whole_number(value, field, remedy)
    if not 1 <= number <= LAST_RBRIDGE:
        raise InvalidValue(f"{field} is {number}, which is no rbridge id", remedy=remedy)
    return number


def vlan_name(value: Any, field: str = "vlan_name") -> str:
    """A VLAN's name: 1 - 32 printable characters, not blank at either end."""
    if not isinstance(value, str) or not value.isprintable() or value != value.strip() or not value:
        raise InvalidValue(
            f"{field} is {quoted(value)}, which cannot name a VLAN",
            remedy="Use printable characters.",
        )
    if printable(value) != value:
        # It is told in chat and handed from task to task, and has to be known again then.
        raise InvalidValue(
            f"{field} is {quoted(value)}, which StackStorm or chat would take for more than a name",
            remedy="Use letters, digits, blanks and plain punctuation.",
        )
    if len(value) > VLAN_NAME_LENGTH:
        raise InvalidValue(
            f"{field} is {quoted(value)}, which is {len(value)} characters long",
            remedy=f"The switch holds {VLAN_NAME_LENGTH}.",
        )
    return value


def ve_address(value: Any, field: str = "address") -> VeAddress:
    """A Ve's address with its prefix length, as in "172.16.112.1/24" or "fd00:112::1/64".

    IPv4 prefixes of 1 - 31 and IPv6 prefixes of 1 - 127, and an address that a host can have:
    neither the network's own nor its broadcast address, not multicast, loopback or unspecified.
    """
    try:
        address = ipaddress.ip_interface(value) if isinstance(value, str) else None
    except ValueError:
        address = None
    if address is None or "/" not in value or "%" in value:
        raise InvalidValue(
            f"{field} is {quoted(value)}, which is no address with a prefix length", remedy=_EXAMPLE
        )
    if address.version == 4 and str(address) != value:
        # Octal-looking octets and netmasks mean different things to different parsers.
        raise InvalidValue(
            f"{field} is {quoted(value)}, which is not in plain form", remedy=_EXAMPLE
        )
    return host_address(address, field)


def host_address(address: VeAddress, field: str = "address") -> VeAddress:
    """`address`, if it is one that a Ve can have, as `ve_address` says. Raises InvalidValue."""
    longest = _LONGEST_PREFIX[address.version]
    if not 1 <= address.network.prefixlen <= longest:
        raise InvalidValue(
            f"{field} is {quoted(str(address))}; a Ve takes prefix lengths of 1 - {longest}",
            remedy="Give the Docker network a larger subnet.",
        )
    if not _is_host(address):
        raise InvalidValue(
            f"{field} is {quoted(str(address))}, which is not the address of a host in its subnet",
            remedy=_EXAMPLE,
        )
    return address


@functools.lru_cache(maxsize=REMEMBERED)
def known_address(address: str) -> VeAddress:
    """An address from text that the pack itself has made of one. Raises ValueError."""
    return ipaddress.ip_interface(address)


def position(address: VeAddress) -> Tuple[int, int, int]:
    """What sorts addresses: IPv4 before IPv6, then by number, then by prefix length."""
    return address.version, int(address), address.network.prefixlen


def span(address: VeAddress) -> Tuple[int, int]:
    """The first and the last address of its subnet, as numbers."""
    # A subnet that is asked for its broadcast address keeps it: there are thousands of subnets.
    first = int(address.network.network_address)
    return first, first + (1 << (address.max_prefixlen - address.network.prefixlen)) - 1


def _is_host(address: VeAddress) -> bool:
    if address.ip.is_multicast or address.ip.is_loopback or address.ip.is_unspecified:
        return False
    if address.version == 4:
        ends = span(address)
        return address.network.prefixlen == _LONGEST_PREFIX[4] or int(address) not in ends
    # RFC 4291, 2.6.1: the all-zeros interface identifier is the subnet-router anycast address. A
    # /127 between routers uses both its addresses (RFC 6164).
    return address.network.prefixlen == 127 or address.ip != address.network.network_address
