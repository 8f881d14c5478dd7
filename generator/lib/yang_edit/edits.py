"""One edit of a node of the model: its XML, what is read first, and what would change. Pure.

What the node is, the action's YAML says (`Spec`):

    kind: leaf                     # or leaf-list, list, presence
    path:                          # from the top, each node with what applies to it
    - {node: interface-vlan, ns: "urn:..."}      # the namespace holds until the next `ns`
    - {node: interface}
    - {node: vlan, keys: [{node: name, parameter: name, type: {...}}], delete: delete_vlan}
    - {node: vlan-name, parameter: vlan_name, type: {...}, delete: delete_vlan_name}
    fields: [{node: ..., ns: ..., parameter: ..., type: {...}, many: true}]   # list, presence
    insert: true                   # an entry of a list that its user orders

`delete` names the parameter that deletes that node, and all in it.
"""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from docker_tor.edit import BASE
from docker_tor.errors import InvalidValue
from lxml import etree

from . import values, xml
from .values import Text, Type

Spec = Mapping[str, Any]
Parameters = Mapping[str, Any]

_OPERATION = f"{{{BASE}}}operation"
_YANG = "urn:ietf:params:xml:ns:yang:1"
_NONE: Mapping[str, str] = {}
FIRST, LAST, BEFORE, AFTER = "first", "last", "before", "after"


class Leaf(NamedTuple):
    """A leaf, or the values of a leaf-list where it has `many`."""

    tag: str
    kind: Type
    want: Tuple[Text, ...]
    many: bool
    default: Optional[str] = None


class Step(NamedTuple):
    """A container or an entry on the way; of an entry, its keys. `made` are those that are there
    only where somebody has made them: entries, and containers with presence."""

    tag: str
    keys: Tuple[Leaf, ...] = ()
    made: bool = False


class Insert(NamedTuple):
    """Where in its list an entry, or a leaf-list's value, is to be; `at` are the keys, or the
    value, of its neighbour."""

    where: str
    entry: bool
    at: Tuple[Leaf, ...] = ()


class Edit(NamedTuple):
    """What is to be there, or not: under the last step the leaves; with none, the step itself."""

    steps: Tuple[Step, ...]
    leaves: Tuple[Leaf, ...]
    delete: bool
    insert: Optional[Insert] = None


class Difference(NamedTuple):
    """What a reply says: `edit` is what of it has to be sent, if anything."""

    edit: Optional[Edit]
    before: Dict[str, Any]
    after: Dict[str, Any]


def build(spec: Spec, parameters: Parameters) -> Edit:
    """The edit for these parameters. Raises InvalidValue for one that is missing or wrong."""
    steps: List[Step] = []
    space = ""
    path = spec["path"]
    for number, node in enumerate(path):
        space = node.get("ns", space)
        tag = f"{{{space}}}{node['node']}"
        delete = parameters.get(node.get("delete", "")) is True
        last = number == len(path) - 1
        if last and "type" in node:
            return _leaf_edit(spec, node, tag, tuple(steps), parameters, delete)
        keys = [_leaf(key, f"{{{space}}}{key['node']}", parameters) for key in node.get("keys", ())]
        steps.append(Step(tag, tuple(keys), "delete" in node))
        if delete:
            return Edit(tuple(steps), (), True)
    leaves = [
        _leaf(field, f"{{{field.get('ns', space)}}}{field['node']}", parameters)
        for field in spec.get("fields", ())
        if _given(parameters.get(field["parameter"]))
    ]
    kept = tuple(leaf for leaf in leaves if leaf.want)
    return Edit(tuple(steps), kept, False, _insert(spec, steps[-1].keys, True, parameters))


def _given(value: Any) -> bool:
    return value is not None and value != []


