"""A Brocade VDX: the part of NOS's configuration that carries a VLAN with its Ve, and its rules;
pure.

Paths, keys and namespaces are those of Brocade's bindings; what an `ip-config` holds besides
addresses is that of its YANG. Names have 32 characters.

A VLAN comes before its Ve, the global Ve before an rbridge's, and both are shut until told
otherwise. With its first address the switch configures `proxy-arp`. So it is in Brocade's published
source of NOS. Not known is whether proxy-arp goes with the last address; here it goes with the Ve.
"""

from typing import Any, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import addresses, ports, values
from .datastore import Kind
from .names import INTERFACE, IP, IPV6, RBRIDGE
from .schema import Node, Reader, Tree, at, container, leaf, list_of, model, ordered
from .xml import SwitchError

DEFAULT_VLAN = "1"
"""Untagged frames are in it, and it can have no Ve."""
CAPABILITIES = tuple(
    f"urn:brocade.com:mgmt:brocade-{module}?module=brocade-{module}&revision={revision}"
    for module, revision in (
        ("interface", "2012-04-24"),
        ("interface-ext", "2014-04-01"),
        ("ip-config", "2011-10-31"),
        ("ipv6-config", "2013-07-26"),
        ("ras", "2011-04-11"),
        ("rbridge", "2011-06-21"),
    )
)


def kind(
    rbridge_ids: Sequence[int], operations: Mapping[str, Any], *, appends: bool = True
) -> Kind:
    """A fabric of these rbridges; `appends` is for `ports.settle`."""
    blank = {
        "rbridge-id": {str(number): {"rbridge-id": str(number)} for number in rbridge_ids},
        "interface": ports.blank("TenGigabitEthernet", [f"{one}/0/" for one in rbridge_ids]),
    }

    def settle(before: Tree, after: Tree) -> None:
        ports.settle(before, after, appends=appends)
        _settle(before, after)

    whole = _model(values.one_of(*map(str, rbridge_ids)))
    return Kind("nos", whole, blank, settle, _check, CAPABILITIES, operations)


def _model(rbridge_id: Reader) -> Node:
    vlan, ve = named_vlan(), routed_ve(leaf("directed-broadcast"), leaf("proxy-arp"))
    global_ve = list_of("ve", leaf("gve-name", values.vlan), leaf("global-ve-shutdown"))
    interface = container("interface", vlan, global_ve)
    of_rbridge = container("interface", ve, ns=INTERFACE)
    return model(
        container("interface-vlan", interface, ns=INTERFACE),
        container("interface", *ports.model(ports.NOS_TYPES), ns=INTERFACE),
        list_of("rbridge-id", leaf("rbridge-id", rbridge_id), of_rbridge, ns=RBRIDGE),
    )


def named_vlan(*more: Node) -> Node:
    """A VLAN."""
    return list_of("vlan", leaf("name", values.vlan), leaf("vlan-name", values.string(32)), *more)


def routed_ve(*of_ipv4: Node) -> Node:
    """A Ve with its addresses, and that of IPv4 besides."""
    four = list_of("address", leaf("address", addresses.ipv4), leaf("secondary"))
    six = container("address", list_of("ipv6-address", leaf("address", addresses.ipv6)))
    return list_of(
        "ve",
        leaf("name", values.vlan),
        container("ip", container("ip-config", *of_ipv4, four), ns=IP),
        container("ipv6", container("ipv6-config", six), ns=IPV6),
        leaf("shutdown", ns=IP),
    )


def vlans(tree: Tree) -> Tree:
    """The VLANs, by their ids."""
    return at(tree, "interface-vlan", "interface", "vlan")


def global_ves(tree: Tree) -> Tree:
    """The global Ves, by their VLANs."""
    return at(tree, "interface-vlan", "interface", "ve")


def rbridges(tree: Tree) -> Tree:
    """The rbridges, by their ids."""
    return at(tree, "rbridge-id")


