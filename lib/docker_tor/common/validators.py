"""Whole numbers, subnets and names that somebody wrote, checked.

A check takes the value and the name of its field. It returns the value in its one canonical form,
or raises InvalidValue.
"""

import ipaddress
import re
from typing import Any, Mapping, Optional, TypeVar, Union

from .errors import InvalidValue
from .sanitize import quoted

Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_DECIMAL = re.compile(r"[0-9]{1,9}\Z")
_One = TypeVar("_One")


def meant(typed: str, known: Mapping[str, _One]) -> Optional[_One]:
    """What a person means of what is `known` by name: the one of that very name, else the only one
    whose name differs in case alone."""
    typed = typed.strip()
    alike = [name for name in known if name.casefold() == typed.casefold()]
    if typed in known:
        return known[typed]
    return known[alike[0]] if len(alike) == 1 else None


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
