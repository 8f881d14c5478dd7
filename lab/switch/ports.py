"""The ports of a VDX or an SLX switch, and the VLANs that each lets through; pure.

What is sent as `add` is appended to a trunk's list, `remove` takes from it, and the configuration
shows the list in `add`. Only a trunk has one, which goes with the mode. Paths: Brocade's bindings;
VLANs and the length of a list: its published YANG of 2013. What it says of a list that a rule takes
the place of is not known: here it is gone.
"""

from typing import Iterator, List, Optional, Sequence, Tuple

from . import values
from .schema import Node, Tree, at, container, leaf, list_of, ordered
from .xml import SwitchError

NOS_TYPES = (
    "GigabitEthernet",
    "TenGigabitEthernet",
    "FortyGigabitEthernet",
    "HundredGigabitEthernet",
    "Port-channel",
)
SLX_TYPES = ("Ethernet", "Port-channel")
_RULES = ("all", "none", "except")


def model(types: Sequence[str]) -> List[Node]:
    """A list of ports of each of these types."""
    lists = [leaf(name, values.vlan_list) for name in ("add", "except", "remove")]
    allowed = container("vlan", leaf("all"), leaf("none"), *lists)
    modes = values.one_of("access", "trunk", "trunk-no-default-native")
    switchport = container(
        "switchport",
        container("mode", leaf("vlan-mode", modes)),
        container("trunk", container("allowed", allowed)),
    )
    group = container(
        "channel-group",
        leaf("port-int", values.between(1, 6144)),
        leaf("mode", values.one_of("active", "passive", "on")),
        leaf("type", values.one_of("standard", "brocade")),
    )
    basic = container("switchport-basic", leaf("basic"))
    name = leaf("name", values.string(20))
    return [
        list_of(kind.lower(), name, basic, switchport, *([] if kind == "Port-channel" else [group]))
        for kind in types
    ]


def blank(kind: str, stems: Sequence[str]) -> Tree:
    """The ports of a new switch: of each stem of names four trunks and a port in access mode, and a
    Port-channel."""
    names = {
        f"{stem}{port}": "access" if port == 5 else "trunk"
        for stem in stems
        for port in range(1, 6)
    }
    lists = {kind.lower(): names, "port-channel": {"10": "trunk"}}
    return {
        kind: {name: _port(name, mode) for name, mode in ports.items()}
        for kind, ports in lists.items()
    }


def _port(name: str, mode: str) -> Tree:
    mode_of = {"mode": {"vlan-mode": mode}}
    return {"name": name, "switchport-basic": {"basic": ""}, "switchport": mode_of}


def each(tree: Tree) -> Iterator[Tuple[str, Tree]]:
    """Every port with its name on the command line, in the order of types and names."""
    for kind in dict.fromkeys((*NOS_TYPES, *SLX_TYPES)):
        entries = at(tree, "interface", kind.lower())
        for name in ordered(entries):
            yield f"{kind} {name}", entries[name]


def mode(port: Tree) -> Optional[str]:
    """A port's mode; None where it is no switchport."""
    if "switchport-basic" not in port:
        return None
    return str(at(port, "switchport", "mode").get("vlan-mode", "access"))


def allowed(port: Tree) -> Tree:
    """What a port has of the VLANs that it lets through."""
    return at(port, "switchport", "trunk", "allowed", "vlan")


def carries(port: Tree, vlan_id: int) -> bool:
    """Whether a port lets a VLAN's tagged frames through."""
    vlan = allowed(port)
    if not _is_trunk(port) or "none" in vlan:
        return False
    if "except" in vlan:
        return vlan_id not in values.vlans_of(vlan["except"])
    return "all" in vlan or vlan_id in values.vlans_of(vlan.get("add", ""))


def settle(before: Tree, after: Tree, *, appends: bool = True) -> None:
    """Puts into `after` what the switch makes of an edit of ports. One that does not append knows
    nothing of `add` and `remove` but that they are leaves."""
    if after.get("interface") is before.get("interface"):
        return
    known = dict(each(before))
    for name, port in each(after):
        was = known.get(name, {})
        if port is was:
            continue
        if _is_trunk(was) and not _is_trunk(port):
            port["switchport"] = {"mode": {"vlan-mode": "access"}}
            if mode(port) is None:
                del port["switchport"]
        elif appends and allowed(port) != allowed(was):
            vlan = _appended(allowed(was), allowed(port))
            port["switchport"]["trunk"] = {"allowed": {"vlan": vlan}} if vlan else {}


def _appended(was: Tree, now: Tree) -> Tree:
    rules = [rule for rule in _RULES if rule in now]
    given = [rule for rule in rules if now[rule] != was.get(rule)]
    if given or "all" in rules or "except" in rules:
        return {rule: now[rule] for rule in (given or rules)[-1:]}
    listed = values.vlans_of(was.get("add", "")) | values.vlans_of(now.get("add", ""))
    listed -= values.vlans_of(now.get("remove", ""))
    if not listed:
        return dict.fromkeys(rules, "")
    return {"add": values.list_of_vlans(listed)}


def _is_trunk(port: Tree) -> bool:
    return (mode(port) or "").startswith("trunk")


def check(before: Tree, after: Tree) -> None:
    """Raises SwitchError if a switch would not go from `before` to `after`."""
    if after.get("interface") is before.get("interface"):
        return
    was, now = (dict(each(tree)) for tree in (before, after))
    for name in was.keys() ^ now.keys():
        if not name.startswith("Port-channel"):
            raise _refused(
                f"interface {name} does not exist" if name in now else f"{name} is fixed"
            )
    for name, port in now.items():
        if port is not was.get(name) and allowed(port) and not _is_trunk(port):
            raise _refused(f"Interface {name} is not in trunk mode")


def _refused(message: str) -> SwitchError:
    return SwitchError("operation-failed", f"%Error: {message}")


def pulled(tree: Tree, port: str) -> Tree:
    """The tree without that port."""
    kind, _, number = port.lower().partition(" ")
    left = {name: one for name, one in tree["interface"][kind].items() if name != number}
    return {**tree, "interface": {**tree["interface"], kind: left}}


def shown(port: Tree) -> List[str]:
    """What `show running-config` has of a port."""
    lines: List[str] = []
    if mode(port) is not None:
        lines += ["switchport", f"switchport mode {mode(port)}"]
    for rule, text in allowed(port).items():
        lines.append(f"switchport trunk allowed vlan {rule} {text}".rstrip())
    return lines
