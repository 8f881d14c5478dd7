"""What NOS tells of its VLANs and interfaces, and saving: RPCs of its own, over a session.

get-vlan-brief with its paging: NETCONF Operations Guide, "Retrieving operational data with
pagination". get-ip-interface: the vendor's bindings of brocade-interface-ext. bna-config-cmd: those
of brocade-ras and public recordings, where a save has taken about ten seconds. How NOS names a save
that has failed is not known: whatever is neither in progress nor completed counts as failed.
"""

import time
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple

from lxml import etree

from ...common.errors import MalformedReply, SaveUnfinished, SwitchRefused
from ...common.sanitize import printable
from ...netconf.session import Session
from ..driver import Interface, Interfaces

EXT = "urn:brocade.com:mgmt:brocade-interface-ext"
RAS = "urn:brocade.com:mgmt:brocade-ras"

LAST_VLAN_ID = 8191
"""The highest VLAN id that NOS has, those of virtual fabrics included: no more pages than that."""
MOST_INTERFACES = 20_000
MOST_ADDRESSES = 256
POLLS = 30
POLL_EVERY = 2.0
"""Seconds between two questions after a save, of which there are POLLS."""

Sleep = Callable[[float], Any]


class Vlan(NamedTuple):
    """A VLAN of `show vlan brief`; `ports` as "tengigabitethernet 21/0/1 (tagged)"."""

    vlan_id: int
    name: str
    type: str
    state: str
    ports: Tuple[str, ...]


def vlan_brief(session: Session) -> List[Vlan]:
    """All VLANs of the switch. Raises the errors of `Session`, and MalformedReply where the pages
    do not go on."""
    found: List[Vlan] = []
    last = 0
    while True:
        after = f"<last-rcvd-vlan-id>{last}</last-rcvd-vlan-id>" if last else ""
        reply = session.call(f'<get-vlan-brief xmlns="{EXT}">{after}</get-vlan-brief>')
        page = [_vlan(entry) for entry in reply.iterfind(f"{{{EXT}}}vlan")]
        found += page
        if _text(reply, EXT, "has-more") != "true":
            return found
        told = _text(reply, EXT, "last-vlan-id")
        before, last = last, _vlan_id(told) if told else max([vlan.vlan_id for vlan in page] or [0])
        # Each page begins after the one before, so there are no more of them than ids.
        if last <= before or len(found) > LAST_VLAN_ID:
            raise MalformedReply(
                f"the switch says that it has VLANs after {before}, and tells of {last}",
                remedy="Look at `show vlan brief` on the switch's command line.",
            )


def ip_interfaces(session: Session, rbridge_id: Optional[int] = None) -> Interfaces:
    """The IP interfaces of one rbridge, or of all. Raises the errors of `Session`."""
    one = f"<rbridge-id>{rbridge_id:d}</rbridge-id>" if rbridge_id is not None else ""
    reply = session.call(f'<get-ip-interface xmlns="{EXT}">{one}</get-ip-interface>')
    entries = reply.findall(f"{{{EXT}}}interface")
    if len(entries) > MOST_INTERFACES:
        raise MalformedReply(f"the switch tells of {len(entries)} IP interfaces")
    complete = _text(reply, EXT, "has-more") != "true"
    return Interfaces(tuple(_ip_interface(entry) for entry in entries), complete)


def save(session: Session, *, sleep: Sleep = time.sleep) -> None:
    """Save the running config to the startup config, and wait until the switch says that it is
    done: up to a minute.

    Raises SwitchRefused where it fails, SaveUnfinished (transient) where its end is not told, and
    the errors of `Session`.
    """
    order = "<src>running-config</src><dest>startup-config</dest>"
    reply = session.call(f'<bna-config-cmd xmlns="{RAS}">{order}</bna-config-cmd>')
    job = _text(reply, RAS, "session-id")
    for answer in _answers(session, reply, job, sleep):
        status = _text(answer, RAS, "status")
        if status == "completed":
            return
        if status != "in-progress":
            raise SwitchRefused(
                f"saving failed with status {status!r}: {_text(answer, RAS, 'status-string')}",
                remedy="Save it at the switch (`copy running-config startup-config`) to see why.",
            )
    raise SaveUnfinished(
        f"the switch was still saving after {POLLS * POLL_EVERY:.0f} s",
        remedy="Save again; if that fails too, look at the switch.",
    )


def _answers(
    session: Session, first: etree._Element, job: str, sleep: Sleep
) -> Iterator[etree._Element]:
    """What the switch says of a save, until nobody wants to know any more."""
    yield first
    if not job.isdecimal() or len(job) > 20:
        raise SaveUnfinished(
            f"the switch began to save, and named no session to ask after but {job!r}",
            remedy="Save again; if that fails too, look at the switch.",
        )
    ask = (
        f'<bna-config-cmd-status xmlns="{RAS}"><session-id>{int(job)}</session-id>'
        "</bna-config-cmd-status>"
    )
    for poll in range(POLLS):
        if poll:
            sleep(POLL_EVERY)
        try:
            yield session.call(ask)
        except SwitchRefused as error:
            raise SaveUnfinished(
                f"the switch began to save, and does not know of it any more ({error.what})",
                remedy="Save again; if that fails too, look at the switch.",
            ) from None


def _vlan(entry: etree._Element) -> Vlan:
    return Vlan(
        _vlan_id(_text(entry, EXT, "vlan-id")),
        _text(entry, EXT, "vlan-name"),
        _text(entry, EXT, "vlan-type"),
        _text(entry, EXT, "vlan-state"),
        tuple(_port(port) for port in entry.iterfind(f"{{{EXT}}}interface")),
    )


def _port(port: etree._Element) -> str:
    kind, name, tag = (
        _text(port, EXT, leaf) for leaf in ("interface-type", "interface-name", "tag")
    )
    return f"{kind} {name} ({tag})" if tag else f"{kind} {name}"


def _ip_interface(entry: etree._Element) -> Interface:
    told = [_text(one, EXT, "ipv4") for one in entry.iterfind(f"{{{EXT}}}ip-address")]
    # NOS's word for none, in this place.
    addresses = [address for address in told[:MOST_ADDRESSES] if address not in ("", "unassigned")]
    name, state, protocol, vrf = (
        _text(entry, EXT, leaf) for leaf in ("if-name", "if-state", "line-protocol-state", "vrf")
    )
    return Interface(name, tuple(addresses), state, protocol, vrf)


def _vlan_id(text: str) -> int:
    if not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= LAST_VLAN_ID:
        raise MalformedReply(f"the switch tells of a VLAN {text!r}")
    return int(text)


def _text(parent: etree._Element, namespace: str, name: str) -> str:
    return printable(parent.findtext(f"{{{namespace}}}{name}") or "", 80)
