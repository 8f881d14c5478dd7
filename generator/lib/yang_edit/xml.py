"""Elements as they are sent: a namespace is declared where it begins. Pure."""

from typing import Any, Mapping, Optional

from docker_tor.netconf.xml import BASE
from lxml import etree

_NO_PREFIXES: Mapping[str, str] = {}


def root(tag: str, **attributes: str) -> etree._Element:
    """An element of NETCONF's own, with its prefix."""
    return etree.Element(f"{{{BASE}}}{tag}", attributes, nsmap={"nc": BASE})


def top(tag: str) -> etree._Element:
    """An element with nothing above it."""
    return _made(None, tag, _NO_PREFIXES)


def add(
    parent: etree._Element, tag: str, text: str = "", prefixes: Mapping[str, str] = _NO_PREFIXES
) -> etree._Element:
    """A child with that text; `prefixes` are those in it, with their namespaces."""
    made = _made(parent, tag, prefixes)
    made.text = text or None
    return made


def _made(
    parent: Optional[etree._Element], tag: str, prefixes: Mapping[str, str]
) -> etree._Element:
    # The stubs know of no default namespace in it.
    nsmap: Any = dict(prefixes)
    space = etree.QName(tag).namespace
    if parent is None or parent.nsmap.get(None) != space:
        nsmap[None] = space
    if parent is None:
        return etree.Element(tag, nsmap=nsmap)
    return etree.SubElement(parent, tag, nsmap=nsmap)


def written(element: etree._Element) -> str:
    """The element as text."""
    return etree.tostring(element, encoding="unicode")
