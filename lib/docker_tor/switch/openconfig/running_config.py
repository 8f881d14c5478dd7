"""What the running config has of a VLAN, by OpenConfig's models, as values. Pure.

A VLAN's interface is the one that is named so. `in_service` of a `Vlan` is True where that routes
the VLAN, and else None. A port is a trunk by its `switched-vlan`; one without a list lets all VLANs
through.
"""

import re
from ipaddress import IPv4Interface, IPv6Interface
from typing import Dict, Iterable, Iterator, List, Sequence, Set, Tuple
from xml.sax.saxutils import escape

from lxml import etree

from ...common.sanitize import printable
from ...config import platforms
from ...config.limits import VeAddress
from .. import trunk
from ..model import Ve, Vlan, by_subnet, ipv4, ipv6, order
from ..reading import READ_WHOLE, entries_of, parts, subtree, text_of
from ..trunk import Port
from .edits import ETHERNET, INSTANCE, INTERFACE, IP, LAG, SECONDARY, VLAN
from .layout import Laid, Layout

_ADDRESSES = ("/routed-vlan/ipv4/addresses/address", "/routed-vlan/ipv6/addresses/address")
_ADDRESS = ("ip", f"config/{{{IP}}}prefix-length", f"config/{{{IP}}}type")
_OWN = ("/name", "/config/name", "/ip", "/config/ip", "/config/prefix-length")
_NOBODYS = {
    ("type", "l3ipvlan"),
    *(("type", kind) for kind in ("PRIMARY", SECONDARY)),
    *(("enabled", word) for word in ("true", "false")),
    *(("loopback-mode", word) for word in ("false", "NONE")),
    *((leaf, "false") for leaf in ("dhcp-client", "suppress")),
    *((leaf, "0") for leaf in ("index", "up", "down")),
    *(("tpid", word) for word in ("TPID_0X8100", "TPID_0x8100")),
    *(("mode", "DISABLE"), ("dup-addr-detect-transmits", "1")),
}
"""Leaves with the models' defaults, which some servers report (RFC 6243, 3.1). Whether a family is
enabled says nothing where it has no address."""


def filters(of: Laid, vlans: Sequence[int]) -> List[str]:
    """The `<filter>` elements that read these VLANs, or all there are if these are many."""
    if len(vlans) > READ_WHOLE:
        return [_vlans(of.layout, "<vlan/>", "<interface/>")]
    found: List[str] = []
    for asked in parts(vlans):
        keys = (f"<vlan><vlan-id>{vlan}</vlan-id></vlan>" for vlan in asked)
        names = (
            f"<interface><name>{of.layout.interface(vlan)}</name></interface>" for vlan in asked
        )
        found.append(_vlans(of.layout, "".join(keys), "".join(names)))
    return found


def survey(of: Laid) -> str:
    """The `<filter>` element that reads the names of all VLANs, and nothing of their interfaces."""
    return _vlans(of.layout, "<vlan><vlan-id/><config><name/></config></vlan>")


def port_filters(ports: Sequence[str]) -> List[str]:
    """The `<filter>` elements that read these ports."""
    inside = f'<switched-vlan xmlns="{VLAN}"><config/></switched-vlan>'
    either = f'<ethernet xmlns="{ETHERNET}">{inside}</ethernet>'
    either += f'<aggregation xmlns="{LAG}">{inside}</aggregation>'
    asked = [f"<interface><name>{escape(one)}</name><config/>{either}</interface>" for one in ports]
    return [subtree(_interfaces("".join(part))) for part in parts(asked)]


def _vlans(layout: Layout, vlans: str, interfaces: str = "") -> str:
    inside = _interfaces(interfaces) if interfaces else ""
    if not layout.instances:
        return subtree(f'<vlans xmlns="{VLAN}">{vlans}</vlans>{inside}')
    instance = f"<network-instance><name>default</name><vlans>{vlans}</vlans></network-instance>"
    return subtree(f'<network-instances xmlns="{INSTANCE}">{instance}</network-instances>{inside}')


def _interfaces(interfaces: str) -> str:
    return f'<interfaces xmlns="{INTERFACE}">{interfaces}</interfaces>'


def read(laid: Laid, data: etree._Element) -> Dict[int, Vlan]:
    """Every VLAN in the `<data>` of a reply, by its id; what has no id is passed over."""
    of, above = (INSTANCE, _DEFAULT) if laid.layout.instances else (VLAN, "")
    found: Dict[int, Vlan] = {}
    for vlans in data.iterfind(f"{above}{{{of}}}vlans"):
        for vlan, entry in entries_of(vlans, f"{{{of}}}vlan", f"{{{of}}}vlan-id"):
            found[vlan] = Vlan(text_of(entry.find(f"{{{of}}}config/{{{of}}}name")))
    ours: Dict[int, List[etree._Element]] = {}
    pattern = re.escape(laid.layout.name).replace(re.escape(platforms.VLAN), "([1-9][0-9]{0,3})")
    for name, interface in entries(data):
        named = re.fullmatch(pattern, name)
        if named:
            ours.setdefault(int(named.group(1)), []).append(interface)
    for vlan, several in ours.items():
        have = found.get(vlan, Vlan())
        tied, ve = read_ve(several, (str(vlan), have.name or str(vlan)))
        found[vlan] = have._replace(in_service=tied or None, ves={None: ve})
    return dict(sorted(found.items()))


