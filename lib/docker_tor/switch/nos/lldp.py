"""Who is at which port of a switch: its LLDP neighbours, and the members of its Port-channels.

Both are RPCs that answer in pages: get-lldp-neighbor-detail (brocade-lldp-ext) goes on after the
index of the last port, get-port-channel-detail (brocade-lag) after the last Port-channel. Their
input and output are those of the vendor's bindings. SLX-OS has both: Extreme's own fabric
automation asks a switch so.
"""

import contextlib
from typing import Dict, Iterator, List, NamedTuple, Set

from lxml import etree

from ...common.errors import InvalidValue, MalformedReply
from ...common.sanitize import printable
from ...config.platforms import Platform
from ...netconf.session import Session
from ..driver import Neighbour

LLDP = "urn:brocade.com:mgmt:brocade-lldp-ext"
LAG = "urn:brocade.com:mgmt:brocade-lag"

MOST_ENTRIES = 10_000
"""Neighbours or Port-channels that are read: a fabric has a tenth of them."""
MOST_MEMBERS = 1000
LONGEST = 255
"""Characters of what a neighbour says (IEEE 802.1AB, 8.5)."""


class _Listing(NamedTuple):
    """An RPC that answers in pages: its name, what its entries are named, which of their leaves
    tells one from the next, and the input that says after which to go on."""

    namespace: str
    rpc: str
    entry: str
    key: str
    after: str


_NEIGHBOURS = _Listing(
    LLDP,
    "get-lldp-neighbor-detail",
    "lldp-neighbor-detail",
    "local-interface-ifindex",
    "last-rcvd-ifindex",
)
_CHANNELS = _Listing(LAG, "get-port-channel-detail", "lacp", "aggregator-id", "last-aggregator-id")


def neighbours(session: Session, platform: Platform) -> List[Neighbour]:
    """Whom the switch sees at its ports; a port that `platform` cannot name is left out.

    Raises the errors of `Session`, and MalformedReply where the pages do not go on.
    """
    told = list(_entries(session, _NEIGHBOURS))
    channels = _channels(session, platform) if told else {}
    found: List[Neighbour] = []
    for entry in told:
        with contextlib.suppress(InvalidValue):
            port = platform.port(_text(entry, LLDP, "local-interface-name"))
            found.append(
                Neighbour(
                    port,
                    channels.get(port, ""),
                    _text(entry, LLDP, "local-interface-mac"),
                    _text(entry, LLDP, "remote-system-name"),
                    _text(entry, LLDP, "remote-interface-name"),
                    _text(entry, LLDP, "remote-port-description"),
                )
            )
    return found


def _channels(session: Session, platform: Platform) -> Dict[str, str]:
    """The Port-channel of each port that is a member of one."""
    found: Dict[str, str] = {}
    for entry in _entries(session, _CHANNELS):
        number = _text(entry, LAG, _CHANNELS.key)
        for member in entry.findall(f"{{{LAG}}}aggr-member")[:MOST_MEMBERS]:
            kind, name = (_text(member, LAG, leaf) for leaf in ("interface-type", "interface-name"))
            with contextlib.suppress(InvalidValue):
                found[platform.port(f"{kind} {name}")] = platform.port(f"Port-channel {number}")
    return found


def _entries(session: Session, listing: _Listing) -> Iterator[etree._Element]:
    """The entries of all pages."""
    namespace, rpc = listing.namespace, listing.rpc
    asked: Set[str] = set()
    after, count = "", 0
    while True:
        reply = session.call(f'<{rpc} xmlns="{namespace}">{after}</{rpc}>')
        page = reply.findall(f"{{{namespace}}}{listing.entry}")
        count += len(page)
        yield from page
        if _text(reply, namespace, "has-more") != "true":
            return
        last = _text(page[-1], namespace, listing.key) if page else ""
        # A key is a number, so nothing of the reply's gets into the next request but that.
        goes_on = last.isdecimal() and len(last) <= 20 and last not in asked
        if not goes_on or count > MOST_ENTRIES:
            raise MalformedReply(
                f"the switch says that {rpc} has more after {last!r}, and does not get on",
                remedy="Look at `show lldp neighbors` and `show port-channel` on its command line.",
            )
        asked.add(last)
        after = f"<{listing.after}>{int(last)}</{listing.after}>"


def _text(parent: etree._Element, namespace: str, name: str) -> str:
    return printable(parent.findtext(f"{{{namespace}}}{name}") or "", LONGEST)
