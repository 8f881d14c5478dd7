"""What is hidden of an execution's parameters (st2common/util/secrets.py)."""

import copy
from typing import Any, Mapping

MASK = "********"
_SCALARS = ("integer", "number", "boolean", "null", "string")


def mask(parameters: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> Any:
    """The parameters, with whatever their schemas mark `secret: true` replaced, nested too."""
    result = copy.deepcopy(dict(parameters))
    for name, schema in schemas.items():
        if name in result:
            result[name] = _masked(result[name], schema)
    return result


def _masked(value: Any, schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return value
    if schema.get("secret", False):
        return MASK
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        for name, sub in (schema.get("properties") or {}).items():
            if name in value:
                value[name] = _masked(value[name], sub)
    elif kind == "array" and isinstance(value, list):
        return [_masked(item, schema.get("items")) for item in value]
    return value
