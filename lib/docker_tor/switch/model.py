"""What a switch has of a VLAN, as values, whatever kind of switch it is. Pure.

One VLAN is a `Vlan`: its name, its global Ve, and a Ve for each rbridge that has one. A driver
reads it from the switch's running config; `as_plain` and `from_plain` carry it through a result.
"""

from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from ..common.sanitize import printable


class Ve(NamedTuple):
    """A VLAN's Ve on one rbridge. `ipv4` is in the order of `values.by_subnet`: the first address
    of each subnet is its primary one, those after it are secondary. `others` names what else
    somebody has configured there, which the pack knows nothing of."""

    ipv4: Tuple[str, ...] = ()
    ipv6: Tuple[str, ...] = ()
    shut: bool = False
    others: Tuple[str, ...] = ()

    @property
    def addresses(self) -> Tuple[str, ...]:
        """All addresses, IPv4 first."""
        return self.ipv4 + self.ipv6


class Vlan(NamedTuple):
    """A VLAN. `name` is None where there is no such VLAN and empty where it has no name;
    `in_service` tells whether the global Ve is not shut, and is None where there is none."""

    name: Optional[str] = None
    in_service: Optional[bool] = None
    ves: Mapping[int, Ve] = {}


ABSENT = Vlan()


def as_plain(vlan: Vlan) -> Dict[str, Any]:
    """The VLAN as JSON has it, for a result; `from_plain` reads it back.

    StackStorm renders what it hands from one task to the next: a name that could be an expression
    is broken up, and is none of ours anyway.
    """
    ves = {
        str(rbridge): {
            "ipv4": list(ve.ipv4),
            "ipv6": list(ve.ipv6),
            "shut": ve.shut,
            "others": list(ve.others),
        }
        for rbridge, ve in vlan.ves.items()
    }
    name = vlan.name if vlan.name is None else printable(vlan.name)
    return {"name": name, "in_service": vlan.in_service, "ves": ves}


def from_plain(plain: Any) -> Vlan:
    """The VLAN of `as_plain`; `others` may be missing. Raises ValueError for anything else."""
    try:
        ves = {
            number(rbridge): Ve(
                _texts(ve["ipv4"]),
                _texts(ve["ipv6"]),
                _one_of(ve["shut"], bool),
                _texts(ve.get("others", [])),
            )
            for rbridge, ve in plain["ves"].items()
        }
        name = _one_of(plain["name"], str, type(None))
        in_service = _one_of(plain["in_service"], bool, type(None))
        return Vlan(None if name is None else printable(name), in_service, ves)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no VLAN as it was before a run: {error!r}") from None


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
