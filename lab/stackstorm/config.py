"""A pack's configuration: checked when it is registered, resolved each time it is read
(st2common/util/pack.py, st2common/util/config_loader.py)."""

from typing import Any, Callable, Dict, Mapping, Tuple

import jsonschema

from . import schema as schemas
from . import templates
from .datastore import Datastore, lookups
from .errors import RegistrationError

Schema = Mapping[str, Any]
Render = Callable[[str, str, bool], Any]
"""Takes an expression, the key that it is the value of, and whether that is secret."""


def register(pack: str, schema: Mapping[str, Schema], values: Any) -> Dict[str, Any]:
    """The values as they may be kept. Raises RegistrationError, naming the attribute.

    Expressions count as the text they are: an integer cannot come from the datastore.
    """
    try:
        schemas.check_given(values, {"type": "object", "properties": schema})
    except jsonschema.ValidationError as error:
        attribute = ".".join(str(step) for step in error.path)
        raise RegistrationError(
            f'Failed validating attribute "{attribute}" in config for pack "{pack}": '
            f"{error.message}"
        ) from None
    return dict(schemas.copied(dict(values)))


def resolve(
    schema: Mapping[str, Schema], values: Mapping[str, Any], store: Datastore
) -> Dict[str, Any]:
    """The configuration as an action or a sensor gets it: expressions rendered, secrets decrypted,
    defaults filled in. Raises RuntimeError, naming the key, where an expression cannot be rendered,
    and ValueError where a secret cannot be decrypted."""
    names = lookups(store)

    def render(value: str, key: str, secret: bool) -> Any:
        try:
            rendered = templates.STRICT.from_string(value).render(names)
        except Exception as error:
            raise RuntimeError(
                f'Failed to render dynamic configuration value for key "{key}" with value '
                f'"{value}": {type(error)} {error}'
            ) from error
        return store.decrypt(rendered) if secret and rendered else rendered or None

    found: Dict[str, Any] = schemas.copied(dict(values))
    _resolve(found, {"properties": schema}, render, ())
    return found


def _resolve(config: Any, schema: Schema, render: Render, keys: Tuple[str, ...]) -> None:
    """Resolve what is in an object or an array, in place. Objects and arrays that the schema
    describes further are there afterwards, empty if need be."""
    parts: Dict[Any, Schema]
    if isinstance(config, list):
        parts = dict.fromkeys(range(len(config)), schema.get("items") or {})
    else:
        parts = {**{key: {} for key in config}, **(schema.get("properties") or {})}
    for key, sub in parts.items():
        there = isinstance(config, list) or key in config
        value = config[key] if there else schemas.copied(sub.get("default"))
        if not value and sub.get("type") == "object" and sub.get("properties"):
            value = {}
        if not value and sub.get("type") == "array" and sub.get("items"):
            value = []
        path = (*keys, str(key))
        if isinstance(value, (dict, list)):
            _resolve(value, sub, render, path)
        elif there and templates.is_expression(value):
            value = render(value, ".".join(path), bool(sub.get("secret", False)))
        if there or value is not None:
            config[key] = value
