"""A switch with OpenConfig's models: VLANs in the default network instance, routed by interfaces.

Names, types, keys and what is mandatory are those of openconfig-vlan 3.2, openconfig-interfaces
3.0, openconfig-if-ip 3.3 and openconfig-lldp, as far as the pack goes. What a vendor's switch asks
beyond its models is not public. Here an interface that routes VLAN 112 is named Vlan112, and the
VLAN is there as long; subnets do not overlap, and in each an interface has one primary IPv4
address; a trunk's list is kept as the fewest ranges.
"""

import copy
from typing import Any, Dict, Iterator, List, Tuple

from . import values
from .datastore import Datastore, Laws
from .errors import SwitchError
from .lldp import Lldp
from .names import (
    BASE,
    IANA_TYPE,
    OC_ETHERNET,
    OC_INSTANCE,
    OC_INSTANCE_TYPE,
    OC_INTERFACE,
    OC_IP,
    OC_LAG,
    OC_LLDP,
    OC_VLAN,
)
from .schema import Node, Tree, container, leaf, leaf_list, list_of

_MODULES = {
    OC_VLAN: "openconfig-vlan&revision=2023-02-07",
    OC_INTERFACE: "openconfig-interfaces&revision=2023-02-06",
    OC_IP: "openconfig-if-ip&revision=2023-06-30",
    OC_INSTANCE: "openconfig-network-instance&revision=2023-02-07",
    OC_LLDP: "openconfig-lldp&revision=2018-11-21",
}
CAPABILITIES = tuple(f"{uri}?module={module}" for uri, module in _MODULES.items())
"""What its hello has besides NETCONF's own."""
L3_VLAN, ETHERNET, LAG = (
    f"ianaift:{kind}" for kind in ("l3ipvlan", "ethernetCsmacd", "ieee8023adLag")
)
DEFAULT = "oc-ni-types:DEFAULT_INSTANCE"
_VLAN = values.between(1, 4094)
_TEXT = values.string(64)


def model() -> Node:
    """The configuration of a switch, and what it tells beside it in `state`."""
    vlan = list_of(
        "vlan",
        OC_INSTANCE,
        leaf("vlan-id", OC_INSTANCE, _VLAN),
        container(
            "config",
            OC_INSTANCE,
            leaf("vlan-id", OC_INSTANCE, _VLAN),
            leaf("name", OC_INSTANCE, values.string(32)),
        ),
    )
    instance = list_of(
        "network-instance",
        OC_INSTANCE,
        leaf("name", OC_INSTANCE, _TEXT),
        container(
            "config",
            OC_INSTANCE,
            leaf("name", OC_INSTANCE, _TEXT),
            leaf("type", OC_INSTANCE, values.one_of(DEFAULT), OC_INSTANCE_TYPE),
        ),
        container("vlans", OC_INSTANCE, vlan),
        order=str,
    )
    mode = leaf("interface-mode", OC_VLAN, values.one_of("TRUNK", "ACCESS"))
    lists = container("config", OC_VLAN, mode, leaf_list("trunk-vlans", OC_VLAN, values.span_of))
    switched = container("switched-vlan", OC_VLAN, lists)
    interface = list_of(
        "interface",
        OC_INTERFACE,
        leaf("name", OC_INTERFACE, _TEXT),
        container(
            "config",
            OC_INTERFACE,
            leaf("name", OC_INTERFACE, _TEXT),
            leaf("type", OC_INTERFACE, values.one_of(L3_VLAN, ETHERNET, LAG), IANA_TYPE),
            leaf("description", OC_INTERFACE, values.string(255)),
            leaf("enabled", OC_INTERFACE, values.one_of("true", "false")),
        ),
        _state(OC_INTERFACE, "admin-status", "oper-status"),
        container(
            "ethernet",
            OC_ETHERNET,
            container("config", OC_ETHERNET, leaf("aggregate-id", OC_LAG, _TEXT)),
            _state(OC_ETHERNET, "mac-address"),
            switched,
        ),
        container("aggregation", OC_LAG, switched),
        container(
            "routed-vlan",
            OC_VLAN,
            container("config", OC_VLAN, leaf("vlan", OC_VLAN, _VLAN)),
            _family("ipv4", values.between(1, 31), values.one_of("PRIMARY", "SECONDARY")),
            _family("ipv6", values.between(1, 127)),
        ),
        order=str,
    )
    said = _state(OC_LLDP, "system-name", "port-id", "port-description")
    neighbor = list_of("neighbor", OC_LLDP, leaf("id", OC_LLDP, _TEXT), said)
    port = list_of(
        "interface",
        OC_LLDP,
        leaf("name", OC_LLDP, _TEXT),
        container("neighbors", OC_LLDP, neighbor),
        order=str,
    )
    return container(
        "data",
        BASE,
        container("network-instances", OC_INSTANCE, instance),
        container("interfaces", OC_INTERFACE, interface),
        container("lldp", OC_LLDP, container("interfaces", OC_LLDP, port)),
    )


