"""Segments made or deleted on one switch, in one session, each wholly or not at all.

Everything is read once and compared with what it should be, and only the difference is sent: edits
of one kind in one RPC, as far as the switch takes them. Then what was edited is read again, since
only the running config can tell that it is right. What the switch refuses is undone, segment by
segment; the others stand. With a candidate all segments are one commit, without those whose edits
the switch refuses; if it refuses the commit, each segment is a commit by itself. An error that may
pass (a lost session, a lock) ends the whole of it. Whoever calls keeps what there was `before`, so
that the next try goes on from there or undoes it.
"""

import itertools
from typing import Callable, Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..common.errors import DockerTorError, SwitchRefused, VlansRemoved
from . import plan
from .device import Device
from .driver import Driver, Step
from .model import ABSENT, Vlan
from .plan import ChangeSet, Goal
from .rollback import NOTHING_LEFT, PASSES, Outcome, Rest, State, Work, not_kept, undo

__all__ = [
    "MOST_IN_ONE",
    "NOTHING_LEFT",
    "PASSES",
    "Outcome",
    "Progress",
    "Rest",
    "State",
    "bring",
    "steps",
    "take_back",
]

MOST_IN_ONE = 50
"""Edits of one kind that go out in one RPC. The list of so many VLANs fits into 253 characters."""
Progress = Callable[[str], None]
"""Is told what has just been done, for a log."""
_Move = Tuple[Work, Step]


def bring(
    device: Device,
    goals: Sequence[Goal],
    before: Optional[Dict[int, Vlan]] = None,
    progress: Progress = lambda _line: None,
    planned: Iterable[ChangeSet] = (),
) -> List[Outcome]:
    """Reach each goal, or leave its VLAN as it was; in the order of `goals`.

    `before` is what there was, by VLAN, before an earlier try that broke off: what a refusal now
    takes the VLANs back to. It is filled with what was read of the others. What was `planned` of
    these goals is not planned again, as long as it is what there is. Raises the errors of
    `Session`; nothing more can be said of the goals then, and the error is `unsure` where the
    switch may have taken an edit.
    """
    before = {} if before is None else before
    plans = {changes.goal: changes for changes in planned}
    tried = frozenset(before)
    done: Dict[Goal, Outcome] = {}
    try:
        device.look_at(plan.ports(goals))
        broken = _mend(device, before)
        for vlan, have in device.read(goal.vlan for goal in goals).items():
            before.setdefault(vlan, have)
        base = dict(before)
        for group in plan.rounds(goals):
            works = [Work(device.driver, goal, base[goal.vlan], plans.get(goal)) for goal in group]
            _fail(works, broken)
            _round(device, works, tried, progress)
            for work in works:
                done[work.goal] = work.outcome()
                if work.error is None:
                    base[work.goal.vlan] = work.meant
    except DockerTorError as error:
        error.unsure = device.session.touched
        raise
    return [done[goal] for goal in goals]


def take_back(device: Device, goals: Sequence[Goal], before: Mapping[int, Vlan]) -> List[Outcome]:
    """Undo what earlier runs towards these goals did, back to `before`, and nothing else.

    An outcome's `did` are the steps made for that; its `error` and `left` what could not be undone.
    Raises the errors of `Session`.
    """
    known = [goal for goal in goals if goal.vlan in before]
    works = _works(device.driver, known, before)
    device.look_at(plan.ports(known))
    _fail(works, _mend(device, before))
    now = device.read(goal.vlan for goal in known)
    for work in works:
        work.begin(now[work.goal.vlan])
    undo(device, works)
    return [work.outcome()._replace(did=work.undone) for work in works]


def _mend(device: Device, before: Mapping[int, Vlan]) -> Mapping[str, VlansRemoved]:
    """What `guard.mend` has to tell of the ports that were looked at before."""
    if not any(have.ports for have in before.values()):
        return {}
    # Imported here only: few runs come after a lost session.
    from . import guard

    return guard.mend(device, before)


def _fail(works: Sequence[Work], broken: Mapping[str, DockerTorError]) -> None:
    """Works on these ports have failed."""
    for work in works:
        for port in (*work.goal.ports, *work.goal.ports_gone):
            work.error = work.error or broken.get(port)


def steps(driver: Driver, goals: Sequence[Goal], before: Mapping[int, Vlan]) -> List[str]:
    """What runs towards these goals may have done, for a person; of a VLAN of which it is not known
    what there was `before`, all that there is to do."""
    found: List[str] = []
    for work in _works(driver, goals, before):
        vlan = work.goal.vlan
        if vlan not in before:
            found += [f"remove VLAN {vlan} from {port}" for port in work.goal.ports_gone]
        if work.goal.remove and vlan not in before:
            found.append(f"remove what there was of {driver.interface(vlan)}")
        else:
            found += [step.does for step in driver.steps(vlan, work.before, work.meant)]
    return found


