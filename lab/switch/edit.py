"""An edit-config: its `<config>`, read against the model and merged into a configuration (RFC 6241,
section 7.2); pure.

Whatever the model does not know is refused: elements, namespaces, attributes, values, list entries
without their key. All of an edit is applied, or nothing. It makes a new tree, which shares with the
old one all that the edit does not touch.
"""

from typing import List, Optional, Set, Tuple

from lxml import etree

from .datastore import Datastore
from .names import BASE
from .schema import CONTAINER, LEAF, LIST, Node, Tree
from .xml import SwitchError, name_of

MERGE, REPLACE, CREATE, DELETE = "merge", "replace", "create", "delete"

_OPERATION = f"{{{BASE}}}operation"
"""The attribute; without the namespace it means nothing (RFC 6241, 7.2)."""


def apply(before: Datastore, config: etree._Element) -> Datastore:
    """What `config` makes of `before`. Raises SwitchError where the switch refuses it.

    On NOS an edit-config maps to one command (SLX-OS NETCONF Operations Guide, "Editing the
    configuration"), so it may hold list entries of one kind alone.
    """
    kind = before.kind
    if config.tag != f"{{{BASE}}}config":
        raise _unknown(config, "edit-config", ["config"])
    if _operation(config):
        raise _bad_attribute(config, "no operation is possible on the whole configuration")
    merge = _Merge()
    tree = merge.inside(kind.model, before.tree, config)
    names = {id(node): node.name for node in merge.changed}
    if kind.one_command and len(names) > 1:
        told = " and ".join(sorted(names.values()))
        message = f"one edit-config is one command; this one combines those for {told}"
        raise SwitchError("operation-not-supported", message)
    kind.settle(before.tree, tree)
    kind.check(before.tree, tree)
    return Datastore(kind, tree)


class _Merge:
    """The walk through a `<config>`. `changed` are the list nodes of which it changes entries,
    beyond entering them on its way down."""

    def __init__(self) -> None:
        self.changed: List[Node] = []

    def inside(
        self, node: Node, tree: Tree, parent: etree._Element, entry: Optional[Node] = None
    ) -> Tree:
        """What the children of `parent` make of what `tree` holds under `node`, which is in an
        `entry` of that list."""
        if any((text or "").strip() for text in (parent.text, *(child.tail for child in parent))):
            raise _bad_element(f"text where {node.name!r} holds only elements", node.name)
        after = dict(tree)
        seen: Set[Tuple[str, str]] = set()
        for element in parent:
            child = _match(node, element)
            key = "" if child.kind in (CONTAINER, LEAF) else _key(child, element)
            if (child.name, key) in seen:
                raise _bad_element(f"{child.name!r} is given twice", child.name)
            seen.add((child.name, key))
            if child.kind == LEAF:
                if child.name != node.key:
                    self._change(child, after, child.name, element)
                    self.changed += [entry] if entry else []
                continue
            held = dict(after.get(child.name) or {})
            if child.kind != CONTAINER:
                self._change(child, held, key, element)
            elif _operation(element) in ("", MERGE):
                held = self.inside(child, held, element, entry)
            else:
                message = f"an operation on {child.name!r} is no command"
                raise SwitchError("operation-not-supported", message)
            # Where a container has no presence of its own, an empty one does not exist (RFC 7950,
            # 7.5.1).
            after[child.name] = held
            if not held:
                del after[child.name]
        return after

    def _change(self, node: Node, tree: Tree, name: str, element: etree._Element) -> None:
        """Changes the leaf or list entry that `tree` holds, or will hold, as `name`."""
        operation = _operation(element)
        what = node.name if node.kind == LEAF else f"{node.name} {name}"
        if operation == CREATE and name in tree:
            raise SwitchError("data-exists", f"{what} exists already")
        if operation == DELETE:
            _check_deleted(node, element)
            if name not in tree:
                raise SwitchError("data-missing", f"{what} does not exist")
            del tree[name]
        elif node.kind == LEAF:
            tree[name] = _value(node, element)
        elif node.kind == LIST:
            known = tree.get(name) if operation != REPLACE else None
            count = len(self.changed)
            tree[name] = self.inside(node, known or {node.key: name}, element, node)
            if len(self.changed) > count and operation in ("", MERGE):
                return
        else:
            tree[name] = ""
        if node.kind == LIST:
            self.changed.append(node)


def _match(node: Node, element: etree._Element) -> Node:
    for child in node.children:
        if child.tag == element.tag:
            return child
    raise _unknown(element, node.name, [child.name for child in node.children])


def _key(node: Node, element: etree._Element) -> str:
    """The key of a list entry; of a list of leaves, its value."""
    if node.kind != LIST:
        return _value(node, element)
    leaf = node.children[0]
    found = element.find(leaf.tag)
    if found is None:
        # A key under a wrong namespace is told as that, not as missing.
        for child in element:
            _match(node, child)
        message = f"{node.name!r} needs its key {node.key!r}"
        raise SwitchError("missing-element", message, bad_element=node.key)
    if _operation(found) not in ("", MERGE):
        raise _bad_attribute(found, "a key cannot be changed by itself")
    return _value(leaf, found)


def _value(node: Node, element: etree._Element) -> str:
    """A leaf's value in its canonical form; of an identity, with the prefix that the model has for
    its namespace."""
    if len(element):
        raise _unknown(element[0], node.name, [])
    text = element.text or ""
    try:
        if node.prefix[0]:
            prefix, colon, text = text.rpartition(":")
            namespace = element.nsmap.get(prefix) if colon else node.namespace
            if namespace != node.prefix[1]:
                raise ValueError(f"no identity is {(element.text or '')[:40]!r}")
            text = f"{node.prefix[0]}:{text}"
        return node.read(text)
    except ValueError as error:
        message = f"{node.name}: {error}"
        raise SwitchError("invalid-value", message, bad_element=node.name) from None


def _check_deleted(node: Node, element: etree._Element) -> None:
    for inner in element:
        child = _match(node, inner)
        if _operation(inner) not in ("", DELETE):
            raise _bad_attribute(inner, "another operation inside what is deleted")
        _check_deleted(child, inner)


def _operation(element: etree._Element) -> str:
    for attribute in set(map(str, element.attrib)) - {_OPERATION}:
        name = etree.QName(attribute).localname
        message = f"the attribute {attribute!r} is unknown"
        raise SwitchError("unknown-attribute", message, bad_attribute=name)
    operation = element.get(_OPERATION, "")
    if operation not in ("", MERGE, REPLACE, CREATE, DELETE):
        # "remove" belongs to base:1.1 (RFC 6241, appendix F).
        raise _bad_attribute(element, f"operation {operation!r} is not of base:1.0")
    return operation


def _unknown(element: etree._Element, inside: str, known: List[str]) -> SwitchError:
    name, namespace = name_of(element), etree.QName(element).namespace or ""
    if name in known:
        message = f"{name!r} in {inside!r} has the namespace {namespace!r}"
        return SwitchError("unknown-namespace", message, bad_element=name, bad_namespace=namespace)
    return _bad_element(f"{inside!r} holds no {name!r}", name, "unknown-element")


def _bad_element(message: str, name: str, tag: str = "bad-element") -> SwitchError:
    return SwitchError(tag, message, bad_element=name)


def _bad_attribute(element: etree._Element, message: str) -> SwitchError:
    name = name_of(element)
    return SwitchError("bad-attribute", message, bad_attribute="operation", bad_element=name)
