"""RPCs, and reads by path, as actions."""

from typing import Dict, List, Sequence

from . import names
from .contents import DRY_RUN, Content, content, is_secret, leaf_text, line, schema
from .schema import ANY, CONTAINER, LEAF_LIST, LIST, Model, Path

GET, GET_CONFIG = "get", "get_config"


def rpc(pack: str, name: str, path: Path) -> Content:
    """The action that calls an RPC."""
    parameters: Content = {}
    node = path[-1]
    fields = _rpc_fields(path, (), names.Parameters(), parameters)
    spec: Content = {"kind": "rpc", "rpc": {"node": node.name, "ns": node.namespace}}
    if fields:
        spec["fields"] = fields
    said = line(f"The RPC {node.name}. {node.description}")
    return content(pack, name, said, spec, {**parameters, **DRY_RUN})


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
        known: Content = {"description": leaf_text(node)}
        if node.kind == LIST:
            inner: Content = {}
            field["fields"] = _rpc_fields((node,), (), names.Parameters(), inner)
            items = {"type": "object", "properties": inner, "additionalProperties": False}
            known.update({"type": "array", "items": items})
        else:
            known.update(schema(node))
            field["type"] = node.type
            if is_secret(node):
                field["secret"] = True
            if node.kind == LEAF_LIST:
                field["many"] = True
        if node.kind == ANY:
            known["description"] = line(f"XML. {known['description']}")
        if node.mandatory and not steps:
            known["required"] = field["required"] = True
        into[parameter] = known
        found.append(field)
    return found


def read(pack: str, name: str, model: Model) -> Content:
    """The action GET or GET_CONFIG of a model."""
    tops: Dict[str, List[str]] = {}
    for node in model.tops:
        tops.setdefault(node.name, []).append(node.module)
    spec: Content = {"kind": name, "namespaces": model.namespaces, "top": tops}
    said = "The running config" if name == GET_CONFIG else "Configuration and state"
    parameters = {
        "path": {
            "type": "string",
            "description": "From the top, as in /interface-vlan/interface/vlan[name=112]; a node "
            "of another module than the one above it has that in front, as in /a/module:b.",
            "position": 1,
        }
    }
    return content(pack, name, f"{said} of a device, below a path.", spec, parameters)
