"""Filters of get and get-config: subtree (RFC 6241, section 6) and XPath (section 8.9); pure."""

import copy
from typing import Collection, Sequence, Set

from lxml import etree

from .errors import SwitchError
from .names import BASE, element

_Selected = Set[etree._Element]


def select(
    data: etree._Element, criteria: "etree._Element | None", lists: Collection[str]
) -> etree._Element:
    """The part of the `<data>` element that a `<filter>` element selects; all without one.

    `lists` has the tags of list entries, which hold their key first: what an XPath selects comes
    with the keys of the entries that it stands in.

    Raises SwitchError for a filter that is of neither type.
    """
    if criteria is None:
        return data
    kind = criteria.get("type", criteria.get(f"{{{BASE}}}type", "subtree"))
    if kind == "subtree":
        selected: _Selected = set()
        _within(data, list(criteria), selected)
        return _pruned(data, selected)
    if kind == "xpath":
        return _pruned(data, _by_xpath(data, criteria, lists))
    raise SwitchError(
        "bad-attribute",
        f"there are no filters of type {kind!r}",
        layer="protocol",
        info=[("bad-attribute", "type"), ("bad-element", "filter")],
    )


def _within(node: etree._Element, tests: Sequence[etree._Element], selected: _Selected) -> bool:
    """Adds to `selected` what the sibling set `tests` selects of the children of `node`; whether
    that is anything."""
    # Content match nodes are leaves with a text (section 6.2.5): all of a sibling set must match.
    matches = [test for test in tests if not len(test) and _text(test)]
    chosen: _Selected = set()
    for test in matches:
        found = {child for child in node if _same(child, test) and _text(child) == _text(test)}
        if not found:
            return False
        chosen |= found
    deeper = False
    if matches and len(matches) == len(tests):
        chosen = {node}
    for test in tests:
        for child in node:
            if test in matches or not _same(child, test):
                continue
            if not len(test):
                chosen.add(child)
            elif _within(child, list(test), selected):
                deeper = True
    selected |= chosen
    return deeper or bool(chosen)


def _same(node: etree._Element, test: etree._Element) -> bool:
    wanted, found = etree.QName(test), etree.QName(node)
    if wanted.localname != found.localname:
        return False
    # A test in no namespace stands for every namespace (section 6.2.1).
    if wanted.namespace and wanted.namespace != found.namespace:
        return False
    return all(node.get(name) == value for name, value in test.attrib.items())


def _text(node: etree._Element) -> str:
    return (node.text or "").strip()


def _pruned(data: etree._Element, selected: _Selected) -> etree._Element:
    above = {node for chosen in selected for node in chosen.iterancestors()}
    return _copied(data, selected, above)


def _copied(
    node: etree._Element, selected: _Selected, above: Collection[etree._Element]
) -> etree._Element:
    if node in selected:
        return copy.deepcopy(node)
    qualified = etree.QName(node)
    result = element(qualified.namespace or "", qualified.localname)
    kept = [child for child in node if child in selected or child in above]
    result.extend([_copied(child, selected, above) for child in kept])
    return result


def _by_xpath(data: etree._Element, criteria: etree._Element, lists: Collection[str]) -> _Selected:
    expression = criteria.get("select", criteria.get(f"{{{BASE}}}select"))
    if expression is None:
        raise SwitchError(
            "missing-attribute",
            "a filter of type xpath needs the attribute select",
            layer="protocol",
            info=[("bad-attribute", "select"), ("bad-element", "filter")],
        )
    prefixes = {prefix: uri for prefix, uri in criteria.nsmap.items() if prefix}
    selected: _Selected = set()
    for top in data:
        # The root of the expression is the datastore, above the top-level elements (section 8.9.1).
        copied = copy.deepcopy(top)
        originals = dict(zip(copied.iter(), top.iter()))
        try:
            found = etree.ElementTree(copied).xpath(expression, namespaces=prefixes)
        except etree.XPathError as error:
            raise SwitchError(
                "invalid-value", f"the XPath expression is not valid: {error}", layer="protocol"
            ) from None
        if not isinstance(found, list):
            raise SwitchError(
                "invalid-value", "the XPath expression selects no nodes", layer="protocol"
            )
        selected |= {originals[node] for node in found if isinstance(node, etree._Element)}
    keys = {above[0] for node in selected for above in node.iterancestors() if above.tag in lists}
    return selected | keys
