"""An edit carried out: read what is there, compare, send only what differs.

Where a device takes edits of its running config (`:writable-running`), they go there; else by the
candidate: locked, with running, edited, committed; or discarded, so that nothing of it stays.
RFC 6241, 8.2 and 8.3.
"""

import contextlib
import time
from typing import Any, Callable, Dict, Iterator

from docker_tor.common.errors import (
    DockerTorError,
    MalformedReply,
    SessionLost,
    SwitchBusy,
    SwitchRefused,
)
from docker_tor.netconf.session import Session
from docker_tor.netconf.xml import BASE
from lxml import etree

from . import comparing, payloads
from .comparing import Difference
from .edits import Edit

LOCK_WAIT = 10.0
"""Seconds for which somebody else's lock is waited out."""
LOCK_PAUSE = 0.5
"""Seconds between two tries to lock."""
RUNNING, CANDIDATE = "running", "candidate"

_CAPABILITY = "urn:ietf:params:netconf:capability:"
_REMEDY = "Look at the running config of that node, and at the device's own log."

Sleep = Callable[[float], None]


def target(session: Session) -> str:
    """The datastore that is edited. Raises SwitchRefused where the device names none."""
    able = [uri for uri in session.capabilities if uri.startswith(_CAPABILITY)]
    for kind, name in ((RUNNING, "writable-running"), (CANDIDATE, "candidate")):
        if any(uri.startswith(f"{_CAPABILITY}{name}:") for uri in able):
            return kind
    raise SwitchRefused(
        "the device takes edits neither of its running config nor of a candidate",
        remedy="See that its NETCONF server is allowed to configure it.",
    )


def apply(
    session: Session,
    edit: Edit,
    sleep: Sleep = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Dict[str, Any]:
    """Bring the running config to what `edit` says; twice is as good as once.

    Returns `changed`, `before` and `after`: what the edit is about, by path. Raises the errors of
    `Session`; those are `unsure` where the fate of an edit is not known.
    """
    difference = _read(session, edit)
    changed = difference.edit is not None
    if difference.edit:
        if target(session) == RUNNING:
            changed = _edit_running(session, edit, difference.edit)
        else:
            with _locked(session, sleep, clock):
                # What it was compared with may have changed before it was locked.
                difference = _read(session, edit)
                changed = difference.edit is not None
                if difference.edit:
                    _commit(session, difference.edit)
    return {"changed": changed, "before": difference.before, "after": difference.after}


def _read(session: Session, edit: Edit) -> Difference:
    data = session.get_config(payloads.subtree_filter(edit))
    return comparing.compare(edit, data, defaults=_tells_defaults(session))


def _tells_defaults(session: Session) -> bool:
    return any(uri.startswith(f"{_CAPABILITY}with-defaults:") for uri in session.capabilities)


def _edit_running(session: Session, edit: Edit, send: Edit) -> bool:
    """Whether it has changed anything."""
    try:
        session.edit_config(payloads.payload(send))
    except SwitchRefused as error:
        # Somebody else may have deleted the node after it was read.
        if error.tag == "data-missing" and _read(session, edit).edit is None:
            return False
        error.remedy = _REMEDY
        raise
    return True


def _commit(session: Session, edit: Edit) -> None:
    config = payloads.payload(edit)
    try:
        _call(session, "edit-config", f"{_target(CANDIDATE)}{config}")
        try:
            _call(session, "commit")
        except (SessionLost, MalformedReply) as error:
            error.unsure = True
            error.remedy = "Whether the device took the edit is not known; run it again."
            raise
    except DockerTorError:
        _quietly(session, "discard-changes")
        raise


@contextlib.contextmanager
def _locked(session: Session, sleep: Sleep, clock: Callable[[], float]) -> Iterator[None]:
    """The candidate and running, ours alone; a lock of somebody else's is waited for."""
    deadline = clock() + LOCK_WAIT
    with contextlib.ExitStack() as stack:
        for name in (CANDIDATE, RUNNING):
            _lock(session, name, deadline, sleep, clock)
            stack.callback(_quietly, session, "unlock", _target(name))
        yield


def _lock(
    session: Session, name: str, deadline: float, sleep: Sleep, clock: Callable[[], float]
) -> None:
    while True:
        try:
            _call(session, "lock", _target(name))
            return
        except SwitchBusy as error:
            if clock() + LOCK_PAUSE > deadline:
                error.remedy = f"Somebody else has {name} locked, or changes not committed in it."
                raise
            sleep(LOCK_PAUSE)


def _target(name: str) -> str:
    return f"<target><{name}/></target>"


def _call(session: Session, name: str, content: str = "") -> etree._Element:
    try:
        return session.call(f'<{name} xmlns="{BASE}">{content}</{name}>')
    except SwitchRefused as error:
        error.remedy = _REMEDY
        raise


def _quietly(session: Session, name: str, content: str = "") -> None:
    """What is done on the way out: its failure would hide what went wrong."""
    if session.over:
        return
    with contextlib.suppress(DockerTorError):
        _call(session, name, content)
