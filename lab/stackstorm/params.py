"""An execution's parameters: rendered, cast and split (st2common/util/param.py, casts.py).

They are rendered twice. "Live", when an execution is requested: every value given is a template,
and may refer to other parameters, `st2kv`, `action_context` and `config_context`. "Final", when it
runs: what is given now counts as it is, and defaults are rendered.

So whatever text becomes a task's input is a template, wherever it came from: hostile text that
holds `{{ st2kv.system.x }}` reads the datastore. StackStorm does that, and so does the lab.
"""

import ast
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

import jinja2
from jinja2 import meta

from . import templates
from .errors import ParamException

Schemas = Mapping[str, Mapping[str, Any]]

_COMPLEX = re.compile(r'"{{([A-z0-9_-]+)}}"')
"""A parameter in an array or object that is put in as it is, not as text. StackStorm's pattern."""


def _none(value: Any) -> Any:
    return None if value == templates.NONE else value


def _to_object(value: Any) -> Any:
    value = _none(value)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return ast.literal_eval(value)


def _to_boolean(value: Any) -> Any:
    value = _none(value)
    return ast.literal_eval(value.capitalize()) if isinstance(value, str) else value


def _to_string(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(
            f'Value "{value}" must either be a string or None. Got "{type(value).__name__}".'
        )
    return _none(value)


_CASTS: Dict[str, Callable[[Any], Any]] = {
    "array": _to_object,
    "boolean": _to_boolean,
    "integer": lambda value: int(_none(value)),
    "number": lambda value: float(_none(value)),
    "object": _to_object,
    "string": _to_string,
}


def cast(value: Any, schema: Mapping[str, Any]) -> Any:
    """A rendered value as the schema's type wants it. Raises ValueError, TypeError or SyntaxError
    where that cannot be."""
    kind = schema.get("type") if schema else None
    if value is None or not isinstance(kind, str) or kind not in _CASTS:
        return value
    return _CASTS[kind](value)


@dataclass
class _Node:
    value: Any = None
    template: Any = None
    needs: Set[str] = field(default_factory=set)


class _Graph:
    """Values and templates by name; each template is rendered after what it refers to.

    A node may have both: the template counts. A default that is a template thus beats a template
    that is given, which is StackStorm's own surprise.
    """

    def __init__(self, environment: jinja2.Environment, context: Mapping[str, Any]) -> None:
        self._environment = environment
        self._nodes: Dict[str, _Node] = {}
        for name, value in context.items():
            self.put(name, value)

    def put(self, name: str, value: Any) -> None:
        """Add a value as it is."""
        self._node(name).value = value

    def _node(self, name: str) -> _Node:
        return self._nodes.setdefault(name, _Node())

    def parse(self, name: str, value: Any) -> None:
        """Add a value, as a template if it looks like one."""
        text = str(value) if isinstance(value, (list, dict)) else value
        if not templates.is_expression(text):
            self.put(name, value)
            return
        try:
            tree = self._environment.parse(text)
        except jinja2.TemplateSyntaxError:
            self.put(name, value)
            return
        node = self._node(name)
        node.template = value
        # An unknown filter is an error here; rendering tells of it.
        with contextlib.suppress(jinja2.TemplateSyntaxError):
            node.needs |= meta.find_undeclared_variables(tree)

    def parse_defaults(self, *groups: Schemas) -> None:
        """Add the defaults of parameters that are not given, or None, or immutable."""
        for group in groups:
            for name, schema in group.items():
                node = self._nodes.get(name)
                if node is None or node.value is None or schema.get("immutable", False):
                    self.parse(name, schema.get("default"))

    def render(self) -> Dict[str, Any]:
        """Every value. Raises ParamException for what is missing, circular or cannot be
        rendered."""
        self._check()
        done: Dict[str, Any] = {}
        for name in self._order():
            node = self._nodes[name]
            try:
                done[name] = node.value if node.template is None else self._text(node, done)
            except Exception as error:
                raise ParamException(f'Failed to render parameter "{name}": {error}') from error
        return done

    def _check(self) -> None:
        for node in self._nodes.values():
            for name in sorted(node.needs):
                if name not in self._nodes:
                    raise ParamException(f'Dependency unsatisfied in variable "{name}"')

    def _order(self) -> List[str]:
        ordered: List[str] = []
        waiting = dict(self._nodes)
        while waiting:
            ready = [
                name
                for name, node in waiting.items()
                if not any(needed in waiting for needed in node.needs)
            ]
            if not ready:
                raise ParamException(
                    "Cyclic dependency found in the following variables: "
                    f"{', '.join(sorted(self._circle(waiting)))}. Likely the variable is "
                    "referencing itself"
                )
            ordered += ready
            for name in ready:
                del waiting[name]
        return ordered

    @staticmethod
    def _circle(waiting: Dict[str, _Node]) -> Iterable[str]:
        """Without what only waits for a circle."""
        left = dict(waiting)
        while True:
            needed = {name for node in left.values() for name in node.needs}
            loose = [name for name in left if name not in needed]
            if not loose:
                return left
            for name in loose:
                del left[name]

    def _text(self, node: _Node, context: Mapping[str, Any]) -> Any:
        if isinstance(node.template, (list, dict)):
            text = _COMPLEX.sub(r"{{\1 | to_complex}}", templates.encode(node.template))
            return json.loads(self._environment.from_string(text).render(context))
        return self._environment.from_string(str(node.template)).render(context)


def render_live(
    environment: jinja2.Environment,
    context: Mapping[str, Any],
    runner: Schemas,
    action: Schemas,
    given: Mapping[str, Any],
) -> Dict[str, Any]:
    """The parameters that an execution is requested with: those given, rendered and cast, and
    those whose default is a template. `context` holds st2kv, action_context, config_context, and
    for a rule `trigger`. Raises ParamException, and whatever `cast` raises."""
    graph = _Graph(environment, context)
    for name, value in given.items():
        graph.parse(name, value)
    graph.parse_defaults(action, runner)
    rendered = graph.render()
    result = _cast_named(given, rendered, (action, runner))
    for group in (action, runner):
        for name, schema in group.items():
            default = schema.get("default")
            if (
                name not in given
                and not schema.get("immutable")
                and templates.is_expression(default)
                and default != rendered[name]
            ):
                result[name] = cast(rendered[name], schema)
    return result


def render_final(
    environment: jinja2.Environment,
    context: Mapping[str, Any],
    runner: Schemas,
    action: Schemas,
    given: Mapping[str, Any],
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """The runner's parameters and the action's, all of them, None for those without a value.
    Raises as `render_live` does."""
    graph = _Graph(environment, context)
    for name, value in given.items():
        graph.put(name, value)
    graph.parse_defaults(action, runner)
    rendered = graph.render()
    values = _cast_named([*action, *runner], rendered, (action, runner))
    return (
        {name: value for name, value in values.items() if name in runner},
        {name: value for name, value in values.items() if name in action and name not in runner},
    )


def _cast_named(
    names: Iterable[str], rendered: Mapping[str, Any], groups: Sequence[Schemas]
) -> Dict[str, Any]:
    result = {}
    for name in names:
        schema: Optional[Mapping[str, Any]] = None
        for group in groups:
            schema = group.get(name, schema)
        result[name] = cast(rendered[name], schema or {})
    return result
