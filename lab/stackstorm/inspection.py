"""Checks a workflow before it starts (st2common/services/workflows.py, `inspect`)."""

from typing import Any, Callable, Dict, List, Mapping, Optional

from .functions import ORQUESTA
from .models import Action

_CATEGORIES = {
    "contents": "content",
    "context": "context",
    "expressions": "expression",
    "semantics": "semantic",
    "syntax": "syntax",
}
_SCHEMA = r"properties.tasks.patternProperties.^\w+$.properties"

Entry = Dict[str, Any]
Find = Callable[[str], Optional[Action]]


def inspect(spec: Any, context: Mapping[str, Any], find: Find) -> List[Entry]:
    """What is wrong with a workflow, as its execution's `errors` tell; nothing for []."""
    found: List[Entry] = []
    for category, entries in spec.inspect(app_ctx=dict(context), raise_exception=False).items():
        for entry in entries:
            if category in ("context", "expressions") and "language" not in entry:
                entry["language"] = entry.pop("type")
            entry["type"] = _CATEGORIES[category]
            found.append(entry)
    found += _contents(spec, find)
    return sorted(found, key=lambda entry: (str(entry["type"]), str(entry["schema_path"])))


def _contents(spec: Any, find: Find) -> List[Entry]:
    found = []
    for name, task in spec.tasks.items():
        ref = getattr(task, "action", None)
        if not ref or ORQUESTA.expressions.has_expressions(ref):
            continue
        where = f"tasks.{name}"
        action = find(ref) if "." in ref else None
        if action is None:
            said = (
                f'The action "{ref}" is not registered in the database.'
                if "." in ref
                else f'The action reference "{ref}" is not formatted correctly.'
            )
            found.append(_entry(said, f"{where}.action", f"{_SCHEMA}.action"))
            continue
        given = getattr(task, "input", None) or {}
        if isinstance(given, dict):
            found += _input(action, given, f"{where}.input")
    return found


def _input(action: Action, given: Mapping[str, Any], where: str) -> List[Entry]:
    declared = {**action.runner.parameters, **action.parameters}
    missing = sorted(
        name
        for name, schema in declared.items()
        if schema.get("required", False) and "default" not in schema and name not in given
    )
    schema_path = f"{_SCHEMA}.input"
    return [
        _entry(f'Action "{action.ref}" is missing required input "{name}".', where, schema_path)
        for name in missing
    ] + [
        _entry(
            f'Action "{action.ref}" has unexpected input "{name}".',
            f"{where}.{name}",
            schema_path + r".patternProperties.^\w+$",
        )
        for name in sorted(set(given) - set(declared))
    ]


def _entry(message: str, spec_path: str, schema_path: str) -> Entry:
    return {
        "type": "content",
        "message": message,
        "spec_path": spec_path,
        "schema_path": schema_path,
    }
