"""What the running config has of a VLAN, by OpenConfig's models, as values. Pure.

A VLAN's interface is the one that is named so. In a `Vlan`, `in_service` is None where no such
interface routes the VLAN, and False where the VLAN is suspended.
"""

import re
from ipaddress import IPv4Interface, IPv6Interface
from typing import Dict, Iterator, List, Sequence, Set, Tuple

from lxml import etree

from ...common.sanitize import printable
from ...config import platforms
from ...config.limits import VeAddress
from ...netconf.xml import BASE
from ..model import Ve, Vlan, by_subnet, ipv4, ipv6, order
from ..nos.running_config import ASKED_AT_ONCE, READ_WHOLE, entries_of, shown_ve, text_of
from .edits import INSTANCE, INTERFACE, IP, SECONDARY, SUSPENDED, VLAN
from .layout import Layout

_NUMBER = "([1-9][0-9]{0,3})"
_ADDRESSES = tuple(f"/routed-vlan/{family}/addresses/address" for family in ("ipv4", "ipv6"))
_ADDRESS = ("ip", f"config/{{{IP}}}prefix-length", f"config/{{{IP}}}type")
_OWN = ("/name", "/config/name", "/ip", "/config/ip", "/config/prefix-length")
_NOBODYS = {
    "enabled": ("true", "false"),
    "dhcp-client": ("false",),
    "loopback-mode": ("false", "NONE"),
    "index": ("0",),
    "up": ("0",),
    "down": ("0",),
    "mode": ("DISABLE",),
    "suppress": ("false",),
    "dup-addr-detect-transmits": ("1",),
    "tpid": ("TPID_0X8100", "TPID_0x8100"),
    "type": ("l3ipvlan", "PRIMARY", "SECONDARY"),
}
"""Leaves with the models' defaults, which some servers report (RFC 6243, 3.1). Whether a family is
enabled says nothing where it has no address."""


def filters(layout: Layout, vlans: Sequence[int]) -> List[str]:
    """The `<filter>` elements that read these VLANs, or all there are if these are many."""
    if len(vlans) > READ_WHOLE:
        return [_filter(layout, "<vlan/>", "<interface/>")]
    found: List[str] = []
    for first in range(0, len(vlans), ASKED_AT_ONCE):
        asked = vlans[first : first + ASKED_AT_ONCE]
        keys = (f"<vlan><vlan-id>{vlan}</vlan-id></vlan>" for vlan in asked)
        names = (f"<interface><name>{layout.interface(vlan)}</name></interface>" for vlan in asked)
        found.append(_filter(layout, "".join(keys), "".join(names)))
    return found


def survey(layout: Layout) -> str:
    """The `<filter>` element that reads the names of all VLANs, and nothing of their interfaces."""
    return _filter(layout, "<vlan><vlan-id/><config><name/></config></vlan>", "")


def _filter(layout: Layout, vlans: str, interfaces: str) -> str:
    asked = f'<vlans xmlns="{VLAN}">{vlans}</vlans>'
    if layout.instances:
        asked = (
            f'<network-instances xmlns="{INSTANCE}"><network-instance><name>default</name>'
            f"<vlans>{vlans}</vlans></network-instance></network-instances>"
        )
    if interfaces:
        asked += f'<interfaces xmlns="{INTERFACE}">{interfaces}</interfaces>'
    return f'<nc:filter xmlns:nc="{BASE}" type="subtree">{asked}</nc:filter>'


