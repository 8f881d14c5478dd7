"""What a switch tells of its interfaces by OpenConfig's models, and saving.

State stands beside the configuration, in `state`. A switch with a startup datastore (RFC 6241, 8.7)
is told to copy running to it; any other starts with its running config by itself.
"""

from typing import Iterator

from lxml import etree

from ...common.errors import MalformedReply
from ...common.sanitize import printable
from ...netconf.session import Session
from ...netconf.xml import BASE
from ..driver import Interface, Interfaces
from ..nos.running_config import text_of
from .edits import INTERFACE, IP, VLAN

MOST_INTERFACES = 20_000
MOST_ADDRESSES = 256


def interfaces(session: Session) -> Interfaces:
    """The interfaces that route VLANs. Raises the errors of `Session`, and MalformedReply."""
    data = session.get(
        f'<nc:filter xmlns:nc="{BASE}" type="subtree"><interfaces xmlns="{INTERFACE}"><interface>'
        f'<name/><state/><routed-vlan xmlns="{VLAN}"/></interface></interfaces></nc:filter>'
    )
    entries = data.findall(f"{{{INTERFACE}}}interfaces/{{{INTERFACE}}}interface")
    if len(entries) > MOST_INTERFACES:
        raise MalformedReply(f"the switch tells of {len(entries)} interfaces")
    routed = (one for one in entries if one.find(f"{{{VLAN}}}routed-vlan") is not None)
    return Interfaces(tuple(map(_interface, routed)), complete=True)


def _interface(entry: etree._Element) -> Interface:
    name, admin, protocol = (
        printable(text_of(entry.find(path)), 64)
        for path in (
            f"{{{INTERFACE}}}name",
            *(f"{{{INTERFACE}}}state/{{{INTERFACE}}}{word}-status" for word in ("admin", "oper")),
        )
    )
    state = "administratively down" if admin == "DOWN" else protocol.lower()
    addresses = tuple(_addresses(entry))[:MOST_ADDRESSES]
    return Interface(name, addresses, state, protocol.lower(), "")


def _addresses(entry: etree._Element) -> Iterator[str]:
    for family in ("ipv4", "ipv6"):
        path = f"{{{VLAN}}}routed-vlan/{{{IP}}}{family}/{{{IP}}}addresses/{{{IP}}}address"
        for one in entry.iterfind(path):
            length = f"{{{IP}}}prefix-length"
            found = one.find(f"{{{IP}}}state/{length}")
            found = one.find(f"{{{IP}}}config/{length}") if found is None else found
            yield printable(f"{text_of(one.find(f'{{{IP}}}ip'))}/{text_of(found)}", 64)


def save(session: Session) -> None:
    """Save the running config to startup, if there is one. Raises the errors of `Session`."""
    if any(":netconf:capability:startup:" in uri for uri in session.capabilities):
        which = "<target><startup/></target><source><running/></source>"
        session.call(f'<copy-config xmlns="{BASE}">{which}</copy-config>')
