"""What an action's result has to look like, and what of it is hidden
(st2common/util/output_schema.py)."""

import copy
import re
from typing import Any, Dict, Mapping, Optional, Tuple

import jsonschema

from . import schema as schemas
from .masking import MASK

_BASIC = ("boolean", "integer", "null", "number", "string")


def is_schema(schema: Any) -> bool:
    """Whether StackStorm takes it for a schema; what it does not, it ignores in silence."""
    if not isinstance(schema, Mapping) or "type" not in schema:
        return False
    try:
        schemas.check(schema, schemas.OUTPUT_META)
    except (jsonschema.ValidationError, jsonschema.SchemaError):
        return False
    return True


def validate(
    result: Any,
    status: str,
    runner_schema: Mapping[str, Any],
    action_schema: Mapping[str, Any],
    output_key: Optional[str],
) -> Tuple[Any, str]:
    """A result and its status; replaced by an error and "failed" where the result is not as the
    schemas say. The real one compares only what has succeeded: so does the caller."""
    try:
        if runner_schema:
            if is_schema(runner_schema):
                schemas.validate(result, dict(runner_schema))
            if action_schema and is_schema(action_schema):
                schemas.validate(result[output_key], dict(action_schema))
    except (jsonschema.ValidationError, jsonschema.SchemaError, KeyError, TypeError) as error:
        message = "Error validating output. See error output for more details."
        return {"error": str(error), "message": message}, "failed"
    return result, status


def mask(result: Any, output_key: Optional[str], action_schema: Any) -> Any:
    """The result, with whatever the action's output schema marks `secret: true` replaced."""
    if not output_key or not action_schema or not isinstance(result, dict):
        return result
    if output_key not in result:
        return result
    if not is_schema(action_schema):
        action_schema = _from_legacy(action_schema)
        if not is_schema(action_schema):
            return result
    masked = dict(result)
    masked[output_key] = _masked(action_schema, copy.deepcopy(result[output_key]))
    return masked


def _from_legacy(schema: Any) -> Any:
    """Before 3.9 an output schema was what is now its `properties`."""
    if not isinstance(schema, Mapping):
        return schema
    return {"type": "object", "properties": dict(schema), "additionalProperties": True}


def _masked(schema: Any, value: Any) -> Any:
    if not isinstance(schema, Mapping):
        return value
    if schema.get("secret", False):
        return MASK
    if schema.get("type") == "object" and isinstance(value, dict):
        return _masked_object(schema, value)
    if schema.get("type") == "array" and isinstance(value, list):
        return _masked_array(schema, value)
    return value


def _masked_object(schema: Mapping[str, Any], value: Dict[str, Any]) -> Dict[str, Any]:
    properties = schema.get("properties") or {}
    patterns = schema.get("patternProperties") or {}
    additional = schema.get("additionalProperties")
    for key in value:
        if key in properties:
            value[key] = _masked(properties[key], value[key])
            continue
        found = [sub for pattern, sub in patterns.items() if re.search(pattern, key)]
        value[key] = _masked(found[0] if found else additional, value[key])
    return value


def _masked_array(schema: Mapping[str, Any], value: Any) -> Any:
    items = schema.get("items", {})
    if isinstance(items, list):
        additional = schema.get("additionalItems")
        subs = items + [additional] * max(0, len(value) - len(items))
    else:
        subs = [items] * len(value)
    return [_masked(sub, item) for sub, item in zip(subs, value)]
