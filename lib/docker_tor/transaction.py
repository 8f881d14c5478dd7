"""Segments brought about or taken away on one switch, in one session, each wholly or not at all.

Everything is read once, compared with what it should be, and only the difference is sent: edits of
one kind in one RPC, as far as the switch takes them. Then all of it is read again, since only the
running config can tell that it is right. What the switch refuses is undone, segment by segment; the
others stand. An error that may pass (a lost session, a lock) ends the whole of it: `Broken` says
what there was before, so that the next run goes on from there or undoes it.
"""

import contextlib
import itertools
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from . import edit as edits
from . import plan, state, vdx
from .edit import Edit
from .errors import DockerTorError, PermanentError, SwitchRefused
from .netconf import Session
from .plan import Goal, Step
from .state import ABSENT, Vlan

MOST_IN_ONE = 64
"""Edits of one kind that go out in one RPC."""
PASSES = 4
"""How often what is not as it should be yet is compared and edited again."""

Progress = Callable[[str], None]
"""Is told what has just been done, for a log."""


class Outcome(NamedTuple):
    """What became of one goal. `did` are the steps that this run is known to have made, in order;
    with an `error` they have been undone, except what `left` says."""

    goal: Goal
    before: Vlan
    did: Sequence[str]
    error: Optional[DockerTorError] = None
    left: Sequence[str] = ()

    @property
    def changed(self) -> bool:
        """Whether the switch is other than it was."""
        return bool(self.left) if self.error else bool(self.did)


class Broken(Exception):
    """The session or the switch failed in the middle: nothing more can be said of the goals than
    what there was `before`, by VLAN, as far as it had been read."""

    def __init__(self, error: DockerTorError, before: Mapping[int, Vlan]) -> None:
        super().__init__(str(error))
        self.error = error
        self.before = dict(before)


class _Work:
    """One goal on its way."""

    def __init__(self, goal: Goal, before: Vlan) -> None:
        self.goal = goal
        self.before = before
        self.want = before
        self.did: List[str] = []
        self.error: Optional[DockerTorError] = None
        self.left: List[str] = []

    def outcome(self) -> Outcome:
        return Outcome(self.goal, self.before, self.did, self.error, self.left)


def read(session: Session, vlans: Iterable[int]) -> Dict[int, Vlan]:
    """What the running config has of these VLANs now; of one that is not there, `ABSENT`."""
    wanted = sorted(set(vlans))
    found: Dict[int, Vlan] = {}
    for criteria in state.criteria(wanted):
        found.update(state.read(session.get_config(criteria)))
    return {vlan: found.get(vlan, ABSENT) for vlan in wanted}


def bring(
    session: Session,
    goals: Sequence[Goal],
    name: str,
    *,
    before: Optional[Mapping[int, Vlan]] = None,
    progress: Progress = lambda _line: None,
) -> List[Outcome]:
    """Reach each goal, or leave its VLAN as it was; in the order of `goals`.

    `name` is what the pack's own VLANs are named. `before` is what there was before an earlier try
    that broke: what a refusal now takes the VLANs back to. Raises Broken.
    """
    # On one rbridge an address has to go before another VLAN may have it, so all its goals go
    # together; those on one VLAN stand on the same global Ve, and go one after the other.
    rounds: Dict[int, List[Goal]] = {}
    for goal in goals:
        rounds.setdefault(goal.rbridge, []).append(goal)
    known = dict(before or {})
    done: Dict[Goal, Outcome] = {}
    for group in rounds.values():
        for outcome in _round(session, group, name, known, progress):
            done[outcome.goal] = outcome
            known.pop(outcome.goal.vlan, None)
    return [done[goal] for goal in goals]


def take_back(
    session: Session, goals: Sequence[Goal], name: str, before: Mapping[int, Vlan]
) -> List[Outcome]:
    """Undo what earlier runs towards these goals did, back to `before`, and nothing else.

    An outcome's `did` are the steps made for that; its `error` and `left` what could not be undone.
    Raises Broken.
    """
    goals = [goal for goal in goals if goal.vlan in before]
    with _breaking(before):
        works = []
        for goal in goals:
            work = _Work(goal, before[goal.vlan])
            try:
                work.want = plan.target(work.before, goal, name)
            except PermanentError:
                # Then no run had anything to do there.
                work.want = work.before
            works.append(work)
        for work in works:
            _undo(session, work)
        return [work.outcome() for work in works]


