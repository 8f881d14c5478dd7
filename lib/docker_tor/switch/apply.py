"""An edit carried out: read what is there, compare, send only if something would change."""

import contextlib
from typing import Any, Callable, ContextManager, Dict, List, Mapping, Optional

from ..common.errors import SwitchRefused
from ..netconf.session import Session
from . import edit as edits
from .edit import Edit, Node


def criteria(edit: Edit) -> str:
    """What `apply` reads first, as the `<filter>` element."""
    return edits.subtree_filter(edit)


def apply(
    session: Session,
    edit: Edit,
    again: Optional[Callable[[], ContextManager[Session]]] = None,
    known: Optional[List[Node]] = None,
) -> Dict[str, Any]:
    """Bring the running config to what `edit` says, in one session; twice is as good as once.

    Where nothing is to follow, `again` opens another session: then the edit closes this one, which
    saves a round trip, and what is to be read after a refusal is read over the other. `known` is
    what there was before an earlier try that may have changed it; an empty list is filled.

    Returns `changed`, and `before` and `after`: what the edit is about, by path. Raises the errors
    of `Session`, SegmentConflict and NodeMissing; where those of `edit.compare` are raised nothing
    was sent.
    """
    nodes = _read(session, edit)
    known = [] if known is None else known
    known[:] = known or nodes
    changed = _differs(nodes)
    done = _differs(known) and not changed
    if changed:
        try:
            session.edit_config(edits.payload(edit), last=again is not None)
        except SwitchRefused as error:
            # Somebody else may have deleted the node after it was read; then there is nothing to
            # do.
            if error.tag != "data-missing":
                raise
            with again() if again else contextlib.nullcontext(session) as still_open:
                if _differs(_read(still_open, edit)):
                    raise
            changed = False
    return {
        "changed": changed or done,
        "before": _values(known, "have"),
        "after": _values(nodes, "want"),
    }


def preview(edit: Edit) -> Dict[str, Any]:
    """What `apply` would send, as XML and as CLI lines."""
    return {"xml": edits.payload(edit), "cli": list(edit.cli)}


def _read(session: Session, edit: Edit) -> List[Node]:
    return edits.compare(edit, session.get_config(criteria(edit)))


def _differs(nodes: List[Node]) -> bool:
    return any(node.want != node.have for node in nodes)


def _values(nodes: List[Node], side: str) -> Mapping[str, Any]:
    return {node.path: getattr(node, side) for node in nodes}
