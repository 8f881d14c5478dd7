"""Chat commands: which alias a line is for (st2common/util/actionalias_matching.py,
st2common/util/actionalias_helpstring.py)."""

import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple

from lab import alias_formats

from .errors import RequestError
from .models import Alias


def read(pack: str, content: Mapping[str, Any]) -> Alias:
    """The alias that a file describes. Raises ValueError for what StackStorm would notice only when
    somebody chats: a format that is no regular expression. So does what the lab has not."""
    alias = Alias(
        ref=f"{pack}.{content['name']}",
        pack=pack,
        name=content["name"],
        action_ref=content["action_ref"],
        formats=content["formats"],
        description=content.get("description") or "",
        enabled=content.get("enabled", True),
        ack=content.get("ack") or {},
        result=content.get("result") or {},
        extra=content.get("extra") or {},
        immutable_parameters=content.get("immutable_parameters") or {},
        metadata_file=content.get("metadata_file") or "",
    )
    if any(isinstance(item, dict) and item.get("match_multiple") for item in alias.formats):
        raise ValueError("StackStorm has match_multiple, the lab has not.")
    for format_ in representations(alias):
        try:
            alias_formats.pattern(format_)
        except re.error as error:
            raise ValueError(f'The format "{format_}" is no regular expression: {error}') from None
    return alias


def representations(alias: Alias) -> List[str]:
    """The formats that a command may have. One that has only a `display` is for the help alone."""
    return [format_ for _, formats in _read(alias) for format_ in formats]


def _read(alias: Alias) -> Iterator[Tuple[str, List[str]]]:
    for item in alias.formats:
        if isinstance(item, dict):
            yield item.get("display") or "", list(item.get("representation") or [])
        else:
            yield item, [item]


def match(command: str, aliases: Iterable[Alias]) -> Tuple[Alias, str]:
    """The enabled alias that a command is for, and its format. Raises RequestError unless there is
    exactly one."""
    found = []
    for alias in aliases:
        for format_ in representations(alias) if alias.enabled else ():
            try:
                alias_formats.parameters(format_, command)
            except alias_formats.NoMatch:
                continue
            found.append((alias, format_))
    if len(found) != 1:
        what = "matched more than 1 pattern" if found else "matched no patterns"
        raise RequestError(f"Command '{command}' {what}")
    return found[0]


def display(alias: Alias, format_: str) -> str:
    """What the help shows for one of its formats."""
    return next(shown for shown, formats in _read(alias) if format_ in formats)


def help_strings(aliases: Iterable[Alias], wanted: str = "") -> List[Dict[str, str]]:
    """What a bot shows for help: the `display` of every format of the enabled aliases in which the
    regular expression `wanted` is found, and what it does."""
    return [
        {"pack": alias.pack, "display": display, "description": alias.description}
        for alias in aliases
        if alias.enabled
        for display, _ in _read(alias)
        if display and re.search(wanted, display, re.IGNORECASE)
    ]