def _leaf_edit(
    spec: Spec,
    node: Spec,
    tag: str,
    steps: Tuple[Step, ...],
    parameters: Parameters,
    delete: bool,
) -> Edit:
    name = node["parameter"]
    value = parameters.get(name)
    if node["type"]["base"] == "empty":
        # It has no value: false is its absence.
        leaf = Leaf(tag, node["type"], (Text(""),), False)
        return Edit(steps, (leaf,), delete or value is False)
    if delete and not (node.get("many") and _given(value)):
        return Edit(steps, (Leaf(tag, node["type"], (), bool(node.get("many"))),), True)
    leaf = _leaf(node, tag, parameters)
    return Edit(
        steps, (leaf,), delete, None if delete else _insert(spec, (leaf,), False, parameters)
    )


def _leaf(node: Spec, tag: str, parameters: Parameters) -> Leaf:
    name, kind = node["parameter"], node["type"]
    value = parameters.get(name)
    if not _given(value):
        raise InvalidValue(f"{name} is not given", remedy="Give it.")
    if not node.get("many"):
        if kind["base"] == "empty" and value is False:
            return Leaf(tag, kind, (), False)
        return Leaf(tag, kind, (values.check(kind, value, name),), False, node.get("default"))
    if not isinstance(value, list):
        raise InvalidValue(f"{name} is {value!r}, which is no list", remedy="Give a list.")
    found = tuple(values.check(kind, one, name) for one in value)
    # A leaf-list of the configuration holds each value once (RFC 7950, 7.7).
    return Leaf(tag, kind, tuple({_same(kind, one): one for one in found}.values()), True)


def _same(kind: Type, text: Text) -> str:
    return values.canonical(kind, text.text, text.namespaces)


def _insert(
    spec: Spec, what: Sequence[Leaf], entry: bool, parameters: Parameters
) -> Optional[Insert]:
    where = parameters.get("insert")
    if not spec.get("insert") or where is None:
        return None
    if where in (FIRST, LAST):
        return Insert(where, entry)
    if where not in (BEFORE, AFTER):
        remedy = f"One of {FIRST}, {LAST}, {BEFORE}, {AFTER}."
        raise InvalidValue(f"insert is {where!r}", remedy=remedy)
    given = parameters.get("insert_at")
    at = given if isinstance(given, list) else [given]
    if len(at) != len(what) or None in at:
        raise InvalidValue(
            f"insert is {where!r}, and insert_at is {given!r}",
            remedy=f"Name there the entry that it goes {where}: its keys, in their order.",
        )
    checked = (values.check(leaf.kind, one, "insert_at") for leaf, one in zip(what, at))
    neighbour = tuple(leaf._replace(want=(one,)) for leaf, one in zip(what, checked))
    return Insert(where, entry, neighbour)


# XML.


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


# What there is.


def compare(edit: Edit, data: etree._Element, *, defaults: bool = False) -> Difference:
    """What of the edit is not so yet in `data`, the reply's `<data>` element. `defaults`: what is
    not told of in there has the model's default (RFC 6243, 2)."""
    found: Optional[etree._Element] = data
    place = ""
    for step in edit.steps:
        found = _match(step, found)
        place += f"/{_step(step)}"
        defaults = defaults and not (step.made and found is None)
    place = place[1:]
    if not edit.leaves:
        have = True if found is not None else None
        want = None if edit.delete else True
        moved = bool(have and want) and not _is_in_place(edit, found)
        send = edit if have != want or moved else None
        return Difference(send, {place: have}, {place: want})
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    send_leaves: List[Leaf] = []
    for leaf in edit.leaves:
        path = f"{place}/{etree.QName(leaf.tag).localname}".lstrip("/")
        there = _there(leaf, found)
        if defaults and not there and not edit.delete:
            there = _default(leaf)
        missing = _missing(leaf, there, edit)
        before[path], after[path] = _shown(leaf, there), _shown_after(leaf, there, edit)
        if missing is not None:
            send_leaves.append(missing)
    if not send_leaves and _is_in_place(edit, found):
        return Difference(None, before, after)
    return Difference(edit._replace(leaves=tuple(send_leaves)), before, after)


def _there(leaf: Leaf, parent: Optional[etree._Element]) -> Dict[str, Text]:
    """The values of a leaf that are there, by their canonical form, in their order."""
    found: Dict[str, Text] = {}
    for element in [] if parent is None else parent.iterchildren(leaf.tag):
        text = element.text or ""
        found[values.canonical(leaf.kind, text, element.nsmap)] = Text(text)
    return found


