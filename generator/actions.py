"""A node of the model as an action: what stands in its YAML."""

import json
import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from . import names, types
from .errors import GeneratorError
from .schema import ANY, CONTAINER, LEAF, LEAF_LIST, LIST, Model, Node, Path, paths, text

ENTRY_POINT = "edit_device.py"
GET, GET_CONFIG = "get", "get_config"
LONGEST_DESCRIPTION = 1200

Content = Dict[str, Any]
"""An action's YAML, or a part of it."""

_JINJA = re.compile(r"\{(?=[{%#])")
_READS_FIRST = "Reads first, and changes only what is not so yet."


class Action(NamedTuple):
    """An action: its name, its node's path (of a read none), and its YAML."""

    name: str
    path: Path
    content: Content


def generate(model: Model, pack: str, only: Sequence[str] = ()) -> List[Action]:
    """The actions of a model, sorted by name; `only` are globs of paths, in which ** stands for
    any depth. Raises GeneratorError for one that nothing matches."""
    nodes = [path for path in paths(model.tops) if _is_edited(path)]
    nodes += [(rpc,) for rpc in model.rpcs]
    # All are named before some are left out: --only does not change a name.
    named = list(zip(names.of_actions(nodes, (GET, GET_CONFIG)), nodes))
    for glob in only:
        pattern = _glob(glob)
        if not any(pattern.fullmatch(text(path)) for _, path in named):
            raise GeneratorError(f"--only {glob} matches no node that has an action")
    wanted = [_glob(glob) for glob in only]
    actions = [
        Action(name, path, _action(pack, name, path, model))
        for name, path in named
        if not wanted or any(pattern.fullmatch(text(path)) for pattern in wanted)
    ]
    reads = [Action(name, (), _read(pack, name, model)) for name in (GET, GET_CONFIG)]
    return sorted([*actions, *reads], key=lambda action: action.name)


def _is_edited(path: Path) -> bool:
    node = path[-1]
    if not node.config:
        return False
    if node.kind in (LEAF, LEAF_LIST):
        return not _is_key(path[:-1], node)
    return bool(node.keys) or node.presence


def _is_key(above: Path, leaf: Node) -> bool:
    return bool(above) and leaf.name in above[-1].keys and not _space(above, leaf)


def _glob(glob: str) -> "re.Pattern[str]":
    parts = re.split(r"(\*\*|\*)", glob.strip("/"))
    inner = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(inner.get(part, re.escape(part)) for part in parts))


def _action(pack: str, name: str, path: Path, model: Model) -> Content:
    if path[-1] in model.rpcs:
        return _rpc(pack, name, path)
    return _edit(pack, name, path)


def _content(pack: str, name: str, description: str, spec: Content, parameters: Content) -> Content:
    written = json.dumps(spec)
    is_jinja = _JINJA.search(written)
    if is_jinja:
        written = _JINJA.sub(r"\\u007b", written)
    return {
        "name": name,
        "pack": pack,
        "description": description,
        "runner_type": "python-script",
        "entry_point": ENTRY_POINT,
        "enabled": True,
        "parameters": {
            "edit": {
                "type": "string" if is_jinja else "object",
                "description": "The node, as the model has it.",
                "immutable": True,
                "default": written if is_jinja else spec,
            },
            "host": {
                "type": "string",
                "description": "The device's name in the pack's configuration, or its address.",
                "required": True,
                "position": 0,
            },
            **parameters,
            "port": {
                "type": "integer",
                "description": "Its NETCONF port; from the configuration if left out, else 830.",
            },
            "username": {
                "type": "string",
                "description": "User name on the device; from the configuration if left out.",
            },
            "password": {
                "type": "string",
                "description": "Password on the device; from the configuration if left out.",
                "secret": True,
            },
        },
    }


def loaded(spec: Any) -> Content:
    """An action's data from its YAML."""
    found: Content = json.loads(spec) if isinstance(spec, str) else spec
    return found


