"""JSON schemas as StackStorm reads them: draft 4, but with draft 3's boolean `required` inside the
property, and with attributes of StackStorm's own (st2common/util/schema, action_params.json).

Attributes that mean nothing are refused wherever a schema has them. StackStorm looks for them at
the first level of a parameter only.
"""

from typing import Any, Dict, Mapping

import jsonschema
from jsonschema.validators import create

Schema = Dict[str, Any]


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


def check(instance: Any, schema: Mapping[str, Any]) -> None:
    """Raises jsonschema.SchemaError if the schema is none, jsonschema.ValidationError if the
    instance does not satisfy it."""
    check_schema(schema)
    for error in _Validator(schema).iter_errors(instance):
        raise error


def check_given(instance: Any, schema: Mapping[str, Any]) -> None:
    """The same for what lacks its defaults: whatever has one, or is not required, may be missing
    or None."""
    check(instance, _lenient(schema))


def _lenient(schema: Mapping[str, Any]) -> Schema:
    found: Schema = copied(dict(schema))
    properties = found.get("properties", {})
    for name, sub in properties.items():
        properties[name] = sub = _lenient(sub)
        if "default" in sub or not sub.get("required", False):
            sub["required"] = False
            _allow_none(sub)
    if isinstance(found.get("items"), dict):
        found["items"] = _lenient(found["items"])
    return found


def _allow_none(schema: Schema) -> None:
    kinds = schema.get("type", "null")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "null" not in kinds:
        schema["type"] = [*kinds, "null"]
    if "default" in schema and "enum" in schema:
        schema["enum"].append(None)
