"""From what a switch has of a VLAN to what it should have, as steps in an order it accepts. Pure.

A step is one of the edits of `vdx`. What goes goes first, from the outside in (out of service, its
addresses, the rbridge's Ve, the global Ve, the VLAN), then what comes, from the inside out. A Ve
that is new is shut until told otherwise, globally and on its rbridge; a switch that has it in
service from the start just needs fewer steps.
"""

from typing import Any, Collection, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ..common.errors import SegmentConflict
from ..common.sanitize import printable
from ..common.validators import by_subnet, primaries, subnet_of
from .model import Ve, Vlan


class Goal(NamedTuple):
    """A segment to bring about, or with `remove` to take away, on the rbridge of a VLAN: without
    any address, the VLAN alone and no Ve. Without any rbridge (0) the whole of the VLAN is taken
    away. `force` takes along what else is configured on the Ve. With `keep_vlan` other segments
    are on the VLAN, and it stays. With `addresses_only` the Ve's addresses become these, and
    nothing else is done."""

    vlan: int
    rbridge: int
    addresses: Tuple[str, ...] = ()
    remove: bool = False
    force: bool = False
    addresses_only: bool = False
    keep_vlan: bool = False

    @property
    def layer_2(self) -> bool:
        """Whether the VLAN is to have no Ve there."""
        return not (self.remove or self.addresses or self.addresses_only)

    @property
    def ipv4(self) -> Tuple[str, ...]:
        """The IPv4 addresses as a Ve has them: the first given of each subnet is its primary."""
        return by_subnet(address for address in self.addresses if ":" not in address)

    @property
    def ipv6(self) -> Tuple[str, ...]:
        """The IPv6 addresses."""
        return tuple(address for address in self.addresses if ":" in address)


class Step(NamedTuple):
    """One edit: its place in the order of all steps, its name in `vdx`, its parameters, and what it
    does, for a person."""

    rank: int
    edit: str
    parameters: Mapping[str, Any]
    does: str

    @property
    def comes(self) -> bool:
        """Whether it adds to what there is, and takes nothing away."""
        return self.rank >= _FIRST_TO_COME


_FIRST_TO_COME = 8


_VLAN = "interface_vlan_interface_vlan_vlan_name"
_GLOBAL_VE = "interface_vlan_interface_ve_gve_name"
_GLOBAL_SHUT = "interface_vlan_interface_ve_global_ve_shutdown"
_VE = "rbridge_id_interface_ve_name"
_SHUT = "rbridge_id_interface_ve_shutdown"
_PRIMARY = "rbridge_id_interface_ve_ip_ip_config_address_address"
_SECONDARY = "rbridge_id_interface_ve_ip_ip_config_address_secondary"
_IPV6 = "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address"


def rounds(goals: Sequence[Goal]) -> List[List[Goal]]:
    """The goals in the groups in which they are worked on together, one group after the other.

    On one rbridge an address has to go before another VLAN may have it, so all its goals go
    together; those on one VLAN stand on the same global Ve, and go one after the other.
    """
    groups: Dict[int, List[Goal]] = {}
    for goal in goals:
        groups.setdefault(goal.rbridge, []).append(goal)
    return list(groups.values())


def target(have: Vlan, goal: Goal, name: str) -> Vlan:
    """What the VLAN should be, given what it is; all that is not the goal's stays as it is.

    Raises SegmentConflict where the VLAN is not named `name`, so that it is not ours, or where a Ve
    that is to go carries what the pack did not configure.
    """
    check_ours(have, goal.vlan, name)
    if goal.remove or goal.layer_2:
        return _without_ve(have, goal, name)
    ve = have.ves.get(goal.rbridge, Ve(shut=True))._replace(ipv4=goal.ipv4, ipv6=goal.ipv6)
    if goal.addresses_only:
        return have._replace(ves={**have.ves, goal.rbridge: ve})
    return Vlan(name, True, {**have.ves, goal.rbridge: ve._replace(shut=False)})


