"""Edits that take effect together: a switch's candidate configuration (RFC 6241, 8.3).

All sessions share one candidate. Without locks a commit would take, and a discard would drop, what
others have edited there. So running and candidate are locked first, or nothing is done; a switch
refuses that for a candidate with changes that nobody has committed (7.5). Edits follow, and one
commit makes them the running config; until then it is the candidate that is read. If anything
fails, they are discarded. The locks are given back in any case: a session that cannot even do that
is closed, which is as good (8.3.5.2).
"""

import contextlib
import time
from typing import Callable, Iterator

from ..common.errors import DockerTorError, SessionLost, SwitchBusy
from .session import Session

TRIES = 21
"""How often a lock is asked for that another session holds: its edits may take seconds."""
PAUSE = 0.25
"""Seconds between two tries."""


@contextlib.contextmanager
def changes(session: Session, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Commits what the block has edited, or discards it if the block raises.

    Raises the errors of `Session`: SwitchBusy for a lock that is not to be had, before anything is
    edited; SwitchRefused for a commit that the switch refuses, with nothing changed. Only an error
    of the commit itself is `unsure`.
    """
    with _locked(session, "running", sleep), _locked(session, "candidate", sleep):
        session.source = "candidate"
        try:
            yield
            session.commit()
        except BaseException:
            _give_back(session, "discard-changes")
            raise
        finally:
            session.source = "running"


@contextlib.contextmanager
def _locked(session: Session, store: str, sleep: Callable[[float], None]) -> Iterator[None]:
    target = f"<target><{store}/></target>"
    left = TRIES
    while left:
        try:
            session.perform("lock", target)
            left = 0
        except SwitchBusy as error:
            left -= 1
            if not left:
                raise _held(error, store) from None
            sleep(PAUSE)
    try:
        yield
    finally:
        _give_back(session, "unlock", target)


def _give_back(session: Session, operation: str, target: str = "") -> None:
    if session.over:
        return
    try:
        session.perform(operation, target)
    except DockerTorError as error:
        session.close()
        raise SessionLost(
            f"the session was closed, since {operation} failed: {error.what}",
            where=error.where,
            remedy="Run it again.",
        ) from None


def _held(error: SwitchBusy, store: str) -> SwitchBusy:
    if error.holder:
        what = f"its {store} configuration is locked by session {error.holder}; nothing was edited"
    else:
        what = f"its {store} configuration cannot be locked, so nothing was edited: {error.what}"
        if store == "candidate":
            error.remedy = (
                "If it has changes that nobody has committed, commit or discard them at the switch:"
                " the pack never discards what others have edited."
            )
    return SwitchBusy(what, holder=error.holder, where=error.where, remedy=error.remedy)
