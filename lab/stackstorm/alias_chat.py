"""Runs chat commands, and answers them (st2api/controllers/v1/aliasexecution.py)."""

import logging
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

import jinja2
import jsonschema

from lab import alias_formats

from . import alias_messages, aliases, params
from .datastore import PARENT, SYSTEM_USER, lookups
from .errors import RequestError
from .events import Message, Messages
from .executions import Execution, Executions
from .functions import ORQUESTA
from .models import Action, Alias
from .requests import Requester
from .runners import POST
from .workflows import WorkflowEngine

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """What somebody who chats reads.

    ack      at once; None where the alias says nothing then
    message  afterwards, extra and all; None where the alias says nothing, or it cannot be rendered:
             then `failure` says why. StackStorm tells nobody.
    """

    execution: Execution
    ack: Optional[str]
    message: Optional[Message] = None
    failure: str = ""


class _Answer(NamedTuple):
    """The execution that posts what is to be said, if anything is; or why it cannot be said."""

    posting: Optional[Execution] = None
    failure: str = ""


class Chat:
    """Takes commands from any thread; `call` does something in a thread that runs no workflows."""

    def __init__(
        self,
        requester: Requester,
        kept: Executions,
        messages: Messages,
        engine: WorkflowEngine,
        call: Callable[[Callable[[], None]], None],
    ) -> None:
        self._requester = requester
        self._executions = kept
        self._messages = messages
        self._engine = engine
        self._call = call
        self._answers: Dict[str, _Answer] = {}

    def say(self, line: str, user: str, channel: str, timeout: Optional[float]) -> Reply:
        """Carry a command out, and wait for the answer. Raises as `execute` does, and TimeoutError
        if there is none after so many seconds."""
        started = self.execute(line, user, channel)
        id_ = started.execution.id
        if not self._executions.until(lambda: self._answered(id_), timeout):
            raise TimeoutError(f"{line} has no answer after {timeout} seconds")
        answer = self._answers.pop(id_)
        posting = answer.posting and answer.posting.id
        shown = [one for one in self._messages.all() if one.execution_id == posting]
        failed = answer.failure or ("" if shown or not posting else f"{POST} failed")
        return Reply(started.execution, started.ack, shown[0] if shown else None, failed)

    def execute(self, command: str, user: str, channel: str) -> Reply:
        """`POST /v1/aliasexecution/match_and_execute`: a reply that has its `ack`. Raises
        RequestError with what the API would answer."""
        alias, format_ = aliases.match(command, self._requester.pack.aliases.values())
        context: Dict[str, Any] = {
            "action_alias_ref": {"id": alias.id, "name": alias.name},
            "api_user": user,
            "user": SYSTEM_USER,
            "source_channel": channel,
        }
        environment = self._requester.environment
        try:
            action = self._requester.action(alias.action_ref)
            found = alias_formats.parameters(format_, command)
            overridden = [name for name in alias.immutable_parameters if name in found]
            if overridden:
                raise ValueError(f"Immutable arguments cannot be overriden: {','.join(overridden)}")
            names = {PARENT: lookups(self._requester.store), **context}
            found.update(
                alias_messages.render_values(environment, alias.immutable_parameters, names)
            )
            execution = self._requester.request(action, cast(action, found), context)
            return Reply(execution, alias_messages.ack(environment, alias, execution.to_dict()))
        except RequestError:
            raise
        except (ValueError, jsonschema.ValidationError) as error:
            raise RequestError(str(error)) from error
        except jinja2.TemplateError as error:
            raise RequestError("Internal Server Error", status=500) from error

    def alias(self, execution: Execution) -> Alias:
        """The alias of a command that is carried out."""
        pack = self._requester.pack
        return pack.aliases[f"{pack.ref}.{execution.context['action_alias_ref']['name']}"]

    def completed(self, execution: Execution) -> None:
        """Take note that an execution has completed; only those of commands are answered."""
        if "action_alias_ref" in execution.context:
            self._call(lambda: self._answer(execution))

    def _answer(self, execution: Execution) -> None:
        try:
            answer = _Answer(self._post(execution))
        except (
            jinja2.TemplateError,
            ValueError,
            ORQUESTA.exceptions.ExpressionEvaluationException,
        ) as error:
            LOG.warning("%s: chat is told nothing: %s", execution.action.ref, error)
            answer = _Answer(failure=str(error))
        self._answers[execution.id] = answer
        self._executions.changed()

    def _post(self, execution: Execution) -> Optional[Execution]:
        """Post what is to be said, if anything is."""
        context = execution.context
        said = alias_messages.result(
            self._requester.store, self.alias(execution), execution.to_dict()
        )
        if said is None:
            return None
        what = alias_messages.through_workflow(self._engine, context["user"], said)
        where = {"channel": context["source_channel"], "user": context["api_user"]}
        return self._requester.post(POST, {**where, **what}, context["user"])

    def _answered(self, id_: str) -> bool:
        answer = self._answers.get(id_)
        return answer is not None and (answer.posting is None or answer.posting.completed)


def cast(action: Action, parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """A command's text as the action's parameters want it: `a, b` is an array. Raises ValueError
    (st2common/models/utils/action_param_utils.py)."""
    declared = action.all_parameters
    found = {}
    for name, value in parameters.items():
        kind = declared.get(name, {}).get("type")
        try:
            if value is None and kind in ("array", "integer", "number"):
                raise TypeError(f"None is no {kind}")
            if kind == "array" and isinstance(value, str):
                value = [word.strip() for word in value.split(",")]
            found[name] = params.cast(value, {"type": kind})
        except (ValueError, TypeError, SyntaxError) as error:
            raise ValueError(
                f'Failed to cast value "{value}" (type: {type(value).__name__}) for parameter '
                f'"{name}" of type "{kind}": {error}. Perhaps the value is of an invalid type?'
            ) from error
    return found
