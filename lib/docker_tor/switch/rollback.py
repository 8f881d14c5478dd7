"""The way back: what the runs towards goals did is undone, and nothing else.

All VLANs are read, what is left of the runs on each is found, and the steps that undo it are sent
one by one. Then all of it is read again, up to PASSES times. What somebody else has changed
meanwhile stays. What the switch refuses to undo is told step by step, and so is what a run deleted
of which nobody knows more than the name.
"""

import enum
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ..common.errors import (
    DockerTorError,
    PermanentError,
    SegmentConflict,
    SwitchRefused,
    VlansRemoved,
)
from . import plan
from .device import Device
from .driver import Driver, Step
from .model import Vlan
from .plan import ChangeSet, Goal

PASSES = 4
"""How often what is not as it should be yet is compared and edited again."""


class State(enum.Enum):
    """How a switch stands once a run that failed has been undone."""

    AS_IT_WAS = "as it was"
    CHANGED_BY_OTHERS = "changed by others"
    NOT_UNDONE = "not undone"


class Rest(NamedTuple):
    """What an undoing leaves, as steps back to what there was before: `left` are those that the
    switch refused, and `stays` those that are not the run's to make, since it is not known to have
    caused them."""

    left: Sequence[str] = ()
    stays: Sequence[str] = ()

    @property
    def state(self) -> State:
        """How the switch stands."""
        if self.left:
            return State.NOT_UNDONE
        return State.CHANGED_BY_OTHERS if self.stays else State.AS_IT_WAS


NOTHING_LEFT = Rest()


