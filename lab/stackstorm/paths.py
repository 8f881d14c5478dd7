"""The part of JSONPath that rules use: `a.b`, `a.'b c'`, `a["b"]`, `a[0]`, `a[*]`, `a.*`.

StackStorm uses jsonpath_rw, which knows more; a path that is not understood here is an error.
"""

import re
from typing import Any, List, Union

Step = Union[str, int, None]
"""A name, an index, or None for all."""

_STEP = re.compile(
    r"""
    (?:^\$?|\.)  (?P<name>[A-Za-z_@][A-Za-z0-9_@\-]*)
  | (?:^\$?|\.)  (?P<q>["'])(?P<quoted>.*?)(?P=q)
  | \[ \s* (?P<q2>["'])(?P<key>.*?)(?P=q2) \s* \]
  | \[ \s* (?P<index>\d+) \s* \]
  | (?P<all> \.\* | \[ \s* \* \s* \] )
  | (?P<root>^\$)
    """,
    re.VERBOSE,
)


def parse(path: str) -> List[Step]:
    """The steps of a path. Raises ValueError."""
    steps: List[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at) if at else _STEP.match(path)
        if match is None or match.end() == at:
            raise ValueError(f'Parse error at {at} in path "{path}"')
        if match["root"] is None:
            steps.append(_step(match))
        at = match.end()
    if not path:
        raise ValueError("An empty path")
    return steps


def _step(match: "re.Match[str]") -> Step:
    if match["all"]:
        return None
    if match["index"]:
        return int(match["index"])
    return next(match[group] for group in ("name", "quoted", "key") if match[group] is not None)


def find(value: Any, path: str) -> List[Any]:
    """Every value that the path leads to, in order. Raises ValueError for a bad path."""
    found = [value]
    for step in parse(path):
        found = [below for item in found for below in _below(item, step)]
    return found


def _below(item: Any, step: Step) -> List[Any]:
    if step is None:
        if isinstance(item, dict):
            return list(item.values())
        return list(item) if isinstance(item, list) else []
    try:
        if isinstance(step, int):
            return [item[step]] if isinstance(item, (list, tuple)) else []
        return [item[step]] if hasattr(item, "__getitem__") and not isinstance(item, str) else []
    except (KeyError, IndexError, TypeError):
        return []
