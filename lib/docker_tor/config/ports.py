"""Names of a switch's ports, in the one form that its CLI shows.

People write "te21/0/5", "TE 21/0/5" or "TenGigabitEthernet 21/0/5". A name is a type of port and
its number. The type may be cut down to two letters, as the CLI takes it. A platform says which
types it has; one that lists none has names of any kind.
"""

import re
from typing import Any, NamedTuple, Sequence

from ..common.errors import InvalidValue
from ..common.sanitize import printable, quoted

LONGEST = 64
_SHORTEST_TYPE = 2


class PortType(NamedTuple):
    """A type of port: its name, the pattern of its number, and an example of one."""

    name: str
    number: str
    example: str


# NOS's own model (brocade-interface.yang): interface-type and portchannel-type.
_SLOT_PORT = r"([0-9]|1[0-6])/[1-9][0-9]?(:[1-4])?"
_RBRIDGE = r"([1-9][0-9]?|1[0-9][0-9]|2[0-3][0-9])"
_LAG = r"([1-9][0-9]{0,2}|[1-5][0-9]{3}|60[0-9]{2}|61[0-3][0-9]|614[0-4])"
_PORT_CHANNEL = PortType("Port-channel", _LAG, "10")

NOS = (
    *(
        PortType(f"{speed}GigabitEthernet", f"{_RBRIDGE}/{_SLOT_PORT}", "21/0/5")
        for speed in ("Ten", "Forty", "Hundred", "")
    ),
    _PORT_CHANNEL,
)
SLXOS = (PortType("Ethernet", _SLOT_PORT, "0/5"), _PORT_CHANNEL)
_SHORT = {**{one.name: one.name[:2] for one in NOS}, "Ethernet": "Eth"}
_NAMED = re.compile(rf"\b({'|'.join(_SHORT)}) (?=[0-9])")


def canonical(value: Any, field: str, types: Sequence[PortType]) -> str:
    """A port's name as the CLI shows it, as in "TenGigabitEthernet 21/0/5".

    Raises InvalidValue for what names no port of these `types`.
    """
    if not types:
        return _any(value, field)
    written = value if isinstance(value, str) and len(value) <= LONGEST else ""
    parts = re.match(r"\s*([A-Za-z-]+)\s*(\S+)\s*\Z", written)
    typed, number = parts.groups() if parts else ("", "")
    meant = [
        one
        for one in types
        if len(typed) >= _SHORTEST_TYPE and one.name.lower().startswith(typed.lower())
    ]
    for one in meant:
        if re.fullmatch(one.number, number):
            return f"{one.name} {number}"
    names = " or ".join(f'"{one.name} {one.example}"' for one in meant or types)
    raise InvalidValue(
        f"{field} is {quoted(value)}, which names no port", remedy=f"Write it as in {names}."
    )


def short(text: str) -> str:
    """A port's name, or a text with such names in it, where room is short, as "Te 21/0/5": the CLI
    takes that, too."""
    return _NAMED.sub(lambda found: f"{_SHORT[found[1]]} ", text)


def _any(value: Any, field: str) -> str:
    # It is told in chat and handed from task to task, and has to be known again then. Workflows
    # reject what could be an expression.
    written = value if isinstance(value, str) and not re.search("[<{]", value) else ""
    if written.strip() and printable(written, LONGEST) == written:
        return written
    raise InvalidValue(
        f"{field} is {quoted(value)}, which cannot name a port",
        remedy=f"Write the name that the switch shows, of {LONGEST} plain characters at most.",
    )
