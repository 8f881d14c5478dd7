"""What an action does besides edits: an RPC of the model, a read by path; and replies as data.

What an RPC is, the action's YAML says:

    kind: rpc
    rpc: {node: get-vlan-brief, ns: "urn:..."}
    fields: [{path: [{node: ..., ns: ...}, ...], parameter: ..., type: {...}, many: true}]

A field that is `type: null` is XML as it stands (anyxml); one with `fields` is a list of entries.
A read by path has `namespaces`, those of all modules, and `top`, the modules of the top-level
nodes.
"""

import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from docker_tor.common.errors import InvalidValue, MalformedReply
from docker_tor.netconf.session import Session
from docker_tor.netconf.xml import BASE, parse
from lxml import etree

from . import values, xml

_STEP = re.compile(
    r"""/(?:(?P<module>[\w.-]+):)?(?P<name>[\w.-]+)"""
    r"""(?P<keys>(?:\[[\w.-]+(?::[\w.-]+)?=(?:'[^']*'|"[^"]*"|[^]'"]*)\])*)""",
    re.ASCII,
)
_KEY = re.compile(r"""\[(?:[\w.-]+:)?([\w.-]+)=(?:'([^']*)'|"([^"]*)"|([^]'"]*))\]""", re.ASCII)
_REMEDY = "Write it as in /module:node/list[key=value]/leaf; the module may be left out."


def rpc(spec: Mapping[str, Any], parameters: Mapping[str, Any], *, hide: bool = False) -> str:
    """The operation as it is sent; `hide`: as it may be shown. Raises InvalidValue."""
    space = spec["rpc"]["ns"]
    root = xml.top(f"{{{space}}}{spec['rpc']['node']}")
    _fill(root, spec.get("fields", ()), parameters, "", hide)
    etree.indent(root)
    return xml.written(root)


def _fill(
    root: etree._Element, fields: Any, parameters: Mapping[str, Any], inside: str, hide: bool
) -> None:
    for field in fields:
        name = field["parameter"]
        value = parameters.get(name)
        if value is None or value == []:
            if field.get("required"):
                raise InvalidValue(f"{inside}{name} is not given", remedy="Give it.")
            continue
        many = field.get("many") or "fields" in field
        if many and not isinstance(value, list):
            raise InvalidValue(f"{inside}{name} is no list", remedy="Give a list.")
        for one in value if many else [value]:
            _add(root, field, one, f"{inside}{name}", hide)


def _add(root: etree._Element, field: Mapping[str, Any], value: Any, name: str, hide: bool) -> None:
    node = root
    *above, last = field["path"]
    for step in above:
        tag = f"{{{step['ns']}}}{step['node']}"
        found = node.find(tag)
        node = xml.add(node, tag) if found is None else found
    tag = f"{{{last['ns']}}}{last['node']}"
    if "fields" in field:
        if not isinstance(value, Mapping):
            raise InvalidValue(f"an entry of {name} is {value!r}, which is no object")
        entry = xml.add(node, tag)
        unknown = set(value) - {one["parameter"] for one in field["fields"]}
        if unknown:
            raise InvalidValue(f"an entry of {name} has {min(unknown)!r}, which it cannot have")
        _fill(entry, field["fields"], value, f"{name}.", hide)
        return
    if field["type"] is None:
        added = xml.add(node, tag)
        inner = _parsed(f"<xml>{value}</xml>", name)
        added.text = inner.text
        added.extend(list(inner))
        return
    if field["type"]["base"] == "empty" and value is False:
        return
    text = values.check_leaf(field, value, name)
    if hide and field.get("secret"):
        text = values.Text(values.HIDDEN)
    xml.add(node, tag, text.text, text.namespaces)


def _parsed(written: str, name: str) -> etree._Element:
    try:
        return parse(written)
    except MalformedReply as error:
        raise InvalidValue(f"{name} is no XML: {error.what}", remedy="Give elements.") from None


# Reads.


def criteria(spec: Mapping[str, Any], path: Optional[str]) -> str:
    """The `<filter>` for a path, or nothing for an empty one. Raises InvalidValue."""
    if not path or path == "/":
        return ""
    node = root = xml.root("filter", type="subtree")
    for module, name, keys in _steps(str(path)):
        space = _space(spec, node, module, name)
        node = xml.add(node, f"{{{space}}}{name}")
        for key, text in keys:
            xml.add(node, f"{{{space}}}{key}", text)
    return xml.written(root)


_Steps = Iterator[Tuple[Optional[str], str, List[Tuple[str, str]]]]


def _steps(path: str) -> _Steps:
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if not found:
            raise InvalidValue(f"path is {path!r}, unreadable from {path[at:]!r}", remedy=_REMEDY)
        keys = [(key, "".join(texts)) for key, *texts in _KEY.findall(found["keys"])]
        for key, text in keys:
            values.check({"base": "string"}, text, f"path's {key}")
        yield found["module"], found["name"], keys
        at = found.end()


def _space(spec: Mapping[str, Any], node: etree._Element, module: Optional[str], name: str) -> str:
    if module is None:
        if node.getparent() is not None:
            return etree.QName(node).namespace or ""
        tops = spec["top"].get(name, [])
        if len(tops) != 1:
            known = f"It is in {', '.join(tops)}: say which." if tops else _REMEDY
            raise InvalidValue(f"path begins with {name!r}, in no module alone", remedy=known)
        (module,) = tops
    space = spec["namespaces"].get(module)
    if space is None:
        raise InvalidValue(f"path names the module {module!r}, which is not known", remedy=_REMEDY)
    return str(space)


def read(session: Session, kind: str, filtered: str) -> Dict[str, Any]:
    """What the device answers to `get` or `get_config`: as data, and as XML."""
    if kind == "get_config":
        found: Optional[etree._Element] = session.get_config(filtered)
    else:
        found = session.call(f'<get xmlns="{BASE}">{filtered}</get>').find(f"{{{BASE}}}data")
    if found is None:
        raise MalformedReply("the reply to get holds no data")
    return {"data": plain(found) or {}, "xml": shown(found)}


def answer(reply: etree._Element) -> Dict[str, Any]:
    """What an RPC has given back: as data, and as XML."""
    if reply.find(f"{{{BASE}}}ok") is not None:
        return {"data": {}, "xml": ""}
    return {"data": plain(reply) or {}, "xml": shown(reply)}


def shown(element: etree._Element) -> str:
    """What is in an element, as XML."""
    return "".join(xml.written(child).strip() for child in element)


def plain(element: etree._Element) -> Any:
    """An element as data: an object by local name, a list where one name comes twice, else text.
    Of nodes of one name in two namespaces the list holds both."""
    if not len(element):
        return element.text or ""
    found: Dict[str, Any] = {}
    for child in element:
        name = etree.QName(child).localname
        found.setdefault(name, []).append(plain(child))
    return {name: many[0] if len(many) == 1 else many for name, many in found.items()}
