"""Runs chat commands, and answers them (st2api/controllers/v1/aliasexecution.py)."""

import logging
import threading
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional

import jinja2
import jsonschema

from lab import alias_formats

from . import alias_messages, aliases, functions, params
from .alias_messages import Said
from .announcements import Announcements, Message
from .datastore import PARENT, SYSTEM_USER, lookups
from .errors import RequestError
from .executions import Execution, Executions
from .functions import ORQUESTA
from .models import Action, Alias
from .requests import Requester

LOG = logging.getLogger(__name__)

_POST = "chatops.post_message"


@dataclass(frozen=True)
class Acknowledged:
    """A command that is being carried out, and what the API answers: no text where the bot finds
    its own words."""

    alias: Alias
    execution: Execution
    said: Said


@dataclass(frozen=True)
class Reply:
    """What somebody who chats reads.

    ack      at once; None where the alias says nothing then
    message  afterwards, extra and all; None where the alias says nothing, or it cannot be rendered:
             then `failure` says why. StackStorm tells nobody.
    """

    execution: Execution
    ack: Optional[str]
    message: Optional[Message]
    failure: str = ""


@dataclass(frozen=True)
class _Answer:
    posting: Optional[str] = None
    failure: str = ""


class Chat:
    """Takes commands from any thread; `later` calls in a thread that runs no workflows."""

    def __init__(
        self,
        requester: Requester,
        kept: Executions,
        announcements: Announcements,
        backend: functions.Backend,
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._requester = requester
        self._executions = kept
        self._announcements = announcements
        self._backend = backend
        self._later = later
        self._lock = threading.Lock()
        self._awaited: Dict[str, Optional[_Answer]] = {}

    def say(self, line: str, user: str, channel: str, timeout: Optional[float]) -> Reply:
        """Carry a command out, and wait for the answer. Raises as `execute` does, and TimeoutError
        if there is none after so many seconds."""
        with self._lock:
            started = self.execute(line, user, channel)
            self._awaited[started.execution.id] = None
        try:
            if not self._executions.until(lambda: self._answered(started.execution.id), timeout):
                raise TimeoutError(f"{started.alias.ref} has no answer after {timeout} seconds")
            answer = self._awaited[started.execution.id] or _Answer()
        finally:
            del self._awaited[started.execution.id]
        messages = self._announcements.messages()
        posted = [message for message in messages if message.execution_id == answer.posting]
        failed = answer.failure or ("" if posted or not answer.posting else f"{_POST} failed")
        shown = posted[0] if posted else None
        return Reply(started.execution, _as_bots_do(started), shown, failed)

    def execute(self, command: str, user: str, channel: str) -> Acknowledged:
        """`POST /v1/aliasexecution/match_and_execute`. Raises RequestError with what the API would
        answer."""
        alias, format_ = aliases.match(command, self._requester.pack.aliases.values())
        found = alias_formats.parameters(format_, command)
        context: Dict[str, Any] = {
            "action_alias_ref": {"id": alias.id, "name": alias.name},
            "api_user": user,
            "user": SYSTEM_USER,
            "source_channel": channel,
        }
        action = self._requester.action(alias.action_ref)
        try:
            parameters = {**found, **self._immutable(alias, found, context)}
            if action is None:
                raise RequestError(f'Action with ref "{alias.action_ref}" not found ', status=404)
            execution = self._requester.request(action, cast(action, parameters), context)
            said = alias_messages.ack(self._requester.environment, alias, execution.to_dict())
        except RequestError:
            raise
        except (ValueError, jsonschema.ValidationError) as error:
            raise RequestError(str(error)) from error
        except jinja2.TemplateError as error:
            raise RequestError("Internal Server Error", status=500) from error
        return Acknowledged(alias, execution, said)

    def completed(self, execution: Execution) -> None:
        """Take note that an execution has completed; only those of commands are answered."""
        if "action_alias_ref" in execution.context:
            self._later(0, lambda: self._answer(execution))

    def _immutable(
        self, alias: Alias, found: Mapping[str, Any], context: Mapping[str, Any]
    ) -> Dict[str, Any]:
        overridden = [name for name in alias.immutable_parameters if name in found]
        if overridden:
            raise ValueError(f"Immutable arguments cannot be overriden: {','.join(overridden)}")
        names = {PARENT: lookups(self._requester.store, context["user"]), **context}
        return alias_messages.render_values(
            self._requester.environment, alias.immutable_parameters, names
        )

    def _answer(self, execution: Execution) -> None:
        try:
            answer = _Answer(posting=self._post(execution))
        except (
            jinja2.TemplateError,
            ValueError,
            ORQUESTA.exceptions.ExpressionEvaluationException,
        ) as error:
            LOG.warning("%s: chat is told nothing: %s", execution.action.ref, error)
            answer = _Answer(failure=str(error))
        with self._lock:
            if execution.id in self._awaited:
                self._awaited[execution.id] = answer
        self._executions.changed()

    def _post(self, execution: Execution) -> Optional[str]:
        """Post what is to be said; returns the id of the execution that does, None for nothing."""
        context = execution.context
        alias = next(
            alias
            for alias in self._requester.pack.aliases.values()
            if alias.id == context["action_alias_ref"]["id"]
        )
        said = alias_messages.result(self._requester.store, alias, execution.to_dict())
        if said is None:
            return None
        what = alias_messages.through_workflow(self._backend, context["user"], said)
        where = {"channel": context["source_channel"], "user": context["api_user"]}
        return self._requester.post(_POST, {**where, **what}, context["user"]).id

    def _answered(self, id_: str) -> bool:
        answer = self._awaited[id_]
        return answer is not None and (
            answer.posting is None or self._executions.get(answer.posting).completed
        )


def cast(action: Action, parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """A command's text as the action's parameters want it: `a, b` is an array. Raises ValueError
    (st2common/models/utils/action_param_utils.py)."""
    declared = {**action.runner.parameters, **action.parameters}
    found = {}
    for name, value in parameters.items():
        kind = declared.get(name, {}).get("type")
        try:
            found[name] = _cast(value, kind)
        except (ValueError, TypeError, SyntaxError) as error:
            raise ValueError(
                f'Failed to cast value "{value}" (type: {type(value).__name__}) for parameter '
                f'"{name}" of type "{kind}": {error}. Perhaps the value is of an invalid type?'
            ) from error
    return found


def _cast(value: Any, kind: Any) -> Any:
    if value is None and kind in ("array", "integer", "number"):
        raise TypeError(f"None is no {kind}")
    if kind == "array" and value is not None:
        return value if isinstance(value, list) else _words(value)
    return params.cast(value, {"type": kind})


def _words(value: str) -> List[str]:
    return [word.strip() for word in value.split(",")]


def _as_bots_do(started: Acknowledged) -> Optional[str]:
    """What a bot makes of the API's answer (hubot-stackstorm, `sendAck`)."""
    if not started.alias.ack.get("enabled", True):
        return None
    text = started.said.message or f"Your execution ID is {started.execution.id}"
    if not started.alias.ack.get("append_url", True):
        return text
    return f"{text} (details available at {started.execution.to_dict()['web_url']})"
