"""Chat commands: which alias a line is for (st2common/util/actionalias_matching.py)."""

import re
from typing import Any, Iterable, List, Mapping, Tuple

from lab import alias_formats

from .errors import RequestError
from .models import Alias


def read(common: Mapping[str, Any], content: Mapping[str, Any]) -> Alias:
    """The alias that a file describes. Raises ValueError for what StackStorm would notice only when
    somebody chats: a format that is no regular expression."""
    alias = Alias(
        action_ref=content["action_ref"],
        formats=content["formats"],
        ack=content.get("ack") or {},
        result=content.get("result") or {},
        immutable_parameters=content.get("immutable_parameters") or {},
        **common,
    )
    for format_ in representations(alias):
        try:
            alias_formats.pattern(format_)
        except re.error as error:
            raise ValueError(f'The format "{format_}" is no regular expression: {error}') from None
    return alias


def representations(alias: Alias) -> List[str]:
    """The formats that a command may have."""
    return [
        format_
        for item in alias.formats
        for format_ in (item["representation"] if isinstance(item, dict) else [item])
    ]


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
