"""Whether a rule applies to a trigger's payload (st2reactor/rules/filter.py,
st2common/operators.py)."""

import re
from typing import Any, Callable, Dict, Mapping

OPERATORS: Dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, pattern: bool(value == pattern),
    "nequals": lambda value, pattern: bool(value != pattern),
    "inside": lambda value, pattern: value in pattern,
    "ninside": lambda value, pattern: value not in pattern,
    "matchregex": lambda value, pattern: bool(re.match(pattern, value, re.DOTALL)),
}
"""So many of StackStorm's as a pack like this one needs."""


def match(criteria: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    """Whether all criteria hold; no payload satisfies no criteria. Raises TypeError where a value
    cannot be compared with the pattern."""
    if criteria and not payload:
        return False
    return all(_holds(key, criterion, payload) for key, criterion in criteria.items())


def _holds(key: str, criterion: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    value: Any = payload
    for name in key.split(".")[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return OPERATORS[criterion["type"]](value, criterion["pattern"])
