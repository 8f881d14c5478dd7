"""An SLX switch: VLANs and Ves on other paths than a VDX, and no rbridges.

Paths as in the vendor's bindings for SLX-OS. What holds between the parts is not public: here a
VLAN comes before what ties it to its Ve, and that before the Ve; a new Ve is shut; subnets do not
overlap, and secondary addresses stand on a primary one, as on a VDX.
"""

from . import addresses, nos, nos_rpcs, ports, values
from .datastore import Kind
from .names import INTERFACE, SYSTEM
from .schema import Tree, at, container, leaf, model


def kind() -> Kind:
    """A switch. What SLX-OS has of NOS's other RPCs is not known."""
    vlan = nos.named_vlan(container("router-interface", leaf("Ve", values.vlan)))
    whole = model(
        container("interface-vlan", vlan, ns=INTERFACE),
        container("interface", *ports.model(ports.SLX_TYPES), ns=INTERFACE),
        container(
            "routing-system", container("interface", nos.routed_ve(), ns=INTERFACE), ns=SYSTEM
        ),
    )
    blank = {"interface": ports.blank("Ethernet", ["0/"])}
    return Kind("slxos", whole, blank, _settle, _check, nos.CAPABILITIES, nos_rpcs.LLDP)


def _ves(tree: Tree) -> Tree:
    return at(tree, "routing-system", "interface", "ve")


def _tied(tree: Tree) -> Tree:
    """The VLANs by the Ves that they are tied to."""
    every = at(tree, "interface-vlan", "vlan").values()
    return {one["router-interface"]["Ve"]: one for one in every if one.get("router-interface")}


def _settle(before: Tree, after: Tree) -> None:
    ports.settle(before, after)
    nos.shut_if_new(_ves(before), _ves(after))


def _check(before: Tree, after: Tree) -> None:
    ports.check(before, after)
    nos.check_base("router-interface Ve", _tied(before), _tied(after), "interface Ve", _ves(after))
    addresses.check(_ves(before), _ves(after), nos.addresses_of, "Ve ")
