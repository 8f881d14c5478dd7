"""Checks a workflow before it starts (st2common/services/workflows.py, `inspect`)."""

from typing import Any, Callable, Dict, List, Mapping, Optional

from .models import Action

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
            found.append({**entry, "type": category.rstrip("s")})
    for name, task in spec.tasks.items():
        found += _task(f"tasks.{name}", task, find)
    return sorted(found, key=lambda entry: (str(entry["type"]), str(entry["schema_path"])))


def _task(where: str, task: Any, find: Find) -> List[Entry]:
    for attribute in ("with", "retry", "delay"):
        if getattr(task, attribute, None):
            said = f"StackStorm has a task's {attribute}, the lab has not."
            return [_entry(said, f"{where}.{attribute}", f"{_SCHEMA}.{attribute}")]
    action = find(task.action)
    if action is None:
        said = f'The action "{task.action}" is not registered in the database.'
        return [_entry(said, f"{where}.action", f"{_SCHEMA}.action")]
    given = task.input or {}
    declared = action.all_parameters
    missing = [
        name
        for name, schema in declared.items()
        if schema.get("required", False) and "default" not in schema and name not in given
    ]
    wrong = [f'Action "{action.ref}" is missing required input "{name}".' for name in missing]
    unknown = set(given) - set(declared)
    wrong += [f'Action "{action.ref}" has unexpected input "{name}".' for name in unknown]
    return [_entry(one, f"{where}.input", f"{_SCHEMA}.input") for one in sorted(wrong)]


def _entry(message: str, spec_path: str, schema_path: str) -> Entry:
    return {
        "type": "content",
        "message": message,
        "spec_path": spec_path,
        "schema_path": schema_path,
    }
