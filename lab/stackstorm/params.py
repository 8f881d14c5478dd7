"""An execution's parameters: rendered and cast (st2common/util/param.py, casts.py).

Every value that an execution is requested with is a template, and may refer to other parameters,
`st2kv`, `action_context` and `config_context`. So whatever text becomes a task's input is a
template, wherever it came from: hostile text that holds `{{ st2kv.system.x }}` reads the datastore.
StackStorm does that, and so does the lab. Defaults are no templates: the registry refuses them.
"""

import ast
import json
import re
from typing import Any, Callable, Dict, Mapping, Tuple

import jinja2
from jinja2 import meta

from . import templates
from .errors import ParamException

Schemas = Mapping[str, Mapping[str, Any]]

_COMPLEX = re.compile(r'"{{([A-z0-9_-]+)}}"')
"""A parameter in an array or object that is put in as it is, not as text. StackStorm's pattern."""


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


def render(
    environment: jinja2.Environment,
    names: Mapping[str, Any],
    schemas: Schemas,
    given: Mapping[str, Any],
) -> Dict[str, Any]:
    """The parameters that an execution is requested with: those given, rendered and cast. `names`
    are what they may refer to beside each other. Raises ParamException, and whatever `cast`
    raises."""
    defaults = {name: schema.get("default") for name, schema in schemas.items()}
    plain = {name: value for name, value in given.items() if value is not None}
    rendering = _Rendering(environment, {**names, **defaults, **plain}, given)
    return {name: cast(rendering.value(name), schemas.get(name, {})) for name in given}


def complete(schemas: Schemas, given: Mapping[str, Any]) -> Dict[str, Any]:
    """All parameters that an action is run with, None for those without a value. Raises as `cast`
    does."""
    found = {}
    for name, schema in schemas.items():
        value = given.get(name)
        found[name] = cast(schema.get("default") if value is None else value, schema)
    return found


class _Rendering:
    """Each template is rendered after what it refers to."""

    def __init__(
        self, environment: jinja2.Environment, known: Dict[str, Any], given: Mapping[str, Any]
    ) -> None:
        self._environment = environment
        self._known = known
        self._waiting = {name for name, value in given.items() if self._is_template(value)}

    def _is_template(self, value: Any) -> bool:
        text = str(value) if isinstance(value, (list, dict)) else value
        if not templates.is_expression(text):
            return False
        try:
            self._environment.parse(text)
        except jinja2.TemplateSyntaxError:
            return False
        return True

    def value(self, name: str, behind: Tuple[str, ...] = ()) -> Any:
        """What stands for a name; `behind` are those that wait for it. Raises ParamException."""
        if name not in self._known:
            raise ParamException(f'Dependency unsatisfied in variable "{name}"')
        if name in behind:
            raise ParamException(
                f"Cyclic dependency found in the following variables: {', '.join(sorted(behind))}. "
                "Likely the variable is referencing itself"
            )
        if name in self._waiting:
            try:
                self._known[name] = self._render(self._known[name], (*behind, name))
            except ParamException:
                raise
            except Exception as error:
                raise ParamException(f'Failed to render parameter "{name}": {error}') from error
            self._waiting.discard(name)
        return self._known[name]

    def _render(self, template: Any, behind: Tuple[str, ...]) -> Any:
        is_text = isinstance(template, str)
        text = template
        if not is_text:
            text = _COMPLEX.sub(r"{{\1 | to_complex}}", templates.encode(template))
        needed = sorted(meta.find_undeclared_variables(self._environment.parse(text)))
        context = {name: self.value(name, behind) for name in needed}
        rendered = self._environment.from_string(text).render(context)
        return rendered if is_text else json.loads(rendered)
