"""Who is at which port of a switch: its LLDP neighbours, and which Port-channel a port is a member
of.

get-lldp-neighbor-detail answers in pages; each goes on after the index of the last port. Input and
output: the vendor's bindings of brocade-lldp-ext. SLX-OS has the same: Extreme's own fabric
automation asks a switch so. A port's Port-channel is its `channel-group` in the running config,
which all models since 2013 have.
"""

import contextlib
from typing import Dict, Iterable, Iterator, List, Set

from lxml import etree

from ...common.errors import InvalidValue, MalformedReply
from ...common.sanitize import printable
from ...config.platforms import Platform
from ...netconf.session import Session
from ..driver import Neighbour
from ..reading import parts, subtree
from .edits import INTERFACE

EXT = "urn:brocade.com:mgmt:brocade-lldp-ext"
MOST_ENTRIES = 10_000
"""A fabric has a tenth of them."""
LONGEST = 255
"""Characters of what a neighbour says (IEEE 802.1AB, 8.5)."""

_NAME = f"{{{INTERFACE}}}name"
_CHANNEL = "/".join(f"{{{INTERFACE}}}{name}" for name in ("channel-group", "port-int"))


def neighbours(session: Session, platform: Platform) -> List[Neighbour]:
    """Whom the switch sees at its ports; a port that `platform` cannot name is left out.

    Raises the errors of `Session`, and MalformedReply where the pages do not go on.
    """
    told: List[Neighbour] = []
    for entry in _entries(session):
        with contextlib.suppress(InvalidValue):
            told.append(
                Neighbour(
                    platform.port(_text(entry, "local-interface-name")),
                    "",
                    _text(entry, "local-interface-mac"),
                    _text(entry, "remote-system-name"),
                    _text(entry, "remote-interface-name"),
                    _text(entry, "remote-port-description"),
                )
            )
    channels = port_channels(session, platform, {one.port for one in told})
    return [one._replace(channel=channels.get(one.port, "")) for one in told]


def port_channels(session: Session, platform: Platform, ports: Iterable[str]) -> Dict[str, str]:
    """The Port-channel of each of these ports that is a member of one. Raises the errors of
    `Session`."""
    found: Dict[str, str] = {}
    for some in parts(sorted(ports)):
        asked = ""
        for port in some:
            kind, _, number = port.lower().partition(" ")
            asked += f"<{kind}><name>{number}</name><channel-group/></{kind}>"
        data = session.get_config(subtree(f'<interface xmlns="{INTERFACE}">{asked}</interface>'))
        for entry in data.iterfind(f"{{{INTERFACE}}}interface/*"):
            kind = etree.QName(entry).localname
            name, channel = (entry.findtext(path) for path in (_NAME, _CHANNEL))
            with contextlib.suppress(InvalidValue):
                found[platform.port(f"{kind} {name}")] = platform.port(f"Port-channel {channel}")
    return found


def _entries(session: Session) -> Iterator[etree._Element]:
    """The entries of all pages."""
    asked: Set[str] = set()
    after, count = "", 0
    while True:
        reply = session.call(
            f'<get-lldp-neighbor-detail xmlns="{EXT}">{after}</get-lldp-neighbor-detail>'
        )
        page = reply.findall(f"{{{EXT}}}lldp-neighbor-detail")
        count += len(page)
        yield from page
        if _text(reply, "has-more") != "true":
            return
        last = _text(page[-1], "local-interface-ifindex") if page else ""
        goes_on = last.isdecimal() and len(last) <= 20 and last not in asked
        if not goes_on or count > MOST_ENTRIES:
            raise MalformedReply(
                f"the switch says that it has LLDP neighbours after {last!r}, and tells of none",
                remedy="Look at `show lldp neighbors` on the switch's command line.",
            )
        asked.add(last)
        after = f"<last-rcvd-ifindex>{int(last)}</last-rcvd-ifindex>"


def _text(parent: etree._Element, name: str) -> str:
    return printable(parent.findtext(f"{{{EXT}}}{name}") or "", LONGEST)
