"""How a switch has OpenConfig's models, by its hello, which names each with its revision. Pure.

From revision 2017-07-14 of openconfig-vlan on, VLANs stand in a network instance (the switch's own
is `default`), and by themselves before. From revision 2023-04-12 of openconfig-if-ip on, an IPv4
address says whether it is the primary one of its subnet; before, only the switch knows.
"""

import re
from typing import Dict, NamedTuple, Protocol, Sequence

from ...common.errors import ConfigError
from ...config import platforms

VLAN, INTERFACES, IP = "openconfig-vlan", "openconfig-interfaces", "openconfig-if-ip"
INSTANCE = "openconfig-network-instance"


class Layout(NamedTuple):
    """What the switch calls a VLAN's interface, with `platforms.VLAN` for the VLAN's number;
    whether VLANs stand in a network instance, and whether IPv4 addresses have a type."""

    name: str
    instances: bool = True
    types: bool = True

    def interface(self, vlan: int) -> str:
        """What the switch calls a VLAN's interface."""
        return self.name.replace(platforms.VLAN, str(vlan))


class Laid(Protocol):
    """What has a layout: the driver. Functions that begin with one are its methods."""

    layout: Layout


def of(name: str, capabilities: Sequence[str]) -> Layout:
    """The layout by a hello. Raises ConfigError where it lacks models that the pack needs."""
    has: Dict[str, str] = {}
    for uri in capabilities:
        found = re.search(r"[?&]module=([\w.-]+)(?:.*[?&]revision=([\d-]+))?", uri)
        if found:
            has[found.group(1)] = found.group(2) or ""
    instances = has[VLAN] >= "2017-07-14" if has.get(VLAN) else INSTANCE in has
    lacking = [one for one in (VLAN, INTERFACES, IP, *[INSTANCE] * instances) if one not in has]
    if lacking:
        raise ConfigError(
            f"its hello does not offer {' and '.join(lacking)}, and docker.yaml says that it is of"
            f" platform {platforms.OPENCONFIG.name}",
            remedy="Enable OpenConfig's models for NETCONF at the switch, or correct its platform.",
        )
    return Layout(name, instances, has[IP] >= "2023-04-12")
