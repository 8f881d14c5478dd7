"""Whole numbers and subnets that somebody wrote, checked; the order of addresses.

A check takes the value and the name of its field. It returns the value in its one canonical form,
or raises InvalidValue.
"""

import ipaddress
import re
from typing import Any, Dict, Iterable, Optional, Tuple, Union

from .errors import InvalidValue
from .sanitize import quoted

Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_DECIMAL = re.compile(r"[0-9]{1,9}\Z")


def whole_number(value: Any, field: str, remedy: str) -> int:
    """An integer, given as one or by its decimal digits; `remedy` is what the error advises."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.match(value):
        return int(value)
    raise InvalidValue(f"{field} is {quoted(value)}, which is not a whole number", remedy=remedy)


def subnet(value: Any, field: str = "subnet", *, masked: bool = False) -> Subnet:
    """An IPv4 or IPv6 network in prefix form; where `masked`, host bits are masked, as a Docker
    Engine does."""
    try:
        network = ipaddress.ip_network(value, not masked) if isinstance(value, str) else None
    except ValueError:
        network = None
    if network is None or "/" not in value:
        raise InvalidValue(
            f"{field} is {quoted(value)}, which is no network",
            remedy='Write it as in "172.16.112.0/24".',
        )
    return network


def by_subnet(addresses: Iterable[str]) -> Tuple[str, ...]:
    """IPv4 addresses of a Ve in the one order of their subnets; in each its primary address, which
    is the one that was given first, and then the others by their numbers."""
    given = dict.fromkeys(addresses)
    first = primaries(given).values()
    return tuple(sorted(given, key=lambda one: (_subnet_order(one), one not in first, order(one))))


def primaries(addresses: Iterable[str]) -> Dict[object, str]:
    """The first address of each subnet, by `subnet_of`; what is no address stands for itself."""
    first: Dict[object, str] = {}
    for one in addresses:
        first.setdefault(subnet_of(one) or one, one)
    return first


def _subnet_order(address: str) -> Tuple[int, int]:
    network = subnet_of(address)
    return order(address if network is None else str(network))


def subnet_of(address: str) -> Optional[Subnet]:
    """The subnet that an address of a Ve is in; None if it is none."""
    try:
        return ipaddress.ip_interface(address).network
    except ValueError:
        return None


def order(address: str) -> Tuple[int, int]:
    """What sorts addresses by their number; an address that is none comes last."""
    try:
        interface = ipaddress.ip_interface(address)
    except ValueError:
        return (1 << 129, 0)
    return int(interface.ip), interface.network.prefixlen
