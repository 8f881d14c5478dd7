"""One configuration edit as data: what to send, what to read first, and what a reply says. Pure.

An edit is an XML fragment of the running config in which three attributes of the namespace
`urn:docker-tor:template`, never sent, say what NETCONF's own syntax cannot:

    t:key     this leaf is a key of the list entry around it
    t:owner   this leaf says whose entry it is: an entry without this value is not ours to touch
    t:exists  this entry has to be there already: the edit changes it and must not make it

From the fragment alone follow the subtree filter that reads what the edit is about (RFC 6241, 6),
and whether the running config is already as the edit would leave it.
"""

import copy
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from lxml import etree

from ..common.errors import NodeMissing, SegmentConflict
from ..netconf.xml import BASE

TEMPLATE = "urn:docker-tor:template"

_OPERATION = f"{{{BASE}}}operation"
_KEY, _OWNER, _EXISTS = (f"{{{TEMPLATE}}}{name}" for name in ("key", "owner", "exists"))

Value = Union[str, bool, None]
"""A leaf's text; True for an empty leaf or a list entry that is there; None for what is not there.
"""


class Node(NamedTuple):
    """One thing the edit is about: where it is, what the edit wants there and what there is."""

    path: str
    want: Value
    have: Value


class Edit(NamedTuple):
    """An edit ready to be applied: name, marked `<config>` element, CLI lines."""

    name: str
    config: etree._Element
    cli: Tuple[str, ...]


def merged(edits: Sequence[Edit]) -> Edit:
    """Edits of one kind as one: entries of one list, side by side in the same containers."""
    first, *more = edits
    config = _copy(first.config)
    known: _Known = {}
    for edit in more:
        _merge(config, edit.config, known)
    return Edit(first.name, config, tuple(line for edit in edits for line in edit.cli))


_Identity = Tuple[str, Tuple[Optional[str], ...]]
"""What tells a node from its siblings: its tag, and the texts of its keys."""
_Known = Dict[etree._Element, Dict[_Identity, etree._Element]]
"""The children of the nodes that were merged into."""


def _merge(into: etree._Element, new: etree._Element, known: _Known) -> None:
    if into not in known:
        known[into] = {_identity(child): child for child in into}
    for child in new:
        identity = _identity(child)
        same = known[into].get(identity)
        if same is None:
            known[into][identity] = copied = copy.deepcopy(child)
            into.append(copied)
        elif _KEY not in child.attrib:
            _merge(same, child, known)


def _identity(element: etree._Element) -> _Identity:
    return str(element.tag), tuple(_text(key) for key in _keys(element))


def payload(edit: Edit) -> str:
    """The `<config>` element as it is sent: without marks, and what is deleted as Brocade's own
    bindings name it, with what it holds but for whose it is."""
    config = _copy(edit.config)
    for element in list(config.iter()):
        if element.get(_OPERATION) == "delete":
            for child in [child for child in element if _OWNER in child.attrib]:
                element.remove(child)
        for mark in (_KEY, _OWNER, _EXISTS):
            element.attrib.pop(mark, "")
    etree.cleanup_namespaces(config, top_nsmap={"nc": BASE})
    etree.indent(config)
    return etree.tostring(config, encoding="unicode")


def subtree_filter(edit: Edit) -> str:
    """The `<filter>` element that reads just the entries that the edit is about.

    Keys stay, as content match nodes; every other leaf becomes a selection node.
    """
    wanted = _copy(edit.config)
    for element in wanted.iter():
        if len(element) == 0 and _KEY not in element.attrib:
            element.text = None
        element.attrib.clear()
    criteria = etree.Element(f"{{{BASE}}}filter", {"type": "subtree"}, nsmap={"nc": BASE})
    criteria.extend(list(wanted))
    etree.cleanup_namespaces(criteria)
    return etree.tostring(criteria, encoding="unicode")


def compare(edit: Edit, data: etree._Element) -> List[Node]:
    """What the edit wants and what `data` (the reply's `<data>` element) has, node by node.

    Raises SegmentConflict where an entry is not ours, NodeMissing where one has to be there and is
    not.
    """
    return list(_compare(edit.config, data, ""))


def _compare(wanted: etree._Element, found: Optional[etree._Element], path: str) -> Iterator[Node]:
    for child in wanted:
        if _KEY in child.attrib:
            continue
        match = _match(child, found)
        place = f"{path}/{_step(child)}" if path else _step(child)
        if _EXISTS in child.attrib and match is None:
            raise NodeMissing(
                f"{place} is not in the running config",
                remedy="Make it first: the VLAN, then its global Ve, then the Ve's address.",
            )
        _check_owner(child, match, place)
        rest = [node for node in child if _KEY not in node.attrib]
        if child.get(_OPERATION) == "delete":
            yield Node(place, None, _value(match))
        elif rest:
            yield from _compare(child, match, place)
        else:
            yield Node(place, _value(child), _value(match))


def _check_owner(entry: etree._Element, match: Optional[etree._Element], place: str) -> None:
    for leaf in entry:
        if _OWNER in leaf.attrib and match is not None:
            theirs = _value(_match(leaf, match))
            if theirs != _value(leaf):
                named = f"is named {theirs!r}" if theirs is not None else "has no name"
                raise SegmentConflict(
                    f"{place} is there already and {named}, so it was not made by this pack",
                    remedy=f"Use another VLAN, or name this one {leaf.text!r} to hand it over.",
                )


def _match(wanted: etree._Element, found: Optional[etree._Element]) -> Optional[etree._Element]:
    """The child of `found` that is the same node as `wanted`: same tag, same keys."""
    keys = [(key.tag, _text(key)) for key in _keys(wanted)]
    for candidate in [] if found is None else found.iterchildren(wanted.tag):
        if all(_text(candidate.find(tag)) == text for tag, text in keys):
            return candidate
    return None


def _keys(element: etree._Element) -> List[etree._Element]:
    return [child for child in element if _KEY in child.attrib]


def _step(element: etree._Element) -> str:
    keys = "".join(f"[{_text(key)}]" for key in _keys(element))
    return f"{etree.QName(element).localname}{keys}"


def _value(element: Optional[etree._Element]) -> Value:
    if element is None:
        return None
    return True if len(element) else _text(element) or True


def _text(element: Optional[etree._Element]) -> Optional[str]:
    return None if element is None else (element.text or "").strip()


def _copy(config: etree._Element) -> etree._Element:
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False)
    return etree.fromstring(etree.tostring(config), parser)
