"""How a switch has OpenConfig's models, as its hello says. Pure.

A hello names each module with its revision (RFC 6020, 5.6.4). From revision 2017-07-14 of
openconfig-vlan on, VLANs stand in a network instance, of which the switch's own is named `default`;
before, they stood by themselves. From revision 2023-04-12 of openconfig-if-ip on, an IPv4 address
says whether it is its subnet's primary one; before, which one that is only the switch knew.
"""

import re
from typing import NamedTuple, Sequence

from ...common.errors import ConfigError
from ...config import platforms

NEEDS = ("openconfig-vlan", "openconfig-interfaces", "openconfig-if-ip")
INSTANCES = "openconfig-network-instance"


class Layout(NamedTuple):
    """`name` is what the switch calls a VLAN's interface, with `platforms.VLAN` for the number.
    `instances` tells whether VLANs stand in a network instance, and `types` whether an IPv4 address
    says if it is a primary one."""

    name: str
    instances: bool = True
    types: bool = True

    def interface(self, vlan: int) -> str:
        """What the switch calls a VLAN's interface."""
        return self.name.replace(platforms.VLAN, str(vlan))


def of(name: str, capabilities: Sequence[str]) -> Layout:
    """The layout of a switch with this hello. Raises ConfigError, naming them, where it lacks
    models that the pack needs."""
    revisions = {}
    for uri in capabilities:
        module = re.search(r"[?&]module=([\w.-]+)", uri)
        if module:
            revision = re.search(r"[?&]revision=([\d-]+)", uri)
            revisions[module.group(1)] = revision.group(1) if revision else ""
    vlans = revisions.get(NEEDS[0])
    instances = vlans >= "2017-07-14" if vlans else INSTANCES in revisions
    needed = (*NEEDS, INSTANCES) if instances else NEEDS
    lacking = [module for module in needed if module not in revisions]
    if lacking:
        raise ConfigError(
            f"its hello does not offer {' and '.join(lacking)}, and docker.yaml says that it is of"
            f" platform {platforms.OPENCONFIG.name}",
            remedy="Enable OpenConfig's models for NETCONF at the switch, or correct its platform.",
        )
    return Layout(name, instances, revisions["openconfig-if-ip"] >= "2023-04-12")