def ves(rbridge: Tree) -> Tree:
    """One rbridge's Ves, by their VLANs."""
    return at(rbridge, "interface", "ve")


def ipv4(ve: Tree) -> Tree:
    """The IPv4 addresses of one rbridge's Ve."""
    return at(ve, "ip", "ip-config", "address")


def ipv6(ve: Tree) -> Tree:
    """The IPv6 addresses of one rbridge's Ve."""
    return at(ve, "ipv6", "ipv6-config", "address", "ipv6-address")


def addresses_of(ve: Tree) -> addresses.Addresses:
    """All addresses of a Ve."""
    of_ipv4 = {text: "secondary" in one for text, one in ipv4(ve).items()}
    return {**of_ipv4, **dict.fromkeys(ipv6(ve), False)}


def _settle(before: Tree, after: Tree) -> None:
    for key in global_ves(after).keys() - global_ves(before).keys():
        global_ves(after)[key]["global-ve-shutdown"] = ""
    for known, all_ves, _ in _rbridges(before, after):
        shut_if_new(known, all_ves)
        for key, ve in all_ves.items():
            was = known.get(key, {})
            if ve is not was and ipv4(ve) and not ipv4(was):
                ve["ip"]["ip-config"]["proxy-arp"] = ""


def shut_if_new(known: Tree, all_ves: Tree) -> None:
    """A new Ve is shut."""
    for key in all_ves.keys() - known.keys():
        all_ves[key]["shutdown"] = ""


def _check(before: Tree, after: Tree) -> None:
    if rbridges(after).keys() != rbridges(before).keys():
        what = "an rbridge cannot be taken out of the fabric by its configuration"
        raise SwitchError("operation-not-supported", what)
    ports.check(before, after)
    check_base("VLAN", vlans(before), vlans(after), "interface Ve", global_ves(after))
    bases = global_ves(before), global_ves(after)
    for known, all_ves, number in _rbridges(before, after):
        check_base("global Ve", *bases, f"interface Ve on rbridge-id {number}", all_ves)
        addresses.check(known, all_ves, addresses_of, "Ve ")


def check_base(what: str, before: Tree, after: Tree, on_it: str, entries: Tree) -> None:
    """Raises SwitchError where one of the `entries` has nothing of its number to stand on, or
    stands on the default VLAN."""
    for key in entries.keys() - after.keys():
        if key in before:
            message = f"{what} {key} has an {on_it}; delete that first"
        else:
            message = f"{what} {key} does not exist; create it first"
        raise SwitchError("operation-failed", message)
    if DEFAULT_VLAN in entries:
        message = f"a Ve is not allowed on VLAN {DEFAULT_VLAN}, the default VLAN"
        raise SwitchError("operation-failed", message)


def _rbridges(before: Tree, after: Tree) -> Iterator[Tuple[Tree, Tree, str]]:
    """Of each rbridge, its Ves before and after, and its id."""
    for number, rbridge in rbridges(after).items():
        yield ves(rbridges(before).get(number, {})), ves(rbridge), number


class Ve(NamedTuple):
    """A Ve of an rbridge as it is; `ipv4` are its addresses with prefix lengths, the primary ones
    first."""

    vlan_id: int
    ipv4: Tuple[str, ...]
    up: bool


def state(tree: Tree, number: str) -> List[Ve]:
    """The Ves of one rbridge. What is at the ports is not simulated, nor is a Ve's dependence on
    them: it is up unless it is shut, globally or on its rbridge."""
    found = []
    entries = ves(at(tree, "rbridge-id", number))
    for key in ordered(entries):
        told = addresses.primaries_first(addresses_of(entries[key]))
        shut = "shutdown" in entries[key] or "global-ve-shutdown" in global_ves(tree)[key]
        found.append(Ve(int(key), tuple(one for one in told if ":" not in one), not shut))
    return found
