"""Whole numbers and subnets that somebody wrote, checked.

A check takes the value and the name of its field. It returns the value in its one canonical form,
or raises InvalidValue.
"""

import ipaddress
import re
from typing import Any, Union

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
