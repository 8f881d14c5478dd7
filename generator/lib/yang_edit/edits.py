"""One edit of a node of the model, as data. Pure.

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

from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from docker_tor.common.errors import InvalidValue

from . import values
from .values import Text, Type

Spec = Mapping[str, Any]
Parameters = Mapping[str, Any]

FIRST, LAST, BEFORE, AFTER = "first", "last", "before", "after"


class Leaf(NamedTuple):
    """A leaf, or the values of a leaf-list where it has `many`."""

    tag: str
    kind: Type
    want: Tuple[Text, ...]
    many: bool
    default: Optional[str] = None
    secret: bool = False


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
        return Edit(steps, (_made(node, tag, (), many=bool(node.get("many"))),), True)
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
        there = kind["base"] != "empty" or value is not False
        want = (values.check_leaf(node, value, name),) if there else ()
        return _made(node, tag, want, many=False)
    if not isinstance(value, list):
        raise InvalidValue(f"{name} is no list", remedy="Give a list.")
    found = tuple(values.check_leaf(node, one, name) for one in value)
    # A leaf-list of the configuration holds each value once (RFC 7950, 7.7).
    return _made(node, tag, tuple({same(kind, one): one for one in found}.values()), many=True)


def _made(node: Spec, tag: str, want: Tuple[Text, ...], *, many: bool) -> Leaf:
    default, secret = node.get("default"), bool(node.get("secret"))
    return Leaf(tag, node["type"], want, many, None if many else default, secret)


def hidden(edit: Edit) -> Edit:
    """The same edit with nothing in it that nobody is to see: to be shown, not to be sent."""
    leaves = [
        leaf._replace(want=tuple(Text(values.HIDDEN) for _ in leaf.want)) if leaf.secret else leaf
        for leaf in edit.leaves
    ]
    return edit._replace(leaves=tuple(leaves))


def same(kind: Type, text: Text) -> str:
    """The form in which equal values of a type are equal texts."""
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
