"""A switch with OpenConfig's models: VLANs in the default network instance, routed by interfaces.

Names, types, keys and what is mandatory are those of openconfig-vlan 3.2, openconfig-interfaces
3.0, openconfig-if-ip 3.3 and openconfig-lldp, as far as the pack goes. What a vendor's switch asks
beyond its models is not public. Here an interface that routes VLAN 112 is named Vlan112, and the
VLAN is there as long; subnets are as on a VDX; a trunk's list is kept as the fewest ranges.
"""

from typing import Iterator, List, Sequence, Set, Tuple

from lxml import etree

from . import addresses, values
from .datastore import Kind
from .lldp import Lldp
from .names import (
    BASE,
    OC_ETHERNET,
    OC_INSTANCE,
    OC_INTERFACE,
    OC_IP,
    OC_LAG,
    OC_LLDP,
    OC_VLAN,
)
from .rpc import datastore, parameters
from .schema import Node, Reader, Tree, at, container, leaf, leaf_list, list_of, model
from .store import RUNNING, STARTUP, Store
from .xml import SwitchError

_MODULES = {
    OC_VLAN: "openconfig-vlan&revision=2023-02-07",
    OC_INTERFACE: "openconfig-interfaces&revision=2023-02-06",
    OC_IP: "openconfig-if-ip&revision=2023-06-30",
    OC_INSTANCE: "openconfig-network-instance&revision=2023-02-07",
    OC_LLDP: "openconfig-lldp&revision=2018-11-21",
}
CAPABILITIES = tuple(f"{uri}?module={module}" for uri, module in _MODULES.items())
"""What its hello has besides NETCONF's own."""
_INSTANCE_TYPE = "oc-ni-types", "http://openconfig.net/yang/network-instance-types"
_IANA_TYPE = "ianaift", "urn:ietf:params:xml:ns:yang:iana-if-type"
_L3_VLAN, _ETHERNET, _LAG = (
    f"ianaift:{kind}" for kind in ("l3ipvlan", "ethernetCsmacd", "ieee8023adLag")
)
_DEFAULT = "oc-ni-types:DEFAULT_INSTANCE"
_VLAN = values.between(1, 4094)
_TEXT = values.string(64)
_PATH = ("network-instances", "network-instance", "default", "vlans", "vlan")


def kind() -> Kind:
    """A switch."""
    return Kind(
        "openconfig",
        _model(),
        blank(),
        _settle,
        _check,
        CAPABILITIES,
        {f"{{{BASE}}}copy-config": _copy_config},
        one_command=False,
        told=_told,
    )


def _copy_config(store: Store, session: int, asked: etree._Element) -> Sequence[etree._Element]:
    given = parameters(asked, required=("target", "source"))
    if [datastore(store, given[one]) for one in ("target", "source")] != [STARTUP, RUNNING]:
        raise SwitchError("operation-not-supported", "only running is copied, to startup")
    store.save(session)
    return []


def _model() -> Node:
    """The configuration, and what is told beside it in `state`."""
    vlan_id, name = leaf("vlan-id", _VLAN), leaf("name", _TEXT)
    vlan = list_of("vlan", vlan_id, container("config", vlan_id, leaf("name", values.string(32))))
    kind = leaf("type", values.one_of(_DEFAULT), prefix=_INSTANCE_TYPE)
    instance = list_of(
        "network-instance", name, container("config", name, kind), container("vlans", vlan)
    )
    mode = leaf("interface-mode", values.one_of("TRUNK", "ACCESS"))
    lists = container("config", mode, leaf_list("trunk-vlans", _span))
    switched = container("switched-vlan", lists, ns=OC_VLAN)
    types = values.one_of(_L3_VLAN, _ETHERNET, _LAG)
    routed = container(
        "routed-vlan",
        container("config", leaf("vlan", _VLAN)),
        _family("ipv4", values.ipv4, 31, leaf("type", values.one_of("PRIMARY", "SECONDARY"))),
        _family("ipv6", values.ipv6, 127),
        ns=OC_VLAN,
    )
    aggregate = leaf("aggregate-id", _TEXT, ns=OC_LAG)
    interface = list_of(
        "interface",
        name,
        container(
            "config",
            name,
            leaf("type", types, prefix=_IANA_TYPE),
            leaf("enabled", values.one_of("true", "false")),
        ),
        _state("admin-status", "oper-status"),
        container("ethernet", container("config", aggregate), switched, ns=OC_ETHERNET),
        container("aggregation", switched, ns=OC_LAG),
        routed,
    )
    said = _state("system-name", "port-id", "port-description")
    neighbors = container("neighbors", list_of("neighbor", leaf("id", _TEXT), said))
    port = list_of("interface", name, neighbors)
    return model(
        container("network-instances", instance, ns=OC_INSTANCE),
        container("interfaces", interface, ns=OC_INTERFACE),
        container("lldp", container("interfaces", port), ns=OC_LLDP),
    )


def _family(name: str, read: Reader, longest: int, *more: Node) -> Node:
    ip, length = leaf("ip", read), leaf("prefix-length", values.between(1, longest))
    entries = list_of("address", ip, container("config", ip, length, *more))
    return container(name, container("addresses", entries), ns=OC_IP)


def _state(*leaves: str) -> Node:
    return container("state", *(leaf(one, _read_only) for one in leaves))


def _read_only(_text: str) -> str:
    raise ValueError("that is state, which nobody configures")


def _span(text: str) -> str:
    """Reads a VLAN, or a range of them as "100..199"."""
    _vlans_in(text)
    return text


def _vlans_in(span: str) -> Set[int]:
    return values.vlans_of(span.replace("..", "-"), 4094)