_DRY_RUN = {
    "dry_run": {
        "type": "boolean",
        "description": "Return the exact XML, and send nothing.",
        "default": False,
    }
}


def _edit(pack: str, name: str, path: Path) -> Content:
    taken = names.Parameters()
    parameters: Content = {}
    deletes: Content = {}
    steps: List[Content] = []
    for depth, node in enumerate(path):
        above = path[:depth]
        step: Content = {"node": node.name, **_space(above, node)}
        if node.keys:
            step["keys"] = [_key(node, (*above, node), key, taken, parameters) for key in node.keys]
        last = depth == len(path) - 1
        if node.kind in (LEAF, LEAF_LIST):
            step.update(_value(node, above, taken, parameters))
        if node.keys or node.presence or (last and not node.mandatory):
            step["delete"] = deleted = taken.take(above, node.name, "delete_")
            deletes[deleted] = _delete(node, path[-1])
        steps.append(step)
    last_node = path[-1]
    kind = "presence" if last_node.kind == CONTAINER else last_node.kind
    spec: Content = {"kind": kind, "path": steps}
    fields = list(_fields(path, taken, parameters)) if kind in (LIST, "presence") else []
    if fields:
        spec["fields"] = fields
    if last_node.user_ordered:
        spec["insert"] = True
        parameters.update(_insert(last_node))
    description = f"{_what(last_node, text(path))} {_READS_FIRST}"
    return _content(pack, name, description, spec, {**parameters, **deletes, **_DRY_RUN})


def _space(above: Path, node: Node) -> Content:
    """The namespace, where it is not its parent's."""
    if above and above[-1].namespace == node.namespace:
        return {}
    return {"ns": node.namespace}


def _key(node: Node, inside: Path, key: str, taken: names.Parameters, into: Content) -> Content:
    leaf = node.child(key)
    parameter = taken.take(inside, key)
    into[parameter] = {
        **types.parameter(leaf.type),
        "description": _leaf_text(leaf, f"Which {node.name}: its {key}."),
        "required": True,
        "position": len(into) + 1,
    }
    return {"node": key, "parameter": parameter, "type": leaf.type}


def _value(node: Node, above: Path, taken: names.Parameters, into: Content) -> Content:
    parameter = taken.take(above, node.name)
    into[parameter] = {**_schema(node), "description": _leaf_text(node), "position": len(into) + 1}
    if node.type and node.type["base"] == "empty":
        into[parameter].update(description="Whether it is there.", default=True)
    return {"parameter": parameter, "type": node.type, **_more(node)}


def _more(node: Node) -> Content:
    """What an edit has to know of a leaf besides."""
    found: Content = {"many": True} if node.kind == LEAF_LIST else {}
    if node.default is not None and node.type:
        # An identity is known by its name there: prefixes are the YANG file's own.
        is_identity = node.type["base"] == "identity"
        found["default"] = node.default.rpartition(":")[2] if is_identity else node.default
    return found


def _schema(node: Node) -> Content:
    schema = types.parameter(node.type)
    return {"type": "array", "items": schema} if node.kind == LEAF_LIST else schema


def _fields(path: Path, taken: names.Parameters, into: Content) -> Iterator[Content]:
    """The leaves of an entry that may be given along with it."""
    for child in path[-1].children:
        if child.kind not in (LEAF, LEAF_LIST) or not _is_edited((*path, child)):
            continue
        parameter = taken.take(path, child.name)
        into[parameter] = {**_schema(child), "description": _leaf_text(child)}
        known = {"parameter": parameter, "type": child.type, **_more(child)}
        yield {"node": child.name, **_space(path, child), **known}


def _delete(node: Node, last: Node) -> Content:
    if node is not last:
        what = f"Delete the whole {node.name} instead, with all that is in it."
    elif node.kind == LEAF_LIST:
        what = f"Delete the values of {node.name} that are given, or all of them."
    else:
        what = f"Delete {node.name} instead."
    return {"type": "boolean", "description": what, "default": False}


