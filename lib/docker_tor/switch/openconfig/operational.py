"""What a switch tells of its interfaces by OpenConfig's models, and saving.

State stands beside the configuration, in `state`. A switch with a startup datastore (RFC 6241, 8.7)
is told to copy running to it; any other starts with its running config by itself.
"""

from typing import List, Optional

from ...common.errors import MalformedReply
from ...common.sanitize import printable
from ...netconf.session import Session
from ...netconf.xml import BASE
from ..driver import Interface, Interfaces
from ..reading import subtree, text_of
from .edits import INTERFACE, VLAN
from .running_config import entries, read_ve

MOST = 20_000
"""Interfaces that are looked at."""


def interfaces(
    session: Session,
    rbridge: Optional[int] = None,  # noqa: ARG001  # the Protocol's
) -> Interfaces:
    """The interfaces that route VLANs. Raises the errors of `Session`, and MalformedReply."""
    inside = f'<interface><name/><state/><routed-vlan xmlns="{VLAN}"/></interface>'
    told = list(
        entries(session.get(subtree(f'<interfaces xmlns="{INTERFACE}">{inside}</interfaces>')))
    )
    if len(told) > MOST:
        raise MalformedReply(f"the switch tells of {len(told)} interfaces")
    found: List[Interface] = []
    for name, entry in told:
        if entry.find(f"{{{VLAN}}}routed-vlan") is not None:
            admin, oper = (printable(text_of(entry.find(path)), 64).lower() for path in _STATUS)
            state = "administratively down" if admin == "down" else oper
            addresses = tuple(map(str, read_ve([entry])[1].addresses))
            found.append(Interface(name, addresses, state, oper, ""))
    return Interfaces(tuple(found), complete=True)


_STATUS = [f"{{{INTERFACE}}}state/{{{INTERFACE}}}{one}-status" for one in ("admin", "oper")]


def save(session: Session) -> None:
    """Save the running config to startup, if there is one. Raises the errors of `Session`."""
    if any(":netconf:capability:startup:" in uri for uri in session.capabilities):
        which = "<target><startup/></target><source><running/></source>"
        session.call(f'<copy-config xmlns="{BASE}">{which}</copy-config>')
