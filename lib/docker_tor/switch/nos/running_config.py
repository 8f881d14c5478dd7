"""What NOS's running config has of a VLAN, as values. Pure.

One VLAN is a `Vlan`: its name, its global Ve, and a Ve for each rbridge that has one. `filters` are
the subtree filters (RFC 6241, 6) that read just that, `read` makes values of the reply, and `shown`
makes of values the lines that a person reads at the switch. Paths and namespaces: Brocade NOS YANG
as the vendor's own bindings use them.
"""

import ipaddress
from typing import Dict, FrozenSet, Iterator, List, Sequence, Tuple, Union

from lxml import etree

from ...common.sanitize import printable
from ..model import Rbridge, Ve, Vlan, by_subnet, ipv4, ipv6, order
from ..reading import READ_WHOLE as READ_WHOLE
from ..reading import entries_of, parts, shown_ve, subtree, text_of
from .edits import INTERFACE as INTERFACE
from .edits import IP as IP
from .edits import IPV6 as IPV6
from .edits import RBRIDGE as RBRIDGE


def filters(vlans: Sequence[int]) -> List[str]:
    """The `<filter>` elements that read these VLANs, or all there are if these are many."""
    if len(vlans) > READ_WHOLE:
        return [_filter([""])]
    return [_filter(list(map(str, part))) for part in parts(vlans)]


def _filter(keys: Sequence[str]) -> str:
    names = "".join(f"<vlan>{_leaf('name', key)}<vlan-name/></vlan>" for key in keys)
    global_ves = "".join(f"<ve>{_leaf('gve-name', key)}<global-ve-shutdown/></ve>" for key in keys)
    # A key alone selects all of its entry; without one, so does the entry's own element.
    ves = "".join(f"<ve>{_leaf('name', key)}</ve>" if key else "<ve/>" for key in keys)
    return subtree(
        f'<interface-vlan xmlns="{INTERFACE}"><interface>{names}{global_ves}</interface>'
        f'</interface-vlan><rbridge-id xmlns="{RBRIDGE}"><rbridge-id/>'
        f'<interface xmlns="{INTERFACE}">{ves}</interface></rbridge-id>'
    )


def survey() -> str:
    """The `<filter>` element that reads the names of all VLANs and the rbridges that there are, and
    nothing of their Ves."""
    return subtree(
        f'<interface-vlan xmlns="{INTERFACE}">'
        "<interface><vlan><name/><vlan-name/></vlan></interface></interface-vlan>"
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id/></rbridge-id>'
    )


def rbridges(data: etree._Element) -> FrozenSet[int]:
    """The rbridges that the `<data>` of a reply names: all members of the switch's fabric."""
    entries = entries_of(data, f"{{{RBRIDGE}}}rbridge-id", f"{{{RBRIDGE}}}rbridge-id")
    return frozenset(rbridge for rbridge, _ in entries)


def read(data: etree._Element) -> Dict[int, Vlan]:
    """Every VLAN in the `<data>` of a reply, by its id; what has no id is passed over."""
    names: Dict[int, str] = {}
    global_ves: Dict[int, bool] = {}
    ves: Dict[int, Dict[Rbridge, List[etree._Element]]] = {}
    for interface in data.iterfind(f"{{{INTERFACE}}}interface-vlan/{{{INTERFACE}}}interface"):
        for vlan, entry in entries_of(interface, f"{{{INTERFACE}}}vlan", f"{{{INTERFACE}}}name"):
            names[vlan] = text_of(entry.find(f"{{{INTERFACE}}}vlan-name")) or names.get(vlan, "")
        for vlan, entry in entries_of(interface, f"{{{INTERFACE}}}ve", f"{{{INTERFACE}}}gve-name"):
            up = entry.find(f"{{{INTERFACE}}}global-ve-shutdown") is None
            global_ves[vlan] = up and global_ves.get(vlan, True)
    for rbridge, entry in entries_of(data, f"{{{RBRIDGE}}}rbridge-id", f"{{{RBRIDGE}}}rbridge-id"):
        for interface in entry.iterfind(f"{{{INTERFACE}}}interface"):
            for vlan, ve in entries_of(interface, f"{{{INTERFACE}}}ve", f"{{{INTERFACE}}}name"):
                ves.setdefault(vlan, {}).setdefault(rbridge, []).append(ve)
    return {
        vlan: Vlan(
            names.get(vlan),
            global_ves.get(vlan),
            {rbridge: ve_of(parts) for rbridge, parts in ves.get(vlan, {}).items()},
        )
        for vlan in sorted({*names, *global_ves, *ves})
    }


def ve_of(parts: Sequence[etree._Element]) -> Ve:
    """A Ve of its list entry, which may come in parts."""
    primary: List[ipaddress.IPv4Interface] = []
    secondary: List[ipaddress.IPv4Interface] = []
    six: List[ipaddress.IPv6Interface] = []
    others: List[str] = []
    shut = False
    for path, element in (leaf for part in parts for leaf in _leaves(part, "")):
        if path in _ADDRESSES:
            address = _address(element)
            if isinstance(address, ipaddress.IPv4Interface):
                later = element.find(f"{{{IP}}}secondary") is not None
                (secondary if later else primary).append(address)
            elif isinstance(address, ipaddress.IPv6Interface):
                six.append(address)
            else:
                others.append(f"address {address}")
            others += (f"{_name(flag)} of {address}" for flag in _flags(element))
        elif path == f"/{{{IP}}}shutdown":
            shut = True
        elif path != f"/{{{INTERFACE}}}name" and not _nobodys(element):
            others.append(_name(element))
    ordered = tuple(sorted(six, key=order))
    return Ve(by_subnet(primary + secondary), ordered, shut, tuple(sorted(others)))


_ADDRESSES = (
    f"/{{{IP}}}ip/{{{IP}}}ip-config/{{{IP}}}address",
    f"/{{{IPV6}}}ipv6/{{{IPV6}}}ipv6-config/{{{IPV6}}}address/{{{IPV6}}}ipv6-address",
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
    return text_of(element) == _DEFAULTS.get(str(element.tag))


def _flags(entry: etree._Element) -> List[etree._Element]:
    """What an address carries that the pack does not set, as NOS's `ospf-ignore`."""
    namespace = etree.QName(entry).namespace
    known = [f"{{{namespace}}}{name}" for name in ("address", "secondary")]
    return [child for child in entry.iterchildren(tag="*") if child.tag not in known]


def _name(element: etree._Element) -> str:
    return printable(etree.QName(element).localname, 64)


def _address(
    entry: etree._Element,
) -> Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface, str]:
    """The address in an entry of its family; as text what is none."""
    namespace = etree.QName(entry).namespace
    text = text_of(entry.find(f"{{{namespace}}}address"))
    try:
        return ipv4(text) if namespace == IP else ipv6(text)
    except ValueError:
        return printable(text)


def _leaf(name: str, key: str) -> str:
    return f"<{name}>{key}</{name}>" if key else f"<{name}/>"


def shown(vlan: int, have: Vlan) -> List[str]:
    """The lines that `show running-config` would have of the VLAN, as far as the pack knows it."""
    lines: List[str] = []
    if have.name is not None:
        lines += [f"interface Vlan {vlan}", *([f" name {have.name}"] if have.name else [])]
    if have.in_service is not None:
        lines += [f"interface Ve {vlan}", " no shutdown" if have.in_service else " shutdown"]
    for rbridge, ve in sorted(have.ves.items()):
        lines += [f"rbridge-id {rbridge}", f" interface Ve {vlan}", *shown_ve(ve)]
    return lines