class Outcome(NamedTuple):
    """What became of one goal. `did` are the steps that this run is known to have made, in order.
    With an `error` they have been undone, except for the `rest`.

    To the list of the ports `added_to` this run has added the VLAN, and it is there; from that of
    those `removed_from` it has taken it, and it is not there. What it has undone is in neither."""

    goal: Goal
    before: Vlan
    did: Sequence[str]
    error: Optional[DockerTorError] = None
    rest: Rest = NOTHING_LEFT
    added_to: Tuple[str, ...] = ()
    removed_from: Tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the switch is other than it was."""
        return self.rest.state is not State.AS_IT_WAS if self.error else bool(self.did)


class Work:
    """One goal on its way. `meant` is what the goal makes of what there was `before`, and so what
    an undoing goes by; `changes` is what reaching it takes from what there is `now`, once that is
    known, or `planned` for it. A `refusal` ends the work only if the next look at the switch does
    not show it done."""

    def __init__(
        self, driver: Driver, goal: Goal, before: Vlan, planned: Optional[ChangeSet] = None
    ) -> None:
        self.goal = goal
        self.before = before
        self.changes = planned
        try:
            if planned is not None and planned.have == before:
                self.meant = planned.want
            else:
                self.meant = plan.target(driver, before, goal)
        except PermanentError:
            # Then no run had anything to do there.
            self.meant = before
        self.now = before
        self.did: List[str] = []
        self.undone: List[str] = []
        self._began = before
        self._ports: Set[str] = set()
        self.error: Optional[DockerTorError] = None
        self.refusal: Optional[DockerTorError] = None
        self.left: List[str] = []
        self.stays: List[str] = []

    def aim(self, driver: Driver, now: Vlan) -> None:
        """Go by what there is now; what others have changed meanwhile is theirs, and stays."""
        self.now = now
        if self.error is None and (self.changes is None or self.changes.have != now):
            try:
                self.changes = plan.change_set(driver, now, self.goal)
            except PermanentError as error:
                self.error = error

    @property
    def to_do(self) -> Sequence[Step]:
        """The steps from what there is now, unless the work has failed."""
        return self.changes.steps if self.changes and self.error is None else ()

    def done(self, step: Step) -> None:
        """A step towards the goal was made."""
        self.did.append(step.does)
        self._ports.add(step.port)

    def taken(self, step: Step) -> None:
        """A step back was made."""
        self.undone.append(step.does)
        self._ports.add(step.port)

    def begin(self, now: Vlan) -> None:
        """The work begins there, and not with what there was `before`."""
        self._began = now

    def outcome(self) -> Outcome:
        """What has become of it."""
        added: List[str] = []
        removed: List[str] = []
        for port in sorted(self._ports & self.now.ports.keys() & self._began.ports.keys()):
            was, has = (one.ports[port].lists(self.goal.vlan) for one in (self._began, self.now))
            if was != has:
                (added if has else removed).append(port)
        lost = self.error.left if isinstance(self.error, VlansRemoved) else ()
        rest = Rest([*self.left, *lost], self.stays)
        return Outcome(
            self.goal, self.before, self.did, self.error, rest, tuple(added), tuple(removed)
        )


def undo(device: Device, works: Sequence[Work]) -> None:
    """Undo what the works did, on all VLANs at once: what is added back may need the addresses of
    what is deleted. `left` is what then still differs, and `stays` what else does. Raises the
    errors of `Session`."""
    tries = PASSES
    while True:
        now = device.read([work.goal.vlan for work in works])
        back = dict(now)
        steps = _steps_back(device.driver, works, back)
        if not steps or not tries:
            break
        tries = tries - 1 if _take_all(device, steps) else 0
    for work, step in steps:
        work.left.append(step.does)
        work.error = work.error or work.refusal or not_kept(device.driver, work)
    # The first of a VLAN's works began with what there was before them all.
    for work in {work.goal.vlan: work for work in reversed(works)}.values():
        rest = device.driver.steps(work.goal.vlan, back[work.goal.vlan], work.before)
        work.stays = [step.does for step in rest]
    for work in works:
        vlan = work.goal.vlan
        work.now = now[vlan]
        lost = plan.lost(device.driver, vlan, now[vlan], work.before, work.meant)
        work.left += lost
        work.error = work.error or (_not_restored(lost) if lost else None)


def _steps_back(
    driver: Driver, works: Sequence[Work], now: Dict[int, Vlan]
) -> List[Tuple[Work, Step]]:
    """The steps that undo the works; `now` becomes what there is after them."""
    found: List[Tuple[Work, Step]] = []
    for work in reversed(works):
        vlan = work.goal.vlan
        back = plan.revert(vlan, now[vlan], work.before, work.meant)
        found += [(work, step) for step in driver.steps(vlan, now[vlan], back)]
        # Another work on this VLAN goes on from there.
        now[vlan] = back
    return sorted(found, key=lambda one: one[1].rank)


def _take_all(device: Device, steps: Sequence[Tuple[Work, Step]]) -> bool:
    """Make the steps back; False if the switch refuses all of them. Those that a candidate holds
    together, and that it refuses so, are made one by one."""
    undone = [(work, list(work.undone)) for work, _ in steps]
    try:
        with device.changes():
            taken = [_take(device, work, step) for work, step in steps]
        return any(taken)
    except (SwitchRefused, VlansRemoved) as error:
        for work, steps_before in undone:
            work.undone, work.refusal = steps_before, error
    if len(steps) == 1:
        return False
    taken = [_take_all(device, [one]) for one in steps]
    return any(taken)


def _take(device: Device, work: Work, step: Step) -> bool:
    """Make one step back; False if the switch refuses it."""
    try:
        device.edit([step])
    except SwitchRefused as error:
        gone = error.tag == "data-missing"
        work.refusal = work.refusal if gone else error
        return gone
    except VlansRemoved as error:
        if device.session.candidate:
            raise
        work.refusal = error
        return False
    work.taken(step)
    return True


def _not_restored(lost: Sequence[str]) -> SegmentConflict:
    return SegmentConflict(
        f"the pack did not configure all that was there: {'; '.join(lost)}",
        remedy="Configure it again at the switch, if it is still wanted.",
    )


def not_kept(driver: Driver, work: Work) -> SwitchRefused:
    """The error of a work whose edits the switch accepted, and which is not done all the same."""
    interface = driver.interface(work.goal.vlan)
    return SwitchRefused(
        f"the switch accepts the edits for {interface} and does not keep them",
        remedy="Look at the running config of that interface.",
    )
