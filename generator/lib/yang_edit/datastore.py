"""An edit carried out: read what is there, compare, send only what differs.

Where a device takes edits of its running config (`:writable-running`), they go there; else by the
candidate: `docker_tor.netconf.candidate`. RFC 6241, 8.2 and 8.3.
"""

import time
from typing import Any, Callable, Dict

from docker_tor.common.errors import SwitchRefused
from docker_tor.netconf import candidate
from docker_tor.netconf.session import Session

from . import comparing, payloads
from .comparing import Difference
from .edits import Edit

_CAPABILITY = "urn:ietf:params:netconf:capability:"
_REMEDY = "Look at the running config of that node, and at the device's own log."


def apply(
    session: Session, edit: Edit, sleep: Callable[[float], None] = time.sleep
) -> Dict[str, Any]:
    """Bring the running config to what `edit` says; twice is as good as once.

    Returns `changed`, `before` and `after`: what the edit is about, by path. Raises the errors of
    `Session`; those are `unsure` where the fate of an edit is not known.
    """
    difference = _read(session, edit)
    changed = difference.edit is not None
    try:
        if difference.edit and session.candidate:
            with candidate.changes(session, sleep):
                # What it was compared with may have changed before it was locked.
                difference = _read(session, edit)
                changed = difference.edit is not None
                if difference.edit:
                    session.edit_config(payloads.payload(difference.edit))
        elif difference.edit:
            changed = _edit_running(session, edit, difference.edit)
    except SwitchRefused as error:
        if error.tag:
            error.remedy = _REMEDY
        raise
    return {"changed": changed, "before": difference.before, "after": difference.after}


def _read(session: Session, edit: Edit) -> Difference:
    data = session.get_config(payloads.subtree_filter(edit))
    return comparing.compare(edit, data, defaults=_is_able(session, "with-defaults"))


def _is_able(session: Session, name: str) -> bool:
    return any(uri.startswith(f"{_CAPABILITY}{name}:") for uri in session.capabilities)


def _edit_running(session: Session, edit: Edit, send: Edit) -> bool:
    """Whether it has changed anything."""
    if not _is_able(session, "writable-running"):
        raise SwitchRefused(
            "the device takes edits neither of its running config nor of a candidate",
            remedy="See that its NETCONF server is allowed to configure it.",
        )
    try:
        session.edit_config(payloads.payload(send))
    except SwitchRefused as error:
        # Somebody else may have deleted the node after it was read.
        if error.tag == "data-missing" and _read(session, edit).edit is None:
            return False
        raise
    return True
