"""The VLANs and Ves of a switch with a given configuration, as operational data has them; pure.

What is at the ports is not simulated, nor is a Ve's dependence on them: it is up unless it is shut,
globally or on its rbridge.
"""

from typing import List, NamedTuple, Sequence, Tuple

from . import rules, values
from .datastore import Datastore
from .schema import Tree


class Ve(NamedTuple):
    """A Ve of an rbridge; `ipv4` has the primary addresses first, and `secondary` the others of
    them; all with prefix lengths."""

    vlan_id: int
    ipv4: Tuple[str, ...]
    secondary: Tuple[str, ...]
    up: bool


def vlan_ids(config: Datastore) -> List[int]:
    """The ids of all VLANs, in order."""
    return sorted(map(int, rules.vlans(config.tree)))


def ves(config: Datastore, rbridge_ids: Sequence[int]) -> List[Ve]:
    """The Ves of these rbridges, in the order of rbridges and VLANs."""
    found = []
    for number in rbridge_ids:
        entries = rules.ves(rules.rbridges(config.tree).get(str(number), {}))
        for key in sorted(entries, key=int):
            entry, ipv4 = entries[key], rules.ipv4(entries[key])
            shut_globally = "global-ve-shutdown" in rules.global_ves(config.tree)[key]
            found.append(
                Ve(
                    int(key),
                    tuple(ordered_ipv4(ipv4)),
                    tuple(text for text, one in ipv4.items() if "secondary" in one),
                    not (shut_globally or "shutdown" in entry),
                )
            )
    return found


def ordered_ipv4(addresses: Tree) -> List[str]:
    """IPv4 addresses, the primary ones first."""
    return sorted(
        addresses,
        key=lambda text: ("secondary" in addresses[text], values.address_order(text)),
    )


def ordered_ipv6(addresses: Tree) -> List[str]:
    """IPv6 addresses, by their numbers."""
    return sorted(addresses, key=values.address_order)
