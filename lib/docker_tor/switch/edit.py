"""An edit of a running config as data, and its XML. Pure.

An `Edit` is a path: the elements from the top of the running config down to the entry or leaf that
is made, or deleted. Everything follows from the path: the XML of one edit, the XML of many in one
edit-config, and the name of the place in a result. The switch's own command lines stand beside it.
"""

import functools
from typing import Any, Iterable, List, NamedTuple, Set, Tuple, Union

from lxml import etree

from ..netconf.xml import BASE


class Element(NamedTuple):
    """An element on the path. `key` names the leaf that tells an entry of a list from the others,
    and `text` is that leaf's value; without a key, `text` is the element's own. `flag` is an empty
    leaf inside. `prefixes` are those that the text uses, with their namespaces."""

    namespace: str
    name: str
    key: str = ""
    text: str = ""
    flag: str = ""
    prefixes: Tuple[Tuple[str, str], ...] = ()


class Edit(NamedTuple):
    """An edit: the path to what is made, or deleted, and its lines on the command line. `inside`
    are paths from there to what is made with it."""

    path: Tuple[Element, ...]
    cli: Tuple[str, ...]
    delete: bool = False
    inside: Tuple[Tuple[Element, ...], ...] = ()

    @property
    def place(self) -> str:
        """The path as people write it: "interface-vlan/interface/vlan[112]/vlan-name"."""
        names = [f"{one.name}[{one.text}]" if one.key else one.name for one in self.path]
        made = self.path[-1].flag and not self.delete
        return "/".join([*names, self.path[-1].flag] if made else names)

    @property
    def value(self) -> Union[str, bool, None]:
        """What stands there after the edit: a leaf's text, True for an entry or an empty leaf, None
        for what it has deleted."""
        last = self.path[-1]
        return None if self.delete else True if last.key else last.text or True


def payload(edits: Iterable[Edit]) -> str:
    """The `<config>` element of edits of one kind: what they have in common stands there once."""
    prefixes: Set[str] = set()
    config = etree.Element(f"{{{BASE}}}config", nsmap={"nc": BASE})
    for edit in edits:
        element = functools.reduce(_child, edit.path, config)
        for path in edit.inside:
            functools.reduce(_child, path, element)
            prefixes.update(prefix for one in path for prefix, _ in one.prefixes)
        if edit.delete:
            # In the base namespace: a bare `operation` is no instruction (RFC 6241, 7.2), and one
            # server silently merges what carries it.
            element.set(f"{{{BASE}}}operation", "delete")
    etree.cleanup_namespaces(config, top_nsmap={"nc": BASE}, keep_ns_prefixes=list(prefixes))
    etree.indent(config)
    return etree.tostring(config, encoding="unicode")


def _child(parent: etree._Element, wanted: Element) -> etree._Element:
    """The element below `parent`, made if it is not there yet."""
    tag = f"{{{wanted.namespace}}}{wanted.name}"
    # The stubs lack None, the default namespace.
    namespaces: Any = {None: wanted.namespace, **dict(wanted.prefixes)}
    key = f"{{{wanted.namespace}}}{wanted.key}"
    for child in parent.iterchildren(tag):
        # A list of leaves has one with each text.
        if (child.findtext(key) if wanted.key else child.text or "") == wanted.text:
            return child
    made = etree.SubElement(parent, tag, nsmap=namespaces)
    if wanted.key:
        etree.SubElement(made, key, nsmap=namespaces).text = wanted.text
    elif wanted.text:
        made.text = wanted.text
    if wanted.flag:
        etree.SubElement(made, f"{{{wanted.namespace}}}{wanted.flag}", nsmap=namespaces)
    return made


def cli(edits: Iterable[Edit]) -> List[str]:
    """The command lines of edits, one after the other."""
    return [line for edit in edits for line in edit.cli]
