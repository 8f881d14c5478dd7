"""NOS's own RPCs, as far as the vendor's libraries use them.

get-vlan-brief and its paging: NETCONF Operations Guide, "Retrieving operational data with
pagination"; the counts, and get-ip-interface: pynos's bindings of brocade-interface-ext and its
recorded replies; bna-config-cmd: its bindings of brocade-ras and public recordings. What
interface-type NOS gives a Ve is not known; the bindings offer no better name than l2vlan.
"""

from typing import Callable, Dict, List, NamedTuple, Sequence

from lxml import etree

from . import ports, rules, state
from .arguments import arguments, keyword, number
from .datastore import Datastore
from .errors import SwitchError
from .faults import AT_ONCE, Saving
from .names import INTERFACE_EXT, RAS, element, group
from .store import FAILED, IN_PROGRESS, RUNNING, Store


class Asker(NamedTuple):
    """Which session asks, and how a save would go that it begins."""

    session: int
    saving: Saving = AT_ONCE


Operation = Callable[[Store, Asker, etree._Element], Sequence[etree._Element]]


def _get_vlan_brief(store: Store, _asker: Asker, asked: etree._Element) -> List[etree._Element]:
    """One VLAN a reply: the first after `last-rcvd-vlan-id`, if that is given."""
    given = arguments(asked, optional=("last-rcvd-vlan-id",))
    running = store.get(RUNNING)
    everything = state.vlan_ids(running)
    last = number(given["last-rcvd-vlan-id"]) if "last-rcvd-vlan-id" in given else 0
    left = [vlan_id for vlan_id in everything if vlan_id > last]
    reply = [
        element(INTERFACE_EXT, "configured-vlans-count", str(len(everything))),
        element(INTERFACE_EXT, "provisioned-vlans-count", str(len(everything))),
        element(INTERFACE_EXT, "unprovisioned-vlans-count", "0"),
    ]
    for vlan_id in left[:1]:
        reply.append(_vlan(running, vlan_id))
        reply.append(element(INTERFACE_EXT, "last-vlan-id", str(vlan_id)))
    reply.append(element(INTERFACE_EXT, "has-more", "true" if len(left) > 1 else "false"))
    return reply


def _vlan(running: Datastore, vlan_id: int) -> etree._Element:
    entry = rules.vlans(running.tree)[str(vlan_id)]
    made = group(
        INTERFACE_EXT,
        "vlan",
        ("vlan-id", str(vlan_id)),
        ("vlan-type", "static"),
        ("vlan-name", entry.get("vlan-name", f"VLAN{vlan_id:04}")),
        ("vlan-state", "active"),
    )
    for name, port in ports.each(running.tree):
        if ports.carries(port, vlan_id):
            kind, _, number = name.lower().partition(" ")
            leaves = (("interface-type", kind), ("interface-name", number), ("tag", "tagged"))
            made.append(group(INTERFACE_EXT, "interface", *leaves))
    return made


def _get_ip_interface(store: Store, _asker: Asker, asked: etree._Element) -> List[etree._Element]:
    """`show ip interface brief` of one rbridge, or of all without `rbridge-id`."""
    given = arguments(asked, optional=("rbridge-id",))
    wanted = number(given["rbridge-id"]) if "rbridge-id" in given else None
    if wanted is not None and wanted not in store.rbridge_ids:
        raise SwitchError("invalid-value", f"rbridge-id {wanted} is not part of this fabric")
    numbers = [wanted] if wanted is not None else store.rbridge_ids
    reply = [_ip_interface(ve) for ve in state.ves(store.get(RUNNING), numbers)]
    return [*reply, element(INTERFACE_EXT, "has-more", "false")]


def _ip_interface(ve: state.Ve) -> etree._Element:
    word = "up" if ve.up else "down"
    made = group(
        INTERFACE_EXT,
        "interface",
        ("interface-type", "l2vlan"),
        ("interface-name", str(ve.vlan_id)),
        ("if-name", f"Ve {ve.vlan_id}"),
    )
    for address in ve.ipv4 or ("unassigned",):
        kind = "secondary" if address in ve.secondary else "primary"
        made.append(group(INTERFACE_EXT, "ip-address", ("ipv4", address), ("ipv4-type", kind)))
    for name, text in (("if-state", word), ("line-protocol-state", word), ("vrf", "default-vrf")):
        made.append(element(INTERFACE_EXT, name, text))
    return made


def _bna_config_cmd(store: Store, asker: Asker, asked: etree._Element) -> List[etree._Element]:
    """Saves running to startup. As on the switch it is a job, whose status has an RPC of its own;
    unless told otherwise it is done by the time of the reply."""
    given = arguments(asked, required=("src", "dest"))
    keyword(given["src"], ("running-config",))
    keyword(given["dest"], ("startup-config",))
    store.begin_save(asker.session, asker.saving)
    return [
        element(RAS, "session-id", str(asker.session)),
        element(RAS, "status", IN_PROGRESS),
    ]


def _bna_config_cmd_status(
    store: Store, _asker: Asker, asked: etree._Element
) -> List[etree._Element]:
    """What NOS calls a save that has failed is not known; its status-string is for people."""
    job = number(arguments(asked, required=("session-id",))["session-id"])
    status = store.ask_save(job)
    if not status:
        raise SwitchError("invalid-value", f"session {job} has saved nothing")
    why = "no space left in the flash" if status == FAILED else ""
    return [element(RAS, "status", status), element(RAS, "status-string", why)]


OPERATIONS: Dict[str, Operation] = {
    f"{{{INTERFACE_EXT}}}get-vlan-brief": _get_vlan_brief,
    f"{{{INTERFACE_EXT}}}get-ip-interface": _get_ip_interface,
    f"{{{RAS}}}bna-config-cmd": _bna_config_cmd,
    f"{{{RAS}}}bna-config-cmd-status": _bna_config_cmd_status,
}
