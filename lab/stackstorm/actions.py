"""The way of an execution: from a wish to run an action to its end
(st2common/services/action.py, st2actions/scheduler, st2actions/policies, st2actions/container)."""

import threading
import traceback
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import jsonschema

from . import config, executions, params
from . import schema as schemas
from .datastore import Datastore, lookups
from .errors import ParamException, RequestError
from .events import MESSAGE, Message, Notifier
from .executions import Execution, Executions
from .models import Action, Pack, Policy
from .python_runner import PythonRunner
from .runners import ANNOUNCEMENT, ORQUESTA, PYTHON
from .worker import Worker

WORKERS = 60
"""[actionrunner] actions_pool_size: actions that run at once."""


class Actions:
    """Requests executions of a pack's actions, hands workflows to `start_workflow`, and runs
    everything else on a pool of threads. `messages` are those that were posted, the oldest first.
    Safe to use from any thread."""

    def __init__(
        self,
        pack: Pack,
        values: Mapping[str, Any],
        store: Datastore,
        kept: Executions,
        notifier: Notifier,
        python: PythonRunner,
    ) -> None:
        self.pack = pack
        self.store = store
        self.messages: List[Message] = []
        self.start_workflow: Callable[[Execution], None]
        self._values = values
        self._executions = kept
        self._notifier = notifier
        self._python = python
        # What a canceled execution brings about may be to request another.
        self._lock = threading.RLock()
        self._closed = False
        self._pool = Worker("worker", WORKERS)

    def action(self, ref: str) -> Action:
        """The action of that name. Raises RequestError."""
        if ref not in self.pack.actions:
            raise RequestError(f'Action "{ref}" cannot be found.')
        return self.pack.actions[ref]

    def config(self, pack: str) -> Dict[str, Any]:
        """A pack's configuration, resolved. Raises as `config.resolve` does."""
        if pack != self.pack.ref:
            return {}
        return config.resolve(self.pack.config_schema, self._values, self.store)

    # From the wish to the request.

    def post(self, ref: str, parameters: Mapping[str, Any], user: str) -> Execution:
        """`POST /v1/executions`. Raises RequestError with what the API would answer."""
        action = self.action(ref)
        context = {"user": user, "pack": action.pack}
        try:
            return self.start(action, parameters, context)
        except jsonschema.ValidationError as error:
            raise RequestError(str(error.message)) from error
        except (ParamException, ValueError, TypeError, SyntaxError) as error:
            raise RequestError(str(error)) from error

    def start(
        self,
        action: Action,
        given: Mapping[str, Any],
        context: Dict[str, Any],
        more: Optional[Mapping[str, Any]] = None,
    ) -> Execution:
        """Render and request. Raises as these do; of parameters that cannot be rendered there is an
        execution that has failed, too."""
        try:
            parameters = self.render(action, given, more)
        except ParamException as error:
            failed = Execution(action, given, context)
            self._executions.add(failed)
            self._executions.update(failed, executions.FAILED, failure(error))
            raise
        return self.request(action, parameters, context)

    def render(
        self, action: Action, given: Mapping[str, Any], more: Optional[Mapping[str, Any]] = None
    ) -> Dict[str, Any]:
        """The parameters to request an execution with; `more` are further names that they may
        refer to. Raises as `params.render` does."""
        names = {**lookups(self.store), **(more or {})}
        return params.render(names, action.all_parameters, given)

    def request(
        self, action: Action, parameters: Mapping[str, Any], context: Dict[str, Any]
    ) -> Execution:
        """An execution with rendered parameters. Raises ValueError for an action that is disabled
        and immutable parameters, jsonschema.ValidationError for parameters that are missing,
        unknown or of a wrong type."""
        if not action.enabled:
            raise ValueError(f'Unable to execute. Action "{action.ref}" is disabled.')
        known = action.all_parameters
        allowed = {"type": "object", "properties": known, "additionalProperties": False}
        schemas.check_given(dict(parameters), allowed)
        immutable = [name for name in parameters if known[name].get("immutable", False)]
        if immutable:
            raise ValueError(f"Override of immutable parameter(s) {immutable} is unsupported.")
        if self._closed:
            raise ValueError("the lab is closing")
        execution = Execution(action, parameters, context)
        self._executions.add(execution)
        self._schedule(execution)
        return execution

    # From the request to the end.

    def _schedule(self, execution: Execution) -> None:
        with self._lock:
            one_too_many = any(
                self._is_reached(policy, execution) for policy in self.pack.policies.values()
            )
            status = executions.CANCELED if one_too_many else executions.SCHEDULED
            self._executions.update(execution, status, expect=[executions.REQUESTED])
        if execution.status == executions.SCHEDULED:
            if execution.action.runner.name == ORQUESTA:
                self.start_workflow(execution)
            else:
                self.do(self._run, execution)

    def _is_reached(self, policy: Policy, execution: Execution) -> bool:
        if not policy.enabled or policy.resource_ref != execution.action.ref:
            return False
        alike = self._executions.find(action=policy.resource_ref)
        running = (executions.SCHEDULED, executions.RUNNING)
        return sum(one.status in running for one in alike) >= policy.threshold

    def do(self, work: Callable[..., Any], *args: Any) -> None:
        """Do something in a thread of the pool."""
        self._pool.do(work, *args)

    def close(self) -> None:
        """Kill the Python actions that run, and end once all is done that was started."""
        self._closed = True
        self._python.close()
        self._pool.close()

    def _run(self, execution: Execution) -> None:
        # Abandoned meanwhile, perhaps.
        if not self._executions.update(
            execution, executions.RUNNING, expect=[executions.SCHEDULED]
        ):
            return
        try:
            status, result = self._outcome(execution)
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            status, result = executions.FAILED, failure(error)
        self._executions.update(execution, status, result)

    def _outcome(self, execution: Execution) -> Tuple[str, Dict[str, Any]]:
        action = execution.action
        given = params.complete(action.all_parameters, execution.parameters)
        if action.runner.name == PYTHON:
            own = {name: given.pop(name) for name in action.runner.parameters}
            return self._python.run(execution, own, given, self.config(action.pack))
        if action.runner.name == ANNOUNCEMENT:
            shown = {name: given.get(name) for name in ("user", "extra")}
            message = Message(
                channel=given["channel"],
                route=given["route"],
                message=given["message"],
                execution_id=execution.id,
                **shown,
            )
            self.messages.append(message)
            self._notifier.emit(MESSAGE, **vars(message))
        return executions.SUCCEEDED, given


def failure(error: BaseException) -> Dict[str, Any]:
    """The result of an execution that an error ended."""
    return {
        "error": str(error),
        "traceback": "".join(traceback.format_tb(error.__traceback__, 20)),
    }
