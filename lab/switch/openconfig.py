"""A switch with OpenConfig's models: VLANs in the default network instance, routed by interfaces.

Names, types, keys and what is mandatory are those of openconfig-vlan 3.2, openconfig-interfaces 3.0
and openconfig-if-ip 3.3, as far as the pack goes. What a vendor's switch asks beyond its models is
not public: here an interface that routes VLAN 112 is named Vlan112, and there is one while the VLAN
is; subnets do not overlap, and in each an interface has one primary IPv4 address.
"""

from typing import Any, Dict, Iterator, List, Tuple

from . import values
from .datastore import Datastore, Laws
from .errors import SwitchError
from .names import BASE, IANA_TYPE, OC_INSTANCE, OC_INTERFACE, OC_IP, OC_VLAN
from .schema import Node, Tree, container, leaf, list_of

_MODULES = {
    OC_VLAN: "openconfig-vlan&revision=2023-02-07",
    OC_INTERFACE: "openconfig-interfaces&revision=2023-02-06",
    OC_IP: "openconfig-if-ip&revision=2023-06-30",
    OC_INSTANCE: "openconfig-network-instance&revision=2023-02-07",
}
CAPABILITIES = tuple(f"{uri}?module={module}" for uri, module in _MODULES.items())
"""What its hello has besides NETCONF's own."""
L3_VLAN = "ianaift:l3ipvlan"


def model(*, state: bool = False) -> Node:
    """The configuration of a switch; or, with `state`, what it tells beside it, too."""
    vlan = list_of(
        "vlan",
        OC_INSTANCE,
        leaf("vlan-id", OC_INSTANCE, values.between(1, 4094)),
        container(
            "config",
            OC_INSTANCE,
            leaf("vlan-id", OC_INSTANCE, values.between(1, 4094)),
            leaf("name", OC_INSTANCE, values.string(32)),
            leaf("status", OC_INSTANCE, values.one_of("ACTIVE", "SUSPENDED")),
        ),
    )
    instance = list_of(
        "network-instance",
        OC_INSTANCE,
        leaf("name", OC_INSTANCE, values.string(64)),
        container("vlans", OC_INSTANCE, vlan),
        order=str,
    )
    status = [
        leaf(f"{word}-status", OC_INTERFACE, values.one_of("UP", "DOWN"))
        for word in ("admin", "oper")
    ]
    interface = list_of(
        "interface",
        OC_INTERFACE,
        leaf("name", OC_INTERFACE, values.string(64)),
        container(
            "config",
            OC_INTERFACE,
            leaf("name", OC_INTERFACE, values.string(64)),
            leaf("type", OC_INTERFACE, values.one_of(L3_VLAN), identities=IANA_TYPE),
            leaf("description", OC_INTERFACE, values.string(255)),
            leaf("mtu", OC_INTERFACE, values.between(68, 9216)),
            leaf("enabled", OC_INTERFACE, values.one_of("true", "false")),
        ),
        *([container("state", OC_INTERFACE, *status)] if state else []),
        container(
            "routed-vlan",
            OC_VLAN,
            container("config", OC_VLAN, leaf("vlan", OC_VLAN, values.between(1, 4094))),
            _family("ipv4", values.between(1, 31), values.one_of("PRIMARY", "SECONDARY")),
            _family("ipv6", values.between(1, 127)),
        ),
        order=str,
    )
    return container(
        "data",
        BASE,
        container("network-instances", OC_INSTANCE, instance),
        container("interfaces", OC_INTERFACE, interface),
    )


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
    """A switch that nobody has configured: its instance, and the VLAN of untagged frames."""
    vlan = {"vlan-id": "1", "config": {"vlan-id": "1", "name": "default"}}
    default = {"name": "default", "vlans": {"vlan": {"1": vlan}}}
    return {"network-instances": {"network-instance": {"default": default}}}


def vlans(tree: Tree) -> Tree:
    """The VLANs, by their ids."""
    instances = (tree.get("network-instances") or {}).get("network-instance") or {}
    return dict(((instances.get("default") or {}).get("vlans") or {}).get("vlan") or {})


def interfaces(tree: Tree) -> Tree:
    """The interfaces, by their names."""
    return dict((tree.get("interfaces") or {}).get("interface") or {})


def check(_before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not be as `after`."""
    if [*after.get("network-instances", {}).get("network-instance", ())] != ["default"]:
        raise SwitchError("operation-not-supported", "there is one network instance, `default`")
    for key, vlan in vlans(after).items():
        _check_key("vlan-id", key, vlan)
    for name, interface in interfaces(after).items():
        _check_interface(name, interface, vlans(after))
    _check_subnets(interfaces(after))


def _check_interface(name: str, interface: Tree, known: Tree) -> None:
    config = _check_key("name", name, interface)
    if "type" not in config:
        raise SwitchError("missing-element", f"interface {name} has no type")
    vlan = _routed(interface)
    if not name.startswith("Vlan") or vlan not in ("", name[len("Vlan") :]):
        raise SwitchError("invalid-value", f"interface name {name!r} is not Vlan and its VLAN")
    if name[len("Vlan") :] not in known:
        raise SwitchError("operation-failed", f"interface {name}: its VLAN does not exist")
    if not vlan and list(_addresses(interface)):
        raise SwitchError("operation-failed", f"interface {name} routes no VLAN")
    for ip, address in _entries(interface):
        if "prefix-length" not in _check_key("ip", ip, address):
            raise SwitchError("missing-element", f"address {ip} has no prefix-length")


def _check_key(leaf_: str, key: str, entry: Tree) -> Tree:
    config: Tree = entry.get("config") or {}
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


def _routed(interface: Tree) -> str:
    return str(((interface.get("routed-vlan") or {}).get("config") or {}).get("vlan", ""))


def _entries(interface: Tree) -> Iterator[Tuple[str, Tree]]:
    for family in ("ipv4", "ipv6"):
        addresses = ((interface.get("routed-vlan") or {}).get(family) or {}).get("addresses") or {}
        yield from (addresses.get("address") or {}).items()


def _addresses(interface: Tree) -> Iterator[Tuple[str, bool]]:
    for ip, entry in _entries(interface):
        config = entry.get("config") or {}
        yield f"{ip}/{config.get('prefix-length', '')}", config.get("type") == "SECONDARY"


def told(config: Datastore) -> Datastore:
    """A configuration with the state of its interfaces: a port carries all VLANs, so each is up
    that is not shut and whose VLAN is active."""
    found: Dict[str, Any] = {}
    for name, interface in interfaces(config.tree).items():
        up = interface["config"].get("enabled", "true") == "true"
        vlan = (vlans(config.tree).get(_routed(interface)) or {}).get("config") or {}
        on = up and vlan.get("status", "ACTIVE") == "ACTIVE"
        words = {"admin-status": "UP" if up else "DOWN", "oper-status": "UP" if on else "DOWN"}
        found[name] = {**interface, "state": words}
    tree = {**config.tree, "interfaces": {"interface": found}} if found else config.tree
    return Datastore(model(state=True), tree, config.laws)


LAWS = Laws(lambda _before, _after: None, check, one_command=False, told=told)