def _without_ve(have: Vlan, goal: Goal, name: str) -> Vlan:
    if goal.keep_vlan and not goal.rbridge:
        raise SegmentConflict(
            f"other segments of the same fabric are on VLAN {goal.vlan}",
            remedy="Give the rbridge whose segment is to go.",
        )
    gone = [goal.rbridge] if goal.rbridge else list(have.ves)
    for rbridge in gone:
        others = have.ves.get(rbridge, Ve()).others
        if others and not goal.force:
            raise SegmentConflict(
                f"Ve {goal.vlan} on rbridge {rbridge} carries {', '.join(others)}, which this pack"
                " did not configure",
                remedy="Take that away at the switch first, or remove the Ve with force=true.",
            )
    left = {rbridge: ve for rbridge, ve in have.ves.items() if rbridge not in gone}
    stays = left or goal.keep_vlan
    named = name if goal.layer_2 else have.name if stays else None
    return Vlan(named, have.in_service if left else None, left)


def check_ours(have: Vlan, vlan: int, name: str) -> None:
    """Raises SegmentConflict for a VLAN that is there under another name than ours."""
    if have.name is not None and have.name != name:
        named = f"is named {have.name!r}" if have.name else "has no name"
        raise SegmentConflict(
            f"VLAN {vlan} is there already and {named}, so it was not made by this pack",
            remedy=f"Use another VLAN, or name this one {name!r} to hand it over.",
        )


def revert(now: Vlan, before: Vlan, wanted: Vlan) -> Vlan:
    """`now` without what a run from `before` to `wanted` did, as far as it came: what somebody else
    has changed meanwhile stays."""
    ves = {
        rbridge: ve
        for rbridge, ve in (
            (rbridge, _reverted_ve(rbridge, now, before, wanted))
            for rbridge in sorted({*now.ves, *before.ves})
        )
        if ve is not None
    }
    name = before.name if now.name == wanted.name else now.name
    in_service = before.in_service if _came_from_run(now, before, wanted) else now.in_service
    if ves:
        # What a Ve stands on stays, or comes back with it.
        name = next((one for one in (name, now.name, before.name) if one is not None), None)
        states = (in_service, now.in_service, before.in_service)
        in_service = next((one for one in states if one is not None), None)
    return Vlan(name, in_service if name is not None else None, ves)


def lost(vlan: int, now: Vlan, before: Vlan, wanted: Vlan) -> List[str]:
    """What was on the Ves besides when a run from `before` to `wanted` changed them, and is not
    there any more: no step brings it back. For a person."""
    gone = {
        rbridge: [one for one in was.others if one not in now.ves.get(rbridge, Ve()).others]
        for rbridge, was in sorted(before.ves.items())
        if was != wanted.ves.get(rbridge)
    }
    return [
        printable(f"bring back {', '.join(names)} of Ve {vlan} on rbridge {rbridge}", 200)
        + " (only its name is known)"
        for rbridge, names in gone.items()
        if names
    ]


def _came_from_run(now: Vlan, before: Vlan, wanted: Vlan) -> bool:
    """Whether the run has left the global Ve as it is now."""
    if before.in_service == wanted.in_service:
        return False
    # One that comes or goes is shut on its way.
    passing = now.in_service is False and None in (before.in_service, wanted.in_service)
    return passing or now.in_service == wanted.in_service


def _reverted_ve(rbridge: int, now: Vlan, before: Vlan, wanted: Vlan) -> "Ve | None":
    here, was, meant = (vlan.ves.get(rbridge) for vlan in (now, before, wanted))
    if was == meant:
        return here
    if here is None:
        # Ours to bring back if we took it away; else somebody else took it.
        return was if meant is None else None
    new = was is None
    # One that comes or goes is shut and without addresses on its way.
    was, meant = was or Ve(shut=True), meant or Ve(shut=True)
    if new and not here.others and set(here.addresses) <= set(meant.addresses):
        return None
    theirs = primaries(meant.ipv4)
    moved = [one for one, primary in primaries(was.ipv4).items() if theirs.get(one) != primary]
    return Ve(
        by_subnet(_reverted(here.ipv4, was.ipv4, meant.ipv4, moved)),
        tuple(_reverted(here.ipv6, was.ipv6, meant.ipv6, ())),
        was.shut if here.shut == meant.shut else here.shut,
        here.others,
    )


