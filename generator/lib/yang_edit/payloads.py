"""An edit's XML, and what is read before it. Pure."""

from typing import Mapping, Optional, Sequence

from docker_tor.common.errors import InvalidValue
from docker_tor.netconf.xml import BASE
from lxml import etree

from . import xml
from .edits import AFTER, FIRST, Edit, Insert, Step
from .values import Text

_OPERATION = f"{{{BASE}}}operation"
_YANG = "urn:ietf:params:xml:ns:yang:1"
_NONE: Mapping[str, str] = {}


def payload(edit: Edit) -> str:
    """The `<config>` element as it is sent."""
    config = xml.root("config")
    insert = edit.insert
    of_entry = _prefixes(insert, edit.steps[-1].tag) if insert and insert.entry else {}
    node = _add_steps(config, edit.steps, of_entry)
    for leaf in edit.leaves:
        texts = leaf.want or (Text(""),)
        # Each of them goes to the same place, so that the last one comes to stand there.
        back = insert and not insert.entry and insert.where in (FIRST, AFTER)
        for text in texts[::-1] if back else texts:
            mark = insert if insert and not insert.entry else None
            added = _add(node, leaf.tag, text, _prefixes(mark, leaf.tag))
            if edit.delete:
                added.set(_OPERATION, "delete")
            elif mark:
                _mark(added, mark)
    if edit.delete and not edit.leaves:
        node.set(_OPERATION, "delete")
    elif insert and insert.entry:
        _mark(node, insert)
    etree.indent(config)
    return xml.written(config)


def subtree_filter(edit: Edit) -> str:
    """The `<filter>` element that reads what the edit is about (RFC 6241, 6)."""
    criteria = xml.root("filter", type="subtree")
    whole = edit.insert is not None and edit.insert.entry
    node = _add_steps(criteria, edit.steps[:-1] if whole else edit.steps)
    if whole:
        # Where an entry is in its list, only the whole list says.
        node = xml.add(node, edit.steps[-1].tag)
        for key in edit.steps[-1].keys:
            xml.add(node, key.tag)
    for leaf in edit.leaves:
        xml.add(node, leaf.tag)
    return xml.written(criteria)


def _add_steps(
    node: etree._Element, steps: Sequence[Step], last: Mapping[str, str] = _NONE
) -> etree._Element:
    for number, step in enumerate(steps, 1):
        node = xml.add(node, step.tag, "", last if number == len(steps) else _NONE)
        for key in step.keys:
            _add(node, key.tag, key.want[0])
    return node


def _add(
    node: etree._Element, tag: str, text: Text, prefixes: Mapping[str, str] = _NONE
) -> etree._Element:
    return xml.add(node, tag, text.text, {**text.namespaces, **prefixes})


def _prefixes(insert: Optional[Insert], tag: str) -> Mapping[str, str]:
    """The prefixes that `_mark` writes."""
    if insert is None:
        return _NONE
    found = {"yang": _YANG}
    for leaf in insert.at:
        found.update(leaf.want[0].namespaces)
    if insert.entry and insert.at:
        found["at"] = etree.QName(tag).namespace or ""
    return found


def _mark(element: etree._Element, insert: Insert) -> None:
    """Say where it goes (RFC 7950, 7.8.6 and 7.7.9)."""
    element.set(f"{{{_YANG}}}insert", insert.where)
    if insert.entry and insert.at:
        at = "".join(
            f"[at:{etree.QName(leaf.tag).localname}={_quoted(leaf.want[0].text)}]"
            for leaf in insert.at
        )
        element.set(f"{{{_YANG}}}key", at)
    elif insert.at:
        element.set(f"{{{_YANG}}}value", insert.at[0].want[0].text)


def _quoted(text: str) -> str:
    if "'" not in text:
        return f"'{text}'"
    if '"' in text:
        raise InvalidValue(f"insert_at is {text!r}", remedy="No key with both quotes can be named.")
    return f'"{text}"'
