"""The value types of the modelled configurations: text from outside to its canonical form.

Each reader takes the text of a leaf and returns it as the switch keeps it, or raises ValueError
with a text for the error-message. Ranges come from the command reference for the VDX 6740 and 6940:
VLANs 1 - 3962 except 1002, 3963 - 4090 reserved. Virtual-fabric VLANs (4096 - 8191) are left out.
"""

import ipaddress
import re
from typing import Iterable, List, Set, Tuple

from .schema import Reader

MODELLED_VLANS = 4090
LAST_VLAN = 3962
FCOE_VLAN = 1002

_DECIMAL = re.compile(r"[0-9]{1,9}\Z")


def number(text: str) -> int:
    """A decimal number without sign, blanks or leading zeros."""
    if not _DECIMAL.match(text) or str(int(text)) != text:
        raise ValueError(f"{text[:40]!r} is not a valid number")
    return int(text)


def between(least: int, most: int) -> Reader:
    """The reader of numbers from `least` to `most`."""

    def read(text: str) -> str:
        if not least <= number(text) <= most:
            raise ValueError(f"{text} is not in {least} - {most}")
        return text

    return read


def one_of(*words: str) -> Reader:
    """The reader of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(words)}")
        return text

    return read


def string(longest: int) -> Reader:
    """The reader of a line of printable text, 1 - `longest` characters."""

    def read(text: str) -> str:
        if not 1 <= len(text) <= longest:
            raise ValueError(f"{len(text)} characters, where 1 - {longest} are allowed")
        if not text.isprintable() or text != text.strip():
            raise ValueError(f"{text[:40]!r} is not plain text")
        return text

    return read


def vlan(text: str) -> str:
    """A VLAN id of a VDX 6740 or 6940."""
    vlan_id = number(text)
    if not 1 <= vlan_id <= MODELLED_VLANS:
        raise ValueError(f"{vlan_id} is not a valid VLAN ID, which is 1 - {MODELLED_VLANS}")
    if vlan_id == FCOE_VLAN:
        raise ValueError(f"VLAN {vlan_id} is reserved for FCoE")
    if vlan_id > LAST_VLAN:
        raise ValueError(f"VLAN {vlan_id} is reserved for internal use")
    return text


def vlan_list(text: str) -> str:
    """VLANs as ranges, "5,7-9", of 253 characters at most; as text they stay as they are."""
    if not 1 <= len(text) <= 253:
        raise ValueError(f"{len(text)} characters, where 1 - 253 are allowed")
    vlans_of(text)
    return text


def vlans_of(text: str, last_vlan: int = MODELLED_VLANS) -> Set[int]:
    """The VLANs of such a list."""
    vlans: Set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        low, high = number(first), number(last or first)
        if not 1 <= low <= high <= last_vlan:
            raise ValueError(f"{part!r} is no range of VLANs in 1 - {last_vlan}")
        vlans.update(range(low, high + 1))
    return vlans


def list_of_vlans(vlans: Iterable[int]) -> str:
    """The list of these VLANs."""
    runs: List[Tuple[int, int]] = []
    for vlan in sorted(vlans):
        goes_on = runs and runs[-1][1] == vlan - 1
        runs.append((runs.pop()[0] if goes_on else vlan, vlan))
    return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in runs)


def ipv4(text: str) -> str:
    """An IPv4 address without a prefix length."""
    return str(ipaddress.IPv4Address(text))


def ipv6(text: str) -> str:
    """An IPv6 address without a prefix length."""
    return str(ipaddress.IPv6Address(text))
