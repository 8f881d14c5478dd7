"""Desired state and running config of a switch, side by side: what differs, and what to do. Pure.

Each segment that Docker calls for is in sync, missing, or drifted. One whose VLAN somebody else
made is a conflict. Every other Ve of a VLAN with the pack's name is an orphan. It is deleted once
its grace is over, and at once if its subnet is another network's by now. An orphan that this
installation has not dispatched is only reported. While an engine is away, its segments and all
orphans of its switches are unknown.

Ports to which the pack has added a VLAN, and which no network needs for it any more, go with the
orphan. Where the VLAN itself stays, or is gone already, they are an orphan of their own.
"""

from typing import (
    Collection,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..common import retry
from ..common.errors import DockerTorError
from ..common.validators import Subnet
from ..config.limits import Rbridge
from ..config.settings import SwitchConfig
from ..desired.port_records import NO_PORTS, Ports
from ..desired.segments import Key, Segment
from ..switch import plan
from ..switch.driver import Driver
from ..switch.model import ABSENT, Vlan
from ..switch.plan import ChangeSet, Goal
from . import dispatched

IN_SYNC = "in sync"
MISSING = "missing"
DRIFTED = "drifted"
CONFLICT = "conflict"
ORPHAN = "orphan"
WAITING = "orphan, waiting"
REPORTED = "orphan, reported"
UNKNOWN = "unknown"
_NOT_OURS = "not dispatched from here; orphans=remove takes it away"
REPAIRED = (MISSING, DRIFTED, ORPHAN)
"""The standings that a reconcile repairs."""


class Finding(NamedTuple):
    """How it stands with one segment of a switch.

    `segment` is what Docker calls for, if anything; `have` is what the switch has of the VLAN;
    `detail` says why, for a person; `changes` is what is to be done, if anything.
    """

    switch: str
    vlan: int
    rbridge: Rbridge
    standing: str
    segment: Optional[Segment]
    have: Vlan
    detail: str = ""
    changes: Optional[ChangeSet] = None

    @property
    def goal(self) -> Optional[Goal]:
        """What is to be reached, if anything."""
        return self.changes.goal if self.changes else None

    @property
    def key(self) -> Key:
        """The segment's identity; rbridge 0 stands for a VLAN without any Ve."""
        return self.switch, self.rbridge, self.vlan


LONGEST_RUN = retry.PATIENCE + 420.0
"""Seconds after which no run is still at it: when its patience is over it tries once more, and once
to undo."""


class Orphans(NamedTuple):
    """What the orphans of a switch are judged by.

    `seen` says since when each has been seen, in seconds since 1970, as `now` is. `grace` is for
    how many seconds it is left. The engines `unreached` may know better. `elsewhere` are the
    rbridges of the switch's fabric that another entry of docker.yaml leads to; each of its switches
    shows them all. `ours` are the segments that this installation has dispatched; with None,
    everybody's orphans are deleted. `recorded` are the ports to which it has added a VLAN.
    """

    seen: Mapping[Key, float]
    now: float
    grace: float
    unreached: Sequence[str]
    elsewhere: Collection[int] = ()
    ours: Optional[Collection[Key]] = None
    recorded: Ports = NO_PORTS

    def since(self, key: Key) -> float:
        """When it was first seen: now, if a clock that was set back says later."""
        return min(self.seen.get(key, self.now), self.now)


def compare(
    driver: Driver,
    switch: SwitchConfig,
    segments: Collection[Segment],
    believed: Collection[Key],
    have: Mapping[int, Vlan],
    orphans: Orphans,
) -> List[Finding]:
    """The findings for one switch, by VLAN and rbridge.

    `segments` is the desired state of all switches; `believed` are those of it that no engine could
    be asked about. `have` is what the switch has of their VLANs and of its own with our name.
    """
    found = [
        _wanted(driver, segment, have.get(segment.vlan, ABSENT), believed)
        for segment in segments
        if segment.switch == switch.name
    ]
    claimed = [
        (finding.rbridge, address.network)
        for finding in found
        for address in (finding.segment.addresses if finding.segment else ())
    ]
    users: Dict[int, Set[Rbridge]] = {}
    for segment in segments:
        if segment.switch == switch.name or segment.rbridge in orphans.elsewhere:
            users.setdefault(segment.vlan, set()).add(segment.rbridge)
    ports = dict(_unneeded(driver, switch, segments, have, orphans))
    goals: List[Goal] = []
    for rbridge, vlan in _unwanted(driver, switch, have, users, orphans):
        goal = Goal(vlan, rbridge, remove=True, keep_vlan=bool(users.get(vlan, set()) - {rbridge}))
        goals.append(goal if vlan in users else goal._replace(ports_gone=ports.pop(vlan, ())))
    whole = 0 if switch.kind.rbridges else None
    goals += [Goal(vlan, whole, ports_only=True, ports_gone=gone) for vlan, gone in ports.items()]
    for goal in goals:
        blocks = _in_the_way(goal.rbridge, have[goal.vlan], claimed) and not goal.ports_only
        found.append(_orphan(driver, switch.name, goal, have[goal.vlan], orphans, blocks))
    return sorted(found, key=lambda finding: (finding.vlan, finding.rbridge or 0))


def _unwanted(
    driver: Driver,
    switch: SwitchConfig,
    have: Mapping[int, Vlan],
    users: Mapping[int, Collection[Rbridge]],
    orphans: Orphans,
) -> Iterator[Tuple[Rbridge, int]]:
    """The Ves of our VLANs that no segment is for, and rbridge 0 for a VLAN without any Ve."""
    for vlan, one in have.items():
        if one.name != driver.vlan_name or (switch.vlans is not None and vlan not in switch.vlans):
            continue
        for rbridge in list(one.ves) or ([] if vlan in users else [0]):
            if rbridge not in users.get(vlan, ()) and rbridge not in orphans.elsewhere:
                yield rbridge, vlan


def _unneeded(
    driver: Driver,
    switch: SwitchConfig,
    segments: Collection[Segment],
    have: Mapping[int, Vlan],
    orphans: Orphans,
) -> Iterator[Tuple[int, Tuple[str, ...]]]:
    """The recorded ports of a VLAN that no network needs for it, by VLAN."""
    for vlan, recorded in orphans.recorded.items():
        users = [
            one
            for one in segments
            if one.vlan == vlan and (one.host == switch.host or one.rbridge in orphans.elsewhere)
        ]
        # Of a network whose uplink names no port, and of a VLAN of another name, others take care.
        others = any(not network.ports for one in users for network in one.networks)
        stay = [name for name, port in have[vlan].ports.items() if port.keeps(vlan)]
        ports = recorded.difference(stay, *(one.ports for one in users))
        if ports and not others and have[vlan].name in (None, driver.vlan_name):
            yield vlan, tuple(sorted(ports))


def _wanted(driver: Driver, segment: Segment, have: Vlan, believed: Collection[Key]) -> Finding:
    found = Finding(segment.switch, segment.vlan, segment.rbridge, IN_SYNC, segment, have)
    if segment.key in believed:
        return found._replace(standing=UNKNOWN, detail="its engine is away, or not believed")
    goal = Goal(segment.vlan, segment.rbridge, segment.addresses, ports=segment.ports)
    try:
        changes = plan.change_set(driver, have, goal)
    except DockerTorError as error:
        return found._replace(standing=CONFLICT, detail=str(error))
    if not changes.steps:
        return found
    new = segment.rbridge not in have.ves if segment.addresses else have.name is None
    does = "; ".join(step.does for step in changes.steps)
    return found._replace(standing=MISSING if new else DRIFTED, detail=does, changes=changes)


def _in_the_way(rbridge: Rbridge, have: Vlan, claimed: Collection[Tuple[Rbridge, Subnet]]) -> bool:
    """Whether the Ve has what another segment on its rbridge is to have."""
    return any(
        address.version == other.version and address.network.overlaps(other)
        for address in have.ve(rbridge).addresses
        for number, other in claimed
        if number == rbridge
    )


def _orphan(
    driver: Driver, switch: str, goal: Goal, have: Vlan, orphans: Orphans, blocks: bool
) -> Finding:
    found = Finding(switch, goal.vlan, goal.rbridge, ORPHAN, None, have)
    if orphans.unreached:
        engines = ", ".join(orphans.unreached)
        return found._replace(standing=UNKNOWN, detail=f"engine {engines} is away, or not believed")
    grace = orphans.grace
    if orphans.elsewhere and not goal.rbridge:
        # A VLAN without any Ve may be one that the fabric's other entry is just making.
        grace = max(grace, LONGEST_RUN)
    left = orphans.since(found.key) + grace - orphans.now
    ours = orphans.ours
    # What is recorded is ours.
    if ours is not None and not (goal.ports_only or dispatched.is_ours(found.key, ours)):
        if left > 0:
            return found._replace(standing=WAITING, detail=f"is reported in {left:.0f} s")
        return found._replace(standing=REPORTED, detail=_NOT_OURS)
    try:
        found = found._replace(changes=plan.change_set(driver, have, goal))
    except DockerTorError as error:
        return found._replace(standing=CONFLICT, detail=str(error))
    ports = ", ".join(goal.ports_gone) if goal.ports_only else ""
    if ports and found.changes and not found.changes.steps:
        return found._replace(detail=f"only its record is left, of {ports}")
    if blocks:
        return found._replace(detail="its subnet is another network's now")
    if left > 0:
        does = f"is taken from {ports}" if ports else "is removed"
        return found._replace(standing=WAITING, detail=f"{does} in {left:.0f} s")
    return found._replace(detail=f"no network calls for it{f' on {ports}' if ports else ''}")


def without_ports(finding: Finding) -> Finding:
    """The finding where no port is to be edited by itself: one that has ports to edit is left to a
    person, as a conflict."""
    steps = finding.changes.steps if finding.changes and finding.standing in REPAIRED else ()
    does = [step.does for step in steps if step.port]
    if not does:
        return finding
    detail = (
        f"{'; '.join(does)}: left to a person, since an edit of ports there has removed VLANs of"
        " others. Take these ports out of docker.yaml, or run docker.reconcile by hand."
    )
    return finding._replace(standing=CONFLICT, detail=detail, changes=None)


def seen(findings: Collection[Finding], orphans: Orphans) -> Dict[Key, float]:
    """Since when each orphan of these findings has been seen, to be kept until the next time."""
    return {
        finding.key: orphans.since(finding.key)
        for finding in findings
        if finding.standing in (WAITING, ORPHAN, REPORTED)
    }
