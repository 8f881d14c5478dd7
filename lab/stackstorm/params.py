"""An execution's parameters: rendered and cast (st2common/util/param.py, casts.py).

Every value that an execution is requested with is a template, and may refer to other parameters and
to `st2kv`. So whatever text becomes a task's input is a template, wherever it came from: hostile
text that holds `{{ st2kv.system.x }}` reads the datastore. StackStorm does that, and so does the
lab. Defaults are no templates: the registry refuses them.
"""

import ast
import json
import re
from typing import Any, Callable, Dict, Mapping

import jinja2
from jinja2 import meta

from . import templates
from .errors import ParamException

Schemas = Mapping[str, Mapping[str, Any]]

_COMPLEX = re.compile(r'"{{[A-z0-9_-]+}}"')
"""StackStorm's pattern for a parameter in an array or object that is put in as it is, not as
text."""


def _to_object(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return ast.literal_eval(value)


def _to_boolean(value: Any) -> Any:
    return ast.literal_eval(value.capitalize()) if isinstance(value, str) else value


def _to_string(value: Any) -> Any:
    if not isinstance(value, str):
        kind = type(value).__name__
        raise ValueError(f'Value "{value}" must either be a string or None. Got "{kind}".')
    return value


_CASTS: Dict[str, Callable[[Any], Any]] = {
    "array": _to_object,
    "boolean": _to_boolean,
    "integer": int,
    "number": float,
    "object": _to_object,
    "string": _to_string,
}


def cast(value: Any, schema: Mapping[str, Any]) -> Any:
    """A rendered value as the schema's type wants it. Raises ValueError, TypeError or SyntaxError
    where that cannot be."""
    kind = schema.get("type")
    if value is None or not isinstance(kind, str) or kind not in _CASTS:
        return value
    return _CASTS[kind](value)


def complete(schemas: Schemas, given: Mapping[str, Any]) -> Dict[str, Any]:
    """All parameters that an action is run with, None for those without a value. Raises as `cast`
    does."""
    found = {}
    for name, schema in schemas.items():
        value = given.get(name)
        found[name] = cast(schema.get("default") if value is None else value, schema)
    return found


def render(names: Mapping[str, Any], schemas: Schemas, given: Mapping[str, Any]) -> Dict[str, Any]:
    """The parameters that an execution is requested with: those given, rendered and cast. `names`
    are what they may refer to beside each other; in the lab, only to those that are no templates.
    Raises ParamException, and whatever `cast` raises."""
    rendered = {name for name, value in given.items() if _is_template(value)}
    defaults = {name: schema.get("default") for name, schema in schemas.items()}
    plain = {name: value for name, value in given.items() if value is not None}
    values = {**names, **defaults, **plain}
    known = {name: value for name, value in values.items() if name not in rendered}
    found = {}
    for name in given:
        value = values[name]
        if name in rendered:
            try:
                value = _rendered(value, known)
            except Exception as error:
                raise ParamException(f'Failed to render parameter "{name}": {error}') from error
        found[name] = cast(value, schemas.get(name, {}))
    return found


def _is_template(value: Any) -> bool:
    text = str(value) if isinstance(value, (list, dict)) else value
    if not templates.is_expression(text):
        return False
    try:
        templates.STRICT.parse(text)
    except jinja2.TemplateSyntaxError:
        return False
    return True


def _rendered(template: Any, known: Mapping[str, Any]) -> Any:
    text = template if isinstance(template, str) else templates.encode(template)
    if text is not template and _COMPLEX.search(text):
        raise ValueError("StackStorm puts a parameter in as it is, the lab does not.")
    for name in sorted(meta.find_undeclared_variables(templates.STRICT.parse(text))):
        if name not in known:
            raise ValueError(f'Dependency unsatisfied in variable "{name}"')
    rendered = templates.STRICT.from_string(text).render(known)
    return rendered if text is template else json.loads(rendered)
