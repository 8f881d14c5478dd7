"""What the switch's command line shows; pure.

The table of `show ip interface brief` and that of `show vlan brief` are laid out as recorded from
Brocade switches by their users; the running configuration as in the configuration guides.
"""

from typing import List, Sequence

from . import rules, state
from .datastore import Datastore
from .schema import Tree

Lines = List[str]

_IP_COLUMNS = (
    ("Interface", 18, 5),
    ("IP-Address", 10, 10),
    ("Vrf", 18, 6),
    ("Status", 20, 6),
    ("Protocol", 8, 0),
)
_IP_LEAVES = ("mtu", "directed-broadcast", "proxy-arp", "arp-aging-timeout")
_VLAN_COLUMNS = (16, 15, 26, 15, 20)


def ip_interface_brief(config: Datastore, rbridge_id: int) -> Lines:
    """`show ip interface brief`: the primary address of each Ve, without its prefix length."""
    widths = [width + gap for _, width, gap in _IP_COLUMNS]
    lines = [
        _row([name for name, _, _ in _IP_COLUMNS], widths),
        _row(["=" * width for _, width, _ in _IP_COLUMNS], widths),
    ]
    for ve in state.ves(config, [rbridge_id]):
        address = ve.ipv4[0].split("/")[0] if ve.ipv4 else "unassigned"
        status, protocol = ("up", "up") if ve.up else ("administratively down", "down")
        row = [f"Ve {ve.vlan_id}", address, "default-vrf", status, protocol]
        lines.append(_row(row, widths))
    return lines


def vlan_brief(config: Datastore, rbridge_ids: Sequence[int]) -> Lines:
    """`show vlan brief`."""
    widths = [width + 1 for width in _VLAN_COLUMNS]
    vlans = state.vlans(config)
    lines = [
        f"Total Number of VLANs configured    : {len(vlans)}",
        f"Total Number of VLANs provisioned   : {len(vlans)}",
        "Total Number of VLANs unprovisioned : 0",
        _row(["VLAN", "Name", "State", "Ports", "Classification"], widths),
        _row(["(F)-FCoE", "", "", "(u)-Untagged", ""], widths),
        _row(["(R)-RSPAN", "", "", "(c)-Converged", ""], widths),
        _row(["(T)-TRANSPARENT", "", "", "(t)-Tagged", ""], widths),
        _row(["=" * width for width in _VLAN_COLUMNS], widths),
    ]
    for vlan in vlans:
        row = [str(vlan.vlan_id), vlan.name, "ACTIVE"]
        for number in rbridge_ids:
            lines.append(_row([*row, f"Te {state.port(number)}(t)"], widths))
            row = ["", "", ""]
    return lines


def running_config(config: Datastore) -> Lines:
    """`show running-config`, as much of it as is modelled."""
    lines: Lines = []
    for key in sorted(rules.vlans(config.tree), key=int):
        lines += vlan(config, key)
    for key in sorted(rules.global_ves(config.tree), key=int):
        lines += global_ve(config, key)
    for number, rbridge in sorted(rules.rbridges(config.tree).items()):
        entries = sorted(rules.ves(rbridge), key=int)
        lines += _in_rbridge(number, [line for key in entries for line in _ve(rbridge, key)])
    return lines


def vlan(config: Datastore, key: str) -> Lines:
    """`show running-config interface Vlan`; no lines if there is no such VLAN."""
    entry = rules.vlans(config.tree).get(key)
    if entry is None:
        return []
    texts = (("name", entry.get("vlan-name")), ("description", entry.get("description")))
    inner = [f" {word} {_quoted(text)}" for word, text in texts if text is not None]
    return [f"interface Vlan {key}", *inner, "!"]


def global_ve(config: Datastore, key: str) -> Lines:
    """`show running-config interface Ve`; no lines if there is no such Ve."""
    ve = rules.global_ves(config.tree).get(key)
    if ve is None:
        return []
    shut = " shutdown" if "global-ve-shutdown" in ve else " no shutdown"
    return [f"interface Ve {key}", shut, "!"]


def rbridge_ve(config: Datastore, number: str, key: str) -> Lines:
    """`show running-config rbridge-id N interface Ve M`; no lines if there is no such Ve."""
    rbridge = rules.rbridges(config.tree).get(number, {})
    return _in_rbridge(number, _ve(rbridge, key)) if key in rules.ves(rbridge) else []


def _in_rbridge(number: str, lines: Lines) -> Lines:
    return [f"rbridge-id {number}", *(f" {line}" for line in lines), "!"]


def _ve(rbridge: Tree, key: str) -> Lines:
    ve = rules.ves(rbridge)[key]
    ip, addresses = rules.ip_config(ve), rules.ipv4(ve)
    return [
        f"interface Ve {key}",
        *(f" ip {leaf} {ip[leaf]}".rstrip() for leaf in _IP_LEAVES if leaf in ip),
        *(
            f" ip address {text}{' secondary' if 'secondary' in addresses[text] else ''}"
            for text in state.ordered_ipv4(addresses)
        ),
        *(f" ipv6 address {text}" for text in state.ordered_ipv6(rules.ipv6(ve))),
        " shutdown" if "shutdown" in ve else " no shutdown",
        "!",
    ]


def _quoted(text: str) -> str:
    if text.isalnum():
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    # A cell that fills its column still ends in a blank.
    padded = [f"{cell} ".ljust(width) for cell, width in zip(cells, widths)]
    return "".join(padded).rstrip()
