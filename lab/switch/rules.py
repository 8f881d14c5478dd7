"""What holds between the parts of a VDX's configuration; pure.

A VLAN comes before its Ve, the global Ve before an rbridge's, and both are shut until told
otherwise. Subnets do not overlap within an rbridge. In each subnet a Ve has one primary IPv4
address; others in it are secondary, and come after it and go before it. With its first one the
switch configures `proxy-arp`. So it is in Brocade's published source of NOS, whose words these are
where it has some; which error-tags it sends with them is not known: here it is operation-failed.
Not known either is whether proxy-arp goes with the last address; here it goes with the Ve.
"""

from typing import Iterator, List, Tuple

from . import ports, values
from .errors import SwitchError
from .schema import Tree

DEFAULT_VLAN = "1"
"""Untagged frames are in it, and it can have no Ve."""

_VLANS = ("interface-vlan", "interface", "vlan")
_GLOBAL_VES = ("interface-vlan", "interface", "ve")
_VES = ("interface", "ve")
_IP_CONFIG = ("ip", "ip-config")
_IPV6 = ("ipv6", "ipv6-config", "address", "ipv6-address")


def vlans(tree: Tree) -> Tree:
    """The VLANs, by their ids."""
    return _at(tree, _VLANS)


def global_ves(tree: Tree) -> Tree:
    """The global Ves, by their VLANs."""
    return _at(tree, _GLOBAL_VES)


def rbridges(tree: Tree) -> Tree:
    """The rbridges, by their ids."""
    return _at(tree, ("rbridge-id",))


def ves(rbridge: Tree) -> Tree:
    """One rbridge's Ves, by their VLANs."""
    return _at(rbridge, _VES)


def ip_config(ve: Tree) -> Tree:
    """What one rbridge's Ve has of IPv4."""
    return _at(ve, _IP_CONFIG)


def ipv4(ve: Tree) -> Tree:
    """The IPv4 addresses of one rbridge's Ve."""
    return _at(ip_config(ve), ("address",))


def ipv6(ve: Tree) -> Tree:
    """The IPv6 addresses of one rbridge's Ve."""
    return _at(ve, _IPV6)


def settle(before: Tree, after: Tree, *, appends: bool = True) -> None:
    """Puts into `after` what the switch adds by itself: a new Ve is shut, globally and on an
    rbridge, and one with its first address answers ARP for others. Entries that are new are not
    shared with `before`. `appends` is for `ports.settle`."""
    ports.settle(before, after, appends=appends)
    for key in _new(global_ves(before), global_ves(after)):
        global_ves(after)[key]["global-ve-shutdown"] = ""
    for known, all_ves, _number in _rbridges(before, after):
        for key in _new(known, all_ves):
            all_ves[key]["shutdown"] = ""
        for key in _changed(known, all_ves):
            if ipv4(all_ves[key]) and not ipv4(known.get(key, {})):
                ip_config(all_ves[key])["proxy-arp"] = ""


