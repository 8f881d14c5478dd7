"""JSON schemas as StackStorm reads them: draft 4, but with draft 3's boolean `required` inside the
property, and with attributes of StackStorm's own (st2common/util/schema, action_params.json).

Attributes that mean nothing are refused wherever a schema has them. StackStorm looks for them at
the first level of a parameter only.
"""

from typing import Any, Dict, List, Mapping

import jsonschema
from jsonschema.validators import create

Schema = Dict[str, Any]

ANY_TYPE: Schema = {
    "anyOf": [
        {"type": kind} for kind in ("array", "boolean", "integer", "number", "object", "string")
    ]
}


def copied(value: Any) -> Any:
    """A copy in which nothing is shared: YAML's aliases and Python's would be changed together."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _metaschema() -> Schema:
    meta: Schema = copied(jsonschema.Draft4Validator.META_SCHEMA)
    # It is no longer the schema that is published under this name.
    del meta["id"]
    del meta["properties"]["format"]
    flags = {name: {"type": "boolean"} for name in ("required", "secret", "immutable")}
    meta["properties"].update(flags, position={"type": "number", "minimum": 0})
    meta["additionalProperties"] = False
    return meta


_KEYWORDS = dict(jsonschema.Draft4Validator.VALIDATORS)
del _KEYWORDS["required"]
_KEYWORDS["properties"] = jsonschema.Draft3Validator.VALIDATORS["properties"]

_Validator = create(meta_schema=_metaschema(), validators=_KEYWORDS)


def check_schema(schema: Any) -> None:
    """Raises jsonschema.SchemaError if the schema is none."""
    _Validator.check_schema(schema)


def check(instance: Any, schema: Mapping[str, Any], *, allow_none: bool = False) -> None:
    """Raises jsonschema.SchemaError if the schema is none, jsonschema.ValidationError if the
    instance does not satisfy it. With `allow_none` a property that is optional, or whose default is
    None, may be None."""
    if allow_none:
        schema = _allow_none(schema)
    check_schema(schema)
    for error in _Validator(schema).iter_errors(instance):
        raise error


def validate(instance: Any, schema: Schema, *, allow_none: bool = False) -> Any:
    """The instance with the schema's defaults filled in. Raises as `check` does."""
    instance = copied(instance)
    _fill(instance, schema)
    check(instance, schema, allow_none=allow_none)
    return instance


def _fill(value: Any, schema: Mapping[str, Any]) -> None:
    """Put defaults where there is nothing, in place."""
    if isinstance(value, dict):
        for name, sub in schema.get("properties", {}).items():
            if value.get(name) is None and "default" in sub:
                value[name] = copied(sub["default"])
            _fill(value.get(name), sub)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            _fill(item, schema["items"])


def _allow_none(schema: Mapping[str, Any]) -> Schema:
    found: Schema = copied(dict(schema))
    properties = found.get("properties", {})
    for name, sub in properties.items():
        optional = "default" in sub or not sub.get("required", False)
        if optional and sub.get("default") is None:
            _add_null(sub)
        items = sub.get("items")
        if isinstance(items, dict) and items.get("properties"):
            sub["items"] = _allow_none(items)
        if sub.get("properties"):
            properties[name] = _allow_none(sub)
    return found


def _add_null(schema: Schema) -> None:
    if "anyOf" in schema:
        schema["anyOf"].append({"type": "null"})
        return
    declared = schema.get("type", "string")
    kinds: List[Any] = declared if isinstance(declared, list) else [declared]
    if "null" not in kinds:
        schema["type"] = [*kinds, "null"]


def for_parameters(parameters: Mapping[str, Schema], *, additional: bool = False) -> Schema:
    """The schema of an object that has these parameters as its properties; {} for none."""
    if not parameters:
        return {}
    return {
        "type": "object",
        "properties": {name: sub or ANY_TYPE for name, sub in parameters.items()},
        "additionalProperties": additional,
    }
