"""Values that a type allows, where one is easy to find: for the tests of a generated pack."""

from typing import Any, Dict, List, Optional

from .actions import Action
from .schema import Type

MOST = 50
"""Samples in a pack: enough to see that it works."""


def of(actions: List[Action]) -> Dict[str, Dict[str, Any]]:
    """Parameters for some of the edits, by action."""
    found: Dict[str, Dict[str, Any]] = {}
    for action in actions:
        spec = action.content["parameters"]["edit"]["default"]
        sample = _sample(spec) if isinstance(spec, dict) and "path" in spec else None
        if sample is not None:
            found[action.name] = sample
        if len(found) == MOST:
            break
    return found


def _sample(spec: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    given: Dict[str, Any] = {}
    for step in spec["path"]:
        for leaf in [*step.get("keys", ()), *([step] if "type" in step else [])]:
            value = _value(leaf["type"])
            if value is None:
                return None
            given[leaf["parameter"]] = [value] if leaf.get("many") else value
    return given


def _value(kind: Type) -> Any:
    base = kind["base"]
    if base == "string" and not kind.get("patterns") and not kind.get("not"):
        return "a" * max(1, kind.get("lengths", [[1]])[0][0])
    if base in ("integer", "decimal"):
        return kind["ranges"][0][0]
    if base in ("enumeration", "bits"):
        return kind["values"][0]
    if base == "identity":
        return next((f"{one}:{names[0]}" for one, (_, names) in kind["values"].items()), None)
    if base in ("boolean", "empty"):
        return True
    return next(filter(None, map(_value, kind["types"])), None) if base == "union" else None
