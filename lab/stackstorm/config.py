"""A pack's configuration: checked when it is registered, resolved each time it is read
(st2common/util/pack.py, st2common/util/config_loader.py)."""

from typing import Any, Dict, Iterator, Mapping, Tuple, Union

import jinja2
import jsonschema

from . import schema as schemas
from . import templates
from .datastore import Datastore, lookups
from .errors import RegistrationError

Schema = Mapping[str, Any]


def register(pack: str, schema: Mapping[str, Schema], values: Any) -> Dict[str, Any]:
    """The values as they may be kept. Raises RegistrationError, naming the attribute.

    Expressions count as the text they are: an integer cannot come from the datastore.
    """
    try:
        schemas.check({"values": values}, {"properties": {"values": {"type": "object"}}})
        whole = schemas.for_parameters(
            {name: dict(sub) for name, sub in schema.items()}, additional=True
        )
        schemas.validate(values, whole, allow_none=True)
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
    config: Dict[str, Any] = schemas.copied(dict(values))
    _Resolver(store).resolve(config, {"properties": schema}, ())
    return config


class _Resolver:
    def __init__(self, store: Datastore) -> None:
        self._store = store
        self._environment: jinja2.Environment = templates.environment(store)
        self._context = lookups(store)

    def resolve(self, config: Any, schema: Schema, keys: Tuple[str, ...]) -> None:
        """Resolve what is in an object or an array, in place. Objects and arrays that the schema
        describes further are there afterwards, empty if need be."""
        for key, sub in _parts(config, schema):
            there = isinstance(config, list) or key in config
            value = config[key] if there else schemas.copied(sub.get("default"))
            if not value and sub.get("type") == "object" and sub.get("properties"):
                value = {}
            if not value and sub.get("type") == "array" and sub.get("items"):
                value = []
            path = (*keys, str(key))
            if isinstance(value, (dict, list)):
                self.resolve(value, sub, path)
            elif there and templates.is_expression(value):
                value = self._render(value, ".".join(path), bool(sub.get("secret", False)))
            if there or value is not None:
                config[key] = value

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


def _parts(config: Any, schema: Schema) -> Iterator[Tuple[Union[str, int], Schema]]:
    """What is in an object or an array, or may be, and its schema."""
    if isinstance(config, list):
        yield from ((index, schema.get("items") or {}) for index in range(len(config)))
        return
    properties = schema.get("properties") or {}
    for key in [*config, *(key for key in properties if key not in config)]:
        yield key, properties.get(key, {})
