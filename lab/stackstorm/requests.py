"""Turns a wish to run an action into an execution, or refuses it (st2common/services/action.py,
st2api/controllers/v1/actionexecutions.py)."""

import traceback
from typing import Any, Callable, Dict, Mapping, Optional

import jinja2
import jsonschema

from . import config, executions, params, templates
from . import schema as schemas
from .datastore import PARENT, Datastore, lookups
from .errors import ParamException, RequestError
from .executions import Execution, Executions
from .models import Action, Pack


class Requester:
    """Makes executions of a pack's actions and hands them to `submit`."""

    def __init__(
        self,
        pack: Pack,
        values: Mapping[str, Any],
        store: Datastore,
        kept: Executions,
    ) -> None:
        self.pack = pack
        self.environment: jinja2.Environment = templates.environment(store)
        self.values = values
        self.store = store
        self.submit: Callable[[Execution], None]
        self._executions = kept

    def action(self, ref: str) -> Action:
        """The action of that name. Raises RequestError."""
        if ref not in self.pack.actions:
            raise RequestError(f'Action "{ref}" cannot be found.')
        return self.pack.actions[ref]

    def config(self, pack: str) -> Dict[str, Any]:
        """A pack's configuration, resolved. Raises as `config.resolve` does."""
        if pack != self.pack.ref:
            return {}
        return config.resolve(self.pack.config_schema, self.values, self.store)

    def post(self, ref: str, parameters: Mapping[str, Any], user: str) -> Execution:
        """`POST /v1/executions`. Raises RequestError with what the API would answer."""
        action = self.action(ref)
        context = {"user": user, "pack": action.pack}
        try:
            return self.request(action, self.render(action, parameters, context), context)
        except ParamException as error:
            self.fail(action, parameters, context, error)
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
        refer to. Raises as `params.render` does."""
        try:
            configured = self.config(action.pack)
        except (RuntimeError, ValueError):
            configured = {}
        names = {
            PARENT: lookups(self.store),
            "action_context": context,
            "config_context": configured,
            **(more or {}),
        }
        return params.render(self.environment, names, action.all_parameters, given)

    def request(
        self, action: Action, parameters: Mapping[str, Any], context: Dict[str, Any]
    ) -> Execution:
        """An execution with rendered parameters. Raises ValueError for an action that is disabled
        and immutable parameters, jsonschema.ValidationError for parameters that are missing,
        unknown or of a wrong type."""
        if not action.enabled:
            raise ValueError(f'Unable to execute. Action "{action.ref}" is disabled.')
        known = action.all_parameters
        schemas.validate(dict(parameters), schemas.for_parameters(known), allow_none=True)
        immutable = [name for name in parameters if known.get(name, {}).get("immutable", False)]
        if immutable:
            raise ValueError(f"Override of immutable parameter(s) {immutable} is unsupported.")
        execution = Execution(action, parameters, context)
        self._executions.add(execution)
        self.submit(execution)
        return execution

    def fail(
        self,
        action: Action,
        parameters: Mapping[str, Any],
        context: Mapping[str, Any],
        error: Exception,
    ) -> None:
        """Keep an execution that has failed before it began."""
        execution = Execution(action, parameters, context)
        self._executions.add(execution)
        self._executions.update(execution, executions.FAILED, failure(error))


def failure(error: BaseException) -> Dict[str, Any]:
    """The result of an execution that an error ended."""
    return {
        "error": str(error),
        "traceback": "".join(traceback.format_tb(error.__traceback__, 20)),
    }