def _state(namespace: str, *leaves: str) -> Node:
    return container("state", namespace, *(leaf(one, namespace, _read_only) for one in leaves))


def _read_only(_text: str) -> str:
    raise ValueError("that is state, which nobody configures")


def _family(name: str, length: values.Reader, *kind: values.Reader) -> Node:
    config = container(
        "config",
        OC_IP,
        leaf("ip", OC_IP, values.ip(name)),
        leaf("prefix-length", OC_IP, length),
        *(leaf("type", OC_IP, one) for one in kind),
    )
    address = list_of("address", OC_IP, leaf("ip", OC_IP, values.ip(name)), config, order=str)
    return container(name, OC_IP, container("addresses", OC_IP, address))


def blank() -> Tree:
    """A switch that nobody has configured but for its ports: Ethernet1 is a trunk with the VLANs of
    others, Ethernet2 one with VLAN 44, Ethernet3 one without a list, Ethernet5 is in access mode,
    Ethernet6 is no switchport, and Port-Channel10 a trunk with VLAN 44."""
    vlan = {"vlan-id": "1", "config": {"vlan-id": "1", "name": "default"}}
    default = {
        "name": "default",
        "config": {"name": "default", "type": DEFAULT},
        "vlans": {"vlan": {"1": vlan}},
    }
    lists = {"Ethernet1": ("5", "7..9"), "Ethernet2": ("44",), "Port-Channel10": ("44",)}
    modes = {**dict.fromkeys([*lists, "Ethernet3"], "TRUNK"), "Ethernet5": "ACCESS"}
    ports: Tree = {}
    for name in (*modes, "Ethernet6"):
        lag = name.startswith("Port-Channel")
        ports[name] = {"name": name, "config": {"name": name, "type": LAG if lag else ETHERNET}}
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


def vlans(tree: Tree) -> Tree:
    """The VLANs, by their ids."""
    return dict(_at(tree, "network-instances", "network-instance", "default", "vlans", "vlan"))


def interfaces(tree: Tree) -> Tree:
    """The interfaces, by their names."""
    return dict(_at(tree, "interfaces", "interface"))


def _at(tree: Tree, *names: str) -> Tree:
    for name in names:
        tree = tree.get(name) or {}
    return tree


def _list(interface: Tree) -> Tree:
    """What is configured of a port's VLANs."""
    places = ("aggregation", "ethernet")
    found = (_at(interface, place, "switched-vlan", "config") for place in places)
    return next(filter(None, found), {})


def settle(before: Tree, after: Tree) -> None:
    """Puts into `after` what the switch makes of it: a list has as few ranges as can be."""
    for name, interface in interfaces(after).items():
        config = _list(interface)
        if interface is not interfaces(before).get(name) and config.get("trunk-vlans"):
            known = map(values.vlans_in, config["trunk-vlans"])
            ranges = values.list_of_vlans(set().union(*known)).replace("-", "..")
            config["trunk-vlans"] = dict.fromkeys(ranges.split(","), "")


