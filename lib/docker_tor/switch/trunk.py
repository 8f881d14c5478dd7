"""A switch's port, and the VLANs that it lets through. Pure.

A trunk has a list of allowed VLANs, or it has a rule instead: all, none, or all except a list. Only
to a list is a VLAN added, and only from a list is one taken. Lists are texts of ranges as "5,7-9"
at the switch, and sets of VLAN ids everywhere else.
"""

from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Tuple

from ..common.sanitize import printable

HIGHEST = 8191
"""The highest VLAN id that a list may have: NOS has them for virtual fabrics."""
LONGEST = 253
"""Characters of a list in an edit: as many as NOS's model of 2013 takes."""
_LONGEST_READ = 20_000
"""Characters of a list in a reply: as many as its later models have."""

TRUNK, ACCESS = "trunk", "access"
NO_SWITCHPORT, MISSING = "no switchport", "missing"
"""What stands for a mode where a port has none, and where there is no such port."""
ONLY, ALL, NONE, EXCEPT = "only", "all", "none", "except"
UNREADABLE = "unreadable"
"""The rule of a trunk whose list is no list of ranges: what it allows is not known."""
RULES = (ONLY, ALL, NONE, EXCEPT, UNREADABLE)


def parse(text: str) -> FrozenSet[int]:
    """The VLANs of a list such as "5,7-9". Raises ValueError for what is none."""
    if len(text) > _LONGEST_READ:
        raise ValueError(f"{len(text)} characters are too many for a list of VLANs")
    found: List[int] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        first, dash, last = part.partition("-")
        low = _vlan(first)
        high = _vlan(last) if dash else low
        # No VLAN is there twice, so there are no more than ids.
        if high < low or len(found) + high - low >= HIGHEST:
            raise ValueError(f"{printable(part, 64)!r} is no range of VLANs")
        found.extend(range(low, high + 1))
    if not found:
        raise ValueError("the list of VLANs is empty")
    return frozenset(found)


def _vlan(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= HIGHEST):
        raise ValueError(f"{printable(text, 64)!r} is no VLAN")
    return int(text)


def printed(vlans: Iterable[int]) -> str:
    """The shortest list that `parse` makes these VLANs of; empty for none."""
    ranges: List[List[int]] = []
    for vlan in sorted(vlans):
        if ranges and vlan == ranges[-1][1] + 1:
            ranges[-1][1] = vlan
        else:
            ranges.append([vlan, vlan])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def split(vlans: Iterable[int], longest: int = LONGEST) -> List[FrozenSet[int]]:
    """The VLANs in parts whose lists have at most so many characters each."""
    parts: List[FrozenSet[int]] = []
    text = ""
    for one in filter(None, printed(vlans).split(",")):
        if text and len(text) + 1 + len(one) <= longest:
            text = f"{text},{one}"
            continue
        parts += [parse(text)] if text else []
        text = one
    return [*parts, parse(text)] if text else parts


class Port(NamedTuple):
    """A port as the running config has it. `mode` is TRUNK, or else a word for what it is instead.
    `vlans` are those that a trunk's `rule` is about. `form` is what its driver has to know besides
    to edit the list. With `last_stays` an empty list would let all VLANs through, so that the last
    one is not taken from it."""

    mode: str = TRUNK
    rule: str = ONLY
    vlans: FrozenSet[int] = frozenset()
    form: Tuple[str, ...] = ()
    last_stays: bool = False

    @property
    def has_list(self) -> bool:
        """Whether it is a trunk with a list, to which a VLAN can be added."""
        return (self.mode, self.rule) == (TRUNK, ONLY)

    def lists(self, vlan: int) -> bool:
        """Whether the VLAN is on its list, and so can be taken from it."""
        return self.has_list and vlan in self.vlans

    def carries(self, vlan: int) -> bool:
        """Whether it lets the VLAN's tagged frames through."""
        if self.mode != TRUNK:
            return False
        if self.rule == EXCEPT:
            return vlan not in self.vlans
        return self.rule == ALL or self.lists(vlan)

    def hindrance(self, vlan: int) -> str:
        """Why it does not carry the VLAN and cannot be made to, as in "is in access mode". Empty
        where it carries it or can be made to."""
        if self.mode != TRUNK:
            return _MODES.get(self.mode, f"is in {self.mode} mode")
        if self.rule == NONE:
            return "allows no VLAN (`none`)"
        if self.rule == UNREADABLE:
            return "has a list of allowed VLANs that cannot be read"
        if self.rule == EXCEPT and not self.carries(vlan):
            return f"allows all VLANs except {printable(printed(self.vlans), 80)}"
        return ""

    def adding(self, vlan: int) -> "Port":
        """The port with the VLAN on its list; the same port where it carries it anyway."""
        return self if self.carries(vlan) else self._replace(vlans=self.vlans | {vlan})

    def removing(self, vlan: int) -> "Port":
        """The port without the VLAN on its list; the same port where it is on none."""
        taken = self.lists(vlan) and not self.keeps(vlan)
        return self._replace(vlans=self.vlans - {vlan}) if taken else self

    def keeps(self, vlan: int) -> bool:
        """Whether the VLAN is on its list and has to stay there."""
        return self.last_stays and self.vlans == {vlan}


_MODES = {NO_SWITCHPORT: "is no switchport", MISSING: "is not there"}
GONE = Port(MISSING)
"""A port that is not there."""


def as_plain(port: Port) -> Dict[str, str]:
    """The port as JSON has it; `from_plain` reads it back."""
    return {"mode": printable(port.mode, 64), "rule": port.rule, "vlans": printed(port.vlans)}


def from_plain(plain: Any) -> Port:
    """The port of `as_plain`. Raises KeyError, TypeError and ValueError for anything else."""
    mode, rule, vlans = plain["mode"], plain["rule"], plain["vlans"]
    if not (isinstance(mode, str) and isinstance(vlans, str) and rule in RULES):
        raise ValueError(f"{printable(str(plain), 64)!r} is no port")
    return Port(printable(mode, 64), rule, parse(vlans) if vlans else frozenset())