def blank() -> Tree:
    """A switch that nobody has configured but for its ports: Ethernet1 is a trunk with the VLANs of
    others, Ethernet2 one with VLAN 44, Ethernet3 one without a list, Ethernet5 is in access mode,
    Ethernet6 is no switchport, and Port-Channel10 a trunk with VLAN 44."""
    vlan = {"vlan-id": "1", "config": {"vlan-id": "1", "name": "default"}}
    default = {
        "name": "default",
        "config": {"name": "default", "type": _DEFAULT},
        "vlans": {"vlan": {"1": vlan}},
    }
    lists = {"Ethernet1": ("5", "7..9"), "Ethernet2": ("44",), "Port-Channel10": ("44",)}
    modes = {**dict.fromkeys([*lists, "Ethernet3"], "TRUNK"), "Ethernet5": "ACCESS"}
    ports: Tree = {}
    for name in (*modes, "Ethernet6"):
        lag = name.startswith("Port-Channel")
        ports[name] = {"name": name, "config": {"name": name, "type": _LAG if lag else _ETHERNET}}
        if name in modes:
            config: Tree = {"interface-mode": modes[name]}
            if name in lists:
                config["trunk-vlans"] = dict.fromkeys(lists[name], "")
            switched = {"switched-vlan": {"config": config}}
            ports[name]["aggregation" if lag else "ethernet"] = switched
    return {
        "network-instances": {"network-instance": {"default": default}},
        "interfaces": {"interface": ports},
    }


def _interfaces(tree: Tree) -> Tree:
    return at(tree, "interfaces", "interface")


def _list(interface: Tree) -> Tree:
    """What is configured of a port's VLANs."""
    places = ("aggregation", "ethernet")
    found = (at(interface, place, "switched-vlan", "config") for place in places)
    return next(filter(None, found), {})


def _settle(before: Tree, after: Tree) -> None:
    """A list has as few ranges as can be."""
    for name, interface in _interfaces(after).items():
        config = _list(interface)
        if interface is not _interfaces(before).get(name) and config.get("trunk-vlans"):
            known = map(_vlans_in, config["trunk-vlans"])
            ranges = values.list_of_vlans(set().union(*known)).replace("-", "..")
            config["trunk-vlans"] = dict.fromkeys(ranges.split(","), "")


def _check(before: Tree, after: Tree) -> None:
    if [*at(after, *_PATH[:2])] != ["default"]:
        raise SwitchError("operation-not-supported", "there is one network instance, `default`")
    for key, vlan in at(after, *_PATH).items():
        _check_key("vlan-id", key, vlan)
    ports = {name for name in _interfaces(before) if not name.startswith("Vlan")}
    for name in ports - _interfaces(after).keys():
        raise SwitchError("operation-failed", f"interface {name} is fixed")
    for name, interface in _interfaces(after).items():
        listed = _list(interface)
        if name not in ports:
            _check_interface(name, interface, at(after, *_PATH))
        elif "trunk-vlans" in listed and listed.get("interface-mode") != "TRUNK":
            raise SwitchError("operation-failed", f"interface {name} is no trunk")
    addresses.check(_interfaces(before), _interfaces(after), _addresses, "")


def _check_interface(name: str, interface: Tree, vlans: Tree) -> None:
    config = _check_key("name", name, interface)
    if "type" not in config:
        raise SwitchError("missing-element", f"interface {name} has no type")
    vlan = at(interface, "routed-vlan", "config").get("vlan", "")
    number = name[len("Vlan") :]
    if not name.startswith("Vlan") or vlan not in ("", number):
        raise SwitchError("invalid-value", f"interface name {name!r} is not Vlan and its VLAN")
    if number not in vlans or config["type"] != _L3_VLAN:
        raise SwitchError("operation-failed", f"interface {name}: its VLAN does not exist")
    entries = _entries(interface)
    if entries and not vlan:
        raise SwitchError("operation-failed", f"interface {name} routes no VLAN")
    for ip, address in entries:
        if "prefix-length" not in _check_key("ip", ip, address):
            raise SwitchError("missing-element", f"address {ip} has no prefix-length")


def _check_key(name: str, key: str, entry: Tree) -> Tree:
    config = at(entry, "config")
    if config.get(name) != key:
        # The key is a reference to it.
        raise SwitchError("data-missing", f"{name} {key} is not in its config")
    return config


def _entries(interface: Tree) -> List[Tuple[str, Tree]]:
    routed = at(interface, "routed-vlan")
    families = (at(routed, one, "addresses", "address") for one in ("ipv4", "ipv6"))
    return [entry for family in families for entry in family.items()]


def _addresses(interface: Tree) -> addresses.Addresses:
    found: Iterator[Tuple[str, Tree]] = ((ip, entry["config"]) for ip, entry in _entries(interface))
    return {f"{ip}/{of['prefix-length']}": of.get("type") == "SECONDARY" for ip, of in found}


def _told(tree: Tree, lldp: Lldp) -> Tree:
    """A configuration with the state of its interfaces, which are up if they are not shut, and who
    is at them."""
    interfaces = {}
    for name, interface in _interfaces(tree).items():
        up = "DOWN" if interface["config"].get("enabled") == "false" else "UP"
        interfaces[name] = {**interface, "state": {"admin-status": up, "oper-status": up}}
    ports: Tree = {}
    for port, found in lldp.by_port.items():
        neighbors = {}
        for number, one in enumerate(found, 1):
            said = {"system-name": one.system, "port-id": one.port_id}
            if one.port_description:
                said["port-description"] = one.port_description
            neighbors[str(number)] = {"id": str(number), "state": said}
        ports[port] = {"name": port, "neighbors": {"neighbor": neighbors}}
    return {
        **tree,
        "interfaces": {"interface": interfaces},
        "lldp": {"interfaces": {"interface": ports}},
    }
