"""Whether a rule applies to a trigger's payload (st2reactor/rules/filter.py,
st2common/operators.py)."""

import datetime
import fnmatch
import json
import re
from typing import Any, Callable, Dict, Mapping, Tuple

import jinja2

from . import paths
from .datastore import PARENT, SYSTEM, Datastore, Lookup

Operator = Callable[[Any, Any], bool]

SEARCH = "search"
_EXPRESSION = re.compile(r"({{)\s*(.*)\s*(}})")


class CriterionError(Exception):
    """A criterion cannot be compared. The text says which, and why."""


def _seconds_since(moment: str) -> float:
    # Z, which Python before 3.11 does not read.
    then = datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", moment.strip()))
    if then.tzinfo is None:
        then = then.replace(tzinfo=datetime.timezone.utc)
    return (datetime.datetime.now(datetime.timezone.utc) - then).total_seconds()


def _needs_pattern(operator: Operator) -> Operator:
    return lambda value, pattern: pattern is not None and operator(value, pattern)


def _named(table: Mapping[str, Operator]) -> Dict[str, Operator]:
    return {name: operator for names, operator in table.items() for name in names.split()}


_OPERATORS = {
    name: _needs_pattern(operator)
    for name, operator in _named(
        {
            "matchwildcard": fnmatch.fnmatch,
            "matchregex": lambda value, pattern: bool(re.match(pattern, value, re.DOTALL)),
            "regex": lambda value, pattern: bool(re.search(pattern, value)),
            "iregex": lambda value, pattern: bool(re.search(pattern, value, re.IGNORECASE)),
            "eq equals": lambda value, pattern: bool(value == pattern),
            "ieq iequals": lambda value, pattern: value.lower() == pattern.lower(),
            "contains": lambda value, pattern: pattern in value,
            "icontains": lambda value, pattern: pattern.lower() in value.lower(),
            "ncontains": lambda value, pattern: pattern not in value,
            "incontains": lambda value, pattern: pattern.lower() not in value.lower(),
            "startswith": lambda value, pattern: value.startswith(pattern),
            "istartswith": lambda value, pattern: value.lower().startswith(pattern.lower()),
            "endswith": lambda value, pattern: value.endswith(pattern),
            "iendswith": lambda value, pattern: value.lower().endswith(pattern.lower()),
            "lt lessthan": lambda value, pattern: bool(value < pattern),
            "gt greaterthan": lambda value, pattern: bool(value > pattern),
            "td_lt timediff_lt": lambda value, pattern: _seconds_since(value) < float(pattern),
            "td_gt timediff_gt": lambda value, pattern: _seconds_since(value) > float(pattern),
            "inside in": lambda value, pattern: value in pattern,
            "ninside nin": lambda value, pattern: value not in pattern,
        }
    ).items()
}
OPERATORS: Dict[str, Operator] = {
    **_OPERATORS,
    **_named(
        {
            "neq nequals": lambda value, pattern: bool(value != pattern),
            "exists": lambda value, _: value is not None,
            "nexists": lambda value, _: value is None,
        }
    ),
}


def check(criteria: Mapping[str, Any]) -> None:
    """Raises ValueError where StackStorm would not take a rule with these criteria."""
    for key, criterion in criteria.items():
        operator = criterion.get("type") if isinstance(criterion, dict) else None
        if operator is None:
            raise ValueError(f"Operator not specified for field: {key}")
        if operator not in OPERATORS and operator != SEARCH:
            raise ValueError(
                f"For field: {key}, operator {operator} not in list of allowed operators: "
                f"{[*OPERATORS, SEARCH]}"
            )
        if criterion.get("pattern") is None:
            raise ValueError(f"For field: {key}, no pattern specified for operator {operator}")


class Matcher:
    """Compares payloads with criteria; patterns may be templates."""

    def __init__(self, environment: jinja2.Environment, store: Datastore) -> None:
        self._environment = environment
        self._system = Lookup(store.get)

    def matches(self, criteria: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
        """Whether all criteria hold. Raises CriterionError; no payload satisfies no criteria."""
        if criteria and not payload:
            return False
        context = self._context("trigger", payload)
        return all(self._holds(key, criterion, context) for key, criterion in criteria.items())

    def _context(self, prefix: str, payload: Any) -> Dict[str, Any]:
        return {prefix: payload, SYSTEM: self._system}

    def _holds(self, key: str, criterion: Mapping[str, Any], context: Dict[str, Any]) -> bool:
        if "type" not in criterion:
            return False
        pattern = criterion.get("pattern")
        try:
            rendered = self._render(pattern, context)
        except Exception as error:
            raise CriterionError(
                f'Failed to render pattern value "{pattern}" for key "{key}": {error}'
            ) from error
        try:
            # "name#1" is a second criterion about "name".
            found = paths.find(context, key.split("#", 1)[0])
        except ValueError as error:
            raise CriterionError(f"Failed transforming criteria key {key}: {error}") from error
        value = found[0] if found else None
        name = str(criterion["type"]).lower()
        try:
            if name == SEARCH:
                return self._search(value, rendered, criterion.get("condition"))
            return OPERATORS[name](value, rendered)
        except CriterionError:
            raise
        except Exception as error:
            raise CriterionError(
                f"There might be a problem with the criteria in rule: {key}: {error}"
            ) from error

    def _render(self, pattern: Any, context: Dict[str, Any]) -> Any:
        if not isinstance(pattern, str):
            return pattern
        context = {**context, PARENT: {SYSTEM: self._system}}
        if _EXPRESSION.search(pattern):
            text = _EXPRESSION.sub(r"\1\2 | to_complex\3", pattern)
            rendered = self._environment.from_string(text).render(context)
            try:
                return json.loads(rendered)
            except ValueError:
                pass
        return self._environment.from_string(pattern).render(context)

    def _search(self, value: Any, pattern: Mapping[str, Any], condition: Any) -> bool:
        conditions: Dict[str, Tuple[Callable[[Any], bool], Callable[[Any], bool]]] = {
            "all": (all, all),
            "any": (any, all),
            "all2any": (all, any),
            "any2any": (any, any),
        }
        if condition not in conditions:
            raise CriterionError(
                f"The '{condition}' condition is not recognized for type search, 'any', 'all', "
                "'any2any' and 'all2any' are allowed"
            )
        of_items, of_criteria = conditions[condition]
        items = [value] if isinstance(value, dict) else value
        return of_items(
            [
                of_criteria(
                    [
                        self._holds(key, criterion, self._context("item", item))
                        for key, criterion in pattern.items()
                    ]
                )
                for item in items
            ]
        )
