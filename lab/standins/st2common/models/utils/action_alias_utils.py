"""What a chat command says (st2common/models/utils/action_alias_utils.py).

A format is a regular expression with `{{ name }}` and `{{ name = default }}` in it. The command has
to match all of it, unless the format is anchored otherwise; `key=value` pairs may follow.
"""

import re
from typing import Any, Dict, List, Tuple

from st2common.exceptions.content import ParseException

_KEY = r"\s*(\S+?)\s*"
_QUOTED = r"""""|''|"(.+?)"|'(.+?)'|({.+?})"""
_PAIR = rf"(?:^|\s+){_KEY}=({_QUOTED}|(\S+))"
_PAIRS_AT_END = rf".*?(({_PAIR}\s*)*)$"
_OPTIONAL = rf"{{{{{_KEY}\s*=\s*(?:{_QUOTED}|(.+?))\s*}}}}"
_REQUIRED = rf"{{{{{_KEY}}}}}"
_VALUE = r"""\1["']?(?P<\2>(?:(?<=').+?(?=')|(?<=").+?(?=")|{.+?}|.+?))["']?"""


def extract_parameters_for_action_alias_db(
    action_alias_db: Any, format_str: str, param_stream: str
) -> Dict[str, Any]:
    """The parameters in a command. Raises ValueError if the alias has no such format, and
    ParseException if the command does not match it."""
    if format_str not in action_alias_db.get_format_strings():
        raise ValueError(
            f'Format string "{format_str}" is not available on the alias "{action_alias_db.name}"'
        )
    return extract_parameters(format_str=format_str, param_stream=param_stream)


def extract_parameters(format_str: str, param_stream: str) -> Dict[str, Any]:
    """The parameters in a command. Raises ParseException if it does not match the format."""
    pairs, command = _split_pairs(param_stream)
    match = _pattern(format_str).search(command)
    if match is None:
        raise ParseException(
            f'Command "{param_stream}" doesn\'t match format string "{format_str}"'
        )
    found: Dict[str, Any] = match.groupdict()
    for name, *default in re.findall(_OPTIONAL, format_str, re.DOTALL):
        found[name] = found[name] or "".join(default)
    found.update((key, "".join(value)) for key, _, *value in pairs)
    if format_str and not (command.strip() or any(found.values())):
        raise ParseException("No value supplied and no default value found.")
    return found


def _split_pairs(command: str) -> Tuple[List[Tuple[str, ...]], str]:
    match = re.match(_PAIRS_AT_END, command, re.DOTALL)
    ending = match.group(1) if match else ""
    pairs = re.findall(_PAIR, ending, re.DOTALL) if ending else []
    return pairs, f" {command.replace(ending, '') if ending else command} "


def _pattern(format_str: str) -> "re.Pattern[str]":
    text = re.sub(rf"(\s*){_OPTIONAL}", rf"(?:{_VALUE})?", format_str)
    text = re.sub(rf"(\s*){_REQUIRED}", _VALUE, text)
    outside = re.sub(r"\\[^AZ]|\[\^?\]?[^\]]*\]", "", text, flags=re.DOTALL)
    if not re.search(r"\^|\\A", outside):
        text = r"^\s*" + text
    if not re.search(r"\$|\\Z", outside):
        text += r"\s*$"
    return re.compile(text, re.DOTALL)
