"""The operations of NETCONF 1.0 (RFC 6241, section 7) on a Store: requests to replies."""

from dataclasses import dataclass
from typing import Callable, Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from lxml import etree

from . import brocade, schema, subtree
from .arguments import arguments, datastore, keyword
from .change import MERGE, NONE, REPLACE
from .errors import SwitchError
from .faults import AT_ONCE, Saving
from .names import BASE, element
from .store import RUNNING, STARTUP, Store
from .wire import Malformed, serialise


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
    def message_id(self) -> str:
        return self.attributes["message-id"]


@dataclass(frozen=True)
class Context:
    """What an operation works on: the store, its own session and all that are open; how a save
    goes."""

    store: Store
    session: int
    sessions: Collection[int]
    saving: Saving = AT_ONCE


@dataclass(frozen=True)
class Result:
    """The content of a reply, and the sessions that end once it is sent."""

    content: Sequence[etree._Element] = ()
    ends: Tuple[int, ...] = ()


Operation = Callable[[Context, etree._Element], Result]


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


def perform(context: Context, asked: Request) -> Result:
    """Carries the request out; SwitchError where the switch refuses it."""
    operation = OPERATIONS.get(str(asked.operation.tag))
    if operation is not None:
        return operation(context, asked.operation)
    custom = brocade.OPERATIONS.get(str(asked.operation.tag))
    if custom is not None:
        asker = brocade.Asker(context.session, context.saving)
        return Result(custom(context.store, asker, asked.operation))
    raise SwitchError(
        "operation-not-supported",
        f"there is no operation {asked.operation.tag!r}",
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


def _get(context: Context, asked: etree._Element) -> Result:
    given = arguments(asked, optional=("filter",))
    return _selected(context, RUNNING, given.get("filter"))


def _get_config(context: Context, asked: etree._Element) -> Result:
    given = arguments(asked, required=("source",), optional=("filter",))
    return _selected(context, datastore(given["source"]), given.get("filter"))


def _selected(context: Context, name: str, criteria: Optional[etree._Element]) -> Result:
    held = context.store.get(name)
    data = schema.element(held.model, subtree.narrowed(held.model, held.tree, criteria))
    return Result([subtree.select(data, criteria, context.store.lists)])


def _edit_config(context: Context, asked: etree._Element) -> Result:
    given = arguments(
        asked,
        required=("target", "config"),
        optional=("default-operation", "test-option", "error-option"),
    )
    default = keyword(given.get("default-operation"), (MERGE, REPLACE, NONE), MERGE)
    # An edit is one transaction whatever these say; rollback-on-error and test-only are
    # capabilities that the hello does not have.
    keyword(given.get("test-option"), ("test-then-set", "set"))
    keyword(given.get("error-option"), ("stop-on-error", "continue-on-error"))
    _only(given["target"], RUNNING)
    context.store.edit(given["config"], context.session, default)
    return Result()


def _copy_config(context: Context, asked: etree._Element) -> Result:
    given = arguments(asked, required=("target", "source"))
    _only(given["source"], RUNNING)
    _only(given["target"], STARTUP)
    context.store.save(context.session)
    return Result()


def _validate(context: Context, asked: etree._Element) -> Result:
    source = arguments(asked, required=("source",))["source"]
    config = source.find(f"{{{BASE}}}config")
    if config is None:
        # What is in a datastore has been validated when it was put there.
        datastore(source)
    else:
        arguments(source, required=("config",))
        context.store.validate(config)
    return Result()


def _lock(context: Context, asked: etree._Element) -> Result:
    target = arguments(asked, required=("target",))["target"]
    context.store.lock(datastore(target), context.session)
    return Result()


def _unlock(context: Context, asked: etree._Element) -> Result:
    target = arguments(asked, required=("target",))["target"]
    context.store.unlock(datastore(target), context.session)
    return Result()


def _close_session(context: Context, asked: etree._Element) -> Result:
    arguments(asked)
    return Result(ends=(context.session,))


def _kill_session(context: Context, asked: etree._Element) -> Result:
    text = (arguments(asked, required=("session-id",))["session-id"].text or "").strip()
    others: List[int] = [number for number in context.sessions if number != context.session]
    for number in others:
        if text == str(number):
            return Result(ends=(number,))
    raise SwitchError("invalid-value", f"there is no other session {text[:20]!r}", layer="protocol")


def _only(named: etree._Element, wanted: str) -> None:
    name = datastore(named)
    if name != wanted:
        where = etree.QName(named).localname
        raise SwitchError(
            "operation-not-supported", f"the {where} cannot be {name} here", layer="protocol"
        )


OPERATIONS: Dict[str, Operation] = {
    f"{{{BASE}}}{name}": operation
    for name, operation in {
        "get": _get,
        "get-config": _get_config,
        "edit-config": _edit_config,
        "copy-config": _copy_config,
        "validate": _validate,
        "lock": _lock,
        "unlock": _unlock,
        "close-session": _close_session,
        "kill-session": _kill_session,
    }.items()
}
