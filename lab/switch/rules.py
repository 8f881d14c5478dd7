"""What holds between the parts of a VDX's configuration; pure.

A VLAN comes before its Ve, the global Ve before an rbridge's, and both are shut until told
otherwise; addresses do not overlap within an rbridge. Which error-tags NOS has for this is not
known: here it is operation-failed.
"""

from typing import Iterator, List, Tuple

from . import values
from .errors import SwitchError
from .schema import Tree

_VLANS = ("interface-vlan", "interface", "vlan")
_GLOBAL_VES = ("interface-vlan", "interface", "ve")
_VES = ("interface", "ve")
_IPV4 = ("ip", "ip-config", "address")
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


def ipv4(ve: Tree) -> Tree:
    """The IPv4 addresses of one rbridge's Ve."""
    return _at(ve, _IPV4)


def ipv6(ve: Tree) -> Tree:
    """The IPv6 addresses of one rbridge's Ve."""
    return _at(ve, _IPV6)


def settle(before: Tree, after: Tree) -> None:
    """Puts into `after` what the switch adds by itself: a new Ve is shut, globally and on an
    rbridge."""
    for key, ve in global_ves(after).items():
        if key not in global_ves(before):
            ve["global-ve-shutdown"] = ""
    for number, rbridge in rbridges(after).items():
        known = ves(rbridges(before).get(number, {}))
        for key, ve in ves(rbridge).items():
            if key not in known:
                ve["shutdown"] = ""


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
        for key, ve in ves(rbridge).items():
            if ve != known.get(key):
                _check_addresses(ves(rbridge), number, key)


def _check_global_ves(before: Tree, after: Tree) -> None:
    for key in global_ves(after):
        if key in vlans(after):
            continue
        if key in vlans(before):
            raise _refused(f"VLAN {key} has a Ve; delete interface Ve {key} first", _vlan_path(key))
        raise _refused(f"VLAN {key} does not exist; create it first", _global_path(key))


def _check_ves(before: Tree, after: Tree, number: str, rbridge: Tree) -> None:
    for key in ves(rbridge):
        if key in global_ves(after):
            continue
        if key in global_ves(before):
            raise _refused(
                f"rbridge-id {number} has interface Ve {key}; delete that first", _global_path(key)
            )
        raise _refused(
            f"interface Ve {key} does not exist globally; create it first", _ve_path(number, key)
        )


def _check_addresses(all_ves: Tree, number: str, key: str) -> None:
    ve = all_ves[key]
    path = _ve_path(number, key)
    primaries = [text for text, address in ipv4(ve).items() if "secondary" not in address]
    if len(primaries) > 1:
        raise _refused(
            f"interface Ve {key} has a primary address; a further one must be secondary: "
            + " and ".join(primaries),
            path,
        )
    if ipv4(ve) and not primaries:
        raise _refused(f"interface Ve {key} has secondary addresses but no primary one", path)
    for text in _addresses(ve):
        for other_key, other in _others(all_ves, key, text):
            if _overlap(text, other):
                raise _refused(f"{text} overlaps {other} of interface Ve {other_key}", path)


def _others(all_ves: Tree, key: str, text: str) -> Iterator[Tuple[str, str]]:
    for other_key, ve in all_ves.items():
        for other in _addresses(ve):
            if (other_key, other) != (key, text):
                yield other_key, other


def _addresses(ve: Tree) -> List[str]:
    return [*ipv4(ve), *ipv6(ve)]


def _overlap(one: str, other: str) -> bool:
    first, second = values.parsed(one).network, values.parsed(other).network
    return first.version == second.version and (
        first.network_address in second or second.network_address in first
    )


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
