"""The edits of a VDX as `<config>` elements, for `Switch.edit` and for the seed.

Written apart from the pack's own templates on purpose: what the one has wrong, the other does not.
"""

import ipaddress
from typing import List, Set
from xml.sax.saxutils import escape

from .names import BASE, INTERFACE, IP, IPV6, RBRIDGE

DELETE = ' nc:operation="delete"'


def vlan(vlan_id: int, name: str = "", delete: bool = False) -> str:
    """`interface Vlan`, with a name where one is given."""
    leaf = f"<vlan-name>{escape(name)}</vlan-name>" if name else ""
    return _interface_vlan(f"<vlan{_delete(delete)}><name>{vlan_id}</name>{leaf}</vlan>")


def global_ve(vlan_id: int, delete: bool = False) -> str:
    """The global `interface Ve`."""
    return _interface_vlan(f"<ve{_delete(delete)}><gve-name>{vlan_id}</gve-name></ve>")


def global_shutdown(vlan_id: int, shut: bool = True) -> str:
    """`shutdown` of the global Ve, or `no shutdown`."""
    leaf = f"<global-ve-shutdown{_delete(not shut)}/>"
    return _interface_vlan(f"<ve><gve-name>{vlan_id}</gve-name>{leaf}</ve>")


def ve(rbridge_id: int, vlan_id: int, delete: bool = False) -> str:
    """`interface Ve` of an rbridge."""
    return _rbridge_ve(rbridge_id, vlan_id, "", delete)


def shutdown(rbridge_id: int, vlan_id: int, shut: bool = True) -> str:
    """`shutdown` of an rbridge's Ve, or `no shutdown`."""
    leaf = f'<shutdown xmlns="{IP}"{_delete(not shut)}/>'
    return _rbridge_ve(rbridge_id, vlan_id, leaf)


def address(
    rbridge_id: int, vlan_id: int, text: str, secondary: bool = False, delete: bool = False
) -> str:
    """`ip address` of an rbridge's Ve, or `ipv6 address` where there is a colon in it."""
    key = f"<address>{escape(text)}</address>"
    if ":" in text:
        leaves = f"<ipv6-address{_delete(delete)}>{key}</ipv6-address>"
        node = f"<ipv6-config><address>{leaves}</address></ipv6-config>"
        return _rbridge_ve(rbridge_id, vlan_id, f'<ipv6 xmlns="{IPV6}">{node}</ipv6>')
    flag = "<secondary/>" if secondary else ""
    node = f"<ip-config><address{_delete(delete)}>{key}{flag}</address></ip-config>"
    return _rbridge_ve(rbridge_id, vlan_id, f'<ip xmlns="{IP}">{node}</ip>')


def addresses(rbridge_id: int, vlan_id: int, *texts: str) -> List[str]:
    """The edits, in their order, that give a Ve these addresses: the first of each IPv4 subnet is
    its primary one."""
    edits: List[str] = []
    taken: Set[object] = set()
    for text in texts:
        subnet = ipaddress.ip_interface(text).network
        edits.append(address(rbridge_id, vlan_id, text, subnet.version == 4 and subnet in taken))
        taken.add(subnet)
    return edits


def vlans_on(port: str, text: str = "", leaf: str = "add", delete: bool = False) -> str:
    """`switchport trunk allowed vlan` of a port: `add`, `remove` or `except` with VLANs such as
    "5,7-9", `all` or `none`."""
    node = f"<vlan><{leaf}{_delete(delete)}>{text}</{leaf}></vlan>"
    return _port(port, f"<switchport><trunk><allowed>{node}</allowed></trunk></switchport>")


def port_mode(port: str, mode: str = "") -> str:
    """`switchport mode` of a port that is a switchport; `no switchport` without a mode."""
    if not mode:
        return _port(port, f"<switchport-basic><basic{DELETE}/></switchport-basic>")
    return _port(port, f"<switchport><mode><vlan-mode>{mode}</vlan-mode></mode></switchport>")


def channel_group(port: str, number: int) -> str:
    """`channel-group` of a port: the Port-channel that it is a member of, by LACP."""
    inside = f"<port-int>{number}</port-int><mode>active</mode><type>standard</type>"
    return _port(port, f"<channel-group>{inside}</channel-group>")


def ip_config(rbridge_id: int, vlan_id: int, leaf: str, delete: bool = False) -> str:
    """An empty leaf of what a Ve has of IPv4 besides addresses, as `proxy-arp`."""
    node = f"<ip-config><{leaf}{_delete(delete)}/></ip-config>"
    return _rbridge_ve(rbridge_id, vlan_id, f'<ip xmlns="{IP}">{node}</ip>')


def segment(rbridge_id: int, vlan_id: int, text: str, name: str = "", up: bool = True) -> List[str]:
    """The edits, in their order, that bring a VLAN with its Ve and address about."""
    edits = [
        vlan(vlan_id, name),
        global_ve(vlan_id),
        address(rbridge_id, vlan_id, text),
    ]
    if up:
        edits += [shutdown(rbridge_id, vlan_id, False), global_shutdown(vlan_id, False)]
    return edits


def seed(rbridge_id: int) -> List[str]:
    """What the switch of the article has configured before anything happens: Ve 10, 20 and 30."""
    return [
        *segment(rbridge_id, 10, "10.10.10.1/24", "Servers"),
        *segment(rbridge_id, 20, "10.10.20.1/24", "Storage"),
        *segment(rbridge_id, 30, "10.10.30.1/24", "Spare", up=False),
    ]


def _interface_vlan(content: str) -> str:
    return _config(
        f'<interface-vlan xmlns="{INTERFACE}"><interface>{content}</interface></interface-vlan>'
    )


def _rbridge_ve(rbridge_id: int, vlan_id: int, content: str, delete: bool = False) -> str:
    return _config(
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>{rbridge_id}</rbridge-id>'
        f'<interface xmlns="{INTERFACE}"><ve{_delete(delete)}><name>{vlan_id}</name>{content}</ve>'
        "</interface></rbridge-id>"
    )


def _port(port: str, content: str) -> str:
    kind, _, number = port.partition(" ")
    entry = f"<{kind.lower()}><name>{number}</name>{content}</{kind.lower()}>"
    return _config(f'<interface xmlns="{INTERFACE}">{entry}</interface>')


def _config(content: str) -> str:
    return f'<nc:config xmlns:nc="{BASE}">{content}</nc:config>'


def _delete(delete: bool) -> str:
    return DELETE if delete else ""
