"""The parameters of an operation, checked."""

from typing import Dict, Optional, Sequence

from lxml import etree

from . import values
from .errors import SwitchError
from .names import BASE


def arguments(
    operation: etree._Element, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> Dict[str, etree._Element]:
    """The child elements of an operation by name, all in the operation's own namespace.

    Raises SwitchError for one that is unknown, in another namespace, given twice or missing.
    """
    namespace = etree.QName(operation).namespace or ""
    inside = etree.QName(operation).localname
    given: Dict[str, etree._Element] = {}
    for child in operation:
        name, found = etree.QName(child).localname, etree.QName(child).namespace or ""
        if name not in (*required, *optional):
            raise _error("unknown-element", f"{inside!r} holds no {name!r}", name)
        if found != namespace:
            raise _error("unknown-namespace", f"{name!r} has the namespace {found!r}", name, found)
        if name in given:
            raise _error("bad-element", f"{name!r} is given twice", name)
        given[name] = child
    for name in required:
        if name not in given:
            raise _error("missing-element", f"{inside!r} needs {name!r}", name)
    return given


def datastore(element: etree._Element, known: Sequence[str]) -> str:
    """The datastore that a `<source>` or `<target>` names, one of those that are known."""
    inside = etree.QName(element).localname
    if len(element) != 1:
        raise _error("missing-element", f"{inside!r} names one datastore", inside)
    name = etree.QName(element[0]).localname
    if element[0].tag not in [f"{{{BASE}}}{one}" for one in known]:
        message = f"the {inside} {name!r} is none of {', '.join(known)}"
        raise _error("operation-not-supported", message, name)
    return name


def keyword(element: Optional[etree._Element], allowed: Sequence[str]) -> None:
    """Raises SwitchError unless the element is missing or holds one of these words."""
    text = allowed[0] if element is None else (element.text or "").strip()
    if text not in allowed:
        name = etree.QName(element).localname
        raise _error("invalid-value", f"{name} is {text[:40]!r}, none of {allowed}", name)


def _error(tag: str, message: str, name: str, namespace: Optional[str] = None) -> SwitchError:
    info = [("bad-element", name)]
    if namespace is not None:
        info.append(("bad-namespace", namespace))
    return SwitchError(tag, message, layer="protocol", info=info)


def number(given: etree._Element) -> int:
    """The number that an argument says. Raises SwitchError."""
    try:
        return values.number((given.text or "").strip())
    except ValueError as error:
        name = etree.QName(given).localname
        raise SwitchError("invalid-value", f"{name}: {error}", layer="protocol") from None
