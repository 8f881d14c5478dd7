"""The command line: the few `show` commands, abbreviated as one likes; pure.

Errors look like those of ConfD, on which NOS's command line is built.
"""

import re
from typing import Callable, Dict, List, NamedTuple, Tuple

from . import rules, text
from .store import RUNNING, STARTUP, Store

PROMPT = "sw0# "

_WORD = re.compile(r"\S+")
_LONGEST_LINE = 1000


class Printed(NamedTuple):
    """What a command prints, and its exit status."""

    status: int
    text: str


Show = Callable[[Store, Tuple[str, ...]], List[str]]


def _running(show: Callable[..., List[str]]) -> Show:
    return lambda store, given: show(store.get(RUNNING), *given)


def _local(show: Callable[..., List[str]]) -> Show:
    # Without rbridge-id, NOS shows the switch that one is logged in to: here the first.
    def shown(store: Store, given: Tuple[str, ...]) -> List[str]:
        numbers = [int(number) for number in given] or store.rbridge_ids[:1]
        return show(store.get(RUNNING), numbers)

    return shown


def _fabric(show: Callable[..., List[str]]) -> Show:
    return lambda store, _: show(store.get(RUNNING), store.rbridge_ids)


def _configuration(name: str) -> Show:
    return lambda store, _: text.running_config(store.get(name))


_COMMANDS: Dict[str, Show] = {
    "show ip interface brief": _local(text.ip_interface_brief),
    "show ip interface brief rbridge-id N": _local(text.ip_interface_brief),
    "show ip interface brief rbridge-id all": _fabric(text.ip_interface_brief),
    "show vlan brief": _fabric(text.vlan_brief),
    "show running-config": _configuration(RUNNING),
    "show startup-config": _configuration(STARTUP),
    "show running-config interface vlan": _running(text.each(text.vlan_config, rules.vlans)),
    "show running-config interface vlan N": _running(text.vlan_config),
    "show running-config interface ve": _running(
        text.each(text.global_ve_config, rules.global_ves)
    ),
    "show running-config interface ve N": _running(text.global_ve_config),
    "show running-config rbridge-id": _running(text.each(text.rbridge_config, rules.rbridges)),
    "show running-config rbridge-id N": _running(text.rbridge_config),
    "show running-config rbridge-id N interface ve N": _running(text.rbridge_ve_config),
}


def run(store: Store, line: str, indent: int = 0) -> Printed:
    """Carries a command out. `indent` is how far to the right of the margin it was typed, for the
    mark under the word that is wrong."""
    words = list(_WORD.finditer(line[:_LONGEST_LINE]))
    if not words:
        return Printed(0, "")
    left = {pattern: pattern.split() for pattern in _COMMANDS}
    given: List[str] = []
    for position, match in enumerate(words):
        word = match.group().lower()
        matching = _matching(left, position, word)
        if len({pattern[position] for pattern in matching.values()}) != 1:
            fault = "ambiguous argument" if matching else "unknown argument"
            return _wrong(fault, indent + match.start())
        if "N" in (pattern[position] for pattern in matching.values()):
            given.append(word)
        left = matching
    complete = [name for name, pattern in left.items() if len(pattern) == len(words)]
    if not complete:
        return _wrong("incomplete path", indent + words[-1].end())
    lines = _COMMANDS[complete[0]](store, tuple(given)) or ["% No entries found."]
    return Printed(0, "\n".join(lines) + "\n")


def _matching(patterns: Dict[str, List[str]], position: int, word: str) -> Dict[str, List[str]]:
    here = {name: p for name, p in patterns.items() if len(p) > position}
    exact = {name: p for name, p in here.items() if p[position] == word}
    return exact or {
        name: p
        for name, p in here.items()
        if (word.isdecimal() if p[position] == "N" else p[position].startswith(word))
    }


def _wrong(fault: str, column: int) -> Printed:
    return Printed(1, f"{'-' * column}^\nsyntax error: {fault}\n")


def help_text() -> str:
    """The commands there are."""
    return "".join(f"{name}\n" for name in [*_COMMANDS, "exit"])