def _works(driver: Driver, goals: Sequence[Goal], before: Mapping[int, Vlan]) -> List[Work]:
    """The goals in the order in which they are worked on, each from where those before it end."""
    base = dict(before)
    works: List[Work] = []
    for goal in itertools.chain.from_iterable(plan.rounds(goals)):
        works.append(Work(driver, goal, base.get(goal.vlan, ABSENT)))
        base[goal.vlan] = works[-1].meant
    return works


def _round(
    device: Device, works: Sequence[Work], tried: Collection[int], progress: Progress
) -> None:
    """Work on goals that go together. Of the VLANs `tried` an earlier try has edited some."""
    _look(device, works)
    for work in works:
        if work.error is None and work.goal.vlan in tried:
            for step in _done_before(device.driver, work):
                work.done(step)
    # Where a conflict is found before anything is sent, only an earlier try has to be undone.
    begun = [work for work in works if work.error is None or work.goal.vlan in tried]
    # What is not kept together with others may be kept by itself.
    for most in (MOST_IN_ONE, *[1] * (PASSES - 1)):
        moves = [(work, step) for work in begun for step in work.to_do]
        if not moves:
            break
        for work in begun:
            work.refusal = None
        _send_all(device, moves, most, progress)
        _look(device, begun)
    else:
        for work in begun:
            if work.to_do:
                work.error = work.refusal or not_kept(device.driver, work)
    undo(device, [work for work in begun if work.error is not None])


def _look(device: Device, works: Sequence[Work]) -> None:
    now = device.read(work.goal.vlan for work in works)
    for work in works:
        work.aim(device.driver, now[work.goal.vlan])


def _done_before(driver: Driver, work: Work) -> List[Step]:
    """The steps that an earlier try must have made."""
    to_do = {step.does for step in work.to_do}
    planned = driver.steps(work.goal.vlan, work.before, work.meant)
    return [step for step in planned if step.does not in to_do]


def _send_all(device: Device, moves: Sequence[_Move], most: int, progress: Progress) -> None:
    """Send the steps, and have them take effect."""
    works = list(dict.fromkeys(work for work, _ in moves))
    did = [list(work.did) for work in works]
    try:
        with device.changes():
            _send_each(device, moves, most, progress)
            if device.session.candidate:
                # What it holds of a segment without the step that was refused must not stay.
                _raise_first(works)
    except (SwitchRefused, VlansRemoved) as error:
        # All that the candidate held is discarded.
        for work, steps_before in zip(works, did):
            work.did = steps_before
        fine = [work for work in works if work.error is None]
        if works == fine and len(works) == 1:
            works[0].error = error
            return
        for again in [[work] for work in works] if works == fine else [fine]:
            _send_all(device, [move for move in moves if move[0] in again], most, progress)


def _raise_first(works: Sequence[Work]) -> None:
    for work in works:
        if work.error is not None:
            raise work.error


def _send_each(device: Device, moves: Sequence[_Move], most: int, progress: Progress) -> None:
    """Send the steps in their order, at most so many in one edit. No step is sent before the switch
    has answered the one before it: if it refuses one, a later one might take away what the refused
    one depends on."""
    for _, group in itertools.groupby(sorted(moves, key=_kind), key=_kind):
        left = list(group)
        while left:
            left = [move for move in left if move[0].error is None]
            chunk, left = left[:most], left[most:]
            if not chunk:
                break
            if not _send(device, chunk):
                # Nor will it take the others so.
                most = 1
            more = f" and {len(chunk) - 1} more" if chunk[1:] else ""
            progress(f"{chunk[0][1].does}{more}")


def _kind(move: _Move) -> Tuple[int, int]:
    """What may go out together: steps of one rank, and for one rbridge."""
    _, step = move
    return step.rank, step.rbridge or 0


def _send(device: Device, moves: Sequence[_Move]) -> bool:
    """Send the steps as one edit. False if the switch refuses that, and takes each by itself."""
    try:
        device.edit([step for _, step in moves])
    except SwitchRefused as error:
        if len(moves) == 1:
            _refused(moves[0][0], error)
            return True
    except VlansRemoved as error:
        for work, _ in moves:
            work.error = error
        return True
    else:
        for work, step in moves:
            work.done(step)
        return True
    for work, step in moves:
        if work.error is None:
            _send_alone(device, work, step)
    return any(work.error is not None for work, _ in moves)


def _send_alone(device: Device, work: Work, step: Step) -> None:
    """Send one of several steps that were refused as one. The switch may have taken those before
    the one that it stumbled over (RFC 6241, 7.2: it stops on an error unless told otherwise)."""
    try:
        device.edit([step])
    except SwitchRefused as error:
        if error.tag != "data-missing":
            work.error = error
            return
    except VlansRemoved as error:
        work.error = error
        return
    work.done(step)


def _refused(work: Work, error: SwitchRefused) -> None:
    # What is to be deleted is gone: somebody was quicker, or it never was there by itself.
    if error.tag == "data-missing":
        work.refusal = error
    else:
        work.error = error
