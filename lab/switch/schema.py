"""The part of NOS's configuration that the simulator knows, as one declaration.

Paths, keys and namespaces are those of Brocade's bindings; what an `ip-config` holds besides
addresses is that of its YANG. Ranges come from the command
reference for the VDX 6740 and 6940: VLANs 1 - 3962 except 1002, 3963 - 4090 reserved; names of 32
and descriptions of 63 characters. Virtual-fabric VLANs (4096 - 8191) are left out.

`model` builds the declaration for one switch; all else walks it and knows no element by name,
except `rules`, which holds what the declaration cannot say.
"""

from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, Sequence, Tuple

from lxml import etree

from . import names, values
from .names import BASE, INTERFACE, IP, IPV6, PREFIXES, RBRIDGE

CONTAINER = "container"
LIST = "list"
LEAF = "leaf"

Tree = Dict[str, Any]
"""Configuration as nested dictionaries, by the local names of elements: a container or list entry
is a Tree, a list a dictionary of entries by their keys, a leaf its text ("" for an empty one)."""

_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}


def _empty(text: str) -> str:
    if text.strip():
        raise ValueError("an empty leaf holds no value")
    return ""


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the model. `key` names the leaf that is a list's key, `order` sorts its keys;
    `read` turns a leaf's text into its canonical form or raises ValueError."""

    name: str
    namespace: str
    kind: str
    children: Tuple["Node", ...] = ()
    key: str = ""
    order: Callable[[str], Any] = int
    read: values.Reader = _empty

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.name}"

    def step(self, key: str = "") -> str:
        """The node's step in an XPath, with the prefixes of `names.PREFIXES`."""
        prefix = _PREFIX_OF[self.namespace]
        predicate = f"[{prefix}:{self.key}='{key}']" if key else ""
        return f"/{prefix}:{self.name}{predicate}"


def model(rbridge_ids: Sequence[int], last_vlan: int) -> Node:
    """The configuration of a fabric with these rbridges whose VLANs end at `last_vlan`."""
    vlan_id = values.vlan(last_vlan)
    vlan = Node(
        "vlan",
        INTERFACE,
        LIST,
        key="name",
        children=(
            Node("name", INTERFACE, LEAF, read=vlan_id),
            Node("vlan-name", INTERFACE, LEAF, read=values.string(32)),
            Node("description", INTERFACE, LEAF, read=values.string(63)),
        ),
    )
    global_ve = Node(
        "ve",
        INTERFACE,
        LIST,
        key="gve-name",
        children=(
            Node("gve-name", INTERFACE, LEAF, read=vlan_id),
            Node("global-ve-shutdown", INTERFACE, LEAF),
        ),
    )
    ip_config = (
        Node("mtu", IP, LEAF, read=values.between(576, 9018)),
        Node("directed-broadcast", IP, LEAF),
        Node("proxy-arp", IP, LEAF),
        Node("arp-aging-timeout", IP, LEAF, read=values.between(0, 240)),
    )
    ipv4 = Node(
        "address",
        IP,
        LIST,
        key="address",
        order=values.address_order,
        children=(
            Node("address", IP, LEAF, read=values.ipv4_address),
            Node("secondary", IP, LEAF),
        ),
    )
    ipv6 = Node(
        "ipv6-address",
        IPV6,
        LIST,
        key="address",
        order=values.address_order,
        children=(Node("address", IPV6, LEAF, read=values.ipv6_address),),
    )
    rbridge_ve = Node(
        "ve",
        INTERFACE,
        LIST,
        key="name",
        children=(
            Node("name", INTERFACE, LEAF, read=vlan_id),
            _container("ip", IP, _container("ip-config", IP, *ip_config, ipv4)),
            _container(
                "ipv6", IPV6, _container("ipv6-config", IPV6, _container("address", IPV6, ipv6))
            ),
            Node("shutdown", IP, LEAF),
        ),
    )
    rbridge = Node(
        "rbridge-id",
        RBRIDGE,
        LIST,
        key="rbridge-id",
        children=(
            Node("rbridge-id", RBRIDGE, LEAF, read=values.rbridge(frozenset(rbridge_ids))),
            _container("interface", INTERFACE, rbridge_ve),
        ),
    )
    interface_vlan = _container(
        "interface-vlan", INTERFACE, _container("interface", INTERFACE, vlan, global_ve)
    )
    return _container("data", BASE, interface_vlan, rbridge)


def blank(rbridge_ids: Sequence[int]) -> Tree:
    """The configuration of a switch that nobody has configured: its rbridges are there."""
    return {"rbridge-id": {str(number): {"rbridge-id": str(number)} for number in rbridge_ids}}


def list_tags(node: Node) -> FrozenSet[str]:
    """The tags of the list entries below a node."""
    own = {child.tag for child in node.children if child.kind == LIST}
    return frozenset(own.union(*(list_tags(child) for child in node.children)))


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
        elif child.kind == CONTAINER and value:
            parent.append(element(child, value))
        elif child.kind == LEAF and value is not None:
            parent.append(names.element(child.namespace, child.name, value))


def _container(name: str, namespace: str, *children: Node) -> Node:
    return Node(name, namespace, CONTAINER, children)
