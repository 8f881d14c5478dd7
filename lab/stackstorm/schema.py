"""JSON schemas as StackStorm reads them: draft 4, but with draft 3's boolean `required` inside the
property (st2common/util/schema/__init__.py, custom.json, action_params.json).

A schema's `secret`, `position` and `immutable` are StackStorm's. Where it checks what a pack's
author wrote, the first level of a parameter is checked strictly (no unknown attributes, no lists of
types) and what is nested below it loosely, as the real one does.
"""

from typing import Any, Dict, List, Mapping

import jsonschema
from jsonschema.validators import RefResolver, create

Schema = Dict[str, Any]

_LOOSE = "http://lab.invalid/st2-schema"
"""Never fetched: it is in the store of every resolver made here."""

ANY_TYPE: Schema = {
    "anyOf": [
        {"type": kind} for kind in ("array", "boolean", "integer", "number", "object", "string")
    ]
}
OVERRIDABLE = ("default", "description", "enum", "immutable", "required")
"""The attributes of a runner's parameter that an action may change."""


def copied(value: Any) -> Any:
    """A copy in which nothing is shared: YAML's aliases and Python's would be changed together."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _metaschema(strict: bool) -> Schema:
    meta: Schema = copied(jsonschema.Draft4Validator.META_SCHEMA)
    properties = meta["properties"]
    meta["id"] = _LOOSE
    properties.pop("format", None)
    for name in ("required", "secret", "immutable"):
        properties[name] = {"type": "boolean", "default": False}
    properties["position"] = {"type": "number", "minimum": 0}
    # True and False as well as a schema, for both, as the real ones have it.
    for name in ("additionalItems", "additionalProperties"):
        properties[name] = {"anyOf": [{"type": "boolean"}, {"$ref": "#"}], "default": {}}
    if strict:
        properties["type"] = {"anyOf": [{"$ref": "#/definitions/simpleTypes"}]}
        meta["additionalProperties"] = False
        del meta["id"]
        meta = _point_to_loose(meta)
    return meta


def _point_to_loose(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _LOOSE + item if key == "$ref" else _point_to_loose(item)
            for key, item in value.items()
        }
    return [_point_to_loose(item) for item in value] if isinstance(value, list) else value


LOOSE_META: Schema = _metaschema(strict=False)
PARAMETER_META: Schema = _metaschema(strict=True)
"""What one parameter of an action, or one attribute of a configuration schema, may say."""

OUTPUT_META: Schema = {
    key: value for key, value in PARAMETER_META.items() if key != "additionalProperties"
}
"""What an output schema may say."""

_KEYWORDS = dict(jsonschema.Draft4Validator.VALIDATORS)
del _KEYWORDS["required"]
_KEYWORDS["properties"] = jsonschema.Draft3Validator.VALIDATORS["properties"]

Validator = create(meta_schema=LOOSE_META, validators=_KEYWORDS)


def check(instance: Any, schema: Mapping[str, Any], *, allow_none: bool = False) -> None:
    """Raises jsonschema.SchemaError if the schema is none, jsonschema.ValidationError if the
    instance does not satisfy it. With `allow_none` a property that is optional, or whose default is
    None, may be None."""
    if allow_none:
        schema = _allow_none(dict(schema))
    Validator.check_schema(schema)
    resolver = RefResolver(base_uri="", referrer=schema, store={_LOOSE: LOOSE_META})
    for error in Validator(schema, resolver=resolver).iter_errors(instance):
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


def _allow_none(schema: Schema) -> Schema:
    schema = copied(schema)
    properties = schema.get("properties", {})
    for name, sub in properties.items():
        optional = "default" in sub or not sub.get("required", False)
        if optional and sub.get("default") is None:
            _add_null(sub)
        items = sub.get("items")
        if isinstance(items, dict) and items.get("properties"):
            sub["items"] = _allow_none(items)
        if sub.get("properties"):
            properties[name] = _allow_none(sub)
    return schema


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


def merge_parameters(
    runner: Mapping[str, Schema], action: Mapping[str, Schema]
) -> Dict[str, Schema]:
    """A runner's parameters with an action's own, attribute by attribute."""
    merged = {name: copied(sub) for name, sub in runner.items()}
    for name, sub in action.items():
        merged[name] = {**merged.get(name, {}), **copied(sub)}
    return merged