def _default(leaf: Leaf) -> Dict[str, Text]:
    if leaf.default is None:
        return {}
    text = values.check(leaf.kind, leaf.default, "default")
    return {_same(leaf.kind, text): text}


def _missing(leaf: Leaf, there: Mapping[str, Text], edit: Edit) -> Optional[Leaf]:
    """What of a leaf has to be sent."""
    wanted = {_same(leaf.kind, text): text for text in leaf.want}
    if edit.delete:
        if not leaf.many or leaf.want:
            gone = tuple(text for key, text in wanted.items() if key in there)
            if not leaf.many:
                return leaf._replace(want=()) if there else None
            return leaf._replace(want=gone) if gone else None
        # No value given: all of them, each named (RFC 6241, 7.2, deletes single nodes).
        return leaf._replace(want=tuple(there.values())) if there else None
    if leaf.many:
        new = tuple(text for key, text in wanted.items() if key not in there)
        values_only = edit.insert is not None and not edit.insert.entry
        if (
            edit.insert
            and values_only
            and not _leaf_list_in_place(edit.insert, list(wanted), list(there), leaf)
        ):
            new = leaf.want
        return leaf._replace(want=new) if new else None
    return leaf if list(wanted) != list(there) else None


def _shown(leaf: Leaf, there: Mapping[str, Text]) -> Any:
    if leaf.many:
        return [text.text for text in there.values()]
    return next((_plain(leaf, text) for text in there.values()), None)


def _plain(leaf: Leaf, text: Text) -> Any:
    return True if leaf.kind["base"] == "empty" else text.text


def _shown_after(leaf: Leaf, there: Mapping[str, Text], edit: Edit) -> Any:
    wanted = {_same(leaf.kind, text): text for text in leaf.want}
    if edit.delete:
        left = {key: text for key, text in there.items() if leaf.want and key not in wanted}
        return [text.text for text in left.values()] if leaf.many else None
    if not leaf.many:
        return _plain(leaf, leaf.want[0])
    return [text.text for text in {**there, **wanted}.values()]


def _match(step: Step, parent: Optional[etree._Element]) -> Optional[etree._Element]:
    for candidate in [] if parent is None else parent.iterchildren(step.tag):
        if _has_keys(candidate, step.keys):
            return candidate
    return None


def _has_keys(entry: etree._Element, keys: Sequence[Leaf]) -> bool:
    for key in keys:
        found = entry.find(key.tag)
        if found is None:
            return False
        have = values.canonical(key.kind, found.text or "", found.nsmap)
        if have != _same(key.kind, key.want[0]):
            return False
    return True


def _is_in_place(edit: Edit, entry: Optional[etree._Element]) -> bool:
    """Whether an entry that is there is where it was asked to be."""
    if edit.insert is None or not edit.insert.entry or entry is None:
        return True
    where, _, at = edit.insert
    neighbour = entry.getnext() if where in (LAST, BEFORE) else entry.getprevious()
    same = neighbour is not None and neighbour.tag == entry.tag
    if where in (FIRST, LAST):
        return not same
    return same and neighbour is not None and _has_keys(neighbour, at)


def _leaf_list_in_place(insert: Insert, new: List[str], there: List[str], leaf: Leaf) -> bool:
    if any(one not in there for one in new):
        return False
    begin, end = there.index(new[0]), there.index(new[-1])
    if there[begin : begin + len(new)] != new:
        return False
    if insert.where == FIRST:
        return begin == 0
    if insert.where == LAST:
        return end == len(there) - 1
    at = _same(leaf.kind, insert.at[0].want[0])
    beside = there[end + 1 : end + 2] if insert.where == BEFORE else there[begin - 1 : begin]
    return beside == [at]


def _step(step: Step) -> str:
    keys = "".join(f"[{key.want[0].text}]" for key in step.keys)
    return f"{etree.QName(step.tag).localname}{keys}"
