"""NOS's own RPCs, as far as the vendor's libraries use them.

get-vlan-brief and its paging: NETCONF Operations Guide, "Retrieving operational data with
pagination"; get-ip-interface: pynos's bindings of brocade-interface-ext and its recorded replies;
bna-config-cmd: its bindings of brocade-ras and public recordings; get-lldp-neighbor-detail: those
of brocade-lldp-ext, which SLX-OS has as well. Replies have what the pack reads of them. A port's
index is made up: how NOS makes one is not public.
"""

from typing import Dict, List

from lxml import etree

from . import nos, ports
from .names import INTERFACE_EXT, LLDP_EXT, RAS
from .rpc import Operation, count, parameters
from .schema import Tree
from .store import RUNNING, Store
from .xml import SwitchError, element, group

PAGE = 2
"""Ports that one reply tells the neighbours of."""


def _get_vlan_brief(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    """One VLAN a reply: the first after `last-rcvd-vlan-id`, if that is given."""
    given = parameters(asked, optional=("last-rcvd-vlan-id",))
    last = count(given.get("last-rcvd-vlan-id")) or 0
    tree = store.get(RUNNING).tree
    left = sorted(vlan_id for vlan_id in map(int, nos.vlans(tree)) if vlan_id > last)
    reply = []
    for vlan_id in left[:1]:
        reply.append(_vlan(tree, vlan_id))
        reply.append(element(INTERFACE_EXT, "last-vlan-id", str(vlan_id)))
    return [*reply, _has_more(INTERFACE_EXT, len(left) > 1)]


def _vlan(tree: Tree, vlan_id: int) -> etree._Element:
    made = group(
        INTERFACE_EXT,
        "vlan",
        ("vlan-id", str(vlan_id)),
        ("vlan-type", "static"),
        ("vlan-name", nos.vlans(tree)[str(vlan_id)].get("vlan-name", f"VLAN{vlan_id:04}")),
        ("vlan-state", "active"),
    )
    for name, port in ports.each(tree):
        if ports.carries(port, vlan_id):
            kind, _, number = name.lower().partition(" ")
            leaves = (("interface-type", kind), ("interface-name", number), ("tag", "tagged"))
            made.append(group(INTERFACE_EXT, "interface", *leaves))
    return made


def _get_ip_interface(store: Store, _session: int, asked: etree._Element) -> List[etree._Element]:
    """`show ip interface brief` of one rbridge, or of all without `rbridge-id`."""
    wanted = count(parameters(asked, optional=("rbridge-id",)).get("rbridge-id"))
    tree = store.get(RUNNING).tree
    numbers = list(nos.rbridges(tree)) if wanted is None else [str(wanted)]
    if not nos.rbridges(tree).keys() >= {*numbers}:
        raise SwitchError("invalid-value", f"rbridge-id {wanted} is not part of this fabric")
    told = [_ip_interface(ve) for number in numbers for ve in nos.state(tree, number)]
    return [*told, _has_more(INTERFACE_EXT, False)]


def _ip_interface(ve: nos.Ve) -> etree._Element:
    word = "up" if ve.up else "down"
    made = group(
        INTERFACE_EXT,
        "interface",
        ("if-name", f"Ve {ve.vlan_id}"),
        ("if-state", word),
        ("line-protocol-state", word),
        ("vrf", "default-vrf"),
    )
    for address in ve.ipv4 or ("unassigned",):
        made.append(group(INTERFACE_EXT, "ip-address", ("ipv4", address)))
    return made


def _bna_config_cmd(store: Store, session: int, asked: etree._Element) -> List[etree._Element]:
    """Saves running to startup. As on the switch it is a job, whose status has an RPC of its own;
    here it is done by the time of the reply."""
    given = parameters(asked, required=("src", "dest"))
    if (given["src"].text, given["dest"].text) != ("running-config", "startup-config"):
        raise SwitchError("invalid-value", "only running-config is saved, to startup-config")
    store.save(session)
    return [element(RAS, "session-id", str(session)), element(RAS, "status", "in-progress")]


def _bna_config_cmd_status(
    store: Store, _session: int, asked: etree._Element
) -> List[etree._Element]:
    """What NOS calls a save that has failed is not known; its status-string is for people."""
    job = count(parameters(asked, required=("session-id",))["session-id"])
    if job not in store.saved:
        raise SwitchError("invalid-value", f"session {job} has saved nothing")
    return [element(RAS, "status", "completed"), element(RAS, "status-string")]


def _get_lldp_neighbor_detail(
    store: Store, _session: int, asked: etree._Element
) -> List[etree._Element]:
    """In pages, each of the ports after `last-rcvd-ifindex`."""
    given = parameters(asked, optional=("last-rcvd-ifindex",))
    after = count(given.get("last-rcvd-ifindex")) or 0
    left = list(enumerate(store.lldp.by_port.items(), 1))[after:]
    told = [
        group(
            LLDP_EXT,
            "lldp-neighbor-detail",
            ("local-interface-name", _short(port)),
            ("local-interface-ifindex", str(index)),
            ("local-interface-mac", f"0005.3300.{index:04x}"),
            ("remote-interface-name", one.port_id),
            # What a neighbour does not say is left out.
            *([("remote-port-description", one.port_description)] * bool(one.port_description)),
            *([("remote-system-name", one.system)] * bool(one.system)),
        )
        for index, (port, found) in left[:PAGE]
        for one in found
    ]
    return [*told, _has_more(LLDP_EXT, len(left) > PAGE)]


def _short(port: str) -> str:
    """As LLDP has the port's name: "Te 21/0/1", or "Eth 0/1" on SLX-OS."""
    kind, _, name = port.partition(" ")
    return f"{kind[:3] if kind == 'Ethernet' else kind[:2]} {name}"


def _has_more(namespace: str, more: bool) -> etree._Element:
    return element(namespace, "has-more", "true" if more else "false")


LLDP: Dict[str, Operation] = {f"{{{LLDP_EXT}}}get-lldp-neighbor-detail": _get_lldp_neighbor_detail}
NOS: Dict[str, Operation] = {
    **LLDP,
    f"{{{INTERFACE_EXT}}}get-vlan-brief": _get_vlan_brief,
    f"{{{INTERFACE_EXT}}}get-ip-interface": _get_ip_interface,
    f"{{{RAS}}}bna-config-cmd": _bna_config_cmd,
    f"{{{RAS}}}bna-config-cmd-status": _bna_config_cmd_status,
}
