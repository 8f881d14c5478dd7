"""The kinds of switch that docker.yaml may name, and what each takes.

`platform` of a switch is one of these names. Its driver stands in a folder of that name under
`switch/`.
"""

import re
from typing import Any, FrozenSet, NamedTuple, Set, Tuple

from ..common.errors import ConfigError, InvalidValue
from ..common.sanitize import quoted
from . import limits, ports

VLAN = "{vlan}"
"""Stands for the VLAN's number in what a switch calls its interface."""
_SIGNS = "[A-Za-z0-9._:/ -]"
_INTERFACE = rf"(?! )(?=.{{6,40}}\Z){_SIGNS}*\{{vlan\}}{_SIGNS}*(?<! )"


class Platform(NamedTuple):
    """A kind of switch: its highest VLAN, the VLANs that it keeps for FCoE, how many characters a
    VLAN's name may have, whether it has rbridges, what it calls a VLAN's interface, and whether
    docker.yaml may say otherwise, and its types of ports (none: any name)."""

    name: str
    last_vlan: int
    reserved: FrozenSet[int]
    longest_name: int
    rbridges: bool
    interface: str = f"Ve {VLAN}"
    renamed: bool = False
    port_types: Tuple[ports.PortType, ...] = ()

    @property
    def vlans(self) -> FrozenSet[int]:
        """The VLANs that it takes."""
        return frozenset(range(1, self.last_vlan + 1)) - self.reserved

    def vlan(self, value: Any, field: str = "vlan") -> int:
        """A VLAN that such a switch takes. Raises InvalidValue."""
        number = self._vlan(value, field)
        if number in self.reserved:
            raise InvalidValue(
                f"{field} is {number}, which the switch reserves for FCoE", remedy=self._remedy
            )
        return number

    def vlan_ranges(self, value: Any, field: str = "vlans") -> FrozenSet[int]:
        """The VLANs of a list such as "100-199,300", without those that are reserved. Raises
        InvalidValue."""
        vlans: Set[int] = set()
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            low = self._vlan(first.strip(), field)
            high = self._vlan(last.strip(), field) if dash else low
            if high < low:
                raise InvalidValue(
                    f"{field} has the range {quoted(part.strip())}, which ends before it begins",
                    remedy='Write it as in "100-199,300".',
                )
            vlans.update(range(low, high + 1))
        return frozenset(vlans - self.reserved)

    @property
    def _remedy(self) -> str:
        others = " and ".join(map(str, sorted(self.reserved)))
        return f"Use a VLAN of 1 - {self.last_vlan}{f' other than {others}' if others else ''}."

    def _vlan(self, value: Any, field: str) -> int:
        number = limits.vlan_id(value, field, self._remedy)
        if number > self.last_vlan:
            raise InvalidValue(
                f"{field} is {number}, outside the VLANs that the switch leaves free",
                remedy=self._remedy,
            )
        return number

    def interface_name(self, value: Any, field: str = "interface_name") -> str:
        """What somebody wrote that the switch calls a VLAN's interface, as "irb.{vlan}": the
        platform's own where nothing is written. Raises InvalidValue."""
        if value is None:
            return self.interface
        if not self.renamed:
            raise InvalidValue(
                f"{field} is {quoted(value)}, and a switch of platform {self.name} calls it"
                f" {self.interface}",
                remedy="Leave it out.",
            )
        if not isinstance(value, str) or not re.fullmatch(_INTERFACE, value):
            raise InvalidValue(
                f"{field} is {quoted(value)}, which names no interface for each VLAN",
                remedy=f'Write it with one {VLAN} and few signs, as in "Vlan{VLAN}", "irb.{VLAN}".',
            )
        return value

    def rbridge(self, value: Any, field: str = "rbridge_id") -> limits.Rbridge:
        """The rbridge id that somebody wrote; None, 0 or nothing where there are no rbridges.
        Raises InvalidValue."""
        if self.rbridges:
            return limits.rbridge_id(value, field)
        if value:
            raise InvalidValue(
                f"{field} is {quoted(value)}, and a switch of platform {self.name} has no rbridges",
                remedy="Leave it out.",
            )
        return None

    def port(self, value: Any, field: str = "port") -> str:
        """The name of a port that somebody wrote, as the switch's CLI shows it. Raises
        InvalidValue."""
        return ports.canonical(value, field, self.port_types)


# The VDX 6740 and 6940 (NOS command reference).
NOS = Platform(
    name="nos",
    last_vlan=3962,
    reserved=frozenset({1002}),
    longest_name=limits.VLAN_NAME_LENGTH,
    rbridges=True,
    port_types=ports.NOS,
)
# Which VLANs these keep for themselves is not known: the switch refuses them.
SLXOS = NOS._replace(
    name="slxos",
    last_vlan=limits.LAST_VLAN,
    reserved=frozenset(),
    rbridges=False,
    port_types=ports.SLXOS,
)
OPENCONFIG = SLXOS._replace(name="openconfig", interface=f"Vlan{VLAN}", renamed=True, port_types=())
PLATFORMS = {one.name: one for one in (NOS, SLXOS, OPENCONFIG)}


def named(name: Any = None, where: str = "") -> Platform:
    """The platform of that name, NOS by default. Raises ConfigError for one that there is not."""
    if name is None:
        return NOS
    if isinstance(name, str) and name in PLATFORMS:
        return PLATFORMS[name]
    # Imported here only: every edit would pay for it.
    import difflib

    near = difflib.get_close_matches(str(name), PLATFORMS, 1)
    raise ConfigError(
        f"platform {quoted(name)} is not known",
        where=where,
        remedy=f"{f'Did you mean {near[0]}? ' if near else ''}There is {', '.join(PLATFORMS)}.",
    )