def read(layout: Layout, data: etree._Element) -> Dict[int, Vlan]:
    """Every VLAN in the `<data>` of a reply, by its id; what has no id is passed over."""
    found: Dict[int, Vlan] = {}
    suspended: Dict[int, bool] = {}
    path, namespace = f"{{{VLAN}}}vlans", VLAN
    if layout.instances:
        one = f"{{{INSTANCE}}}network-instance[{{{INSTANCE}}}name='default']"
        path, namespace = f"{{{INSTANCE}}}network-instances/{one}/{{{INSTANCE}}}vlans", INSTANCE
    for vlans in data.iterfind(path):
        for vlan, entry in entries_of(vlans, f"{{{namespace}}}vlan", f"{{{namespace}}}vlan-id"):
            name, status = (
                text_of(entry.find(f"{{{namespace}}}config/{{{namespace}}}{leaf}"))
                for leaf in ("name", "status")
            )
            found[vlan] = Vlan(name)
            suspended[vlan] = status == SUSPENDED
    parts: Dict[int, List[etree._Element]] = {}
    name_of_one = re.escape(layout.name).replace(re.escape(platforms.VLAN), _NUMBER)
    for entry in data.iterfind(f"{{{INTERFACE}}}interfaces/{{{INTERFACE}}}interface"):
        named = re.fullmatch(name_of_one, text_of(entry.find(f"{{{INTERFACE}}}name")))
        if named:
            parts.setdefault(int(named.group(1)), []).append(entry)
    for vlan, several in parts.items():
        have = found.get(vlan, Vlan())
        tied, ve = _ve(several, (str(vlan), have.name or str(vlan)))
        in_service = not suspended.get(vlan, False) if tied else None
        found[vlan] = have._replace(in_service=in_service, ves={None: ve})
    return dict(sorted(found.items()))


def _ve(parts: Sequence[etree._Element], vlan: Sequence[str]) -> Tuple[bool, Ve]:
    """Whether an interface routes the VLAN of these names, and what it carries."""
    addresses: List[Tuple[bool, VeAddress]] = []
    others: Set[str] = set()
    tied = shut = False
    for path, leaf in (found for part in parts for found in _leaves(part)):
        text = text_of(leaf)
        if path == "/routed-vlan/config/vlan":
            tied = text in vlan
            others.update(() if tied else [printable(f"VLAN {text}", 64)])
        elif path == "/config/enabled":
            shut = text == "false"
        elif path in _ADDRESSES:
            ip, length, kind = (text_of(leaf.find(f"{{{IP}}}{name}")) for name in _ADDRESS)
            read_as = ipv4 if path == _ADDRESSES[0] else ipv6
            try:
                addresses.append((kind == SECONDARY, read_as(f"{ip}/{length}")))
            except ValueError:
                others.add(printable(f"address {ip}/{length}"))
            inside = (name for name, one in _leaves(leaf) if not _is_known(name, one))
            others.update(f"{_told(name)} of {ip}" for name in inside)
        elif not _is_known(path, leaf):
            others.add(_told(path))
    # Of each subnet, the first is its primary address.
    ordered = [one for _, one in sorted(addresses, key=lambda one: (one[0], order(one[1])))]
    four = by_subnet(one for one in ordered if isinstance(one, IPv4Interface))
    six = tuple(one for one in ordered if isinstance(one, IPv6Interface))
    return tied, Ve(four, six, shut, tuple(sorted(others)))


def _leaves(element: etree._Element, path: str = "") -> Iterator[Tuple[str, etree._Element]]:
    """The leaves in an element, and its addresses, each with its path; the names of others'
    namespaces are told with them."""
    for child in element:
        tag = etree.QName(child)
        known = tag.namespace in (INTERFACE, IP, VLAN)
        here = f"{path}/{tag.localname if known else tag.text}"
        if len(child) and here not in _ADDRESSES:
            yield from _leaves(child, here)
        else:
            yield here, child


def _is_known(path: str, leaf: etree._Element) -> bool:
    """Whether a leaf is the pack's own, or nobody's."""
    name, text = path.rpartition("/")[2], text_of(leaf).rpartition(":")[2]
    return not text or path in _OWN or text in _NOBODYS.get(name, ())


def _told(path: str) -> str:
    """A leaf for a person, as "ipv4 mtu"."""
    names = (name for name in path.split("/") if name not in ("", "config", "routed-vlan"))
    return printable(" ".join(list(names)[:2]), 64)


def shown(layout: Layout, vlan: int, have: Vlan) -> List[str]:
    """The lines that `show running-config` would have of the VLAN, as far as the pack knows it."""
    lines: List[str] = []
    if have.name is not None:
        lines += [f"vlan {vlan}", *([f"   name {have.name}"] if have.name else [])]
        lines += ["   state suspend"] if have.in_service is False else []
    for one in have.ves.values():
        lines += [f"interface {layout.interface(vlan)}", *(f" {line}" for line in shown_ve(one))]
    return lines
