"""What holds between the parts of a VDX's configuration; pure.

A VLAN comes before its Ve, the global Ve before an rbridge's, and both are shut until told
otherwise; addresses do not overlap within an rbridge. Which error-tags NOS has for this is not
known: here it is operation-failed.
"""

import bisect
from typing import List, Tuple

from . import values
from .errors import SwitchError
from .schema import Tree

_VLANS = ("interface-vlan", "interface", "vlan")
_GLOBAL_VES = ("interface-vlan", "interface", "ve")
_VES = ("interface", "ve")
_IPV4 = ("ip", "ip-config", "address")
_IPV6 = ("ipv6", "ipv6-config", "address", "ipv6-address")

_Taken = Tuple[int, int, int, str, str]
"""A subnet in use: its IP version, first and last address, the Ve's key and the address there."""


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


def ipv4(ve: Tree) -> Tree:
    """The IPv4 addresses of one rbridge's Ve."""
    return _at(ve, _IPV4)


def ipv6(ve: Tree) -> Tree:
    """The IPv6 addresses of one rbridge's Ve."""
    return _at(ve, _IPV6)


def settle(before: Tree, after: Tree) -> None:
    """Puts into `after` what the switch adds by itself: a new Ve is shut, globally and on an
    rbridge. Entries that are new are not shared with `before`."""
    for key in _new(global_ves(before), global_ves(after)):
        global_ves(after)[key]["global-ve-shutdown"] = ""
    for number, rbridge in rbridges(after).items():
        known = ves(rbridges(before).get(number, {}))
        for key in _new(known, ves(rbridge)):
            ves(rbridge)[key]["shutdown"] = ""


def check(before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not go from `before` to `after`."""
    for number in rbridges(before):
        if number not in rbridges(after):
            raise SwitchError(
                "operation-not-supported",
                "an rbridge cannot be taken out of the fabric by its configuration",
                path=_rbridge_path(number),
            )
    _check_global_ves(before, after)
    for number, rbridge in rbridges(after).items():
        _check_ves(before, after, number, rbridge)
        known = ves(rbridges(before).get(number, {}))
        if ves(rbridge) is not known:
            _check_addresses(known, ves(rbridge), number)


def _check_global_ves(before: Tree, after: Tree) -> None:
    for key in _new(vlans(after), global_ves(after)):
        if key in vlans(before):
            raise _refused(f"VLAN {key} has a Ve; delete interface Ve {key} first", _vlan_path(key))
        raise _refused(f"VLAN {key} does not exist; create it first", _global_path(key))


def _check_ves(before: Tree, after: Tree, number: str, rbridge: Tree) -> None:
    for key in _new(global_ves(after), ves(rbridge)):
        if key in global_ves(before):
            raise _refused(
                f"rbridge-id {number} has interface Ve {key}; delete that first", _global_path(key)
            )
        raise _refused(
            f"interface Ve {key} does not exist globally; create it first", _ve_path(number, key)
        )


def _check_addresses(known: Tree, all_ves: Tree, number: str) -> None:
    changed = [
        key
        for key, ve in all_ves.items()
        if ve is not known.get(key) and _addresses(ve) != _addresses(known.get(key, {}))
    ]
    for key in changed:
        _check_primary(ipv4(all_ves[key]), key, _ve_path(number, key))
    if changed:
        _check_overlaps(all_ves, changed, number)


def _check_primary(addresses: Tree, key: str, path: str) -> None:
    primaries = [text for text, address in addresses.items() if "secondary" not in address]
    if len(primaries) > 1:
        raise _refused(
            f"interface Ve {key} has a primary address; a further one must be secondary: "
            + " and ".join(primaries),
            path,
        )
    if addresses and not primaries:
        raise _refused(f"interface Ve {key} has secondary addresses but no primary one", path)


def _check_overlaps(all_ves: Tree, changed: List[str], number: str) -> None:
    taken = sorted(
        (*values.span(text), key, text) for key, ve in all_ves.items() for text in _texts(ve)
    )
    # Subnets overlap only as one holds another. Where the unchanged ones do not, sorted, a changed
    # one that does has one that it overlaps beside it, or beside one that it holds.
    for key in changed:
        for text in _texts(all_ves[key]):
            at = bisect.bisect_left(taken, (*values.span(text), key, text))
            for other in taken[max(at - 1, 0) : at] + taken[at + 1 : at + 2]:
                if _overlap(taken[at], other):
                    what = f"{text} overlaps {other[4]} of interface Ve {other[3]}"
                    raise _refused(what, _ve_path(number, key))


def _overlap(one: _Taken, other: _Taken) -> bool:
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def _addresses(ve: Tree) -> Tuple[Tree, Tree]:
    return ipv4(ve), ipv6(ve)


def _texts(ve: Tree) -> List[str]:
    return [*ipv4(ve), *ipv6(ve)]


def _new(known: Tree, entries: Tree) -> List[str]:
    """The keys of `entries` that `known` lacks, in their order."""
    missing = set() if entries is known else entries.keys() - known.keys()
    return [key for key in entries if key in missing] if missing else []


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
    return f"{_rbridge_path(number)}/if:interface/if:ve[if:name='{key}']"
