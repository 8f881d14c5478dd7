"""The functions that StackStorm adds to the expressions of a workflow
(contrib/runners/orquesta_runner/orquesta_functions, setup.py)."""

import contextlib
import threading
from collections.abc import Mapping as MappingABC
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Protocol

from . import orquesta_shims, templates
from .datastore import SYSTEM, USER, Datastore


class Backend(Protocol):
    """What the functions ask."""

    store: Datastore

    def task_results(self, workflow_id: str, task_id: str, route: int) -> List[Dict[str, Any]]:
        """What `task()` answers, for each time that the task has run, the oldest first."""


_bound = threading.local()


@contextlib.contextmanager
def bound_to(backend: Backend) -> Iterator[None]:
    """Let the functions ask this one, as long as this thread is in here."""
    _bound.backend = backend
    try:
        yield
    finally:
        del _bound.backend


def _backend() -> Backend:
    found: Backend = _bound.backend
    return found


def _thawed(value: Any) -> Any:
    """Without YAQL's own types."""
    if isinstance(value, MappingABC):
        return {name: _thawed(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_thawed(item) for item in value]
    return value


def st2kv(context: Any, key: str, **kwargs: Any) -> Any:
    """A value of the datastore: "system.x", or the user's own "x". Errors unless it is there or
    there is a `default`; `decrypt=true` decrypts."""
    if not isinstance(key, str):
        raise TypeError("Given key is not typeof string.")
    decrypt = kwargs.get("decrypt", False)
    if not isinstance(decrypt, bool):
        raise TypeError("Decrypt parameter is not typeof bool.")
    user = context["__vars"]["st2"]["user"]
    scope, name = (SYSTEM, key[len("system.") :]) if key.startswith("system.") else (USER, key)
    store = _backend().store
    value = store.get(name, scope, user)
    if value is None:
        if "default" in kwargs:
            return kwargs["default"]
        raise ORQUESTA.exceptions.ExpressionEvaluationException(
            f'The key "{name}" does not exist in the StackStorm datastore.'
        )
    return store.decrypt(value) if decrypt else value


def task(context: Any, task_id: Optional[str] = None, route: Optional[int] = None) -> Any:
    """How a task of this workflow has gone: its `result`, `status`, ids and times. Without an id
    it is the current task."""
    current: Mapping[str, Any] = context["__current_task"] or {}
    task_id = current["id"] if task_id is None else task_id
    route = current.get("route", 0) if route is None else route
    state = context["__state"] or {}
    workflow = context["__vars"]["st2"]["workflow_execution_id"]
    for candidate in _routes(state, route):
        if f"{task_id}__r{candidate}" in (state.get("tasks") or {}):
            found = _backend().task_results(workflow, task_id, candidate)
            if found:
                return found[-1]
    raise ORQUESTA.exceptions.ExpressionEvaluationException(
        f'Unable to find task execution for "{task_id}".'
    )


def _routes(state: Mapping[str, Any], route: int) -> Iterator[int]:
    """The route, then the earlier ones that it has split from."""
    yield route
    routes = state.get("routes") or [[]]
    for earlier in range(route - 1, -1, -1):
        if not set(routes[earlier]) - set(routes[route]):
            yield earlier


def to_json_string(
    value: Any, indent: Optional[int] = None, sort_keys: bool = False, separators: Any = (",", ": ")
) -> str:
    """A value as JSON to be read."""
    return templates.to_json_string(_thawed(value), indent, sort_keys, _thawed(separators))


def to_yaml_string(value: Any, indent: Optional[int] = None, allow_unicode: bool = True) -> str:
    """A value as YAML."""
    return templates.to_yaml_string(_thawed(value), indent, allow_unicode)


FUNCTIONS: Dict[str, Callable[..., Any]] = {
    **templates.FUNCTIONS,
    **templates.ABSENT,
    "st2kv": st2kv,
    "task": task,
    "to_json_string": to_json_string,
    "to_yaml_string": to_yaml_string,
    "json_dump": to_json_string,
    "json_parse": templates.from_json_string,
    "yaml_dump": to_yaml_string,
    "yaml_parse": templates.from_yaml_string,
}

ORQUESTA = orquesta_shims.load(FUNCTIONS)
"""orquesta's modules, with the functions above in its expressions."""
