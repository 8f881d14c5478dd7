"""Filters of get and get-config: subtree (RFC 6241, section 6) and XPath (section 8.9); pure."""

import copy
from typing import Collection, Dict, Iterable, List, Sequence, Set, Tuple

from lxml import etree

from .errors import SwitchError
from .names import BASE, element
from .schema import LEAF, LIST, Node, Tree

SUBTREE, XPATH = "subtree", "xpath"

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
    kind = _kind(criteria)
    if kind == SUBTREE:
        selected: _Selected = set()
        _within(data, list(criteria), selected)
        return _pruned(data, selected)
    if kind == XPATH:
        return _pruned(data, _by_xpath(data, criteria, lists))
    raise SwitchError(
        "bad-attribute",
        f"there are no filters of type {kind!r}",
        layer="protocol",
        info=[("bad-attribute", "type"), ("bad-element", "filter")],
    )


def _kind(criteria: etree._Element) -> str:
    return str(criteria.get("type", criteria.get(f"{{{BASE}}}type", SUBTREE)))


def narrowed(node: Node, tree: Tree, criteria: "etree._Element | None") -> Tree:
    """`tree` without what a `<filter>` element cannot select anything of, so that it need not be
    made into XML first. May hold more than is selected; all of it without a subtree filter."""
    if criteria is None or _kind(criteria) != SUBTREE:
        return tree
    return _narrowed(node, tree, list(criteria))


def _narrowed(node: Node, tree: Tree, tests: Sequence[etree._Element]) -> Tree:
    if any(_is_match(test) for test in tests):
        return tree
    kept: Tree = {}
    by_name = _by_name(tests)
    for child in node.children:
        value = tree.get(child.name)
        own = by_name.get(child.name, [])
        if value is None or not own:
            continue
        if child.kind == LEAF or not all(len(test) for test in own):
            kept[child.name] = value
        elif child.kind == LIST:
            kept[child.name] = _entries(child, value, own)
        else:
            kept[child.name] = _narrowed(child, value, _inside(own))
    return kept


def _entries(node: Node, entries: Tree, tests: Sequence[etree._Element]) -> Tree:
    keys = [_key(node, test) for test in tests]
    if all(keys):
        return {key: entries[key] for key in keys if key in entries}
    if any(keys):
        return entries
    inside = _inside(tests)
    return {key: _narrowed(node, entry, inside) for key, entry in entries.items()}


def _key(node: Node, test: etree._Element) -> str:
    """The text that a test asks of the key of a list's entries, if any."""
    return next(
        (
            _text(inner)
            for inner in test
            if _is_match(inner) and etree.QName(inner).localname == node.key
        ),
        "",
    )


def _inside(tests: Sequence[etree._Element]) -> List[etree._Element]:
    return [inner for test in tests for inner in test]


def _by_name(elements: Iterable[etree._Element]) -> Dict[str, List[etree._Element]]:
    found: Dict[str, List[etree._Element]] = {}
    for element_ in elements:
        found.setdefault(etree.QName(element_).localname, []).append(element_)
    return found


def _is_match(test: etree._Element) -> bool:
    """Whether a test is a content match node: a leaf with a text (section 6.2.5)."""
    return not len(test) and bool(_text(test))


class _Children:
    """The children of a node, by what a test asks of them."""

    def __init__(self, node: etree._Element) -> None:
        self._by_name = _by_name(node)
        self._holding: Dict[Tuple[str, str], Dict[str, List[etree._Element]]] = {}

    def like(self, test: etree._Element) -> List[etree._Element]:
        """Those that a test is about, and that have what the first content match node in it asks
        for, if there is one."""
        found = self._by_name.get(etree.QName(test).localname, [])
        match = next((inner for inner in test if _is_match(inner)), None)
        if match is not None and len(found) > 1:
            found = self._with(test, match)
        return [child for child in found if _same(child, test)]

    def _with(self, test: etree._Element, match: etree._Element) -> List[etree._Element]:
        name, inner_name = etree.QName(test).localname, etree.QName(match).localname
        # Many tests ask for one entry each of a long list.
        if (name, inner_name) not in self._holding:
            by_text = self._holding[name, inner_name] = {}
            for child in self._by_name[name]:
                for text in {
                    _text(inner) for inner in child if etree.QName(inner).localname == inner_name
                }:
                    by_text.setdefault(text, []).append(child)
        return self._holding[name, inner_name].get(_text(match), [])


def _within(node: etree._Element, tests: Sequence[etree._Element], selected: _Selected) -> bool:
    """Adds to `selected` what the sibling set `tests` selects of the children of `node`; whether
    that is anything."""
    children = _Children(node)
    # All content match nodes of a sibling set must match.
    matches = [test for test in tests if _is_match(test)]
    chosen: _Selected = set()
    for test in matches:
        found = {child for child in children.like(test) if _text(child) == _text(test)}
        if not found:
            return False
        chosen |= found
    deeper = False
    if matches and len(matches) == len(tests):
        chosen = {node}
    for test in tests:
        for child in children.like(test) if not _is_match(test) else ():
            if not len(test):
                chosen.add(child)
            elif _within(child, list(test), selected):
                deeper = True
    selected |= chosen
    return deeper or bool(chosen)


def _same(node: etree._Element, test: etree._Element) -> bool:
    # A test in no namespace stands for every namespace (section 6.2.1).
    if node.tag != test.tag and etree.QName(test).namespace:
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
