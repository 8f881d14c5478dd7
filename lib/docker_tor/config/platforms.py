"""The kinds of switch that docker.yaml may name, and what each takes.

`platform` of a switch is one of these names. Its driver stands in a folder of that name under
`switch/`.
"""

from typing import Any, FrozenSet, NamedTuple, Tuple

from ..common.errors import ConfigError, InvalidValue
from ..common.sanitize import quoted
from . import limits, ports


class Platform(NamedTuple):
    """A kind of switch: its highest VLAN, the VLANs that it keeps for itself, how many characters a
    VLAN's name may have, whether it has rbridges, and its types of ports (none: any name)."""

    name: str
    last_vlan: int
    reserved: FrozenSet[int]
    longest_name: int
    rbridges: bool
    port_types: Tuple[ports.PortType, ...] = ()

    @property
    def vlans(self) -> FrozenSet[int]:
        """The VLANs that it takes."""
        return frozenset(range(1, self.last_vlan + 1)) - self.reserved

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


NOS = Platform(
    name="nos",
    last_vlan=limits.LAST_VLAN,
    reserved=frozenset({limits.FCOE_VLAN}),
    longest_name=limits.VLAN_NAME_LENGTH,
    rbridges=True,
    port_types=ports.NOS,
)
SLXOS = NOS._replace(name="slxos", rbridges=False, port_types=ports.SLXOS)
"""The pack keeps to NOS's limits there; SLX-OS's own are not known to it."""
PLATFORMS = {one.name: one for one in (NOS, SLXOS)}


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
