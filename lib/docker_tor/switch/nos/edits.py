"""The edits that the pack knows how to make on a Brocade VDX, one payload template each.

A template holds the XML of one edit-config and the same edit's CLI lines. Its values are put into
the parsed XML, each checked for what it has to be, so that nothing reaches a switch unchecked and
no value can be markup; a new edit needs a template and no Python. Paths and namespaces: Brocade NOS
YANG as the vendor's own bindings use them. Of the attributes in `t:` (`urn:docker-tor:template`),
`edit` explains key, owner and exists; the others are

    t:is="KIND PARAMETER"   the leaf's text is that parameter, which has to be of that kind
    t:delete="PARAMETER"    where that parameter is true the node is deleted; inside it only leaves
                            stay that say which node that is: t:key, t:owner, empty ones

`<t:given is="KIND PARAMETER">` checks a parameter that may be left out or empty, `each` a list of
them. Of the `<t:line>`s of `<t:cli>` those stand whose `if` is true and whose `unless` are not;
`no` puts a `no` before what is typed. Their {PARAMETER}s are filled in with the values above.

Jinja would do as well, but its import alone takes longer than that of all else an edit needs.
"""

import copy
import functools
import os
from typing import Any, Callable, Dict, Iterator, List, Mapping

from lxml import etree

from ...common.errors import InvalidValue
from ...config import limits
from ...netconf import xml
from .. import edit

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
_SUFFIX = ".xml"
_KEY, _OWNER, _IS, _DELETE, _GIVEN, _CONFIG, _LINE = (
    f"{{{edit.TEMPLATE}}}{name}"
    for name in ("key", "owner", "is", "delete", "given", "config", "line")
)

Parameters = Mapping[str, Any]


def names() -> List[str]:
    """The names of all edits, each an action's name without its `vdx.`."""
    files = os.listdir(TEMPLATES)
    return sorted(file[: -len(_SUFFIX)] for file in files if file.endswith(_SUFFIX))


def render(name: str, parameters: Parameters) -> edit.Edit:
    """The edit `name` for the given parameters, under the names that the action's YAML declares.

    A `delete_...` that is left out is false. Raises InvalidValue, naming the parameter, for another
    that is missing or that no switch could take.
    """
    template = _template(name)
    for given in template.iterfind(_GIVEN):
        _check_given(given, parameters)
    checked: Dict[str, str] = {}
    config = etree.Element(f"{{{xml.BASE}}}config", nsmap={"nc": xml.BASE, "t": edit.TEMPLATE})
    config.extend(copy.deepcopy(node) for node in template.iterfind(f"{_CONFIG}/*"))
    _fill(config, parameters, checked)
    return edit.Edit(name, config, tuple(_lines(template, parameters, checked)))


@functools.lru_cache(maxsize=None)
def _template(name: str) -> etree._Element:
    if name not in names():
        raise InvalidValue(f"there is no edit {name!r}", remedy=f"It is one of {names()}.")
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True, resolve_entities=False)
    return etree.parse(os.path.join(TEMPLATES, name + _SUFFIX), parser).getroot()


def _fill(node: etree._Element, parameters: Parameters, checked: Dict[str, str]) -> None:
    """Put the parameters into the nodes below, and the text they have there into `checked`."""
    for child in list(node):
        kind, _, parameter = _take(child, _IS).partition(" ")
        if parameter:
            value = _check(kind, parameters.get(parameter), parameter)
            child.text = checked[parameter] = str(value)
        if parameters.get(_take(child, _DELETE)) is True:
            # In the base namespace: a bare `operation` is no instruction (RFC 6241, 7.2), and one
            # server silently merges what carries it.
            child.set(f"{{{xml.BASE}}}operation", "delete")
            for inner in [one for one in child if len(one) or _sets(one)]:
                child.remove(inner)
        _fill(child, parameters, checked)


def _sets(leaf: etree._Element) -> bool:
    """Whether it gives a value, other than one that says which node is meant."""
    return _IS in leaf.attrib and not {_KEY, _OWNER} & set(leaf.attrib)


def _take(node: etree._Element, mark: str) -> str:
    found = node.get(mark, "")
    node.attrib.pop(mark, "")
    return found


def _check_given(given: etree._Element, parameters: Parameters) -> None:
    kind, _, parameter = (given.get("is") or given.get("each") or "").partition(" ")
    value = parameters.get(parameter)
    if value is None or value == "":
        return
    for one in [value] if given.get("is") else value:
        _check(kind, one, parameter)


def _lines(
    template: etree._Element, parameters: Parameters, checked: Mapping[str, str]
) -> Iterator[str]:
    for line in template.iter(_LINE):
        holds = [parameters.get(name) is True for name in line.get("if", "").split()]
        fails = [parameters.get(name) is True for name in line.get("unless", "").split()]
        if all(holds) and not any(fails):
            text = (line.text or "").format_map(checked)
            typed = text.lstrip()
            no = "no " if parameters.get(line.get("no", "")) is True else ""
            yield text[: len(text) - len(typed)] + no + typed


def _check(kind: str, value: Any, parameter: str) -> object:
    # StackStorm passes None for a parameter that was left out.
    if value is None:
        raise InvalidValue(f"{parameter} is not given", remedy="Give it.")
    return _KINDS[kind](value, parameter)


def _address(version: int, value: Any, field: str) -> limits.VeAddress:
    address = limits.ve_address(value, field)
    if address.version != version:
        raise InvalidValue(
            f"{field} is {value!r}, which is not IPv{version}",
            remedy="IPv4 and IPv6 addresses have an action each.",
        )
    return address


_KINDS: Mapping[str, Callable[[Any, str], object]] = {
    "vlan": limits.vlan_id,
    "rbridge": limits.rbridge_id,
    "vlan_name": limits.vlan_name,
    "address": limits.ve_address,
    "ipv4": functools.partial(_address, 4),
    "ipv6": functools.partial(_address, 6),
}
