"""The operations of NETCONF 1.0 (RFC 6241, section 7) on a Store: requests to replies.

Simulated is what clients of this pack's kind send: get, get-config, edit-config, lock, unlock and
close-session, and where there is a candidate commit and discard-changes; besides these what the
kind of switch has of its own. All others are refused with operation-not-supported, and a parameter
that is not simulated is an unknown element.
"""

from typing import Callable, Dict, List, Optional, Sequence

from lxml import etree

from . import schema, subtree
from .names import BASE
from .schema import Tree
from .store import CANDIDATE, RUNNING, STARTUP, Store
from .values import number
from .xml import Malformed, SwitchError, element, name_of, serialise

Operation = Callable[[Store, int, etree._Element], Sequence[etree._Element]]
"""Carries out what a session, which is given by its id, asks for; returns the content of the
reply. Raises SwitchError where the switch refuses it."""

CLOSE_SESSION = f"{{{BASE}}}close-session"


def operation(root: etree._Element) -> etree._Element:
    """The one operation of an `<rpc>`.

    Raises Malformed for a message that is none, and SwitchError for one that cannot be carried out
    (section 4.1).
    """
    if root.tag != f"{{{BASE}}}rpc":
        raise Malformed(f"a message {root.tag!r} after the hello")
    if "message-id" not in root.attrib:
        message = "an rpc needs the attribute message-id"
        raise SwitchError(
            "missing-attribute", message, bad_attribute="message-id", bad_element="rpc"
        )
    if len(root) != 1:
        tag = "bad-element" if len(root) else "missing-element"
        raise SwitchError(tag, f"an rpc holds one operation, this one {len(root)}")
    return root[0]


def perform(store: Store, session: int, asked: etree._Element) -> Sequence[etree._Element]:
    """Carries an operation out: see `Operation`."""
    tag = str(asked.tag)
    own = {**_OPERATIONS, **(_OF_CANDIDATE if store.candidate else {}), **store.kind.operations}
    if tag not in own:
        raise _error("operation-not-supported", f"there is no operation {tag!r}", name_of(asked))
    return own[tag](store, session, asked)


def reply(root: etree._Element, content: Sequence[etree._Element]) -> bytes:
    """The `<rpc-reply>` to an `<rpc>`, whose attributes it carries too."""
    made = element(BASE, "rpc-reply")
    made.attrib.update(root.attrib)
    made.extend(list(content) or [element(BASE, "ok")])
    return serialise(made)


def parameters(
    asked: etree._Element, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> Dict[str, etree._Element]:
    """The child elements of an operation by name, all in the operation's own namespace.

    Raises SwitchError for one that is unknown, in another namespace, given twice or missing.
    """
    namespace, inside = etree.QName(asked).namespace, name_of(asked)
    given: Dict[str, etree._Element] = {}
    for child in asked:
        name = name_of(child)
        if name not in (*required, *optional):
            raise _error("unknown-element", f"{inside!r} holds no {name!r}", name)
        if etree.QName(child).namespace != namespace:
            raise _error("unknown-namespace", f"{name!r} is of another namespace", name)
        if name in given:
            raise _error("bad-element", f"{name!r} is given twice", name)
        given[name] = child
    for name in required:
        if name not in given:
            raise _error("missing-element", f"{inside!r} needs {name!r}", name)
    return given


def count(given: Optional[etree._Element]) -> Optional[int]:
    """The number that a parameter says, if it is given. Raises SwitchError."""
    if given is None:
        return None
    try:
        return number((given.text or "").strip())
    except ValueError as error:
        raise _error("invalid-value", f"{name_of(given)}: {error}", name_of(given)) from None


def _error(tag: str, message: str, name: str) -> SwitchError:
    return SwitchError(tag, message, bad_element=name)


def datastore(store: Store, named: etree._Element) -> str:
    """The datastore that a `<source>` or `<target>` names. Raises SwitchError."""
    inside = name_of(named)
    if len(named) != 1:
        raise _error("missing-element", f"{inside!r} names one datastore", inside)
    known = (RUNNING, STARTUP, *[CANDIDATE] * store.candidate)
    name = name_of(named[0])
    if named[0].tag not in [f"{{{BASE}}}{one}" for one in known]:
        message = f"the {inside} {name!r} is none of {', '.join(known)}"
        raise _error("operation-not-supported", message, name)
    return name


def _get(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    given = parameters(asked, optional=("filter",))
    told = store.kind.told(store.get(RUNNING).tree, store.lldp)
    return _selected(store, told, given.get("filter"))


def _get_config(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    given = parameters(asked, required=("source",), optional=("filter",))
    held = store.get(datastore(store, given["source"]))
    return _selected(store, held.tree, given.get("filter"))


def _selected(store: Store, tree: Tree, criteria: Optional[etree._Element]) -> List[etree._Element]:
    model = store.kind.model
    return [schema.element(model, subtree.select(model, tree, criteria))]


def _edit_config(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    given = parameters(asked, required=("target", "config"))
    target = CANDIDATE if store.candidate else RUNNING
    if datastore(store, given["target"]) != target:
        raise _error("operation-not-supported", f"only {target} can be edited", "target")
    store.edit(given["config"], session, target)
    return []


def _on_target(act: Callable[[Store, str, int], None]) -> Operation:
    """What is done to the datastore that the parameter `target` names."""

    def operation(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
        act(store, datastore(store, parameters(asked, required=("target",))["target"]), session)
        return []

    return operation


def _without_parameters(act: Callable[[Store, int], None]) -> Operation:
    def operation(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
        parameters(asked)
        act(store, session)
        return []

    return operation


_OPERATIONS: Dict[str, Operation] = {
    f"{{{BASE}}}get": _get,
    f"{{{BASE}}}get-config": _get_config,
    f"{{{BASE}}}edit-config": _edit_config,
    f"{{{BASE}}}lock": _on_target(Store.lock),
    f"{{{BASE}}}unlock": _on_target(Store.unlock),
    # The session gives back what it has when it is closed.
    CLOSE_SESSION: _without_parameters(lambda _store, _session: None),
}
_OF_CANDIDATE: Dict[str, Operation] = {
    # No confirmed commit.
    f"{{{BASE}}}commit": _without_parameters(Store.commit),
    f"{{{BASE}}}discard-changes": _without_parameters(Store.discard),
}