def _insert(node: Node) -> Content:
    schema: Content = {"type": "array", "items": {"type": "string"}}
    return {
        "insert": {
            "type": "string",
            "enum": ["first", "last", "before", "after"],
            "description": "Where among the others it goes; left out, a new one goes last.",
        },
        "insert_at": {
            **(schema if node.kind == LIST else {"type": "string"}),
            "description": "With before or after, the other one: "
            + ("its keys, in their order." if node.kind == LIST else "its value."),
        },
    }


# RPCs and reads.


def _rpc(pack: str, name: str, path: Path) -> Content:
    parameters: Content = {}
    rpc = path[-1]
    fields = _rpc_fields(path, (), names.Parameters(), parameters)
    spec: Content = {"kind": "rpc", "rpc": {"node": rpc.name, "ns": rpc.namespace}}
    if fields:
        spec["fields"] = fields
    what = _line(f"The RPC {rpc.name}. {rpc.description}")
    return _content(pack, name, what, spec, {**parameters, **_DRY_RUN})


def _rpc_fields(
    inside: Path, steps: Sequence[Content], taken: names.Parameters, into: Content
) -> List[Content]:
    found: List[Content] = []
    for node in inside[-1].children:
        way = [*steps, {"node": node.name, "ns": node.namespace}]
        if node.kind == CONTAINER:
            found += _rpc_fields((*inside, node), way, taken, into)
            continue
        parameter = taken.take(inside, node.name)
        field: Content = {"path": way, "parameter": parameter}
        schema: Content = {"description": _leaf_text(node)}
        if node.kind == LIST:
            inner: Content = {}
            field["fields"] = _rpc_fields((node,), (), names.Parameters(), inner)
            items = {"type": "object", "properties": inner, "additionalProperties": False}
            schema.update({"type": "array", "items": items})
        else:
            schema.update(_schema(node))
            field["type"] = node.type
            if node.kind == LEAF_LIST:
                field["many"] = True
        if node.kind == ANY:
            schema["description"] = _line(f"XML. {schema['description']}")
        if node.mandatory and not steps:
            schema["required"] = field["required"] = True
        into[parameter] = schema
        found.append(field)
    return found


def _read(pack: str, name: str, model: Model) -> Content:
    tops: Dict[str, List[str]] = {}
    for node in model.tops:
        tops.setdefault(node.name, []).append(node.module)
    spec: Content = {"kind": name, "namespaces": model.namespaces, "top": tops}
    what = "The running config" if name == GET_CONFIG else "Configuration and state"
    parameters = {
        "path": {
            "type": "string",
            "description": "From the top, as in /interface-vlan/interface/vlan[name=112]; a node "
            "of another module than the one above it has that in front, as in /a/module:b.",
            "position": 1,
        }
    }
    return _content(pack, name, f"{what} of a device, below a path.", spec, parameters)


# Words.


def _what(node: Node, path: str) -> str:
    return _line(" ".join([f"{path}.", node.description, *node.notes]))


def _leaf_text(node: Node, otherwise: str = "") -> str:
    default = f"Default: {node.default}." if node.default is not None else ""
    shown: List[Optional[str]] = [node.description or otherwise, *node.notes, default, _type(node)]
    return _line(" ".join(part for part in shown if part))


def _type(node: Node) -> str:
    """What JSON schema does not say of a type."""
    return _TYPES.get((node.type or {}).get("base", ""), "")


_TYPES: Mapping[str, str] = {
    "bits": "Bits with blanks between.",
    "binary": "In base64.",
    "decimal": "A decimal number.",
    "instance": "A path, each name with its module in front.",
}


def _line(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_DESCRIPTION else f"{line[: LONGEST_DESCRIPTION - 1]}…"
