"""The `<config>` of an edit-config, read against the model.

Whatever the model does not know is refused here, before anything is changed (RFC 6241, appendix A):
elements, namespaces, attributes, values, list entries without their key.
"""

from dataclasses import dataclass
from typing import Iterator, List, Set, Tuple

from lxml import etree

from .errors import SwitchError
from .names import BASE, OPERATION, PREFIXES
from .schema import CONTAINER, LEAF, LEAF_LIST, LIST, Node

MERGE, REPLACE, CREATE, DELETE = "merge", "replace", "create", "delete"

_OPERATIONS = (MERGE, REPLACE, CREATE, DELETE)
_KNOWN_NAMESPACES = frozenset(PREFIXES.values())


@dataclass(frozen=True)
class Change:
    """One element of a `<config>`. `operation` is "" where it has none; `text` is a leaf's
    value or a list entry's key, in canonical form; `children` leaves out a list entry's key."""

    node: Node
    operation: str
    text: str
    path: str
    children: Tuple["Change", ...] = ()


def read(model: Node, config: etree._Element, *, one_command: bool = True) -> Tuple[Change, ...]:
    """The changes that `config` asks for.

    Raises SwitchError for what is not of the model, and for what is not `one_command`: an
    edit-config maps to one (SLX-OS NETCONF Operations Guide, "Editing the configuration"), so it
    may hold one container of a kind, and list entries of one kind in it.
    """
    if config.tag != f"{{{BASE}}}config":
        raise _unknown(config, "config", "")
    _attributes(config, "")
    if OPERATION in config.attrib:
        raise _bad_attribute(config, "no operation is possible on the whole configuration", "")
    changes = _children(model, config, "")
    kinds = {id(node): node for change in changes for node in _commands(change)}
    if one_command and len(kinds) > 1:
        raise SwitchError(
            "operation-not-supported",
            "one edit-config is one command; this one combines those for "
            + " and ".join(sorted(node.step()[1:] for node in kinds.values())),
        )
    return changes


def _children(node: Node, parent: etree._Element, path: str) -> Tuple[Change, ...]:
    if any((text or "").strip() for text in (parent.text, *(child.tail for child in parent))):
        raise _bad_element(f"text where {node.name!r} holds only elements", node.name, path)
    changes: List[Change] = []
    seen: Set[Tuple[str, str]] = set()
    for element in parent:
        child = _match(node, element, path)
        change = _read(child, element, path)
        identity = (child.name, change.text if child.kind in (LIST, LEAF_LIST) else "")
        if identity in seen and child.kind == CONTAINER:
            what = f"an edit-config holds one {child.name!r}"
            raise SwitchError("operation-not-supported", what, path=change.path)
        if identity in seen:
            raise _bad_element(f"{child.name!r} is given twice", child.name, change.path)
        seen.add(identity)
        changes.append(change)
    return tuple(changes)


def _read(node: Node, element: etree._Element, path: str) -> Change:
    operation = _operation(element, path)
    if node.kind in (LEAF, LEAF_LIST):
        return _read_leaf(node, element, operation, path + node.step())
    if node.kind == CONTAINER:
        path += node.step()
        if operation not in ("", MERGE):
            raise SwitchError(
                "operation-not-supported", f"{operation} applies to no command here", path=path
            )
        return Change(node, operation, "", path, _children(node, element, path))
    key = _key(node, element, path + node.step())
    path += node.step(key)
    children = tuple(c for c in _children(node, element, path) if c.node.name != node.key)
    return Change(node, operation, key, path, children)


def _read_leaf(node: Node, element: etree._Element, operation: str, path: str) -> Change:
    for child in element:
        raise _unknown(child, node.name, path)
    text = _named(node, element, path)
    if operation == DELETE and not text:
        return Change(node, operation, "", path)
    try:
        return Change(node, operation, node.read(text), path)
    except ValueError as error:
        raise SwitchError("invalid-value", f"{node.name}: {error}", path=path) from None


def _named(node: Node, element: etree._Element, path: str) -> str:
    """A leaf's text; of an identity, with the prefix that the model has for its namespace."""
    text = element.text or ""
    prefix, colon, name = text.rpartition(":")
    if not (node.identities and text):
        return text
    namespace = element.nsmap.get(prefix) if colon else node.namespace
    if namespace != node.identities.namespace:
        raise SwitchError("invalid-value", f"{node.name}: no identity is {text[:40]!r}", path=path)
    return f"{node.identities.prefix}:{name}"


def _key(node: Node, element: etree._Element, path: str) -> str:
    leaf = next(child for child in node.children if child.name == node.key)
    found = element.find(leaf.tag)
    if found is None:
        # A key under a wrong namespace is told as that, not as missing.
        for child in element:
            _match(node, child, path)
        raise SwitchError(
            "missing-element",
            f"{node.name!r} needs its key {node.key!r}",
            path=path,
            info=[("bad-element", node.key)],
        )
    if _operation(found, path) not in ("", MERGE):
        raise _bad_attribute(found, "a key cannot be changed by itself", path)
    return _read_leaf(leaf, found, MERGE, path + leaf.step()).text


def _match(node: Node, element: etree._Element, path: str) -> Node:
    for child in node.children:
        if child.tag == element.tag:
            return child
    raise _unknown(element, node.name, path, [child.name for child in node.children])


def _unknown(
    element: etree._Element, inside: str, path: str, names: "List[str] | None" = None
) -> SwitchError:
    qualified = etree.QName(element)
    name, namespace = qualified.localname, qualified.namespace or ""
    info = [("bad-element", name)]
    if name in (names or [inside]) or namespace not in _KNOWN_NAMESPACES:
        return SwitchError(
            "unknown-namespace",
            f"{name!r} in {inside!r} has the namespace {namespace!r}",
            path=path,
            info=[*info, ("bad-namespace", namespace)],
        )
    return SwitchError("unknown-element", f"{inside!r} holds no {name!r}", path=path, info=info)


def _operation(element: etree._Element, path: str) -> str:
    _attributes(element, path)
    operation = element.get(OPERATION, "")
    if operation and operation not in _OPERATIONS:
        # "remove" belongs to base:1.1 (RFC 6241, appendix F).
        raise _bad_attribute(element, f"operation {operation!r} is not of base:1.0", path)
    return operation


def _attributes(element: etree._Element, path: str) -> None:
    for attribute in element.attrib:
        if attribute != OPERATION:
            name = etree.QName(element).localname
            raise SwitchError(
                "unknown-attribute",
                f"{name!r} has the attribute {attribute!r}; operation is one of {BASE!r}",
                path=path,
                info=[("bad-attribute", str(attribute)), ("bad-element", name)],
            )


def _bad_element(message: str, name: str, path: str) -> SwitchError:
    return SwitchError("bad-element", message, path=path, info=[("bad-element", name)])


def _bad_attribute(element: etree._Element, message: str, path: str) -> SwitchError:
    name = etree.QName(element).localname
    info = [("bad-attribute", "operation"), ("bad-element", name)]
    return SwitchError("bad-attribute", message, path=path, info=info)


def _commands(change: Change, entry: "Node | None" = None) -> Iterator[Node]:
    """The list nodes that `change` does something to, beyond entering them on the way down."""
    if change.node.kind == LEAF and entry is not None:
        yield entry
    if change.node.kind == LIST:
        entry = change.node
    inner = [node for child in change.children for node in _commands(child, entry)]
    yield from inner
    if change.node.kind == LIST and (not inner or change.operation not in ("", MERGE)):
        yield change.node