_DEFAULT = f"{{{INSTANCE}}}network-instances/{{{INSTANCE}}}network-instance"
_DEFAULT += f"[{{{INSTANCE}}}name='default']/"


def entries(data: etree._Element) -> Iterator[Tuple[str, etree._Element]]:
    """The interfaces in the `<data>` of a reply, with their names."""
    for entry in data.iterfind(f"{{{INTERFACE}}}interfaces/{{{INTERFACE}}}interface"):
        yield printable(text_of(entry.find(f"{{{INTERFACE}}}name")), 64), entry


def read_ve(entry: Sequence[etree._Element], vlan: Sequence[str] = ()) -> Tuple[bool, Ve]:
    """Whether an interface routes the VLAN of these names, and what it carries."""
    found: List[Tuple[bool, VeAddress]] = []
    others: Set[str] = set()
    tied = shut = False
    for path, leaf in (one for part in entry for one in _leaves(part)):
        text = text_of(leaf)
        if path == "/routed-vlan/config/vlan":
            tied = text in vlan
            others.update(() if tied else [printable(f"VLAN {text}", 64)])
        elif path == "/config/enabled":
            shut = text == "false"
        elif path in _ADDRESSES:
            ip, length, kind = (text_of(leaf.find(f"{{{IP}}}{name}")) for name in _ADDRESS)
            address = printable(f"{ip}/{length}", 64)
            try:
                known = ipv4(address) if path == _ADDRESSES[0] else ipv6(address)
                found.append((kind == SECONDARY, known))
            except ValueError:
                others.add(f"address {address}")
            others.update(f"{what} of {address}" for what in _unknown(_leaves(leaf)))
        else:
            others.update(_unknown([(path, leaf)]))
    # Of each subnet, the first is its primary address.
    ordered = [one for _, one in sorted(found, key=lambda one: (one[0], order(one[1])))]
    four = by_subnet(one for one in ordered if isinstance(one, IPv4Interface))
    six = tuple(one for one in ordered if isinstance(one, IPv6Interface))
    return tied, Ve(four, six, shut, tuple(sorted(others)))


def _leaves(element: etree._Element, path: str = "") -> Iterator[Tuple[str, etree._Element]]:
    """The leaves in an element, and its addresses, each with its path; what is not of these models
    has its namespace there."""
    for child in element:
        tag = etree.QName(child)
        known = tag.namespace in (INTERFACE, IP, VLAN)
        here = f"{path}/{tag.localname if known else tag.text}"
        if len(child) and here not in _ADDRESSES:
            yield from _leaves(child, here)
        else:
            yield here, child


def _unknown(leaves: Iterable[Tuple[str, etree._Element]]) -> Iterator[str]:
    """Those that are neither the pack's own nor nobody's, for a person, as "ipv4 mtu"."""
    for path, leaf in leaves:
        *above, name = path.strip("/").split("/")
        text = text_of(leaf).rpartition(":")[2]
        if text and path not in _OWN and (name, text) not in _NOBODYS:
            told = [one for one in (*above, name) if one not in ("config", "routed-vlan")]
            yield printable(" ".join(told[:2]), 64)


def read_ports(data: etree._Element) -> Dict[str, Port]:
    """Every port in the `<data>` of a reply, by its name. Its `form` is where its list stands, and
    the list's entries."""
    return {name: _port(entry) for name, entry in entries(data)}


def _port(entry: etree._Element) -> Port:
    inside = f"{{{VLAN}}}switched-vlan/{{{VLAN}}}config"
    for place, path in ((LAG, f"{{{LAG}}}aggregation"), (ETHERNET, f"{{{ETHERNET}}}ethernet")):
        config = entry.find(f"{path}/{inside}")
        if config is None:
            continue
        if text_of(config.find(f"{{{VLAN}}}interface-mode")) != "TRUNK":
            return Port(trunk.ACCESS)
        listed = [text_of(one) for one in config.iterfind(f"{{{VLAN}}}trunk-vlans")]
        try:
            vlans = trunk.parse(",".join(listed).replace("..", "-")) if listed else frozenset()
        except ValueError:
            return Port(rule=trunk.UNREADABLE)
        return Port(trunk.TRUNK, trunk.ONLY if vlans else trunk.ALL, vlans, (place, *listed), True)
    return Port(trunk.NO_SWITCHPORT)
