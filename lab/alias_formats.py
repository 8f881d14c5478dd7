"""What a chat command says to one of an alias's formats, as StackStorm 3.9 reads it
(st2common/models/utils/action_alias_utils.py).

A format is a regular expression with `{{ name }}` in it. The command has to match all of it;
`key=value` pairs may follow. This needs nothing of the lab: the stand-in of st2tests reads formats
here too.
"""

import re
from typing import Any, Dict, List, Tuple

_KEY = r"\s*(\S+?)\s*"
_QUOTED = r"""""|''|"(.+?)"|'(.+?)'|({.+?})"""
_PAIR = rf"(?:^|\s+){_KEY}=({_QUOTED}|(\S+))"
_PAIRS_AT_END = rf".*?(({_PAIR}\s*)*)$"
_PARAMETER = rf"(\s*){{{{{_KEY}}}}}"
_VALUE = r"""\1["']?(?P<\2>(?:(?<=').+?(?=')|(?<=").+?(?=")|{.+?}|.+?))["']?"""
_NOT_READ = r"^\^|\$$|{{[^}]*="


class NoMatch(ValueError):
    """A command does not match a format."""


def parameters(format_: str, command: str) -> Dict[str, Any]:
    """The parameters in a command: text, or None for what is in a part that may be left out. Raises
    NoMatch, and as `pattern` does."""
    pairs, rest = _split_pairs(command)
    match = pattern(format_).search(rest)
    if match is None:
        raise NoMatch(f'Command "{command}" doesn\'t match format string "{format_}"')
    found: Dict[str, Any] = match.groupdict()
    found.update((key, "".join(value)) for key, _, *value in pairs)
    if not (rest.strip() or any(found.values())):
        raise NoMatch("No value supplied and no default value found.")
    return found


def pattern(format_: str) -> "re.Pattern[str]":
    """The regular expression that a format stands for. Raises ValueError where it is none, and for
    what StackStorm reads in another way: anchors, and `{{ name = default }}`."""
    if re.search(_NOT_READ, format_):
        raise ValueError(f'The lab reads no anchors and no defaults, as in "{format_}".')
    text = re.sub(_PARAMETER, _VALUE, format_)
    try:
        return re.compile(rf"^\s*{text}\s*$", re.DOTALL)
    except re.error as error:
        raise ValueError(f'The format "{format_}" is no regular expression: {error}') from None


def _split_pairs(command: str) -> Tuple[List[Tuple[str, ...]], str]:
    match = re.match(_PAIRS_AT_END, command, re.DOTALL)
    ending = match.group(1) if match else ""
    pairs = re.findall(_PAIR, ending, re.DOTALL) if ending else []
    return pairs, f" {command.replace(ending, '') if ending else command} "
