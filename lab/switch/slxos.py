"""SLX-OS's part of the configuration: a VLAN, tied to the Ve of its number; no rbridges.

Paths as in the vendor's bindings for SLX-OS. What holds between the parts is not public: here a
VLAN comes before what ties it to its Ve, and that before the Ve; a new Ve is shut; subnets do not
overlap, and secondary addresses stand on a primary one, as on a VDX.
"""

from . import ports, rules, values
from .errors import SwitchError
from .names import BASE, INTERFACE, IP, IPV6, SYSTEM
from .schema import Node, Tree, container, leaf, list_of, ve_addresses


def model() -> Node:
    """The configuration of a switch."""
    vlan = list_of(
        "vlan",
        INTERFACE,
        leaf("name", INTERFACE, values.vlan),
        leaf("vlan-name", INTERFACE, values.string(32)),
        leaf("description", INTERFACE, values.string(63)),
        container("router-interface", INTERFACE, leaf("Ve", INTERFACE, values.vlan)),
    )
    ipv4, ipv6 = ve_addresses()
    ve = list_of(
        "ve",
        INTERFACE,
        leaf("name", INTERFACE, values.vlan),
        container("ip", IP, container("ip-config", IP, ipv4)),
        container("ipv6", IPV6, container("ipv6-config", IPV6, ipv6)),
        leaf("shutdown", IP),
    )
    return container(
        "data",
        BASE,
        container("interface-vlan", INTERFACE, vlan),
        ports.model(ports.SLX_TYPES),
        container("routing-system", SYSTEM, container("interface", INTERFACE, ve)),
    )


def vlans(tree: Tree) -> Tree:
    """The VLANs, by their ids."""
    return dict((tree.get("interface-vlan") or {}).get("vlan") or {})


def ves(tree: Tree) -> Tree:
    """The Ves, by their numbers."""
    interface = (tree.get("routing-system") or {}).get("interface") or {}
    return dict(interface.get("ve") or {})


def settle(before: Tree, after: Tree) -> None:
    """Puts into `after` what the switch adds by itself: a new Ve is shut."""
    ports.settle(before, after)
    for key in ves(after).keys() - ves(before).keys():
        ves(after)[key]["shutdown"] = ""


def check(before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not go from `before` to `after`."""
    tied = {(one.get("router-interface") or {}).get("Ve") for one in vlans(after).values()}
    for key in ves(after):
        if key not in tied:
            raise SwitchError("operation-failed", f"no VLAN is tied to interface Ve {key}")
    if rules.DEFAULT_VLAN in ves(after):
        raise SwitchError("operation-failed", "the default VLAN can have no Ve")
    rules.check_addresses(ves(before), ves(after))
    ports.check(before, after)
