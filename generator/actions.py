"""A node of the model as an action: what stands in its YAML."""

import re
from typing import Iterator, List, NamedTuple, Sequence

from . import names, rpcs, yang_types
from .contents import DRY_RUN, Content, content, is_secret, leaf_text, schema, what
from .errors import GeneratorError
from .rpcs import GET, GET_CONFIG
from .schema import CONTAINER, LEAF, LEAF_LIST, LIST, Model, Node, Path, paths, text

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
    reads = [Action(name, (), rpcs.read(pack, name, model)) for name in (GET, GET_CONFIG)]
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
    # ** is any number of steps, none too.
    parts = re.split(r"(^\*\*/|/\*\*$|/\*\*/|\*\*|\*)", glob.strip("/"))
    inner = {"**/": "(.*/)?", "/**": "(/.*)?", "/**/": "/(.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(inner.get(part, re.escape(part)) for part in parts))


def _action(pack: str, name: str, path: Path, model: Model) -> Content:
    if path[-1] in model.rpcs:
        return rpcs.rpc(pack, name, path)
    return _edit(pack, name, path)


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
    description = f"{what(last_node, text(path))} {_READS_FIRST}"
    return content(pack, name, description, spec, {**parameters, **deletes, **DRY_RUN})


def _space(above: Path, node: Node) -> Content:
    """The namespace, where it is not its parent's."""
    if above and above[-1].namespace == node.namespace:
        return {}
    return {"ns": node.namespace}


def _key(node: Node, inside: Path, key: str, taken: names.Parameters, into: Content) -> Content:
    leaf = node.child(key)
    parameter = taken.take(inside, key)
    into[parameter] = {
        **yang_types.parameter(leaf.type),
        "description": leaf_text(leaf, f"Which {node.name}: its {key}."),
        "required": True,
        "position": len(into) + 1,
    }
    return {"node": key, "parameter": parameter, "type": leaf.type}


def _value(node: Node, above: Path, taken: names.Parameters, into: Content) -> Content:
    parameter = taken.take(above, node.name)
    into[parameter] = {**schema(node), "description": leaf_text(node), "position": len(into) + 1}
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
    if is_secret(node):
        found["secret"] = True
    return found


def _fields(path: Path, taken: names.Parameters, into: Content) -> Iterator[Content]:
    """The leaves of an entry that may be given along with it."""
    for child in path[-1].children:
        if child.kind not in (LEAF, LEAF_LIST) or not _is_edited((*path, child)):
            continue
        parameter = taken.take(path, child.name)
        into[parameter] = {**schema(child), "description": leaf_text(child)}
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
    keys: Content = {"type": "array", "items": {"type": "string"}}
    return {
        "insert": {
            "type": "string",
            "enum": ["first", "last", "before", "after"],
            "description": "Where among the others it goes; left out, a new one goes last.",
        },
        "insert_at": {
            **(keys if node.kind == LIST else {"type": "string"}),
            "description": "With before or after, the other one: "
            + ("its keys, in their order." if node.kind == LIST else "its value."),
        },
    }
