"""What SLX-OS's running config has of a VLAN, as values. Pure.

A VLAN says by its `router-interface` which Ve is its own; in a `Vlan` that stands in the place of
NOS's global Ve: `in_service` is True with it and None without it, never False. The Ve has no
rbridge. A VLAN that somebody has tied to the Ve of another number is not as the pack makes it: it
is read under a name that is not the pack's, so nothing touches it.

What a Ve has by itself (defaults that SLX-OS may report) is not known beyond what NOS's YANG has.
"""

from typing import Dict, FrozenSet, List, Sequence

from lxml import etree

from .. import reading
from ..model import Vlan
from ..nos.running_config import ve_of
from ..reading import READ_WHOLE, entries_of, parts, subtree, text_of
from .edits import INTERFACE as INTERFACE
from .edits import SYSTEM as SYSTEM


def filters(vlans: Sequence[int]) -> List[str]:
    """The `<filter>` elements that read these VLANs, or all there are if these are many."""
    if len(vlans) > READ_WHOLE:
        return [_filter("<vlan/>", "<ve/>")]
    return [_filter(_keys("vlan", part), _keys("ve", part)) for part in parts(vlans)]


def _keys(kind: str, vlans: Sequence[int]) -> str:
    return "".join(f"<{kind}><name>{vlan}</name></{kind}>" for vlan in vlans)


def survey() -> str:
    """The `<filter>` element that reads the names of all VLANs, and nothing of their Ves."""
    return subtree(_vlans("<vlan><name/><vlan-name/><router-interface/></vlan>"))


def _filter(vlans: str, ves: str) -> str:
    return subtree(
        f'{_vlans(vlans)}<routing-system xmlns="{SYSTEM}"><interface xmlns="{INTERFACE}">{ves}'
        "</interface></routing-system>"
    )


def _vlans(content: str) -> str:
    return f'<interface-vlan xmlns="{INTERFACE}">{content}</interface-vlan>'


def rbridges(data: etree._Element) -> FrozenSet[int]:  # noqa: ARG001  # the Protocol's
    """There are none."""
    return frozenset()


def read(data: etree._Element) -> Dict[int, Vlan]:
    """Every VLAN in the `<data>` of a reply, by its id; what has no id is passed over."""
    found: Dict[int, Vlan] = {}
    key = f"{{{INTERFACE}}}name"
    for vlans in data.iterfind(f"{{{INTERFACE}}}interface-vlan"):
        for vlan, entry in entries_of(vlans, f"{{{INTERFACE}}}vlan", key):
            found[vlan] = _vlan(vlan, entry)
    parts: Dict[int, List[etree._Element]] = {}
    for interface in data.iterfind(f"{{{SYSTEM}}}routing-system/{{{INTERFACE}}}interface"):
        for vlan, entry in entries_of(interface, f"{{{INTERFACE}}}ve", key):
            parts.setdefault(vlan, []).append(entry)
    for vlan, several in parts.items():
        found[vlan] = found.get(vlan, Vlan())._replace(ves={None: ve_of(several)})
    return dict(sorted(found.items()))


def _vlan(vlan: int, entry: etree._Element) -> Vlan:
    name = text_of(entry.find(f"{{{INTERFACE}}}vlan-name"))
    tied_to = text_of(entry.find(f"{{{INTERFACE}}}router-interface/{{{INTERFACE}}}Ve"))
    if tied_to not in ("", str(vlan)):
        return Vlan(f"{name}, tied to Ve {tied_to}")
    return Vlan(name, True if tied_to else None)


def shown(vlan: int, have: Vlan) -> List[str]:
    """The lines that `show running-config` would have of the VLAN, as far as the pack knows it."""
    tied = [f" router-interface Ve {vlan}"] if have.in_service else []
    return reading.shown(vlan, have, f"Ve {vlan}", *tied)
