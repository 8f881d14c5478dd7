"""The operations of NETCONF 1.0 (RFC 6241, section 7) on a Store: requests to replies.

Simulated is what clients of this pack's kind send: get, get-config, edit-config, lock, unlock and
close-session, where there is a candidate commit and discard-changes, and the RPCs of `brocade` and
`lldp`. All others are refused with operation-not-supported.
"""

from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from lxml import etree

from . import brocade, lldp, schema, subtree
from .arguments import arguments, datastore, keyword
from .datastore import Datastore
from .errors import SwitchError
from .faults import AT_ONCE, Saving
from .names import BASE, element
from .store import CANDIDATE, RUNNING, STARTUP, Store
from .wire import Malformed, serialise

_CLOSE_SESSION = f"{{{BASE}}}close-session"
_COPY_CONFIG = f"{{{BASE}}}copy-config"


@dataclass(frozen=True)
class Request:
    """An `<rpc>`: its attributes, which the reply carries too, and its one operation."""

    attributes: Mapping[str, str]
    operation: etree._Element

    @property
    def name(self) -> str:
        """The local name of the operation."""
        return etree.QName(self.operation).localname

    @property
    def closes(self) -> bool:
        """Whether the session ends with the reply."""
        return self.operation.tag == _CLOSE_SESSION


Operation = Callable[[Store, int, etree._Element], Sequence[etree._Element]]
"""Is given the id of the session that asks, too; returns the content of the reply."""


def request(root: etree._Element) -> Request:
    """The request in a message.

    Raises Malformed for what is no `<rpc>`, and SwitchError for one that cannot be carried out
    (section 4.1).
    """
    if root.tag != f"{{{BASE}}}rpc":
        raise Malformed(f"a message {root.tag!r} after the hello")
    if "message-id" not in root.attrib:
        raise SwitchError(
            "missing-attribute",
            "an rpc needs the attribute message-id",
            layer="rpc",
            info=[("bad-attribute", "message-id"), ("bad-element", "rpc")],
        )
    if len(root) != 1:
        raise SwitchError(
            "bad-element" if len(root) else "missing-element",
            f"an rpc holds one operation, this one {len(root)}",
            layer="rpc",
            info=[("bad-element", etree.QName(root[1]).localname if len(root) else "rpc")],
        )
    return Request(attributes(root), root[0])


def attributes(root: etree._Element) -> Dict[str, str]:
    """The attributes of an `<rpc>`."""
    return {str(name): str(value) for name, value in root.attrib.items()}


def perform(
    store: Store, session: int, asked: Request, saving: Saving = AT_ONCE
) -> Sequence[etree._Element]:
    """Carries the request of a session out; the content of the reply.

    `saving` is how a save goes that it begins. Raises SwitchError where the switch refuses it.
    """
    tag = str(asked.operation.tag)
    if tag in _OPERATIONS and (store.candidate or tag not in _OF_CANDIDATE):
        return _OPERATIONS[tag](store, session, asked.operation)
    if tag in lldp.OPERATIONS and store.platform != "openconfig":
        return lldp.OPERATIONS[tag](store.lldp, asked.operation)
    if tag == _COPY_CONFIG and store.platform == "openconfig":
        return _copy_config(store, session, asked.operation)
    # What SLX-OS has of these is not known.
    if tag in brocade.OPERATIONS and store.platform == "nos":
        return brocade.OPERATIONS[tag](store, brocade.Asker(session, saving), asked.operation)
    raise SwitchError(
        "operation-not-supported",
        f"there is no operation {tag!r}",
        layer="protocol",
        info=[("bad-element", asked.name)],
    )


def reply(given: Mapping[str, str], content: Sequence[etree._Element]) -> bytes:
    """The `<rpc-reply>` to an rpc with these attributes."""
    root = element(BASE, "rpc-reply", attributes=given)
    root.extend(list(content) or [element(BASE, "ok")])
    return serialise(root)


def refusal(given: Mapping[str, str], errors: Sequence[SwitchError]) -> bytes:
    """The `<rpc-reply>` with one or more rpc-errors."""
    return reply(given, [error.element() for error in errors])


def _get(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    given = arguments(asked, optional=("filter",))
    running = store.get(RUNNING)
    return _selected(running.laws.told(running, store.lldp), given.get("filter"))


def _get_config(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    given = arguments(asked, required=("source",), optional=("filter",))
    return _selected(store.get(_named(store, given["source"])), given.get("filter"))


def _named(store: Store, element: etree._Element) -> str:
    return datastore(element, (RUNNING, STARTUP, *[CANDIDATE] * store.candidate))


def _selected(held: Datastore, criteria: Optional[etree._Element]) -> List[etree._Element]:
    return [schema.element(held.model, subtree.select(held.model, held.tree, criteria))]


def _edit_config(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    options = ("default-operation", "test-option", "error-option")
    given = arguments(asked, required=("target", "config"), optional=options)
    target = CANDIDATE if store.candidate else RUNNING
    if _named(store, given["target"]) != target:
        message = f"only {target} can be edited"
        raise SwitchError("operation-not-supported", message, layer="protocol")
    # Replacing the whole configuration, or naming an operation for each part, is not simulated.
    keyword(given.get("default-operation"), ("merge",))
    # An edit is one transaction whatever these say; rollback-on-error and test-only are
    # capabilities that the hello does not have.
    keyword(given.get("test-option"), ("test-then-set", "set"))
    keyword(given.get("error-option"), ("stop-on-error", "continue-on-error"))
    store.edit(given["config"], session, target)
    return []


def _copy_config(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    given = arguments(asked, required=("target", "source"))
    if (_named(store, given["target"]), _named(store, given["source"])) != (STARTUP, RUNNING):
        raise SwitchError("operation-not-supported", "only running to startup", layer="protocol")
    store.save(session)
    return []


def _lock(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    store.lock(_named(store, arguments(asked, required=("target",))["target"]), session)
    return []


def _unlock(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    store.unlock(_named(store, arguments(asked, required=("target",))["target"]), session)
    return []


def _commit(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    # No confirmed commit.
    arguments(asked)
    store.commit(session)
    return []


def _discard_changes(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    arguments(asked)
    store.discard(session)
    return []


def _close_session(_store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    arguments(asked)
    return []


_OF_CANDIDATE: Dict[str, Operation] = {
    f"{{{BASE}}}commit": _commit,
    f"{{{BASE}}}discard-changes": _discard_changes,
}
_OPERATIONS: Dict[str, Operation] = {
    f"{{{BASE}}}get": _get,
    f"{{{BASE}}}get-config": _get_config,
    f"{{{BASE}}}edit-config": _edit_config,
    f"{{{BASE}}}lock": _lock,
    f"{{{BASE}}}unlock": _unlock,
    _CLOSE_SESSION: _close_session,
    **_OF_CANDIDATE,
}
