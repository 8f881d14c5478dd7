"""The edits that are actions of their own; five of them are the article's chain. Pure.

`find` makes of an action's parameters the edit that it asks for, with each parameter checked. From
the values that were read of the VLAN, a `NamedEdit` tells whether the edit is needed.
"""

import ipaddress
from typing import Any, Callable, Mapping, NamedTuple, Union

from ...common.errors import InvalidValue, NodeMissing
from ...config import limits, platforms
from ..driver import Step
from ..model import Vlan, check_ours, primaries
from . import edits
from .edits import Edit

Parameters = Mapping[str, Any]
"""Those that an action's YAML names. StackStorm passes None for one that was left out."""
Value = Union[str, bool, None]
"""A leaf's text; True for an empty leaf or an entry that is there; None for what is not there."""

VLAN = "interface_vlan_interface_vlan_vlan_name"
GLOBAL_VE = "interface_vlan_interface_ve_gve_name"
GLOBAL_SHUTDOWN = "interface_vlan_interface_ve_global_ve_shutdown"
VE = "rbridge_id_interface_ve_name"
SHUTDOWN = "rbridge_id_interface_ve_shutdown"
ADDRESS = "rbridge_id_interface_ve_ip_ip_config_address_address"
SECONDARY = "rbridge_id_interface_ve_ip_ip_config_address_secondary"
IPV6 = "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address"


class NamedEdit(NamedTuple):
    """An edit of one VLAN: the step that is sent, what a VLAN has of it now, and the check whether
    it may be made. The check raises SegmentConflict for a VLAN that is not ours to change, and
    NodeMissing where what the edit builds on is not there."""

    step: Step
    found: Callable[[Vlan], Value]
    check: Callable[[Vlan], None]


class _Kind(NamedTuple):
    """A kind of edit: the parameters that it takes, each with its check; how it is made of them;
    the flag that has it delete; what a VLAN has of it, given the VLAN and the parameters; and the
    kind, of the same parameters, that it builds on."""

    parameters: Mapping[str, Callable[[Any, str], Any]]
    make: Callable[..., Edit]
    delete: str
    found: Callable[..., Value]
    builds_on: str = ""


def check_platform(platform: str) -> None:
    """Raises InvalidValue for a switch that docker.yaml says is of another platform."""
    if platform not in ("", platforms.NOS.name):
        raise InvalidValue(
            f"it is of platform {platform}, and this action is for nos alone",
            remedy="Whole segments go by docker.segment.apply, on any platform.",
        )


def find(name: str, given: Parameters) -> NamedEdit:
    """The edit of the action `docker.vdx.NAME`. A `delete_...` that is left out is false.

    Raises InvalidValue, naming the parameter, for another that is missing or that no switch could
    take.
    """
    if name not in KINDS:
        raise InvalidValue(f"there is no edit {name!r}", remedy=f"It is one of {sorted(KINDS)}.")
    kind = KINDS[name]
    if name == VLAN and given.get("delete_vlan") is True:
        kind = _WHOLE_VLAN
    elif name == ADDRESS and given.get("delete_ve") is True:
        kind = KINDS[VE]
    elif name == SECONDARY and given.get("delete_address") is True:
        # Whatever address it is that is there, it is the one to delete.
        kind = kind._replace(found=KINDS[ADDRESS].found)
    checks = kind.parameters.values()
    values = [_checked(given, one, check) for one, check in kind.parameters.items()]
    vlan = next(value for value, check in zip(values, checks) if check is _vlan_id)
    edit = kind.make(*values, delete=given.get(kind.delete) is True)

    def check(have: Vlan) -> None:
        if "vlan_name" in kind.parameters:
            check_ours(have, *values)
        base = KINDS.get(kind.builds_on)
        if base and base.found(have, *values) is None:
            raise NodeMissing(
                f"{base.make(*values).place} is not in the running config",
                remedy="Make it first: the VLAN, then its global Ve, then the Ve's address.",
            )

    step = Step(0, vlan, None, edit.place, edit)
    return NamedEdit(step, lambda have: kind.found(have, *values), check)


def ipv4(value: Any, field: str) -> ipaddress.IPv4Interface:
    """A Ve's IPv4 address. Raises InvalidValue."""
    address = limits.ve_address(value, field)
    if isinstance(address, ipaddress.IPv4Interface):
        return address
    raise _other_family(value, field, 4)


def ipv6(value: Any, field: str) -> ipaddress.IPv6Interface:
    """A Ve's IPv6 address. Raises InvalidValue."""
    address = limits.ve_address(value, field)
    if isinstance(address, ipaddress.IPv6Interface):
        return address
    raise _other_family(value, field, 6)


def _other_family(value: Any, field: str, version: int) -> InvalidValue:
    return InvalidValue(
        f"{field} is {value!r}, which is not IPv{version}",
        remedy="IPv4 and IPv6 addresses have an action each.",
    )


def _checked(given: Parameters, name: str, check: Callable[[Any, str], Any]) -> Any:
    if given.get(name) is None:
        raise InvalidValue(f"{name} is not given", remedy="Give it.")
    return check(given[name], name)


def _there(part: Any) -> Value:
    return None if part is None else True


def _is_secondary(have: Vlan, rbridge: int, _vlan: int, address: Any) -> Value:
    there = have.ve(rbridge).ipv4
    return (address in there and address not in primaries(there).values()) or None


_Checks = Mapping[str, Callable[[Any, str], Any]]
_vlan_id = platforms.NOS.vlan
_NAME: _Checks = {"name": _vlan_id, "vlan_name": limits.vlan_name}
_GVE: _Checks = {"gve_name": _vlan_id}
_ON_RBRIDGE: _Checks = {"rbridge_id": limits.rbridge_id, "name": _vlan_id}
_IPV4: _Checks = {**_ON_RBRIDGE, "address": ipv4}

_WHOLE_VLAN = _Kind(
    _NAME,
    lambda vlan, _name, delete: edits.whole_vlan(vlan, delete=delete),
    "delete_vlan",
    lambda have, *_: _there(have.name),
)
KINDS: Mapping[str, _Kind] = {
    VLAN: _Kind(_NAME, edits.vlan, "delete_vlan_name", lambda have, *_: have.name),
    GLOBAL_VE: _Kind(_GVE, edits.global_ve, "delete_ve", lambda have, *_: _there(have.in_service)),
    GLOBAL_SHUTDOWN: _Kind(
        _GVE,
        edits.global_shutdown,
        "delete_global_ve_shutdown",
        lambda have, *_: True if have.in_service is False else None,
        builds_on=GLOBAL_VE,
    ),
    VE: _Kind(
        _ON_RBRIDGE,
        edits.ve,
        "delete_ve",
        lambda have, rbridge, _vlan: _there(have.ves.get(rbridge)),
    ),
    SHUTDOWN: _Kind(
        _ON_RBRIDGE,
        edits.shutdown,
        "delete_shutdown",
        lambda have, rbridge, _vlan: have.ve(rbridge).shut or None,
        builds_on=VE,
    ),
    ADDRESS: _Kind(
        _IPV4,
        edits.ipv4,
        "delete_address",
        lambda have, rbridge, _vlan, address: address in have.ve(rbridge).ipv4 or None,
    ),
    SECONDARY: _Kind(_IPV4, edits.secondary, "delete_address", _is_secondary),
    IPV6: _Kind(
        {**_ON_RBRIDGE, "address": ipv6},
        edits.ipv6,
        "delete_ipv6_address",
        lambda have, rbridge, _vlan, address: address in have.ve(rbridge).ipv6 or None,
    ),
}
"""The edits by their actions' names without `vdx.`."""
