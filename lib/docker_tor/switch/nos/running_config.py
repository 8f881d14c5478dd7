"""What a switch's running config has of a VLAN, as values. Pure.

One VLAN is a `Vlan`: its name, its global Ve, and a Ve for each rbridge that has one. `criteria` is
the subtree filter (RFC 6241, 6) that reads just that, and `read` makes values of the reply. Paths
and namespaces: Brocade NOS YANG as the vendor's own bindings use them.
"""

import contextlib
import ipaddress
from typing import (
    Dict,
    FrozenSet,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from lxml import etree

from ...common import validators
from ...common.sanitize import printable
from ...netconf.xml import BASE
from ..model import Ve, Vlan, number

INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
IP = "urn:brocade.com:mgmt:brocade-ip-config"
IPV6 = "urn:brocade.com:mgmt:brocade-ipv6-config"

ASKED_AT_ONCE = 64
"""VLANs that one filter asks for."""
READ_WHOLE = 256
"""More VLANs than this are not asked for one by one: the lists are read whole, in one reply."""


def criteria(vlans: Sequence[int]) -> List[str]:
    """The `<filter>` elements that read these VLANs, or all there are if these are many."""
    if len(vlans) > READ_WHOLE:
        return [_criteria([""])]
    keys = [str(vlan) for vlan in vlans]
    return [
        _criteria(keys[first : first + ASKED_AT_ONCE])
        for first in range(0, len(keys), ASKED_AT_ONCE)
    ]


def _criteria(keys: Sequence[str]) -> str:
    names = "".join(f"<vlan>{_leaf('name', key)}<vlan-name/></vlan>" for key in keys)
    global_ves = "".join(f"<ve>{_leaf('gve-name', key)}<global-ve-shutdown/></ve>" for key in keys)
    # A key alone selects all of its entry; without one, so does the entry's own element.
    ves = "".join(f"<ve>{_leaf('name', key)}</ve>" if key else "<ve/>" for key in keys)
    return (
        f'<nc:filter xmlns:nc="{BASE}" type="subtree">'
        f'<interface-vlan xmlns="{INTERFACE}"><interface>{names}{global_ves}</interface>'
        f'</interface-vlan><rbridge-id xmlns="{RBRIDGE}"><rbridge-id/>'
        f'<interface xmlns="{INTERFACE}">{ves}</interface></rbridge-id></nc:filter>'
    )


_RBRIDGES = f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id/></rbridge-id>'


def names() -> str:
    """The `<filter>` element that reads the names of all VLANs and the rbridges that there are, and
    nothing of their Ves."""
    return (
        f'<nc:filter xmlns:nc="{BASE}" type="subtree"><interface-vlan xmlns="{INTERFACE}">'
        "<interface><vlan><name/><vlan-name/></vlan></interface></interface-vlan>"
        f"{_RBRIDGES}</nc:filter>"
    )


def fabric() -> str:
    """The `<filter>` element that reads which rbridges there are, for `rbridges`."""
    return f'<nc:filter xmlns:nc="{BASE}" type="subtree">{_RBRIDGES}</nc:filter>'


def rbridges(data: etree._Element) -> FrozenSet[int]:
    """The rbridges that the `<data>` of a reply names: all members of the switch's fabric."""
    entries = _entries(data, f"{{{RBRIDGE}}}rbridge-id", f"{{{RBRIDGE}}}rbridge-id")
    return frozenset(rbridge for rbridge, _ in entries)


def read(data: etree._Element) -> Dict[int, Vlan]:
    """Every VLAN in the `<data>` of a reply, by its id; what has no id is passed over."""
    names: Dict[int, str] = {}
    global_ves: Dict[int, bool] = {}
    ves: Dict[int, Dict[int, List[etree._Element]]] = {}
    for interface in data.iterfind(f"{{{INTERFACE}}}interface-vlan/{{{INTERFACE}}}interface"):
        for vlan, entry in _entries(interface, f"{{{INTERFACE}}}vlan", f"{{{INTERFACE}}}name"):
            names[vlan] = _text(entry.find(f"{{{INTERFACE}}}vlan-name")) or names.get(vlan, "")
        for vlan, entry in _entries(interface, f"{{{INTERFACE}}}ve", f"{{{INTERFACE}}}gve-name"):
            up = entry.find(f"{{{INTERFACE}}}global-ve-shutdown") is None
            global_ves[vlan] = up and global_ves.get(vlan, True)
    for rbridge, entry in _entries(data, f"{{{RBRIDGE}}}rbridge-id", f"{{{RBRIDGE}}}rbridge-id"):
        for interface in entry.iterfind(f"{{{INTERFACE}}}interface"):
            for vlan, ve in _entries(interface, f"{{{INTERFACE}}}ve", f"{{{INTERFACE}}}name"):
                ves.setdefault(vlan, {}).setdefault(rbridge, []).append(ve)
    return {
        vlan: Vlan(
            names.get(vlan),
            global_ves.get(vlan),
            {rbridge: _ve(parts) for rbridge, parts in ves.get(vlan, {}).items()},
        )
        for vlan in sorted({*names, *global_ves, *ves})
    }


def _ve(parts: Sequence[etree._Element]) -> Ve:
    """A Ve of its list entry, which may come in parts."""
    primary: List[str] = []
    secondary: List[str] = []
    ipv6: List[str] = []
    others: List[str] = []
    shut = False
    for path, element in (leaf for part in parts for leaf in _leaves(part, "")):
        if path == f"/{{{IP}}}ip/{{{IP}}}ip-config/{{{IP}}}address":
            later = element.find(f"{{{IP}}}secondary") is not None
            (secondary if later else primary).append(_address(element, IP))
            others += _flags(element, IP)
        elif path == (
            f"/{{{IPV6}}}ipv6/{{{IPV6}}}ipv6-config/{{{IPV6}}}address/{{{IPV6}}}ipv6-address"
        ):
            ipv6.append(_address(element, IPV6))
            others += _flags(element, IPV6)
        elif path == f"/{{{IP}}}shutdown":
            shut = True
        elif path != f"/{{{INTERFACE}}}name" and not _nobodys(element):
            others.append(_name(element))
    return Ve(
        validators.by_subnet(primary + secondary),
        tuple(sorted(ipv6, key=validators.order)),
        shut,
        tuple(sorted(others)),
    )


_CONTAINERS = (
    *(f"{{{IP}}}{name}" for name in ("ip", "ip-config")),
    *(f"{{{IPV6}}}{name}" for name in ("ipv6", "ipv6-config", "address")),
)


def _leaves(element: etree._Element, path: str) -> Iterator[Tuple[str, etree._Element]]:
    """What stands in the containers that the pack knows, each with its path; `others` are told by
    their topmost element."""
    for child in element:
        tag = str(child.tag)
        if tag in _CONTAINERS:
            yield from _leaves(child, f"{path}/{tag}")
        else:
            yield f"{path}/{tag}", child


_DEFAULT = "{urn:ietf:params:xml:ns:netconf:default:1.0}default"
_BROCADE = "{urn:brocade.com:mgmt:brocade-"
_DEFAULTS = {
    f"{_BROCADE}ip-config}}mtu": "1500",
    f"{_BROCADE}ip-config}}arp-aging-timeout": "240",
    f"{_BROCADE}igmp}}last-member-query-interval": "1000",
    f"{_BROCADE}igmp}}query-interval": "125",
    f"{_BROCADE}igmp}}query-max-response-time": "10",
    f"{_BROCADE}ospf}}dead-interval": "40",
    f"{_BROCADE}ospf}}hello-interval": "10",
    f"{_BROCADE}ospf}}cost": "1",
    f"{_BROCADE}pim}}dr-priority": "1",
    f"{_BROCADE}pim}}ttl-threshold": "1",
}
"""The defaults of a Ve on an rbridge in NOS's YANG: some servers report them (RFC 6243, 3.1)."""
_SELF_MADE = (f"{{{IP}}}proxy-arp",)
"""What NOS configures by itself, with a Ve's first address."""


def _nobodys(element: etree._Element) -> bool:
    """Whether nobody has configured it: a default, what NOS adds by itself, or what holds no more
    than that."""
    if element.get(_DEFAULT) in ("true", "1") or element.tag in _SELF_MADE:
        return True
    if len(element):
        return all(map(_nobodys, element))
    return _text(element) == _DEFAULTS.get(str(element.tag))


def _flags(entry: etree._Element, namespace: str) -> List[str]:
    """What an address carries that the pack does not set, as NOS's `ospf-ignore`."""
    known = [f"{{{namespace}}}{name}" for name in ("address", "secondary")]
    flags = [child for child in entry.iterchildren(tag="*") if child.tag not in known]
    return [f"{_name(flag)} of {_address(entry, namespace)}" for flag in flags]


def _name(element: etree._Element) -> str:
    return printable(etree.QName(element).localname, 64)


def _address(entry: etree._Element, namespace: str) -> str:
    text = _text(entry.find(f"{{{namespace}}}address"))
    # A zone (RFC 4007, 11) may hold anything, as what is no address may.
    with contextlib.suppress(ValueError):
        text = str(ipaddress.ip_interface(text))
    return printable(text)


def _entries(parent: etree._Element, tag: str, key: str) -> Iterator[Tuple[int, etree._Element]]:
    for entry in parent.iterfind(tag):
        try:
            found = number(_text(entry.find(key)))
        except ValueError:
            continue
        yield found, entry


def _leaf(name: str, key: str) -> str:
    return f"<{name}>{key}</{name}>" if key else f"<{name}/>"


def _text(element: Optional[etree._Element]) -> str:
    return "" if element is None else (element.text or "").strip()
