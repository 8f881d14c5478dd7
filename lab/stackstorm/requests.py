"""Turns a wish to run an action into an execution, or refuses it (st2common/services/action.py,
st2api/controllers/v1/actionexecutions.py)."""

import traceback
from typing import Any, Callable, Dict, Mapping, Optional

import jinja2
import jsonschema

from . import config, executions, params, templates
from . import schema as schemas
from .datastore import PARENT, SYSTEM_USER, Datastore, lookups
from .errors import ParamException, RequestError
from .executions import Execution, Executions
from .models import Action, Pack

Submit = Callable[[Execution], None]


class Requester:
    """Makes executions of a pack's actions and submits them to the scheduler."""

    def __init__(
        self,
        pack: Pack,
        values: Mapping[str, Any],
        store: Datastore,
        kept: Executions,
        submit: Submit,
    ) -> None:
        self.pack = pack
        self.environment: jinja2.Environment = templates.environment(store)
        self.values = values
        self.store = store
        self._executions = kept
        self._submit = submit

    def action(self, ref: str) -> Optional[Action]:
        """The action of that name, None if there is none."""
        return self.pack.actions.get(ref)

    def config(self, pack: str, user: str) -> Dict[str, Any]:
        """A pack's configuration, resolved for a user. Raises as `config.resolve` does."""
        if pack != self.pack.ref:
            return {}
        return config.resolve(self.pack.config_schema, self.values, self.store, user)

    def post(
        self,
        ref: str,
        parameters: Mapping[str, Any],
        user: str,
        context: Optional[Mapping[str, Any]] = None,
        delay: Optional[int] = None,
    ) -> Execution:
        """`POST /v1/executions`; `delay` is in milliseconds. Raises RequestError with what the API
        would answer."""
        action = self.action(ref)
        if action is None:
            raise RequestError(f'Action "{ref}" cannot be found.')
        full = {**(context or {}), "user": user, "pack": action.pack}
        try:
            rendered = self.render(action, parameters, full)
            return self.request(action, rendered, full, delay=delay)
        except ParamException as error:
            self.fail(action, parameters, full, error, validate=False)
            raise RequestError(str(error)) from error
        except jsonschema.ValidationError as error:
            raise RequestError(str(error.message)) from error
        except ValueError as error:
            raise RequestError(str(error)) from error
        except (TypeError, SyntaxError) as error:
            # What StackStorm does not expect of a cast, it answers as its own fault.
            raise RequestError(str(error), status=500) from error

    def render(
        self,
        action: Action,
        given: Mapping[str, Any],
        context: Mapping[str, Any],
        more: Optional[Mapping[str, Any]] = None,
    ) -> Dict[str, Any]:
        """The parameters to request an execution with; `more` are further names that they may
        refer to. Raises as `params.render_live` does."""
        try:
            configured = self.config(action.pack, _user(context))
        except (RuntimeError, ValueError):
            configured = {}
        names = {**self._names(context, configured), **(more or {})}
        return params.render_live(
            self.environment, names, action.runner.parameters, action.parameters, given
        )

    def finish(self, execution: Execution) -> "tuple[Dict[str, Any], Dict[str, Any]]":
        """The runner's parameters and the action's, to run it with. Raises as
        `params.render_final` and `config.resolve` do."""
        action, context = execution.action, execution.context
        configured = self.config(action.pack, _user(context))
        return params.render_final(
            self.environment,
            self._names(context, configured),
            action.runner.parameters,
            action.parameters,
            execution.parameters,
        )

    def _names(self, context: Mapping[str, Any], configured: Mapping[str, Any]) -> Dict[str, Any]:
        return {
            PARENT: lookups(self.store, context.get("api_user") or _user(context)),
            "action_context": context,
            "config_context": configured,
        }

    def request(
        self,
        action: Action,
        parameters: Mapping[str, Any],
        context: Dict[str, Any],
        *,
        delay: Optional[int] = None,
        origin: Optional[Mapping[str, Any]] = None,
    ) -> Execution:
        """An execution with rendered parameters; `delay` is in milliseconds. Raises ValueError for
        an action that is disabled and immutable parameters, jsonschema.ValidationError for
        parameters that are missing, unknown or of a wrong type."""
        execution = self._create(action, parameters, context, delay, origin, validate=True)
        self._submit(execution)
        return execution

    def fail(
        self,
        action: Action,
        parameters: Mapping[str, Any],
        context: Dict[str, Any],
        error: Exception,
        *,
        validate: bool,
        origin: Optional[Mapping[str, Any]] = None,
    ) -> Execution:
        """An execution that has failed before it began. Raises as `request` does."""
        execution = self._create(action, parameters, context, None, origin, validate=validate)
        self._executions.update(execution, executions.FAILED, failure(error))
        return execution

    def _create(
        self,
        action: Action,
        parameters: Mapping[str, Any],
        context: Dict[str, Any],
        delay: Optional[int],
        origin: Optional[Mapping[str, Any]],
        *,
        validate: bool,
    ) -> Execution:
        parent_user = (context.get("parent") or {}).get("user")
        if parent_user:
            context["user"] = parent_user
        if not action.enabled:
            raise ValueError(f'Unable to execute. Action "{action.ref}" is disabled.')
        context["pack"] = action.pack
        merged = schemas.merge_parameters(action.runner.parameters, action.parameters)
        if validate:
            schema = schemas.for_parameters(merged)
            schemas.validate(dict(parameters), schema, allow_none=True)
        immutable = [name for name in parameters if _immutable(action.parameters.get(name, {}))] + [
            name for name in parameters if _immutable(action.runner.parameters.get(name, {}))
        ]
        if immutable:
            raise ValueError(f"Override of immutable parameter(s) {immutable} is unsupported.")
        execution = Execution(action, parameters, context, delay=delay, origin=origin)
        self._executions.add(execution)
        return execution


def _immutable(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("immutable", False))


def _user(context: Mapping[str, Any]) -> str:
    return context.get("user") or SYSTEM_USER


def failure(error: BaseException) -> Dict[str, Any]:
    """The result of an execution that an error ended."""
    return {
        "error": str(error),
        "traceback": "".join(traceback.format_tb(error.__traceback__, 20)),
    }
