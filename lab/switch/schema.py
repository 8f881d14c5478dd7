"""What a configuration may hold, as a declaration: a tree of nodes that all else walks.

    model(container("interface-vlan", list_of("vlan", leaf("name", vlan)), ns=INTERFACE))

A node that names no namespace is of that of the node around it.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterable, List, Tuple, Union

from lxml import etree

from . import xml
from .names import BASE

CONTAINER = "container"
LIST = "list"
LEAF = "leaf"
LEAF_LIST = "leaf-list"

Tree = Dict[str, Any]
"""Configuration as nested dictionaries, by the local names of elements: a container or list entry
is a Tree, a list a dictionary of entries by their keys, a leaf its text ("" for an empty one); a
list of leaves is one of nothing by their texts."""
Reader = Callable[[str], str]
"""Turns a leaf's text into its canonical form, or raises ValueError."""


def empty(text: str) -> str:
    """Reads an empty leaf."""
    if text.strip():
        raise ValueError("an empty leaf holds no value")
    return ""


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the model. `key` names the leaf that is a list's key, which is its first child. A
    leaf with a `prefix` holds an identity (RFC 7950, 9.10), and is written with that prefix for
    that namespace."""

    name: str
    kind: str
    namespace: str
    children: Tuple["Node", ...] = ()
    key: str = ""
    read: Reader = empty
    prefix: Tuple[str, str] = ("", "")

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.name}"


def container(name: str, *children: Node, ns: str = "") -> Node:
    """A container of these."""
    return Node(name, CONTAINER, ns, children)


def list_of(name: str, *children: Node, ns: str = "") -> Node:
    """A list whose key is its first child."""
    return Node(name, LIST, ns, children, children[0].name)


def leaf(
    name: str, read: Reader = empty, *, ns: str = "", prefix: Tuple[str, str] = ("", "")
) -> Node:
    """A leaf; an empty one without `read`."""
    return Node(name, LEAF, ns, read=read, prefix=prefix)


def leaf_list(name: str, read: Reader) -> Node:
    """A list of leaves."""
    return Node(name, LEAF_LIST, "", read=read)


def model(*children: Node) -> Node:
    """A whole configuration."""
    return _named(container("data", *children), BASE)


def _named(node: Node, around: str) -> Node:
    namespace = node.namespace or around
    children = tuple(_named(child, namespace) for child in node.children)
    return replace(node, namespace=namespace, children=children)


def at(tree: Tree, *names: str) -> Tree:
    """What stands there in a tree; nothing, where there is none."""
    for name in names:
        tree = tree.get(name) or {}
    return tree


def element(node: Node, tree: Tree) -> etree._Element:
    """The configuration `tree` under a container or list node, as XML in canonical order."""
    root = xml.element(node.namespace, node.name)
    for child in node.children:
        value: Any = tree.get(child.name)
        if child.kind == LIST:
            root.extend([element(child, value[key]) for key in ordered(value or ())])
        elif child.kind == LEAF_LIST:
            root.extend([xml.element(child.namespace, child.name, text) for text in value or ()])
        elif child.kind == CONTAINER and value:
            root.append(element(child, value))
        elif child.kind == LEAF and value is not None:
            prefixes = dict([child.prefix]) if child.prefix[0] else None
            root.append(xml.element(child.namespace, child.name, value, prefixes=prefixes))
    return root


def ordered(keys: Iterable[str]) -> List[str]:
    """Keys as a person orders them: 9 before 10, and 21/0/9 before 21/0/10."""
    return sorted(keys, key=_natural)


def _natural(key: str) -> List[Union[str, int]]:
    # Texts and numbers take turns, so that one is never compared with the other.
    return [int(part) if part.isdecimal() else part for part in re.split("([0-9]+)", key)]
