"""Subtree filters of get and get-config (RFC 6241, section 6); pure.

A filter is applied to the configuration's tree, entry by entry, before any XML is made of it. What
a filter selects twice is there once. XPath filters, which NOS has as well, are refused.
"""

from typing import Any, List, Optional, Sequence

from lxml import etree

from .names import BASE
from .schema import CONTAINER, LEAF, LIST, Node, Tree
from .xml import SwitchError, name_of

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
    # All content match nodes of a sibling set must match (section 6.2.5).
    if not all(_holds(node, tree, test) for test in matches):
        return {}
    if matches and len(matches) == len(tests):
        return tree
    selected: Tree = {name_of(test): _text(test) for test in matches}
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
        if _is_match(test) and name_of(test) == node.key:
            return [key for key in (_text(test),) if key in entries]
    return list(entries)


def _holds(node: Node, tree: Tree, test: etree._Element) -> bool:
    """Whether there is a leaf that holds what a content match asks for."""
    leaves = (child for child in node.children if child.kind == LEAF and _same(child, test))
    return any(tree.get(leaf.name) == _text(test) for leaf in leaves)


def _united(one: Any, other: Any) -> Any:
    """Both of what two tests have selected of the same node."""
    if not isinstance(one, dict):
        return other
    both = {key: _united(one[key], value) for key, value in other.items() if key in one}
    return {**one, **other, **both}


def _same(node: Node, test: etree._Element) -> bool:
    # A test in no namespace stands for every one (section 6.2.1), and no node has attributes.
    namespaces = (node.namespace, None, "")
    of = etree.QName(test).namespace
    return name_of(test) == node.name and of in namespaces and not test.attrib


def _is_match(test: etree._Element) -> bool:
    """Whether a test is a content match node: a leaf with a text."""
    return not len(test) and bool(_text(test))


def _text(test: etree._Element) -> str:
    return (test.text or "").strip()