def _reverted(
    now: Tuple[str, ...],
    before: Tuple[str, ...],
    wanted: Tuple[str, ...],
    moved: Collection[object],
) -> List[str]:
    """Addresses; in the subnets `moved` all had to go for another to be the primary one."""
    kept = [one for one in now if one in before or one not in wanted]
    back = [
        one for one in before if one not in now and (one not in wanted or subnet_of(one) in moved)
    ]
    # The old primary address is the first again.
    return sorted(kept + back, key=lambda one: (*before, one).index(one))


def diff(vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps that lead from `have` to `want`, in order; none if they are alike."""
    return sorted(_steps(vlan, have, want), key=lambda step: step.rank)


def _steps(vlan: int, have: Vlan, want: Vlan) -> Iterator[Step]:
    key = str(vlan)
    if have.in_service and not want.in_service:
        yield Step(0, _GLOBAL_SHUT, {"gve_name": key}, f"shut global Ve {vlan}")
    for rbridge in sorted({*have.ves, *want.ves}):
        yield from _ve_steps(
            {"rbridge_id": rbridge, "name": key}, have.ves.get(rbridge), want.ves.get(rbridge)
        )
    if have.in_service is not None and want.in_service is None:
        yield Step(6, _GLOBAL_VE, {"gve_name": key, "delete_ve": True}, f"remove global Ve {vlan}")
    if have.name is not None and want.name is None:
        gone = {"name": key, "vlan_name": have.name, "delete_vlan": True}
        yield Step(7, _VLAN, gone, f"remove VLAN {vlan}")
    if have.name is None and want.name is not None:
        made = {"name": key, "vlan_name": want.name}
        yield Step(8, _VLAN, made, f"add VLAN {vlan} named {want.name!r}")
    if have.in_service is None and want.in_service is not None:
        yield Step(9, _GLOBAL_VE, {"gve_name": key}, f"add global Ve {vlan}")
    if want.in_service and not have.in_service:
        up = {"gve_name": key, "delete_global_ve_shutdown": True}
        yield Step(15, _GLOBAL_SHUT, up, f"no shutdown of global Ve {vlan}")


def _ve_steps(at: Dict[str, Any], have: "Ve | None", want: "Ve | None") -> Iterator[Step]:
    place = f"Ve {at['name']} on rbridge {at['rbridge_id']}"
    if have is not None and not have.shut and (want is None or want.shut):
        yield Step(1, _SHUT, at, f"shut {place}")
    here = have or Ve(shut=True)
    meant = want or Ve(shut=True)
    yield from _ipv4_steps(at, place, here.ipv4, meant.ipv4)
    for address in here.ipv6:
        if address not in meant.ipv6:
            gone = {**at, "address": address, "delete_ipv6_address": True}
            yield Step(4, _IPV6, gone, f"remove {address} from {place}")
    if have is not None and want is None:
        yield Step(5, _VE, {**at, "delete_ve": True}, f"remove {place}")
    if have is None and want is not None and not want.addresses:
        yield Step(10, _VE, at, f"add {place}")
    for address in meant.ipv6:
        if address not in here.ipv6:
            yield Step(13, _IPV6, {**at, "address": address}, f"add {address} to {place}")
    if want is not None and here.shut and not want.shut:
        yield Step(14, _SHUT, {**at, "delete_shutdown": True}, f"no shutdown of {place}")


def _ipv4_steps(
    at: Dict[str, Any], place: str, have: Tuple[str, ...], want: Tuple[str, ...]
) -> Iterator[Step]:
    # Of each subnet, a switch takes the primary address away last and gives it first.
    was, meant = primaries(have), primaries(want)
    same = {subnet for subnet, primary in was.items() if meant.get(subnet) == primary}
    stays = [one for one in have if one in want and (subnet_of(one) or one) in same]
    for address in have:
        if address not in stays:
            edit, rank = (_PRIMARY, 3) if address in was.values() else (_SECONDARY, 2)
            gone = {**at, "address": address, "delete_address": True}
            yield Step(rank, edit, gone, f"remove {address} from {place}")
    for address in want:
        if address not in stays:
            edit, rank = (_PRIMARY, 11) if address in meant.values() else (_SECONDARY, 12)
            yield Step(rank, edit, {**at, "address": address}, f"add {address} to {place}")
