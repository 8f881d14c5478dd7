"""The running config of a switch as values, whatever kind of switch it is. Pure.

Every part of the pack that reads or changes a switch stands on these values. One VLAN is a `Vlan`:
its name, its global Ve, a `Ve` for each rbridge that has one, and the ports that were looked at for
it. A driver reads it from a reply.
`as_plain` and `from_plain` carry it from one task of a workflow to the next.

A switch without rbridges has one Ve to a VLAN, and its rbridge is None.
"""

import ipaddress
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple, TypeVar, Union

from ..common.errors import SegmentConflict
from ..common.sanitize import printable
from ..common.validators import Subnet
from ..config.limits import Rbridge as Rbridge
from ..config.limits import VeAddress
from . import trunk
from .trunk import Port

A = TypeVar("A", bound=VeAddress)


class Ve(NamedTuple):
    """A VLAN's Ve on one rbridge. `ipv4` is in the order of `by_subnet`: the first address of each
    subnet is its primary one, those after it are secondary. `others` names what else somebody has
    configured there, which the pack knows nothing of."""

    ipv4: Tuple[ipaddress.IPv4Interface, ...] = ()
    ipv6: Tuple[ipaddress.IPv6Interface, ...] = ()
    shut: bool = False
    others: Tuple[str, ...] = ()

    @property
    def addresses(self) -> Tuple[VeAddress, ...]:
        """All addresses, IPv4 first."""
        return self.ipv4 + self.ipv6


NEW = Ve(shut=True)
"""A Ve that has just been made, or is about to be deleted: shut, and without addresses."""


class Vlan(NamedTuple):
    """A VLAN. `name` is None where there is no such VLAN and empty where it has no name.
    `in_service` tells whether the global Ve is not shut, and is None where there is none. `ports`
    are the ports that were looked at, by their names in docker.yaml: how each stands to this VLAN
    is `Port.carries`, `lists` and `hindrance`. Of a port that is not among them nothing is
    known."""

    name: Optional[str] = None
    in_service: Optional[bool] = None
    ves: Mapping[Rbridge, Ve] = {}
    ports: Mapping[str, Port] = {}

    def ve(self, rbridge: Rbridge) -> Ve:
        """The Ve on an rbridge; an empty one where there is none."""
        return self.ves.get(rbridge, Ve())


ABSENT = Vlan()


def check_ours(have: Vlan, vlan: int, name: str) -> None:
    """Raises SegmentConflict for a VLAN that is there under another name than the pack's own."""
    if have.name is not None and have.name != name:
        named = f"is named {have.name!r}" if have.name else "has no name"
        raise SegmentConflict(
            f"VLAN {vlan} is there already and {named}, so it was not made by this pack",
            remedy=f"Use another VLAN, or name this one {name!r} to hand it over.",
        )


def order(address: Union[VeAddress, Subnet]) -> Tuple[int, int]:
    """What sorts addresses of one family, or subnets: their number, then their prefix length."""
    if isinstance(address, (ipaddress.IPv4Interface, ipaddress.IPv6Interface)):
        return int(address), address.network.prefixlen
    return int(address.network_address), address.prefixlen


def by_subnet(addresses: Iterable[A]) -> Tuple[A, ...]:
    """IPv4 addresses of a Ve in the one order of their subnets. In each subnet the primary address
    is the one that was given first; the others follow by their numbers."""
    given = dict.fromkeys(addresses)
    first = primaries(given).values()
    return tuple(sorted(given, key=lambda one: (order(one.network), one not in first, order(one))))


def primaries(addresses: Iterable[A]) -> Dict[Subnet, A]:
    """The first address of each subnet."""
    first: Dict[Subnet, A] = {}
    for one in addresses:
        first.setdefault(one.network, one)
    return first


def as_plain(vlan: Vlan) -> Dict[str, Any]:
    """The VLAN as JSON has it, for a result; `from_plain` reads it back.

    StackStorm renders what it hands from one task to the next: a name that could be an expression
    is broken up, and is none of ours anyway.
    """
    ves = {
        "" if rbridge is None else str(rbridge): {
            "ipv4": [str(address) for address in ve.ipv4],
            "ipv6": [str(address) for address in ve.ipv6],
            "shut": ve.shut,
            "others": list(ve.others),
        }
        for rbridge, ve in vlan.ves.items()
    }
    name = vlan.name if vlan.name is None else printable(vlan.name)
    ports = {printable(port): trunk.as_plain(one) for port, one in vlan.ports.items()}
    return {"name": name, "in_service": vlan.in_service, "ves": ves, "ports": ports}


def from_plain(plain: Any) -> Vlan:
    """The VLAN of `as_plain`; `others` and `ports` may be missing. Raises ValueError for anything
    else."""
    try:
        ves = {
            None if rbridge == "" else number(rbridge): Ve(
                tuple(map(ipv4, _texts(ve["ipv4"]))),
                tuple(map(ipv6, _texts(ve["ipv6"]))),
                _one_of(ve["shut"], bool),
                _texts(ve.get("others", [])),
            )
            for rbridge, ve in plain["ves"].items()
        }
        name = _one_of(plain["name"], str, type(None))
        in_service = _one_of(plain["in_service"], bool, type(None))
        ports = {
            printable(_one_of(port, str)): trunk.from_plain(one)
            for port, one in plain.get("ports", {}).items()
        }
        return Vlan(None if name is None else printable(name), in_service, ves, ports)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no VLAN as it was before a run: {error!r}") from None


def ipv4(text: str) -> ipaddress.IPv4Interface:
    """An IPv4 address of a Ve from text. Raises ValueError."""
    return ipaddress.IPv4Interface(text)


def ipv6(text: str) -> ipaddress.IPv6Interface:
    """An IPv6 address of a Ve from text. Raises ValueError, also for one with a zone (RFC 4007),
    which may hold any text."""
    if "%" in text:
        raise ValueError(f"{text!r} has a zone")
    return ipaddress.IPv6Interface(text)


def number(text: Any) -> int:
    """A VLAN's or rbridge's id from its decimal digits. Raises ValueError for anything else."""
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError(f"{printable(text, 64)!r} is no id")
    return int(text)


def _texts(given: Any) -> Tuple[str, ...]:
    return tuple(printable(_one_of(one, str)) for one in _one_of(given, list, tuple))


def _one_of(given: Any, *types: type) -> Any:
    if not isinstance(given, types):
        raise ValueError(f"{printable(given, 64)!r} is not of {[one.__name__ for one in types]}")
    return given