def check(before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not go from `before` to `after`."""
    for number in _new(rbridges(after), rbridges(before)):
        raise SwitchError(
            "operation-not-supported",
            "an rbridge cannot be taken out of the fabric by its configuration",
            path=_rbridge_path(number),
        )
    ports.check(before, after)
    _check_global_ves(before, after)
    for known, all_ves, number in _rbridges(before, after):
        _check_ves(before, after, number, all_ves)
        check_addresses(known, all_ves, number)


def check_addresses(known: Tree, all_ves: Tree, number: str = "") -> None:
    """Raises SwitchError if Ves that were as `known` cannot have the addresses that `all_ves` have;
    on a switch without rbridges their `number` is empty."""
    changed = _changed(known, all_ves)
    for key in changed:
        _check_primaries(ipv4(known.get(key, {})), ipv4(all_ves[key]), _ve_path(number, key))
    if changed:
        _check_overlaps(all_ves, changed, number)


def _rbridges(before: Tree, after: Tree) -> Iterator[Tuple[Tree, Tree, str]]:
    """Of each rbridge, its Ves before and after, and its id."""
    for number, rbridge in rbridges(after).items():
        yield ves(rbridges(before).get(number, {})), ves(rbridge), number


def _check_global_ves(before: Tree, after: Tree) -> None:
    if DEFAULT_VLAN in _new(global_ves(before), global_ves(after)):
        what = f"a Ve is not allowed on VLAN {DEFAULT_VLAN}, the default VLAN"
        raise _refused(what, _global_path(DEFAULT_VLAN))
    for key in _new(vlans(after), global_ves(after)):
        if key in vlans(before):
            raise _refused(f"VLAN {key} has a Ve; delete interface Ve {key} first", _vlan_path(key))
        raise _refused(f"VLAN {key} does not exist; create it first", _global_path(key))


def _check_ves(before: Tree, after: Tree, number: str, all_ves: Tree) -> None:
    for key in _new(global_ves(after), all_ves):
        if key in global_ves(before):
            raise _refused(
                f"rbridge-id {number} has interface Ve {key}; delete that first", _global_path(key)
            )
        raise _refused(
            f"interface Ve {key} does not exist globally; create it first", _ve_path(number, key)
        )


def _changed(known: Tree, all_ves: Tree) -> List[str]:
    """The keys of the Ves that have other addresses than they had."""
    # Most are the same object: an edit makes anew only what it changes.
    others = [key for key, ve in all_ves.items() if ve is not known.get(key)]
    return [key for key in others if _addresses(all_ves[key]) != _addresses(known.get(key, {}))]


def _check_primaries(known: Tree, addresses: Tree, path: str) -> None:
    primary = {values.span(text) for text in addresses if "secondary" not in addresses[text]}
    for text, address in addresses.items():
        if "secondary" in address and values.parsed(text).network.prefixlen == 31:
            raise _refused("Cannot assign /31 subnet address as secondary", path)
        if values.span(text) not in primary:
            if text in known:
                what = "Primary IP address can not be deleted if secondary address exists"
            else:
                what = f"{text} is secondary, and its subnet has no primary IP address"
            raise _refused(what, path)


def _check_overlaps(all_ves: Tree, changed: List[str], number: str) -> None:
    taken = [(*values.span(text), key, text) for key, ve in all_ves.items() for text in _firsts(ve)]
    for key in changed:
        for text in _firsts(all_ves[key]):
            version, first, last = values.span(text)
            for other_version, its_first, its_last, its_key, its_text in taken:
                if (its_key, its_text) == (key, text) or other_version != version:
                    continue
                if first <= its_last and its_first <= last:
                    what = f"{text} overlaps with a previously configured IP subnet"
                    what += f": {its_text} of interface Ve {its_key}"
                    raise _refused(what, _ve_path(number, key))


def _addresses(ve: Tree) -> Tuple[Tree, Tree]:
    return ipv4(ve), ipv6(ve)


def _firsts(ve: Tree) -> List[str]:
    """The addresses that stand for their subnets."""
    return [*(text for text, one in ipv4(ve).items() if "secondary" not in one), *ipv6(ve)]


def _new(known: Tree, entries: Tree) -> List[str]:
    """The keys of `entries` that `known` lacks, in their order."""
    return [key for key in entries if key not in known]


def _refused(message: str, path: str) -> SwitchError:
    return SwitchError("operation-failed", message, path=path)


def _at(tree: Tree, names: Tuple[str, ...]) -> Tree:
    for name in names:
        tree = tree.get(name) or {}
    return tree


def _vlan_path(key: str) -> str:
    return f"/if:interface-vlan/if:interface/if:vlan[if:name='{key}']"


def _global_path(key: str) -> str:
    return f"/if:interface-vlan/if:interface/if:ve[if:gve-name='{key}']"


def _rbridge_path(number: str) -> str:
    return f"/rb:rbridge-id[rb:rbridge-id='{number}']"


def _ve_path(number: str, key: str) -> str:
    above = _rbridge_path(number) if number else "/cd:routing-system"
    return f"{above}/if:interface/if:ve[if:name='{key}']"
