"""A pack's configuration: checked when it is registered, resolved each time it is read
(st2common/util/pack.py, st2common/util/config_loader.py)."""

import copy
import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

import jsonschema

from . import schema as schemas
from . import templates
from .datastore import PARENT, Datastore, lookups
from .errors import RegistrationError

Schema = Mapping[str, Any]
Part = Union[Dict[str, Any], List[Any]]


def register(pack: str, schema: Mapping[str, Schema], values: Any) -> Dict[str, Any]:
    """The values as they may be kept. Raises RegistrationError, naming the attribute.

    Expressions count as the text they are: an integer cannot come from the datastore.
    """
    try:
        schemas.check({"values": values}, {"properties": {"values": {"type": "object"}}})
        if schema:
            whole = schemas.for_parameters(
                {name: dict(sub) for name, sub in schema.items()}, additional=True
            )
            cleaned = schemas.validate(values, whole, allow_none=True)
            _refuse_decrypt(schema, cleaned)
    except jsonschema.ValidationError as error:
        attribute = ".".join(str(step) for step in error.path)
        raise RegistrationError(
            f'Failed validating attribute "{attribute}" in config for pack "{pack}": '
            f"{error.message}"
        ) from None
    return dict(schemas.copied(dict(values)))


def _refuse_decrypt(schema: Mapping[str, Schema], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        secret = schema.get(name, {}).get("secret")
        if secret and templates.is_expression(value) and "decrypt_kv" in value:
            raise RegistrationError(
                f'Values specified as "secret: True" in config schema ("{name}") are automatically '
                'decrypted by default. Use of "decrypt_kv" jinja filter is not allowed for such '
                "values."
            )


def resolve(
    schema: Mapping[str, Schema], values: Mapping[str, Any], store: Datastore, user: str
) -> Dict[str, Any]:
    """The configuration as an action or a sensor gets it: expressions rendered, secrets decrypted,
    defaults filled in. Raises RuntimeError, naming the key, where an expression cannot be rendered,
    and ValueError where a secret cannot be decrypted."""
    config = copy.deepcopy(dict(values))
    _Resolver(store, user).resolve(config, schema, ())
    _fill(config, schema)
    return config


class _Resolver:
    def __init__(self, store: Datastore, user: str) -> None:
        self._store = store
        self._environment = templates.environment(store)
        self._context = {PARENT: lookups(store, user)}

    def resolve(self, config: Part, schema: Any, parents: Tuple[str, ...]) -> None:
        """Render the expressions in place."""
        for key, value in _items(config):
            sub = _sub_schema(schema, key)
            keys = (*parents, str(key))
            if isinstance(value, dict):
                self.resolve(value, _properties(sub, list(value)), keys)
            elif isinstance(value, list):
                self.resolve(value, _array_items(sub, len(value)), keys)
            elif templates.is_expression(value):
                config[key] = self._render(value, ".".join(keys), bool(sub.get("secret", False)))

    def _render(self, value: str, key: str, secret: bool) -> Any:
        try:
            rendered = self._environment.from_string(value).render(self._context)
        except Exception as error:
            raise RuntimeError(
                f'Failed to render dynamic configuration value for key "{key}" with value '
                f'"{value}": {type(error)} {error}'
            ) from error
        if not rendered:
            return None
        return self._store.decrypt(rendered) if secret else rendered


def _items(part: Part) -> List[Tuple[Any, Any]]:
    return list(part.items()) if isinstance(part, dict) else list(enumerate(part))


def _sub_schema(schema: Any, key: Any) -> Schema:
    if isinstance(schema, Mapping):
        found = schema.get(key, {})
    else:
        found = schema[key] if key < len(schema) else {}
    return found if isinstance(found, Mapping) else {}


def _properties(schema: Schema, keys: Sequence[str]) -> Dict[str, Any]:
    """A schema for every key: from `properties`, else `patternProperties`, else
    `additionalProperties`."""
    flat: Dict[str, Any] = {key: {} for key in keys}
    properties = schema.get("properties") or {}
    patterns = schema.get("patternProperties") or {}
    additional = schema.get("additionalProperties")
    for key in flat:
        matching = [sub for pattern, sub in patterns.items() if re.search(pattern, key)]
        if matching:
            flat[key] = {name: item for sub in matching for name, item in sub.items()}
        elif additional and isinstance(additional, Mapping):
            flat[key] = additional
    flat.update(properties)
    return flat


def _array_items(schema: Schema, count: int) -> List[Any]:
    items = schema.get("items") or []
    if isinstance(items, Mapping):
        return [items] * count
    additional = schema.get("additionalItems")
    more = [additional] * (count - len(items)) if isinstance(additional, Mapping) else []
    return [*items, *more]


def _fill(config: Part, schema: Any) -> None:
    """Put defaults where there is nothing, in place. Objects and arrays that the schema describes
    further are there afterwards, empty if need be."""
    for key, sub in list(schema.items()) if isinstance(schema, Mapping) else enumerate(schema):
        there = key in config if isinstance(config, dict) else key < len(config)
        if not there and "default" in sub:
            _put(config, key, copy.deepcopy(sub["default"]))
        value = _get(config, key)
        described = ("properties", "patternProperties", "additionalProperties")
        if sub.get("type") == "object" and any(sub.get(name) for name in described):
            value = value or _put(config, key, {})
            _fill(value, _properties(sub, list(value)))
        elif sub.get("type") == "array" and (sub.get("items") or sub.get("additionalItems")):
            value = value or _put(config, key, [])
            _fill(value, _array_items(sub, len(value)))


def _get(config: Part, key: Any) -> Any:
    if isinstance(config, dict):
        return config.get(key)
    return config[key] if key < len(config) else None


def _put(config: Part, key: Any, value: Any) -> Any:
    if isinstance(config, dict) or key < len(config):
        config[key] = value
    return value
