"""The part of NOS's configuration that the simulator knows, as one declaration.

Paths, keys and namespaces are those of Brocade's bindings; what an `ip-config` holds besides
addresses is that of its YANG. Ranges come from the command
reference for the VDX 6740 and 6940: VLANs 1 - 3962 except 1002, 3963 - 4090 reserved; names of 32
and descriptions of 63 characters. Virtual-fabric VLANs (4096 - 8191) are left out.

`model` builds the declaration for one switch, with the `interface` of `ports`; all else walks it
and knows no element by name, except `rules` and `ports`, which hold what it cannot say.
"""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from lxml import etree

from . import names, values
from .names import BASE, INTERFACE, IP, IPV6, PREFIXES, RBRIDGE

CONTAINER = "container"
LIST = "list"
LEAF = "leaf"
LEAF_LIST = "leaf-list"

Tree = Dict[str, Any]
"""Configuration as nested dictionaries, by the local names of elements: a container or list entry
is a Tree, a list a dictionary of entries by their keys, a leaf its text ("" for an empty one); a
list of leaves is one of nothing by their texts."""

_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}


def _empty(text: str) -> str:
    if text.strip():
        raise ValueError("an empty leaf holds no value")
    return ""


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the model. `key` names the leaf that is a list's key, `order` sorts its keys;
    `read` turns a leaf's text into its canonical form or raises ValueError; what a leaf with
    `identities` names is one of them."""

    name: str
    namespace: str
    kind: str
    children: Tuple["Node", ...] = ()
    key: str = ""
    order: Callable[[str], Any] = int
    read: values.Reader = _empty
    identities: Optional[names.Identities] = None

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.name}"

    def step(self, key: str = "") -> str:
        """The node's step in an XPath, with the prefixes of `names.PREFIXES`."""
        prefix = _PREFIX_OF[self.namespace]
        predicate = f"[{prefix}:{self.key}='{key}']" if key else ""
        return f"/{prefix}:{self.name}{predicate}"


def model(rbridge_ids: Sequence[int], ports: Node) -> Node:
    """The configuration of a fabric with these rbridges and ports."""
    rbridge_id = values.rbridge(frozenset(rbridge_ids))
    vlan = list_of(
        "vlan",
        INTERFACE,
        leaf("name", INTERFACE, values.vlan),
        leaf("vlan-name", INTERFACE, values.string(32)),
        leaf("description", INTERFACE, values.string(63)),
    )
    global_ve = list_of(
        "ve",
        INTERFACE,
        leaf("gve-name", INTERFACE, values.vlan),
        leaf("global-ve-shutdown", INTERFACE),
    )
    ipv4, ipv6 = ve_addresses()
    ip_config = container(
        "ip-config",
        IP,
        leaf("mtu", IP, values.between(576, 9018)),
        leaf("directed-broadcast", IP),
        leaf("proxy-arp", IP),
        leaf("arp-aging-timeout", IP, values.between(0, 240)),
        ipv4,
    )
    ipv6_config = container("ipv6-config", IPV6, ipv6)
    rbridge_ve = list_of(
        "ve",
        INTERFACE,
        leaf("name", INTERFACE, values.vlan),
        container("ip", IP, ip_config),
        container("ipv6", IPV6, ipv6_config),
        leaf("shutdown", IP),
    )
    rbridge = list_of(
        "rbridge-id",
        RBRIDGE,
        leaf("rbridge-id", RBRIDGE, rbridge_id),
        container("interface", INTERFACE, rbridge_ve),
    )
    interface = container("interface", INTERFACE, vlan, global_ve)
    vlans = container("interface-vlan", INTERFACE, interface)
    return container("data", BASE, vlans, ports, rbridge)


def ve_addresses() -> Tuple[Node, Node]:
    """What holds the IPv4 and the IPv6 addresses of a Ve."""
    ipv4 = list_of(
        "address",
        IP,
        leaf("address", IP, values.ipv4_address),
        leaf("secondary", IP),
        order=values.address_order,
    )
    ipv6 = list_of(
        "ipv6-address",
        IPV6,
        leaf("address", IPV6, values.ipv6_address),
        order=values.address_order,
    )
    return ipv4, container("address", IPV6, ipv6)


def blank(rbridge_ids: Sequence[int]) -> Tree:
    """The configuration of a switch that nobody has configured: its rbridges are there."""
    return {"rbridge-id": {str(number): {"rbridge-id": str(number)} for number in rbridge_ids}}


def element(node: Node, tree: Tree) -> etree._Element:
    """The configuration `tree` under a container or list node, as XML in canonical order."""
    root = names.element(node.namespace, node.name)
    _fill(root, node, tree)
    return root


def _fill(parent: etree._Element, node: Node, tree: Tree) -> None:
    for child in node.children:
        value = tree.get(child.name)
        if child.kind == LIST:
            entries: Tree = value or {}
            parent.extend([element(child, entries[k]) for k in sorted(entries, key=child.order)])
        elif child.kind == LEAF_LIST:
            parent.extend([names.element(child.namespace, child.name, key) for key in value or ()])
        elif child.kind == CONTAINER and value:
            parent.append(element(child, value))
        elif child.kind == LEAF and value is not None:
            prefixes = dict([child.identities]) if child.identities else None
            parent.append(names.element(child.namespace, child.name, value, prefixes=prefixes))


def container(name: str, namespace: str, *children: Node) -> Node:
    """A container of these."""
    return Node(name, namespace, CONTAINER, children)


def list_of(name: str, namespace: str, *children: Node, order: Callable[[str], Any] = int) -> Node:
    """A list whose key is its first child."""
    return Node(name, namespace, LIST, children, children[0].name, order)


def leaf(
    name: str,
    namespace: str,
    read: values.Reader = _empty,
    identities: Optional[names.Identities] = None,
) -> Node:
    """A leaf; an empty one without `read`."""
    return Node(name, namespace, LEAF, read=read, identities=identities)


def leaf_list(name: str, namespace: str, read: values.Reader) -> Node:
    """A list of leaves."""
    return Node(name, namespace, LEAF_LIST, read=read)
