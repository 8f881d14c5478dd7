"""The segments of an action's parameters, checked, as goals. Pure.

They are as the trigger `docker.NetworkEvent` has them: vlan, rbridge, addresses (or subnet alone;
none of them for a layer-2 segment), action (create, update or destroy; create if left out), ports,
ports_gone and networks. Somebody may have written them by hand, so every field is checked.
Addresses and ports are parsed here, and nowhere behind this.
"""

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from ..common.errors import InvalidValue
from ..common.sanitize import label
from ..config import limits
from ..config.platforms import Platform
from ..desired.actions import CREATE, DESTROY, UPDATE
from ..switch import model
from ..switch.model import Vlan
from ..switch.plan import Goal

_KEYS = (
    "vlan",
    "rbridge",
    "addresses",
    "subnet",
    "ports",
    "ports_gone",
    "action",
    "networks",
    "switch",
    "platform",
    "host",
    "channel",
    "route",
)
_LIKE = "Give it as the trigger docker.NetworkEvent does: vlan, rbridge, addresses, action."
MOST_SEGMENTS = 4096
MOST_PORTS = 1024
"""Of a segment: more than a fabric has hosts."""


class Asked(NamedTuple):
    """A goal, and the names of the networks that it is for: none if somebody asks by hand."""

    goal: Goal
    networks: Tuple[str, ...]


def read(segments: Any) -> List[Asked]:
    """The goals of an action's `segments`. Raises InvalidValue, naming the entry and its field."""
    if not isinstance(segments, (list, tuple)) or not segments or len(segments) > MOST_SEGMENTS:
        raise InvalidValue(f"segments is no list of 1 - {MOST_SEGMENTS} segments", remedy=_LIKE)
    asked = [_one(item, f"segments[{number}]") for number, item in enumerate(segments)]
    seen: Dict[Tuple[int, model.Rbridge], int] = {}
    for number, one in enumerate(asked):
        first = seen.setdefault((one.goal.vlan, one.goal.rbridge), number)
        if first != number:
            on = f" on rbridge {one.goal.rbridge}" if one.goal.rbridge else ""
            raise InvalidValue(
                f"segments[{number}] is VLAN {one.goal.vlan}{on} again, as segments[{first}]",
                remedy="Give each segment once.",
            )
    return asked


def placed(asked: Sequence[Asked], platform: Platform) -> List[Asked]:
    """The goals on a switch of that platform, which takes their VLANs: each has an rbridge where it
    has rbridges, and none where it has none; rbridge 0 is all there are. Its ports have the names
    that the switch shows. Raises InvalidValue, naming the entry."""
    found: List[Asked] = []
    for number, (goal, networks) in enumerate(asked):
        where, rbridge = f"segments[{number}]", goal.rbridge
        if rbridge != 0 or not platform.rbridges:
            rbridge = platform.rbridge(rbridge, f"{where}.rbridge")
        platform.vlan(goal.vlan, f"{where}.vlan")
        goal = goal._replace(
            rbridge=rbridge,
            ports=ports(goal.ports, platform, f"{where}.ports"),
            ports_gone=ports(goal.ports_gone, platform, f"{where}.ports_gone"),
        )
        found.append(Asked(goal, networks))
    return found


def ports(given: Any, platform: Platform, field: str) -> Tuple[str, ...]:
    """The names of ports as the switch shows them, sorted, each once. Raises InvalidValue."""
    found = {platform.port(port, field) for port in _listed(given, field)}
    return tuple(sorted(found))


def _listed(given: Any, field: str) -> Tuple[Any, ...]:
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)) or len(given) > MOST_PORTS:
        raise InvalidValue(f"{field} is no list of at most {MOST_PORTS} ports", remedy=_LIKE)
    return tuple(given)


def before(given: Any) -> Dict[int, Vlan]:
    """What there was, by VLAN, as an earlier run returned it; None if there was none. Raises
    InvalidValue for anything else."""
    try:
        return {model.number(vlan): model.from_plain(one) for vlan, one in (given or {}).items()}
    except (AttributeError, ValueError) as error:
        raise InvalidValue(
            f"before is not what an earlier run returned: {error}", remedy="Leave it out."
        ) from None


def _one(item: Any, where: str) -> Asked:
    if not isinstance(item, Mapping):
        raise InvalidValue(f"{where} is no segment", remedy=_LIKE)
    for key in item:
        if key not in _KEYS:
            raise InvalidValue(f"{where} has the key {key!r}, which no segment has", remedy=_LIKE)
    action = item.get("action") or CREATE
    if action not in (CREATE, UPDATE, DESTROY):
        raise InvalidValue(f"{where}.action is {action!r}", remedy=_LIKE)
    vlan = limits.vlan_id(item.get("vlan"), f"{where}.vlan")
    given = item.get("rbridge")
    rbridge = limits.rbridge_id(given, f"{where}.rbridge") if given else None
    networks = names(item.get("networks"))
    have, gone = (_listed(item.get(key), f"{where}.{key}") for key in ("ports", "ports_gone"))
    if action == DESTROY:
        # The trigger has in `ports` those that no network needs any more.
        return Asked(Goal(vlan, rbridge, remove=True, ports_gone=have + gone), networks)
    goal = Goal(vlan, rbridge, _addresses(item, where), ports=have, ports_gone=gone)
    return Asked(goal, networks)


def _addresses(item: Mapping[str, Any], where: str) -> Tuple[limits.VeAddress, ...]:
    given, subnet = item.get("addresses"), item.get("subnet")
    if given is None and not subnet:
        raise InvalidValue(
            f"{where} has no addresses", remedy="Give an empty list for a VLAN without a Ve."
        )
    given = () if given is None else given
    if not isinstance(given, (list, tuple)):
        raise InvalidValue(f"{where}.addresses is no list", remedy=_LIKE)
    texts: Sequence[Any] = [subnet, *(one for one in given if one != subnet)] if subnet else given
    checked = [limits.ve_address(text, f"{where}.addresses") for text in texts]
    # The first IPv4 address is the Ve's primary one; IPv6 follows.
    return tuple(sorted(dict.fromkeys(checked), key=lambda address: address.version))


def names(given: Any) -> Tuple[str, ...]:
    """The names of a trigger's `networks`, each once and fit to be shown."""
    entries = given if isinstance(given, (list, tuple)) else ()
    found = (one.get("name") for one in entries if isinstance(one, Mapping))
    return tuple(dict.fromkeys(label(name) for name in found if name))
