"""What drivers share to ask for a running config, to read it, and to show it. Pure."""

from typing import Iterator, List, Optional, Sequence, Tuple, TypeVar

from lxml import etree

from ..netconf.xml import BASE
from .model import Ve, Vlan, number, primaries

READ_WHOLE = 256
"""More VLANs than this are not asked for one by one: the lists are read whole, in one reply."""
ASKED_AT_ONCE = 64
"""VLANs, or ports, that one filter asks for."""

A = TypeVar("A")


def subtree(asked: str) -> str:
    """The `<filter>` element (RFC 6241, 6) of what is asked for."""
    return f'<nc:filter xmlns:nc="{BASE}" type="subtree">{asked}</nc:filter>'


def parts(asked: Sequence[A]) -> Iterator[Sequence[A]]:
    """What one filter asks for after the other."""
    return (asked[at : at + ASKED_AT_ONCE] for at in range(0, len(asked), ASKED_AT_ONCE))


def entries_of(parent: etree._Element, tag: str, key: str) -> Iterator[Tuple[int, etree._Element]]:
    """The entries of a list by their ids; what has none is passed over."""
    for entry in parent.iterfind(tag):
        try:
            found = number(text_of(entry.find(key)))
        except ValueError:
            continue
        yield found, entry


def text_of(element: Optional[etree._Element]) -> str:
    """A leaf's text; none of one that is not there."""
    return "" if element is None else (element.text or "").strip()


def shown(vlan: int, have: Vlan, interface: str, *of_vlan: str) -> List[str]:
    """The lines that `show running-config` would have of a VLAN, and of its interface, on a switch
    without rbridges; `of_vlan` stand in the VLAN's besides."""
    named = [f" name {have.name}"] if have.name else []
    lines = [f"vlan {vlan}", *named, *of_vlan] if have.name is not None else []
    for one in have.ves.values():
        lines += [f"interface {interface}", *(line[1:] for line in shown_ve(one))]
    return lines


def shown_ve(ve: Ve) -> List[str]:
    """The lines of a Ve."""
    first = primaries(ve.ipv4).values()
    return [
        *(f"  ip address {one}{'' if one in first else ' secondary'}" for one in ve.ipv4),
        *(f"  ipv6 address {address}" for address in ve.ipv6),
        *(f"  ({other}, which the pack knows nothing of)" for other in ve.others),
        "  shutdown" if ve.shut else "  no shutdown",
    ]
