"""The command line: the few `show` commands that people look at a segment with; pure.

Words may be abbreviated, and `| include WORD` leaves the lines that have that word. Errors look
like those of ConfD, on which NOS's command line is built. The table of `show ip interface brief` is
laid out as recorded from a Brocade switch by its user; the running configuration as in the
configuration guides.
"""

from typing import Iterable, Iterator, List, Optional, Sequence, Tuple

from . import addresses, nos, ports
from .schema import Tree, ordered
from .store import RUNNING, Store

Lines = List[str]

HELP = """\
show ip interface brief
show running-config
show running-config interface
show running-config interface TYPE NUMBER
show running-config rbridge-id N interface ve N
"""

_IP_COLUMNS = (
    ("Interface", 18, 5),
    ("IP-Address", 10, 10),
    ("Vrf", 18, 6),
    ("Status", 20, 6),
    ("Protocol", 8, 0),
)


def run(store: Store, line: Optional[str]) -> Tuple[int, str]:
    """Carries a command out; without one, tells which there are. Its exit status, and what it
    prints."""
    if line is None:
        return 0, HELP.replace("\n", "\r\n")
    if store.kind.name != "nos":
        return 1, f"the lab's {store.kind.name} has no commands: ask it by NETCONF\n"
    command, piped, rest = line.partition("|")
    filter_, _, sought = rest.strip().partition(" ")
    if piped and not (filter_ and "include".startswith(filter_)):
        return 1, "syntax error: unknown filter\n"
    words = command.lower().split()
    tree = store.get(RUNNING).tree
    if len(words) == 4 and _begin(words, "show ip interface brief"):
        lines = _ip_interface_brief(tree)
    elif len(words) > 1 and _begin(words[:2], "show running-config"):
        lines = _running_config(tree, words[2:]) or ["% No entries found."]
    else:
        return 1, "syntax error: unknown command\n" + HELP
    return 0, "".join(f"{one}\n" for one in lines if sought.strip() in one)


def _begin(words: Sequence[str], title: str) -> bool:
    """Whether a title begins with these words, of which names may be abbreviated."""
    titles = title.lower().split()
    return len(words) <= len(titles) and all(
        title.startswith(word) if title.isalpha() or "-" in title else word == title
        for word, title in zip(words, titles)
    )


def _ip_interface_brief(tree: Tree) -> Lines:
    """The primary address of each Ve, without its prefix length. Like NOS without rbridge-id, it is
    of the switch that one is logged in to: here the first of the fabric."""
    rows = [[name for name, _, _ in _IP_COLUMNS], ["=" * width for _, width, _ in _IP_COLUMNS]]
    for ve in nos.state(tree, next(iter(nos.rbridges(tree)))):
        address = ve.ipv4[0].split("/")[0] if ve.ipv4 else "unassigned"
        status = ("up", "up") if ve.up else ("administratively down", "down")
        rows.append([f"Ve {ve.vlan_id}", address, "default-vrf", *status])
    widths = [width + gap for _, width, gap in _IP_COLUMNS]
    # A cell that fills its column still ends in a blank.
    return [
        "".join(f"{cell} ".ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in rows
    ]


def _running_config(tree: Tree, words: Sequence[str]) -> Lines:
    """The parts whose titles begin with these words."""
    lines: Lines = []
    for key in ordered(nos.vlans(tree)):
        name = nos.vlans(tree)[key].get("vlan-name")
        lines += _part(words, f"interface Vlan {key}", [f"name {name}"] if name else [])
    for key in ordered(nos.global_ves(tree)):
        lines += _part(words, f"interface Ve {key}", _shut(nos.global_ves(tree)[key]))
    for number in ordered(nos.rbridges(tree)):
        title = f"rbridge-id {number}"
        ves = nos.ves(nos.rbridges(tree)[number])
        wanted = [key for key in ordered(ves) if _begin(words, f"{title} interface Ve {key}")]
        parts = [line for key in wanted for line in _part([], f"interface Ve {key}", _ve(ves[key]))]
        lines += _part([], title, parts) if parts or _begin(words, title) else []
    for name, port in ports.each(tree):
        lines += _part(words, f"interface {name}", ports.shown(port))
    return lines


def _part(words: Sequence[str], title: str, inner: Iterable[str]) -> Lines:
    return [title, *(f" {line}" for line in inner), "!"] if _begin(words, title) else []


def _ve(ve: Tree) -> Iterator[str]:
    of = nos.addresses_of(ve)
    config = ve.get("ip", {}).get("ip-config", {})
    yield from (f"ip {leaf}" for leaf in ("directed-broadcast", "proxy-arp") if leaf in config)
    for text in addresses.primaries_first(of):
        yield f"{'ipv6' if ':' in text else 'ip'} address {text}{' secondary' if of[text] else ''}"
    yield from _shut(ve)


def _shut(ve: Tree) -> Lines:
    return ["shutdown" if {"shutdown", "global-ve-shutdown"} & ve.keys() else "no shutdown"]
