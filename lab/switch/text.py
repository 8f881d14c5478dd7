"""What the switch's command line shows; pure.

The table of `show ip interface brief` is laid out as recorded from a Brocade switch by its user;
the running configuration as in the configuration guides.
"""

from typing import List, Sequence, Tuple

from . import ports, rules, state
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


def running_config(config: Datastore) -> Lines:
    """`show running-config`, as much of it as is modelled."""
    lines: Lines = []
    for key, vlan in sorted(rules.vlans(config.tree).items(), key=_number):
        texts = (("name", vlan.get("vlan-name")), ("description", vlan.get("description")))
        inner = [f" {word} {_quoted(text)}" for word, text in texts if text is not None]
        lines += [f"interface Vlan {key}", *inner, "!"]
    for key, ve in sorted(rules.global_ves(config.tree).items(), key=_number):
        shut = " shutdown" if "global-ve-shutdown" in ve else " no shutdown"
        lines += [f"interface Ve {key}", shut, "!"]
    for number, rbridge in sorted(rules.rbridges(config.tree).items(), key=_number):
        entries = sorted(rules.ves(rbridge).items(), key=_number)
        lines += _in_rbridge(number, [line for entry in entries for line in _ve(*entry)])
    return [*lines, *ports.running_config(config.tree)]


def rbridge_ve(config: Datastore, number: str, key: str) -> Lines:
    """`show running-config rbridge-id N interface Ve M`; no lines if there is no such Ve."""
    ves = rules.ves(rules.rbridges(config.tree).get(number, {}))
    return _in_rbridge(number, _ve(key, ves[key])) if key in ves else []


def _in_rbridge(number: str, lines: Lines) -> Lines:
    return [f"rbridge-id {number}", *(f" {line}" for line in lines), "!"]


def _ve(key: str, ve: Tree) -> Lines:
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


def _number(entry: Tuple[str, Tree]) -> int:
    return int(entry[0])


def _quoted(text: str) -> str:
    if text.isalnum():
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    # A cell that fills its column still ends in a blank.
    padded = [f"{cell} ".ljust(width) for cell, width in zip(cells, widths)]
    return "".join(padded).rstrip()
