"""Who is at which port of a switch, by openconfig-lldp, and of which Port-channel that port is a
member, by openconfig-if-aggregate. Paths: the published models; no switch has answered yet.
"""

import contextlib
from typing import Dict, List

from lxml import etree

from ...common.errors import InvalidValue, MalformedReply
from ...common.sanitize import printable
from ...config.platforms import Platform
from ...netconf.session import Session
from ..driver import Neighbour
from ..nos.lldp import LONGEST, MOST_ENTRIES
from ..reading import subtree
from .edits import ETHERNET, INTERFACE
from .edits import LAG as AGGREGATE

LLDP = "http://openconfig.net/yang/lldp"

_FILTER = subtree(
    f'<lldp xmlns="{LLDP}"><interfaces><interface><name/><neighbors/></interface></interfaces>'
    f'</lldp><interfaces xmlns="{INTERFACE}"><interface><name/><ethernet xmlns="{ETHERNET}">'
    f'<config><aggregate-id xmlns="{AGGREGATE}"/></config></ethernet></interface></interfaces>'
)
_SAID = ("system-name", "port-id", "port-description")
_CHANNEL = f"{{{ETHERNET}}}ethernet/{{{ETHERNET}}}config/{{{AGGREGATE}}}aggregate-id"


def neighbours(session: Session, platform: Platform) -> List[Neighbour]:
    """Whom the switch sees at its ports; one whose name is not plain text is left out. Raises the
    errors of `Session`, and MalformedReply for more than any switch has."""
    data = session.get(_FILTER)
    channels: Dict[str, str] = {}
    for entry in data.iterfind(f"{{{INTERFACE}}}interfaces/{{{INTERFACE}}}interface"):
        channels[entry.findtext(f"{{{INTERFACE}}}name") or ""] = entry.findtext(_CHANNEL) or ""
    found: List[Neighbour] = []
    for entry in data.iterfind(f"{{{LLDP}}}lldp/{{{LLDP}}}interfaces/{{{LLDP}}}interface"):
        with contextlib.suppress(InvalidValue):
            port = platform.port(entry.findtext(f"{{{LLDP}}}name"))
            channel = channels.get(port) and platform.port(channels[port])
            for one in entry.iterfind(f"{{{LLDP}}}neighbors/{{{LLDP}}}neighbor"):
                said = [_text(one, f"{{{LLDP}}}state/{{{LLDP}}}{leaf}") for leaf in _SAID]
                found.append(Neighbour(port, channel or "", "", *said))
    if len(found) > MOST_ENTRIES:
        raise MalformedReply(f"the switch tells of {len(found)} LLDP neighbours")
    return found


def _text(parent: etree._Element, path: str) -> str:
    return printable(parent.findtext(path) or "", LONGEST)
