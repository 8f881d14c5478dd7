"""What a chat command says to one of an alias's formats, as StackStorm 3.9 reads it
(st2common/models/utils/action_alias_utils.py).

A format is a regular expression with `{{ name }}` and `{{ name = default }}` in it. The command has
to match all of it, unless the format is anchored otherwise; `key=value` pairs may follow. This
needs nothing of the lab: the stand-in of st2common reads formats here too.
"""

import importlib
import re
import sys
from typing import Any, Dict, Iterable, List, Tuple

_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

_KEY = r"\s*(\S+?)\s*"
_QUOTED = r"""""|''|"(.+?)"|'(.+?)'|({.+?})"""
_PAIR = rf"(?:^|\s+){_KEY}=({_QUOTED}|(\S+))"
_PAIRS_AT_END = rf".*?(({_PAIR}\s*)*)$"
_OPTIONAL = rf"{{{{{_KEY}\s*=\s*(?:{_QUOTED}|(.+?))\s*}}}}"
_REQUIRED = rf"{{{{{_KEY}}}}}"
_VALUE = r"""\1["']?(?P<\2>(?:(?<=').+?(?=')|(?<=").+?(?=")|{.+?}|.+?))["']?"""

_BEGINNING = ((_parser.AT, _parser.AT_BEGINNING), (_parser.AT, _parser.AT_BEGINNING_STRING))
_END = ((_parser.AT, _parser.AT_END), (_parser.AT, _parser.AT_END_STRING))


class NoMatch(ValueError):
    """A command does not match a format."""


def parameters(format_: str, command: str) -> Dict[str, Any]:
    """The parameters in a command: text, or None for what is in a part that may be left out and has
    no default. Raises NoMatch, and re.error for a format that is no regular expression."""
    pairs, rest = _split_pairs(command)
    match = pattern(format_).search(rest)
    if match is None:
        raise NoMatch(f'Command "{command}" doesn\'t match format string "{format_}"')
    found: Dict[str, Any] = match.groupdict()
    for name, *default in re.findall(_OPTIONAL, format_, re.DOTALL):
        found[name] = found[name] or "".join(default)
    found.update((key, "".join(value)) for key, _, *value in pairs)
    if format_ and not (rest.strip() or any(found.values())):
        raise NoMatch("No value supplied and no default value found.")
    return found


def pattern(format_: str) -> "re.Pattern[str]":
    """The regular expression that a format stands for. Raises re.error."""
    text = re.sub(rf"(\s*){_OPTIONAL}", rf"(?:{_VALUE})?", format_)
    text = re.sub(rf"(\s*){_REQUIRED}", _VALUE, text)
    tokens = list(_parser.parse(text, re.DOTALL))
    if not _anchored(tokens, _BEGINNING):
        text = r"^\s*" + text
    if not _anchored(tokens, _END):
        text += r"\s*$"
    return re.compile(text, re.DOTALL)


def _split_pairs(command: str) -> Tuple[List[Tuple[str, ...]], str]:
    match = re.match(_PAIRS_AT_END, command, re.DOTALL)
    ending = match.group(1) if match else ""
    pairs = re.findall(_PAIR, ending, re.DOTALL) if ending else []
    return pairs, f" {command.replace(ending, '') if ending else command} "


def _anchored(tokens: Iterable[Tuple[Any, Any]], anchors: Tuple[Any, ...]) -> bool:
    """Whether one of the anchors is there: in groups too, but of alternatives only in the second,
    and in nothing that may be repeated or left out, as StackStorm looks."""
    return any(
        (kind, value) in anchors
        or (kind == _parser.SUBPATTERN and _anchored(value[3], anchors))
        or (kind == _parser.BRANCH and _anchored(value[1][1], anchors))
        for kind, value in tokens
    )
