"""Whether a rule applies to a trigger's payload (st2reactor/rules/filter.py,
st2common/operators.py)."""

import re
from typing import Any, Callable, Dict, Mapping

from . import templates

OPERATORS: Dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, pattern: bool(value == pattern),
    "nequals": lambda value, pattern: bool(value != pattern),
    "inside": lambda value, pattern: value in pattern,
    "ninside": lambda value, pattern: value not in pattern,
    "matchregex": lambda value, pattern: bool(re.match(pattern, value, re.DOTALL)),
}
"""So many of StackStorm's as a pack like this one needs."""

_KEY = re.compile(r"trigger(\.\w+)+")


def check(criteria: Mapping[str, Any]) -> None:
    """Raises ValueError where StackStorm would not take a rule with these criteria, or the lab
    could not compare them."""
    for key, criterion in criteria.items():
        operator = criterion.get("type") if isinstance(criterion, dict) else None
        if operator is None:
            raise ValueError(f"Operator not specified for field: {key}")
        if operator not in OPERATORS:
            raise ValueError(
                f"For field: {key}, operator {operator} not in list of allowed operators: "
                f"{list(OPERATORS)}"
            )
        if criterion.get("pattern") is None:
            raise ValueError(f"For field: {key}, no pattern specified for operator {operator}")
        if not _KEY.fullmatch(key) or templates.is_expression(criterion["pattern"]):
            raise ValueError(f"StackStorm may know what {key} means, the lab does not.")


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
