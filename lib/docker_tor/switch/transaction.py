"""Segments brought about or taken away on one switch, in one session, each wholly or not at all.

Everything is read once, compared with what it should be, and only the difference is sent: edits of
one kind in one RPC, as far as the switch takes them. Then all of it is read again, since only the
running config can tell that it is right. What the switch refuses is undone, segment by segment; the
others stand. An error that may pass (a lost session, a lock) ends the whole of it: `Broken` says
what there was before, so that the next run goes on from there or undoes it.
"""

import contextlib
import itertools
from typing import (
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..common.errors import DockerTorError, InvalidValue, PermanentError, SwitchRefused
from ..netconf.session import Session
from . import edit as edits
from . import plan
from .edit import Edit
from .model import ABSENT, Vlan
from .nos import edits as nos_edits
from .nos import running_config
from .plan import Goal, Step
from .rollback import PASSES as PASSES
from .rollback import Outcome as Outcome
from .rollback import Work, not_kept, undo
from .rollback import read as read

MOST_IN_ONE = 64
"""Edits of one kind that go out in one RPC."""
Progress = Callable[[str], None]
"""Is told what has just been done, for a log."""


class Broken(Exception):
    """The session or the switch failed in the middle: nothing more can be said of the goals than
    what there was `before`, by VLAN, as far as it had been read."""

    def __init__(self, error: DockerTorError, before: Mapping[int, Vlan]) -> None:
        super().__init__(str(error))
        self.error = error
        self.before = dict(before)


class _Past:
    """What there was, by VLAN: `before` the first try, and as a `base` for the goals that are still
    to be reached, with those that have been. Of the VLANs `tried` an earlier try has told, those
    `new` are still to be read."""

    def __init__(self, before: Mapping[int, Vlan], goals: Sequence[Goal]) -> None:
        self.before = dict(before)
        self.base = dict(before)
        self.tried = frozenset(before)
        self.new = {goal.vlan for goal in goals} - self.tried

    def learn(self, now: Mapping[int, Vlan]) -> None:
        """Take what has been read for what there was, where that is not known."""
        found = {vlan: now[vlan] for vlan in self.new}
        self.before.update(found)
        self.base.update(found)
        self.new = set()


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
    past = _Past(before or {}, goals)
    done: Dict[Goal, Outcome] = {}
    for group in plan.rounds(goals):
        for work in _round(session, group, name, past, progress):
            done[work.goal] = work.outcome()
            if work.error is None:
                past.base[work.goal.vlan] = work.meant
    return [done[goal] for goal in goals]


def take_back(
    session: Session, goals: Sequence[Goal], name: str, before: Mapping[int, Vlan]
) -> List[Outcome]:
    """Undo what earlier runs towards these goals did, back to `before`, and nothing else.

    An outcome's `did` are the steps made for that; its `error` and `left` what could not be undone.
    Raises Broken.
    """
    base = dict(before)
    works: List[Work] = []
    for goal in itertools.chain.from_iterable(plan.rounds(goals)):
        if goal.vlan in base:
            works.append(Work(goal, base[goal.vlan], name))
            base[goal.vlan] = works[-1].meant
    with _breaking(before):
        undo(session, works)
    return [work.outcome()._replace(did=work.undone) for work in works]


def steps(goals: Sequence[Goal], name: str, before: Mapping[int, Vlan]) -> List[str]:
    """What runs towards these goals may have done, for a person; of a VLAN of which it is not known
    what there was `before`, all that there is to do."""
    base = dict(before)
    found: List[str] = []
    for goal in itertools.chain.from_iterable(plan.rounds(goals)):
        if goal.remove and goal.vlan not in base:
            found.append(f"remove what there was of Ve {goal.vlan}")
            continue
        was = base.get(goal.vlan, ABSENT)
        base[goal.vlan] = Work(goal, was, name).meant
        found += [step.does for step in plan.diff(goal.vlan, was, base[goal.vlan])]
    return found


def _round(
    session: Session, goals: Sequence[Goal], name: str, past: _Past, progress: Progress
) -> List[Work]:
    with _breaking(past.before):
        now = read(session, {*past.new, *(goal.vlan for goal in goals)})
        past.learn(now)
        works = [Work(goal, past.base[goal.vlan], name) for goal in goals]
        _aim(works, now, name)
        for work in works:
            if work.error is None and work.goal.vlan in past.tried:
                work.did = _done_before(work, now[work.goal.vlan])
        # Where a conflict is found before anything is sent, only an earlier try has to be undone.
        begun = [work for work in works if work.error is None or work.before != now[work.goal.vlan]]
        # What is not kept together with others may be kept by itself.
        for most in (MOST_IN_ONE, *[1] * (PASSES - 1)):
            steps = _steps(begun, now)
            if not steps:
                break
            for work in begun:
                work.refusal = None
            vlans = sorted({work.goal.vlan for work in begun})
            _send_all(session, steps, most, progress, running_config.criteria(vlans))
            now = read(session, vlans)
            _aim(begun, now, name)
        else:
            for work in begun:
                if work.error is None and plan.diff(work.goal.vlan, now[work.goal.vlan], work.want):
                    work.error = work.refusal or not_kept(work)
        undo(session, [work for work in begun if work.error is not None])
        return works


def _aim(works: Sequence[Work], now: Mapping[int, Vlan], name: str) -> None:
    """What each work wants, as things are now: what others do on another rbridge of its VLAN in the
    meantime is theirs, and stays."""
    for work in works:
        if work.error is None:
            try:
                work.want = plan.target(now[work.goal.vlan], work.goal, name)
            except PermanentError as error:
                work.error = error


def _done_before(work: Work, now: Vlan) -> List[str]:
    """The steps that an earlier try must have made."""
    to_do = {step.does for step in plan.diff(work.goal.vlan, now, work.want)}
    steps = plan.diff(work.goal.vlan, work.before, work.meant)
    return [step.does for step in steps if step.does not in to_do]


@contextlib.contextmanager
def _breaking(known: Mapping[int, Vlan]) -> Iterator[None]:
    """Turns an error that ends the whole of it into Broken."""
    try:
        yield
    except DockerTorError as error:
        raise Broken(error, known) from None


class _Move(NamedTuple):
    """A step of a work, rendered."""

    work: Work
    step: Step
    edit: Edit


def _steps(works: Sequence[Work], now: Mapping[int, Vlan]) -> List[_Move]:
    moves: List[_Move] = []
    for work in works:
        if work.error is None:
            steps = plan.diff(work.goal.vlan, now[work.goal.vlan], work.want)
            try:
                moves += [
                    _Move(work, step, nos_edits.render(step.edit, step.parameters))
                    for step in steps
                ]
            except InvalidValue as error:
                # Somebody has configured there what the pack would never send.
                work.error = error
    return moves


def _send_all(
    session: Session, moves: Sequence[_Move], most: int, progress: Progress, then: Iterable[str]
) -> None:
    """Send the moves in order; `then` are the criteria of what is read next."""
    alone = len({move.work.goal for move in moves}) == 1
    ahead = [move for move in moves if alone and move.step.comes]
    rest = [move for move in moves if move not in ahead]
    for _, group in itertools.groupby(sorted(rest, key=_kind), key=_kind):
        left = [move for move in group if move.work.error is None]
        while left:
            chunk, left = left[:most], left[most:]
            if not _send(session, chunk):
                # Nor will it take the others so.
                most = 1
            progress(f"{chunk[0].step.does}{f' and {len(chunk) - 1} more' if chunk[1:] else ''}")
    _send_ahead(session, [move for move in ahead if move.work.error is None], progress, then)


def _send_ahead(
    session: Session, moves: Sequence[_Move], progress: Progress, then: Iterable[str]
) -> None:
    """Send what comes of one work without a round trip for each. What the switch takes after it has
    refused one is undone with the others; what goes does not go so, for it might be what the switch
    needs for that which it has refused to give up."""
    payloads = [edits.payload(move.edit) for move in moves]
    for move, refusal in zip(moves, session.edit_configs(payloads, then) if moves else ()):
        if refusal is None:
            _took(move)
        elif move.work.error is None:
            _refused(move, refusal)
        progress(move.step.does)


def _kind(move: _Move) -> Tuple[int, str, int]:
    """What may go out together: edits of one kind, and for one rbridge."""
    return move.step.rank, move.step.edit, move.step.parameters.get("rbridge_id", 0)


def _send(session: Session, moves: Sequence[_Move], *, again: bool = False) -> bool:
    """Send the edits as one; False if the switch refuses that, and yet takes each by itself.

    `again`: they were among some that were refused as one. A switch may have taken those before the
    one that it stumbled over (RFC 6241, 7.2: stop-on-error is what it does unless told otherwise).
    """
    try:
        session.edit_config(edits.payload(edits.merged([move.edit for move in moves])))
    except SwitchRefused as error:
        if len(moves) > 1:
            for move in moves:
                if move.work.error is None:
                    _send(session, [move], again=True)
            return any(move.work.error is not None for move in moves)
        _refused(moves[0], error, again=again)
    else:
        for move in moves:
            _took(move)
    return True


def _took(move: _Move) -> None:
    move.work.did.append(move.step.does)


def _refused(move: _Move, error: SwitchRefused, *, again: bool = False) -> None:
    # What is to go is gone: somebody was quicker, or it never was there by itself.
    if error.tag != "data-missing":
        move.work.error = error
    elif again:
        _took(move)
    else:
        move.work.refusal = error
