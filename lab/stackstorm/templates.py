"""Jinja as StackStorm renders it (st2common/util/jinja.py, st2common/expressions/functions)."""

import datetime
import json
import os
import re
from typing import Any, Callable, Dict, Optional

import jinja2
import jinja2.sandbox
import yaml

from . import paths
from .datastore import Datastore, Lookup

NONE = "%*****__%NONE%__*****%"
"""What `use_none` renders None to, and the casts turn back."""


def is_expression(value: Any) -> bool:
    """Whether StackStorm takes a value for a template."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def encode(value: Any) -> str:
    """JSON as orjson writes it: no spaces, no escapes beyond ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_complex(value: Any) -> str:
    """A value as JSON, for a parameter that is no text."""
    return json.dumps(value)


def use_none(value: Any) -> Any:
    """None that survives the rendering to text."""
    return NONE if value is None else value


def to_json_string(
    value: Any, indent: Optional[int] = None, sort_keys: bool = False, separators: Any = (",", ": ")
) -> str:
    """A value as JSON to be read."""
    return json.dumps(value, indent=indent, sort_keys=sort_keys, separators=separators)


def to_yaml_string(value: Any, indent: Optional[int] = None, allow_unicode: bool = True) -> str:
    """A value as YAML, one item a line."""
    return str(
        yaml.safe_dump(value, default_flow_style=False, indent=indent, allow_unicode=allow_unicode)
    )


def json_escape(value: Any) -> str:
    """A text as it may stand between quotes in JSON."""
    return json.dumps(value).strip('"')


def to_human_time_from_seconds(seconds: float) -> str:
    """Seconds as 1h3m5s. Raises AssertionError for anything but a number."""
    if not isinstance(seconds, (int, float)):
        raise AssertionError(f"{seconds!r} is not a number")
    if 0 < seconds < 1:
        return f"{seconds}\u03bcs"
    zero = datetime.datetime(1, 1, 1)  # noqa: DTZ001  # only a way to count
    point = zero + datetime.timedelta(seconds=round(seconds))
    parts = [point.year - 1, point.day - 1, point.hour, point.minute, point.second]
    units = list("ydhms")
    while len(parts) > 1 and not parts[0]:
        del parts[0], units[0]
    return "".join(f"{part}{unit}" for part, unit in zip(parts, units))


def _flags(ignorecase: bool) -> int:
    return re.IGNORECASE if ignorecase else 0


def regex_match(value: Any, pattern: str, ignorecase: bool = False) -> bool:
    """Whether the text begins with the pattern."""
    return bool(re.match(pattern, str(value), _flags(ignorecase)))


def regex_search(value: Any, pattern: str, ignorecase: bool = False) -> bool:
    """Whether the pattern is anywhere in the text."""
    return bool(re.search(pattern, str(value), _flags(ignorecase)))


def regex_replace(value: Any, pattern: str, replacement: str, ignorecase: bool = False) -> str:
    """The text with the pattern replaced."""
    return re.sub(pattern, replacement, str(value), flags=_flags(ignorecase))


def regex_substring(
    value: Any, pattern: str, result_index: int = 0, ignorecase: bool = False
) -> Any:
    """The n-th text that the pattern finds. Raises IndexError."""
    return re.findall(pattern, str(value), _flags(ignorecase))[result_index]


def jsonpath_query(value: Any, query: str) -> Any:
    """The list of what a path finds, None for nothing."""
    return paths.find(value, query) or None


def from_json_string(value: Any) -> Any:
    """What a JSON text holds."""
    return json.loads(str(value))


def from_yaml_string(value: Any) -> Any:
    """What a YAML text holds."""
    return yaml.safe_load(str(value))


FUNCTIONS: Dict[str, Callable[..., Any]] = {
    "basename": os.path.basename,
    "dirname": os.path.dirname,
    "from_json_string": from_json_string,
    "from_yaml_string": from_yaml_string,
    "json_escape": json_escape,
    "jsonpath_query": jsonpath_query,
    "regex_match": regex_match,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "regex_substring": regex_substring,
    "to_human_time_from_seconds": to_human_time_from_seconds,
    "to_json_string": to_json_string,
    "to_yaml_string": to_yaml_string,
    "use_none": use_none,
}
"""Those that jinja and Orquesta have in common."""

_ABSENT = "compare more_than less_than equal match bump_major bump_minor bump_patch strip_patch"


def _absent(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"StackStorm has {name}, the lab has not.")

    return refuse


ABSENT = {f"version_{name}": _absent(f"version_{name}") for name in _ABSENT.split()}
"""Functions of StackStorm that the lab refuses by name."""


def environment(store: Datastore, *, lenient: bool = False) -> jinja2.Environment:
    """The sandbox that StackStorm's own templates are rendered in; undefined names are errors, or
    `lenient`ly nothing."""

    def decrypt_kv(value: Any) -> str:
        text = str(value)
        if isinstance(value, Lookup) and not text:
            raise ValueError("The datastore item doesn't exist or it contains an empty string")
        return store.decrypt(text)

    env = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.Undefined if lenient else jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(FUNCTIONS)
    env.filters.update(ABSENT)
    env.filters.update(to_complex=to_complex, decrypt_kv=decrypt_kv)
    return env
