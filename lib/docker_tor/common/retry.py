"""An action tries again what may pass, in its own process, as long as its run has patience.

Two limits keep one switch from taking all places of an action runner. Of the actions on a machine,
at most MOST_AT_WORK talk to a switch at once, since a VDX has 16 sessions. Others wait for their
turn, which comes in a moment. At most MOST_WAITING wait for a switch in trouble; one more fails at
once. A place is a locked file in the user's own folder: a killed process gives it back.
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
"""Seconds of a run for which its actions try again: a fabric takes up to 8 minutes to form."""
SHORTEST, LONGEST = 1.0, 60.0
"""Seconds of the first pause between two tries, and of the last ones."""
MOST_AT_WORK = 8
"""Actions on one machine that talk to one switch at a time."""
MOST_WAITING = 8
"""Actions on one machine that wait for one switch in trouble."""
TURN = 20.0
"""Seconds for which an action waits for its turn."""
_PEEP = 0.02
"""Seconds after which it looks again whether its turn has come."""
_LATER = "The next reconcile does it, or run it again."

Tell = Callable[[str], None]
"""Takes a line for the log."""


def _chance() -> float:
    # Imported here only: few actions have to wait.
    import random

    return random.random()  # noqa: S311  # it is no secret


def _place(name: str, most: int) -> Optional[IO[str]]:
    return private_files.place(os.path.join(private_files.folder(), name), most)


class Outside(NamedTuple):
    """What retries need of the system.

    `clock` gives seconds that only grow, `chance` a number from 0 to 1, `parent` the id of the
    parent process. `place` gives one of so many places under a name, or None if all are taken.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = _chance
    parent: Callable[[], int] = os.getppid
    place: Callable[[str, int], Optional[ContextManager[Any]]] = _place


OUTSIDE = Outside()


def patience(parameters: Mapping[str, Any], now: Callable[[], float] = time.time) -> float:
    """For how many seconds an action tries again, by its parameter `retry_until` (seconds since
    1970). Without it, as for a person who waits for the answer, there is one try."""
    until = parameters.get("retry_until")
    return max(0.0, min(PATIENCE, until - now())) if isinstance(until, (int, float)) else 0.0


def begun(parameters: Mapping[str, Any], now: float) -> float:
    """When the run began that an action is part of, by its parameter `retry_until`; else `now`.
    In seconds since 1970."""
    until = parameters.get("retry_until")
    return min(now, until - PATIENCE) if isinstance(until, (int, float)) else now


def persist(
    attempt: Callable[[bool], T],
    where: str,
    seconds: float,
    tell: Tell = lambda _line: None,
    outside: Optional[Outside] = None,
) -> T:
    """Call `attempt` until it returns, for up to `seconds`, while its error is transient.

    Its argument is whether an earlier try may have changed the switch without knowing it. `where`
    names the switch. Raises what the last try raised; the error is `unsure` if any was.
    """
    outside = outside or OUTSIDE
    parent, begun = outside.parent(), outside.clock()
    unsure, waits, tries = False, False, 0
    with contextlib.ExitStack() as waiting:
        while True:
            try:
                with _turn(where, waits, outside):
                    # The runner may have ended while this waited for its turn.
                    if outside.parent() != parent:
                        raise _abandoned(unsure)
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
                    waiting.enter_context(_place_to_wait(where, error, outside))
                    waits = True
                pause = min(seconds - passed, _pause(tries, outside.chance()))
                tell(f"Try {tries} failed, the next is in {pause:.1f} s: {error}")
            if not _slept(pause, parent, outside):
                raise _abandoned(unsure)


def _pause(tries: int, chance: float) -> float:
    """Seconds before the next try: each time twice as many, more or less."""
    longer = SHORTEST * 2.0 ** min(tries - 1, 10) * (0.75 + chance / 2)
    return min(LONGEST, max(SHORTEST, longer))


def _slept(seconds: float, parent: int, outside: Outside) -> bool:
    """Sleep; whether the action runner was there all the time. If not, the run may be undone."""
    end = outside.clock() + seconds
    while outside.parent() == parent:
        left = end - outside.clock()
        if left <= 0:
            return True
        outside.sleep(min(left, 1.0))
    return False


@contextlib.contextmanager
def _turn(where: str, waits: bool, outside: Outside) -> Iterator[None]:
    """One of few turns, for the length of a `with` block.

    Raises SwitchBusy if it does not come within TURN. It does so at once if the switch is in
    trouble and this action has no place to wait for it.
    """
    end = outside.clock() + TURN
    try:
        while True:
            turn = outside.place(_name(where, "work"), MOST_AT_WORK)
            if turn is not None:
                break
            if outside.clock() >= end:
                raise _busy(where, f"none has ended within {TURN:.0f} s")
            if not waits:
                free = outside.place(_name(where, "wait"), MOST_WAITING)
                if free is None:
                    raise _busy(where, f"{MOST_WAITING} wait for it to be well again")
                with free:
                    pass
            outside.sleep(_PEEP)
    except OSError:
        # Without a folder of one's own nobody can queue.
        turn = contextlib.nullcontext()
    with turn:
        yield


def _place_to_wait(where: str, error: DockerTorError, outside: Outside) -> ContextManager[Any]:
    """One of the places to wait for the switch; raises the error if there is none."""
    try:
        place = outside.place(_name(where, "wait"), MOST_WAITING)
    except OSError as reason:
        error.remedy = f"It is not tried again, for lack of a place to wait: {reason}. {_LATER}"
        raise error from None
    if place is None:
        error.remedy = f"{MOST_WAITING} actions wait for the switch already. {_LATER}"
        raise error
    return place


def _name(where: str, what: str) -> str:
    return f"{hashlib.sha256(where.encode()).hexdigest()[:16]}.{what}"


def _busy(where: str, why: str) -> SwitchBusy:
    what = f"{MOST_AT_WORK} actions are at work on the switch already, and {why}"
    return SwitchBusy(what, where=where, remedy=_LATER)


def _abandoned(unsure: bool) -> PermanentError:
    error = PermanentError("the action runner that this action was for is gone", remedy=_LATER)
    error.unsure = unsure
    return error
