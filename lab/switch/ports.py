"""A switch's ports, and the VLANs that each lets through; pure.

What is sent as `add` is appended to a trunk's list, `remove` takes from it, and the configuration
shows the list in `add`. Only a trunk has one, which goes with the mode. Paths: Brocade's bindings;
VLANs and the length of a list: its published YANG of 2013. What it says of a list that a rule takes
the place of is not known: here it is gone.
"""

from typing import Iterator, List, Optional, Sequence, Tuple

from . import values
from .errors import SwitchError
from .names import INTERFACE
from .schema import Node, Tree, container, leaf, list_of

NOS_TYPES = (
    "GigabitEthernet",
    "TenGigabitEthernet",
    "FortyGigabitEthernet",
    "HundredGigabitEthernet",
    "Port-channel",
)
SLX_TYPES = ("Ethernet", "Port-channel")
_RULES = ("all", "none", "except")


def model(types: Sequence[str]) -> Node:
    """Ports of these types."""
    lists = [leaf(name, INTERFACE, values.vlan_list) for name in ("add", "except", "remove")]
    vlan = container("vlan", INTERFACE, leaf("all", INTERFACE), leaf("none", INTERFACE), *lists)
    trunk = container("trunk", INTERFACE, container("allowed", INTERFACE, vlan))
    mode = container("mode", INTERFACE, leaf("vlan-mode", INTERFACE, values.vlan_mode))
    group = container(
        "channel-group",
        INTERFACE,
        leaf("port-int", INTERFACE, values.between(1, 6144)),
        leaf("mode", INTERFACE, values.one_of("active", "passive", "on")),
        leaf("type", INTERFACE, values.one_of("standard", "brocade")),
    )
    kinds = [
        list_of(
            kind.lower(),
            INTERFACE,
            leaf("name", INTERFACE, values.string(20)),
            leaf("description", INTERFACE, values.string(63)),
            container("switchport-basic", INTERFACE, leaf("basic", INTERFACE)),
            container("switchport", INTERFACE, mode, trunk),
            *([] if kind == "Port-channel" else [group]),
            order=str,
        )
        for kind in types
    ]
    return container("interface", INTERFACE, *kinds)


def blank(rbridge_ids: Sequence[int]) -> Tree:
    """The ports of a new switch: of each rbridge four trunks and a port in access mode, and a
    Port-channel. Without rbridges it is an SLX switch."""
    kind = "tengigabitethernet" if rbridge_ids else "ethernet"
    stems = [f"{number}/0/" for number in rbridge_ids] or ["0/"]
    names = {
        f"{stem}{port}": "access" if port == 5 else "trunk"
        for stem in stems
        for port in range(1, 6)
    }
    lists = {kind: names, "port-channel": {"10": "trunk"}}
    return {
        kind: {name: _port(name, mode) for name, mode in ports.items()}
        for kind, ports in lists.items()
    }


def _port(name: str, mode: str) -> Tree:
    mode_of = {"mode": {"vlan-mode": mode}}
    return {"name": name, "switchport-basic": {"basic": ""}, "switchport": mode_of}


def each(tree: Tree) -> Iterator[Tuple[str, Tree]]:
    """Every port with its name on the command line, in the order of types and names."""
    entries = tree.get("interface") or {}
    for kind in dict.fromkeys((*NOS_TYPES, *SLX_TYPES)):
        for name, port in sorted((entries.get(kind.lower()) or {}).items()):
            yield f"{kind} {name}", port


def mode(port: Tree) -> Optional[str]:
    """A port's mode; None where it is no switchport."""
    if "switchport-basic" not in port:
        return None
    return str(((port.get("switchport") or {}).get("mode") or {}).get("vlan-mode", "access"))


def allowed(port: Tree) -> Tree:
    """What a port has of the VLANs that it lets through."""
    trunk = (port.get("switchport") or {}).get("trunk") or {}
    return dict((trunk.get("allowed") or {}).get("vlan") or {})


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


def running_config(tree: Tree, named: str = "") -> List[str]:
    """`show running-config interface`: of all ports, or of the one named so in small letters."""
    lines: List[str] = []
    for name, port in each(tree):
        if named not in ("", name.lower()):
            continue
        words = mode(port)
        lines.append(f"interface {name}")
        if "description" in port:
            lines.append(f" description {port['description']}")
        if port.get("channel-group"):
            lines.append(" channel-group {port-int} mode {mode}".format(**port["channel-group"]))
        if words is not None:
            lines += [" switchport", f" switchport mode {words}"]
        for rule, text in allowed(port).items():
            lines.append(f" switchport trunk allowed vlan {rule} {text}".rstrip())
        lines.append("!")
    return lines
