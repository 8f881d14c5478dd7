"""What may pass is tried again, in the action's own process, for as long as its run has patience.

Few actions on a machine are at work on one switch at a time, since a VDX has 16 sessions: others
wait for their turn, which comes in a moment. Few also wait for a switch that is in trouble: one
more fails at once, so that a switch which is away does not take all places of an action runner. A
place is a locked file in the user's own folder: a process that is killed gives it back.
"""

import contextlib
import hashlib
import os
import time
from typing import (
    IO,
    Any,
    Callable,
    ContextManager,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    TypeVar,
)

from . import private_files, sanitize
from .errors import DockerTorError, PermanentError, SwitchBusy, TransientError

T = TypeVar("T")

PATIENCE = 480.0
"""Seconds for which a run tries again: a fabric takes up to 8 minutes to form."""
SHORTEST, LONGEST = 1.0, 60.0
"""Seconds of the first pause, and of the last ones."""
MOST_AT_WORK = 8
"""Actions on one machine that talk to one switch at a time."""
MOST_WAITING = 8
"""Actions on one machine that wait for one switch to be well again."""
TURN = 20.0
"""Seconds for which an action waits for its turn."""
_PEEP = 0.02
"""Seconds after which it looks again whether its turn has come."""
_LATER = "The next reconcile does it, or run it again."

Tell = Callable[[str], None]
"""Is told what goes on, for a log."""


def _chance() -> float:
    # Imported here only: few actions have to wait.
    import random

    return random.random()  # noqa: S311  # it is no secret


def _place(name: str, most: int) -> Optional[IO[str]]:
    return private_files.place(os.path.join(private_files.folder(), name), most)


class Outside(NamedTuple):
    """What the waiting needs of the system: seconds that only grow, a sleep, a number from 0 to 1,
    who the parent process is, and a place of so many under a name, or None where all are taken."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = _chance
    parent: Callable[[], int] = os.getppid
    place: Callable[[str, int], Optional[ContextManager[Any]]] = _place


OUTSIDE = Outside()


def patience(parameters: Mapping[str, Any], now: Callable[[], float] = time.time) -> float:
    """For how many seconds an action tries again, by its parameter `retry_until` (seconds since
    1970); not at all if that is left out, as it is by somebody who waits for the answer."""
    until = parameters.get("retry_until")
    return max(0.0, min(PATIENCE, until - now())) if isinstance(until, (int, float)) else 0.0


def begun(parameters: Mapping[str, Any], now: float) -> float:
    """When the run began that an action is part of, by its parameter `retry_until`; `now` if it is
    by itself. In seconds since 1970."""
    until = parameters.get("retry_until")
    return min(now, until - PATIENCE) if isinstance(until, (int, float)) else now


def persist(
    attempt: Callable[[bool], T],
    where: str,
    seconds: float,
    tell: Tell = lambda _line: None,
    outside: Optional[Outside] = None,
) -> T:
    """What `attempt` returns, which is called again for `seconds` while what it raises may pass.

    It is told whether an earlier try may have changed the switch without knowing it; an error that
    is raised is `unsure` if any try was. `where` says which switch it is. Raises what the last try
    did.
    """
    outside = outside or OUTSIDE
    parent, begun = outside.parent(), outside.clock()
    unsure, waits, tries = False, False, 0
    with contextlib.ExitStack() as waiting:
        while True:
            try:
                with _turn(where, waits, outside):
                    # Its runner may have gone while it waited.
                    if outside.parent() != parent:
                        raise _alone(unsure)
                    tries += 1
                    return attempt(unsure)
            except DockerTorError as error:
                error.unsure = unsure = unsure or error.unsure
                passed = outside.clock() - begun
                if not isinstance(error, TransientError) or not seconds:
                    raise
                if passed >= seconds:
                    error.what += f" (tried {sanitize.counted(tries, 'time')} in {passed:.0f} s)"
                    raise
                if not waits:
                    _wait(waiting, where, error, outside)
                    waits = True
                pause = min(seconds - passed, _pause(tries, outside.chance()))
                tell(f"Try {tries} failed, the next is in {pause:.1f} s: {error}")
            if not _slept(pause, parent, outside):
                raise _alone(unsure)


def _pause(tries: int, chance: float) -> float:
    """Seconds before the next try: twice as many each time, more or less."""
    longer = SHORTEST * 2.0 ** min(tries - 1, 10) * (0.75 + chance / 2)
    return min(LONGEST, max(SHORTEST, longer))


def _slept(seconds: float, parent: int, outside: Outside) -> bool:
    """Whether the action's runner, which waits for what it returns, was there all the time. If it
    was not, the run may be undone by now."""
    end = outside.clock() + seconds
    while outside.parent() == parent:
        left = end - outside.clock()
        if left <= 0:
            return True
        outside.sleep(min(left, 1.0))
    return False


@contextlib.contextmanager
def _turn(where: str, waits: bool, outside: Outside) -> Iterator[None]:
    """One of few, for the length of a `with` block. Raises SwitchBusy if it does not come; at once
    where the switch is in trouble and this action has no place to wait for it."""
    name, end = _name(where, "work"), outside.clock() + TURN
    try:
        while True:
            place = outside.place(name, MOST_AT_WORK)
            if place is not None:
                break
            why = f"none has ended within {TURN:.0f} s" if outside.clock() >= end else ""
            if not (why or waits):
                free = outside.place(_name(where, "wait"), MOST_WAITING)
                with free or contextlib.nullcontext():
                    why = "" if free else f"{MOST_WAITING} wait for it to be well again"
            if why:
                raise SwitchBusy(
                    f"{MOST_AT_WORK} actions are at work on the switch already, and {why}",
                    where=where,
                    remedy=_LATER,
                )
            outside.sleep(_PEEP)
    except OSError:
        # Without a folder of one's own there is no order either.
        place = contextlib.nullcontext()
    with place:
        yield


def _wait(
    waiting: contextlib.ExitStack, where: str, error: DockerTorError, outside: Outside
) -> None:
    """Raises the error if there is no place to wait for the switch."""
    try:
        place = outside.place(_name(where, "wait"), MOST_WAITING)
    except OSError as reason:
        error.remedy = f"It is not tried again, for lack of a place to wait: {reason}. {_LATER}"
        raise error from None
    if place is None:
        error.remedy = f"{MOST_WAITING} actions wait for the switch already. {_LATER}"
        raise error
    waiting.enter_context(place)


def _name(where: str, what: str) -> str:
    return f"{hashlib.sha256(where.encode()).hexdigest()[:16]}.{what}"


def _alone(unsure: bool) -> PermanentError:
    error = PermanentError("the action runner that this action was for is gone", remedy=_LATER)
    error.unsure = unsure
    return error
