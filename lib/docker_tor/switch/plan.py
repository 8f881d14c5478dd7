"""From what a switch has of a VLAN to what it should have, and back. Pure.

A `Goal` is a segment to make or to delete. `change_set` is what reaching it takes: the VLAN as it
is, the VLAN as it should be, and the steps between the two, as the driver orders them. `revert` is
the way back: what the run did is undone, and what somebody else has changed meanwhile stays.
"""

from ipaddress import IPv4Interface, IPv6Interface
from typing import (
    Collection,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..common.errors import NodeMissing, SegmentConflict
from ..common.sanitize import printable
from ..common.validators import Subnet
from ..config.limits import VeAddress
from .driver import Driver, Step, place
from .model import NEW, A, Rbridge, Ve, Vlan, by_subnet, check_ours, primaries
from .trunk import MISSING, TRUNK, UNREADABLE, Port


class Goal(NamedTuple):
    """A segment to make, or with `remove` to delete, on the rbridge of a VLAN. Without any address
    it is the VLAN alone and no Ve. rbridge 0 with `remove` is the whole of the VLAN. `force`
    deletes what else is configured on the Ve, too. With `keep_vlan` other segments are on the VLAN,
    and it stays. With `addresses_only` the Ve's addresses become these, and VLAN and Ve stay
    otherwise as they are. With `ports_only` both stay wholly as they are.

    `ports` are to carry the VLAN. From `ports_gone` it is taken: each is one of which the caller
    knows that it is ours to take."""

    vlan: int
    rbridge: Rbridge
    addresses: Tuple[VeAddress, ...] = ()
    remove: bool = False
    force: bool = False
    addresses_only: bool = False
    keep_vlan: bool = False
    ports_only: bool = False
    ports: Tuple[str, ...] = ()
    ports_gone: Tuple[str, ...] = ()

    @property
    def layer_2(self) -> bool:
        """Whether the VLAN is to have no Ve there."""
        return not (self.remove or self.addresses or self.addresses_only or self.ports_only)

    @property
    def ve(self) -> Ve:
        """The Ve in service with these addresses: of each subnet the first one is primary."""
        ipv4 = [one for one in self.addresses if isinstance(one, IPv4Interface)]
        ipv6 = [one for one in self.addresses if isinstance(one, IPv6Interface)]
        return Ve(by_subnet(ipv4), tuple(ipv6))


class ChangeSet(NamedTuple):
    """What reaching a goal takes: what there is, what there should be, and the steps in order."""

    goal: Goal
    have: Vlan
    want: Vlan
    steps: Sequence[Step]


def change_set(driver: Driver, have: Vlan, goal: Goal) -> ChangeSet:
    """What reaching the goal takes. Raises SegmentConflict as `target` does."""
    want = target(driver, have, goal)
    return ChangeSet(goal, have, want, driver.steps(goal.vlan, have, want))


def rounds(goals: Sequence[Goal]) -> List[List[Goal]]:
    """The goals in the groups in which they are worked on together, one group after the other.

    On one rbridge an address has to go before another VLAN may have it, so all its goals go
    together; those on one VLAN stand on the same global Ve, and go one after the other.
    """
    groups: Dict[Rbridge, List[Goal]] = {}
    for goal in goals:
        groups.setdefault(goal.rbridge, []).append(goal)
    return list(groups.values())


def ports(goals: Iterable[Goal]) -> Dict[int, Set[str]]:
    """The ports that goals name, by VLAN: those that a device has to look at."""
    found: Dict[int, Set[str]] = {}
    for goal in goals:
        if goal.ports or goal.ports_gone:
            found.setdefault(goal.vlan, set()).update(goal.ports, goal.ports_gone)
    return found


def target(driver: Driver, have: Vlan, goal: Goal) -> Vlan:
    """What the VLAN should be, given what it is; all that is not the goal's stays as it is.

    Raises SegmentConflict where the VLAN is not named as the pack's own are, where a Ve that is
    to be deleted carries what the pack did not configure, or where a port cannot carry the VLAN;
    and NodeMissing where only ports are to change and the VLAN is not there.
    """
    check_ours(have, goal.vlan, driver.vlan_name)
    ports_then = _ports(driver, have, goal)
    if goal.ports_only and goal.ports and have.name is None:
        raise NodeMissing(
            f"VLAN {goal.vlan} is not in the running config, so no port is given it",
            remedy="Make the segment first.",
        )
    want = have if goal.ports_only else _segment(driver, have, goal)
    return want._replace(ports=ports_then)


def _ports(driver: Driver, have: Vlan, goal: Goal) -> Mapping[str, Port]:
    found = dict(have.ports)
    for name in goal.ports:
        # To add a VLAN that is there already changes nothing: so it does where nothing is known.
        port = have.ports.get(name, Port())
        why = port.hindrance(goal.vlan)
        if why:
            raise SegmentConflict(
                f"{name} {why}, so it cannot carry VLAN {goal.vlan}",
                remedy=port_remedy(driver, name, port, f"VLAN {goal.vlan}"),
            )
        found[name] = port.adding(goal.vlan)
    for name in set(goal.ports_gone) & have.ports.keys() - {*goal.ports}:
        found[name] = have.ports[name].removing(goal.vlan)
    return found


def port_remedy(driver: Driver, name: str, port: Port, vlans: str) -> str:
    """What to do about a port that cannot carry `vlans`, as in "VLAN 112"."""
    if port.mode == MISSING:
        return "Correct the port's name in docker.yaml, or bring the port back."
    if port.mode != TRUNK:
        where, *lines = (f"`{line.strip()}`" for line in driver.trunk_lines(name))
        return f"The pack changes no port's mode. Make it a trunk in {where}: {', '.join(lines)}."
    if port.rule == UNREADABLE:
        return "Look at the port at the switch, and report this; or take it out of docker.yaml."
    return f"Allow {vlans} there at the switch, if that port's host is to have it."


def _segment(driver: Driver, have: Vlan, goal: Goal) -> Vlan:
    if goal.remove or goal.layer_2:
        return _without_ve(driver, have, goal)
    ve = have.ves.get(goal.rbridge, NEW)._replace(ipv4=goal.ve.ipv4, ipv6=goal.ve.ipv6)
    if goal.addresses_only:
        return have._replace(ves={**have.ves, goal.rbridge: ve})
    return Vlan(driver.vlan_name, True, {**have.ves, goal.rbridge: ve._replace(shut=False)})


def _without_ve(driver: Driver, have: Vlan, goal: Goal) -> Vlan:
    if goal.keep_vlan and goal.rbridge == 0:
        raise SegmentConflict(
            f"other segments of the same fabric are on VLAN {goal.vlan}",
            remedy="Give the rbridge whose segment is to go.",
        )
    gone = list(have.ves) if goal.rbridge == 0 else [goal.rbridge]
    for rbridge in gone:
        others = have.ve(rbridge).others
        if others and not goal.force:
            raise SegmentConflict(
                f"{place(driver, goal.vlan, rbridge)} carries {', '.join(others)}, which this pack"
                " did not configure",
                remedy="Take that away at the switch first, or remove the Ve with force=true.",
            )
    left = {rbridge: ve for rbridge, ve in have.ves.items() if rbridge not in gone}
    name = have.name if left or goal.keep_vlan else None
    if goal.layer_2:
        name = driver.vlan_name
    return Vlan(name, have.in_service if left else None, left)


def revert(vlan: int, now: Vlan, before: Vlan, wanted: Vlan) -> Vlan:
    """`now` without what a run from `before` to `wanted` did, as far as it came: what somebody else
    has changed meanwhile stays."""
    ves = {
        rbridge: ve
        for rbridge, ve in (
            (rbridge, _reverted_ve(rbridge, now, before, wanted))
            for rbridge in {**before.ves, **now.ves}
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
    back = {
        port: _reverted_port(vlan, here, before.ports.get(port), wanted.ports.get(port))
        for port, here in now.ports.items()
    }
    return Vlan(name, in_service if name is not None else None, ves, back)


def _reverted_port(vlan: int, now: Port, before: Optional[Port], wanted: Optional[Port]) -> Port:
    if before is None or wanted is None or before.lists(vlan) == wanted.lists(vlan):
        return now
    return now.removing(vlan) if wanted.lists(vlan) else _added_back(now, vlan)


def _added_back(now: Port, vlan: int) -> Port:
    # What is no list any more is as somebody else wants it.
    return now.adding(vlan) if now.has_list else now


def lost(driver: Driver, vlan: int, now: Vlan, before: Vlan, wanted: Vlan) -> List[str]:
    """What was on the Ves besides when a run from `before` to `wanted` changed them, and is not
    there any more: no step brings it back. For a person."""
    gone = {
        rbridge: [one for one in was.others if one not in now.ve(rbridge).others]
        for rbridge, was in before.ves.items()
        if was != wanted.ves.get(rbridge)
    }
    return [
        printable(f"bring back {', '.join(names)} of {place(driver, vlan, rbridge)}", 200)
        + " (only its name is known)"
        for rbridge, names in sorted(gone.items(), key=lambda one: one[0] or 0)
        if names
    ]


def _came_from_run(now: Vlan, before: Vlan, wanted: Vlan) -> bool:
    """Whether the run has left the global Ve as it is now."""
    if before.in_service == wanted.in_service:
        return False
    # One that is made or deleted is shut on its way.
    passing = now.in_service is False and None in (before.in_service, wanted.in_service)
    return passing or now.in_service == wanted.in_service


def _reverted_ve(rbridge: Rbridge, now: Vlan, before: Vlan, wanted: Vlan) -> Optional[Ve]:
    here, was, meant = (vlan.ves.get(rbridge) for vlan in (now, before, wanted))
    if was == meant:
        return here
    if here is None:
        # Ours to bring back if we deleted it; else somebody else did.
        return was if meant is None else None
    made = was is None
    was, meant = was or NEW, meant or NEW
    if made and not here.others and set(here.addresses) <= set(meant.addresses):
        return None
    theirs = primaries(meant.ipv4)
    moved = [net for net, primary in primaries(was.ipv4).items() if theirs.get(net) != primary]
    return Ve(
        by_subnet(_reverted(here.ipv4, was.ipv4, meant.ipv4, moved)),
        tuple(_reverted(here.ipv6, was.ipv6, meant.ipv6, ())),
        was.shut if here.shut == meant.shut else here.shut,
        here.others,
    )


def _reverted(
    now: Sequence[A], before: Sequence[A], wanted: Sequence[A], moved: Collection[Subnet]
) -> List[A]:
    """Addresses; in the subnets `moved` all had to be deleted for another to become primary."""
    kept = [one for one in now if one in before or one not in wanted]
    back = [one for one in before if one not in now and (one not in wanted or one.network in moved)]
    # The old primary address is the first again.
    return sorted(kept + back, key=lambda one: (*before, one).index(one))
