"""The command line: the few `show` commands that people look at a segment with; pure.

Words may be abbreviated, and `| include WORD` leaves the lines that have that word. Errors look
like those of ConfD, on which NOS's command line is built.
"""

from typing import Callable, Dict, List, NamedTuple

from . import ports, text
from .store import RUNNING, Store


class Printed(NamedTuple):
    """What a command prints, and its exit status."""

    status: int
    text: str


# Like NOS without rbridge-id, the first command shows the switch that one is logged in to: here the
# first of the fabric.
_COMMANDS: Dict[str, Callable[..., List[str]]] = {
    "show ip interface brief": lambda store: text.ip_interface_brief(
        store.get(RUNNING), store.rbridge_ids[0]
    ),
    "show lldp neighbors": lambda store: store.lldp.shown(),
    "show running-config": lambda store: text.running_config(store.get(RUNNING)),
    "show running-config interface": lambda store: ports.running_config(store.get(RUNNING).tree),
    "show running-config interface TYPE PORT": lambda store, kind, number: ports.running_config(
        store.get(RUNNING).tree, f"{kind} {number}"
    ),
    "show running-config rbridge-id N interface ve N": lambda store, number, key: text.rbridge_ve(
        store.get(RUNNING), number, key
    ),
}


def run(store: Store, line: str) -> Printed:
    """Carries a command out."""
    if store.platform != "nos":
        return Printed(1, f"the lab's {store.platform} has no commands: ask it by NETCONF\n")
    command, piped, rest = line.partition("|")
    filter_, _, sought = rest.strip().partition(" ")
    if piped and (not filter_ or not "include".startswith(filter_)):
        return Printed(1, "syntax error: unknown filter\n")
    words = command.lower().split()
    for pattern, show in _COMMANDS.items():
        wanted = pattern.split()
        if len(wanted) == len(words) and all(map(_stands_for, words, wanted)):
            given = [word for word, name in zip(words, wanted) if name.isupper()]
            lines = show(store, *given) or ["% No entries found."]
            return Printed(0, "".join(f"{one}\n" for one in lines if sought.strip() in one))
    return Printed(1, "syntax error: unknown command\n" + help_text())


def _stands_for(word: str, name: str) -> bool:
    return word.isdecimal() if name == "N" else name.isupper() or name.startswith(word)


def help_text() -> str:
    """The commands there are."""
    return "".join(f"{name}\n" for name in _COMMANDS)