def _round(
    session: Session, goals: Sequence[Goal], name: str, known: Dict[int, Vlan], progress: Progress
) -> List[Outcome]:
    with _breaking(known):
        now = read(session, [goal.vlan for goal in goals])
        for vlan, have in now.items():
            known.setdefault(vlan, have)
        works = [_Work(goal, known[goal.vlan]) for goal in goals]
        for work in works:
            try:
                work.want = plan.target(now[work.goal.vlan], work.goal, name)
            except PermanentError as error:
                work.error = error
        # A conflict is found before anything is sent; all that failed later has to be undone.
        begun = [work for work in works if work.error is None]
        for _ in range(PASSES):
            steps = _steps(begun, now)
            if not steps:
                break
            _send_all(session, steps, progress)
            now = read(session, [work.goal.vlan for work in begun])
        else:
            for work in begun:
                if work.error is None and plan.diff(work.goal.vlan, now[work.goal.vlan], work.want):
                    work.error = SwitchRefused(
                        f"the switch accepts the edits for Ve {work.goal.vlan} and does not keep"
                        " them",
                        remedy="Look at the running config of that interface.",
                    )
        for work in begun:
            if work.error is not None:
                _undo(session, work)
        return [work.outcome() for work in works]


@contextlib.contextmanager
def _breaking(known: Mapping[int, Vlan]) -> Iterator[None]:
    """Turns an error that ends the whole of it into Broken."""
    try:
        yield
    except DockerTorError as error:
        raise Broken(error, known) from None


class _Move(NamedTuple):
    """A step of a work, rendered."""

    work: _Work
    step: Step
    edit: Edit


def _steps(works: Sequence[_Work], now: Mapping[int, Vlan]) -> List[_Move]:
    return [
        _Move(work, step, vdx.render(step.edit, step.parameters))
        for work in works
        if work.error is None
        for step in plan.diff(work.goal.vlan, now[work.goal.vlan], work.want)
    ]


def _send_all(session: Session, moves: Sequence[_Move], progress: Progress) -> None:
    most = MOST_IN_ONE
    for _, group in itertools.groupby(sorted(moves, key=_kind), key=_kind):
        left = [move for move in group if move.work.error is None]
        while left:
            chunk, left = left[:most], left[most:]
            if not _send(session, chunk):
                # Nor will it take the others so.
                most = 1
            progress(f"{chunk[0].step.does}{f' and {len(chunk) - 1} more' if chunk[1:] else ''}")


def _kind(move: _Move) -> "tuple[int, str, int]":
    """What may go out together: edits of one kind, and for one rbridge."""
    return move.step.rank, move.step.edit, move.step.parameters.get("rbridge_id", 0)


def _send(session: Session, moves: Sequence[_Move]) -> bool:
    """Send the edits as one; False if the switch refuses that, and yet takes each by itself."""
    try:
        session.edit_config(edits.payload(edits.merged([move.edit for move in moves])))
    except SwitchRefused as error:
        if len(moves) > 1:
            for move in moves:
                if move.work.error is None:
                    _send(session, [move])
            return any(move.work.error is not None for move in moves)
        (move,) = moves
        # What is to go is gone: somebody was quicker, or it never was there by itself.
        if error.tag != "data-missing":
            move.work.error = error
    else:
        for move in moves:
            move.work.did.append(move.step.does)
    return True


def _undo(session: Session, work: _Work) -> None:
    vlan = work.goal.vlan
    now = read(session, [vlan])[vlan]
    back = plan.revert(now, work.before, work.want)
    steps = plan.diff(vlan, now, back)
    if work.error is None:
        work.did = []
    for step in steps:
        try:
            session.edit_config(edits.payload(vdx.render(step.edit, step.parameters)))
        except SwitchRefused as error:
            if error.tag != "data-missing":
                work.left.append(step.does)
                work.error = work.error or error
                continue
        if work.error is None:
            work.did.append(step.does)