def check(before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not go from `before` to `after`."""
    if [*_at(after, "network-instances", "network-instance")] != ["default"]:
        raise SwitchError("operation-not-supported", "there is one network instance, `default`")
    for key, vlan in vlans(after).items():
        _check_key("vlan-id", key, vlan)
    ports = {name for name in interfaces(before) if not name.startswith("Vlan")}
    for name in ports - interfaces(after).keys():
        raise SwitchError("operation-failed", f"interface {name} is fixed")
    for name, interface in interfaces(after).items():
        if name not in ports:
            _check_interface(name, interface, vlans(after))
        elif (
            "trunk-vlans" in _list(interface) and _list(interface).get("interface-mode") != "TRUNK"
        ):
            raise SwitchError("operation-failed", f"interface {name} is no trunk")
    _check_subnets(interfaces(after))


def _check_interface(name: str, interface: Tree, known: Tree) -> None:
    config = _check_key("name", name, interface)
    if "type" not in config:
        raise SwitchError("missing-element", f"interface {name} has no type")
    vlan = str(_at(interface, "routed-vlan", "config").get("vlan", ""))
    if not name.startswith("Vlan") or vlan not in ("", name[len("Vlan") :]):
        raise SwitchError("invalid-value", f"interface name {name!r} is not Vlan and its VLAN")
    if name[len("Vlan") :] not in known or config["type"] != L3_VLAN:
        raise SwitchError("operation-failed", f"interface {name}: its VLAN does not exist")
    if not vlan and list(_addresses(interface)):
        raise SwitchError("operation-failed", f"interface {name} routes no VLAN")
    for ip, address in _entries(interface):
        if "prefix-length" not in _check_key("ip", ip, address):
            raise SwitchError("missing-element", f"address {ip} has no prefix-length")


def _check_key(leaf_: str, key: str, entry: Tree) -> Tree:
    config = _at(entry, "config")
    if config.get(leaf_) != key:
        # The key is a reference to it.
        raise SwitchError("data-missing", f"{leaf_} {key} is not in its config")
    return config


def _check_subnets(every: Tree) -> None:
    taken: List[Tuple[Tuple[int, int, int], str, str]] = []
    for name, interface in every.items():
        primaries = [text for text, secondary in _addresses(interface) if not secondary]
        spans = [values.span(text) for text in primaries]
        taken += [(span, name, text) for span, text in zip(spans, primaries)]
        for text, secondary in _addresses(interface):
            if secondary and values.span(text) not in spans:
                raise SwitchError("operation-failed", f"{text} has no primary address")
    for at, (span, name, text) in enumerate(taken):
        for other, its_name, its_text in taken[:at]:
            if span[0] == other[0] and span[1] <= other[2] and other[1] <= span[2]:
                what = f"{text} of {name} overlaps with {its_text} of {its_name}"
                raise SwitchError("operation-failed", what)


def _entries(interface: Tree) -> Iterator[Tuple[str, Tree]]:
    for family in ("ipv4", "ipv6"):
        yield from _at(interface, "routed-vlan", family, "addresses", "address").items()


def _addresses(interface: Tree) -> Iterator[Tuple[str, bool]]:
    for ip, entry in _entries(interface):
        config = _at(entry, "config")
        yield f"{ip}/{config.get('prefix-length', '')}", config.get("type") == "SECONDARY"


def told(config: Datastore, lldp: Lldp) -> Datastore:
    """A configuration with the state of its interfaces, which are up if they are not shut, and who
    is at them."""
    tree: Dict[str, Any] = {**config.tree, "interfaces": copy.deepcopy(config.tree["interfaces"])}
    for number, interface in enumerate(interfaces(tree).values(), 1):
        up = "DOWN" if interface["config"].get("enabled") == "false" else "UP"
        interface["state"] = {"admin-status": up, "oper-status": up}
        if interface["config"]["type"] == ETHERNET:
            ethernet = interface.setdefault("ethernet", {})
            ethernet["state"] = {"mac-address": f"00:05:33:00:00:{number:02x}"}
    ports: Tree = {}
    for one in lldp.neighbours:
        said = {"system-name": one.system, "port-id": one.port_id}
        if one.port_description:
            said["port-description"] = one.port_description
        entries = ports.setdefault(one.port, {"name": one.port, "neighbors": {"neighbor": {}}})
        of_port = entries["neighbors"]["neighbor"]
        of_port[str(len(of_port) + 1)] = {"id": str(len(of_port) + 1), "state": said}
    tree["lldp"] = {"interfaces": {"interface": ports}}
    return Datastore(config.model, tree, config.laws)


LAWS = Laws(settle, check, one_command=False, told=told)
