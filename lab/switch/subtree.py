"""Subtree filters of get and get-config (RFC 6241, section 6); pure.

A filter is applied to the configuration's tree, entry by entry, before any XML is made of it. What
a filter selects twice is there once. XPath filters, which NOS has as well, are refused.
"""

from typing import Any, List, Optional, Sequence

from lxml import etree

from .names import BASE
from .schema import CONTAINER, LEAF, LIST, Node, Tree
from .xml import SwitchError

_Tests = Sequence[etree._Element]


def select(node: Node, tree: Tree, criteria: Optional[etree._Element]) -> Tree:
    """The part of `tree`, the configuration under `node`, that a `<filter>` element selects.

    All of it without a filter. Raises SwitchError for a filter of another type than subtree.
    """
    if criteria is None:
        return tree
    kind = str(criteria.get("type", criteria.get(f"{{{BASE}}}type", "subtree")))
    if kind != "subtree":
        message = f"filters of type {kind[:40]!r} are not simulated"
        raise SwitchError("operation-not-supported", message, bad_attribute="type")
    return _within(node, tree, list(criteria))


def _within(node: Node, tree: Tree, tests: _Tests) -> Tree:
    """What a sibling set selects of the children of one container or list entry."""
    matches = [test for test in tests if _is_match(test)]
    selected: Tree = {}
    # All content match nodes of a sibling set must match (section 6.2.5).
    for test in matches:
        leaf = _leaf(node, tree, test)
        if leaf is None:
            return {}
        selected[leaf.name] = tree[leaf.name]
    if matches and len(matches) == len(tests):
        return tree
    for test in (test for test in tests if not _is_match(test)):
        for child in node.children:
            if child.name in tree and _same(child, test):
                selected = _united(selected, _selected(child, tree[child.name], list(test)))
    return selected


def _selected(node: Node, value: Any, tests: _Tests) -> Tree:
    """What the tests inside one for `node` select of what it holds; all of it without any."""
    if not tests:
        return {node.name: value}
    if node.kind == CONTAINER:
        found = _within(node, value, tests)
    elif node.kind == LIST:
        entries = {key: _within(node, value[key], tests) for key in _keys(node, value, tests)}
        found = {key: entry for key, entry in entries.items() if entry}
    else:
        found = {}
    return {node.name: found} if found else {}


def _keys(node: Node, entries: Tree, tests: _Tests) -> List[str]:
    """The keys of the entries that may match: one, where the tests name it."""
    for test in tests:
        if _is_match(test) and etree.QName(test).localname == node.key:
            return [key for key in (_text(test),) if key in entries]
    return list(entries)


def _leaf(node: Node, tree: Tree, test: etree._Element) -> Optional[Node]:
    """The leaf that is there and holds what a content match asks for."""
    for child in node.children:
        if child.kind == LEAF and _same(child, test) and tree.get(child.name) == _text(test):
            return child
    return None


def _united(one: Any, other: Any) -> Any:
    """Both of what two tests have selected of the same node."""
    if not isinstance(one, dict):
        return other
    both = {key: _united(one[key], value) for key, value in other.items() if key in one}
    return {**one, **other, **both}


def _same(node: Node, test: etree._Element) -> bool:
    # A test in no namespace stands for every one (section 6.2.1), and no node has attributes.
    qualified = etree.QName(test)
    namespaces = (node.namespace, None, "")
    return (
        qualified.localname == node.name and qualified.namespace in namespaces and not test.attrib
    )


def _is_match(test: etree._Element) -> bool:
    """Whether a test is a content match node: a leaf with a text."""
    return not len(test) and bool(_text(test))


def _text(test: etree._Element) -> str:
    return (test.text or "").strip()
