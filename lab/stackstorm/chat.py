"""Runs chat commands, and answers them (st2common/util/actionalias_matching.py,
st2api/controllers/v1/aliasexecution.py, contrib/chatops/workflows/post_result.yaml).

A result's text is rendered three times over: by the alias's format, by the workflow that posts it,
and as the parameter of the action that posts it. So hostile text in a result is a template, too.
"""

import contextlib
import json
import logging
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple

import jinja2
import jsonschema

from lab import alias_formats

from . import params, templates
from .actions import Actions
from .datastore import SYSTEM_USER, Datastore, lookups
from .errors import RequestError
from .events import REPLY, Message, Notifier
from .executions import Execution
from .models import Action, Alias
from .orquesta_library import ORQUESTA, evaluating
from .runners import POST

LOG = logging.getLogger(__name__)


@dataclass
class Reply:
    """What somebody who chats reads: `ack` at once, None where the alias says nothing then, and
    once `answered` the `message`. Where there is none, `failure` may say why: StackStorm tells
    nobody."""

    alias: Alias
    execution: Execution
    ack: Optional[str]
    answered: bool = False
    message: Optional[Message] = None
    failure: str = ""


class Said(NamedTuple):
    """A text, and what is for one chat system only, as `{"slack": ...}`."""

    message: str
    extra: Dict[str, Any]


class Chat:
    """Takes commands from any thread."""

    def __init__(self, actions: Actions, notifier: Notifier) -> None:
        self._actions = actions
        self._notifier = notifier

    def execute(self, command: str, user: str, channel: str) -> Reply:
        """`POST /v1/aliasexecution/match_and_execute`. Raises RequestError with what the API would
        answer."""
        alias, found = match(command, self._actions.pack.aliases.values())
        context: Dict[str, Any] = {
            "action_alias_ref": {"id": alias.ref, "name": alias.name},
            "api_user": user,
            "user": SYSTEM_USER,
            "source_channel": channel,
        }
        try:
            action = self._actions.action(alias.action_ref)
            overridden = [name for name in alias.immutable_parameters if name in found]
            if overridden:
                raise ValueError(f"Immutable arguments cannot be overriden: {','.join(overridden)}")
            names = {**lookups(self._actions.store), **context}
            found.update(render_values(alias.immutable_parameters, names))
            execution = self._actions.request(action, cast(action, found), context)
            said = acknowledged(alias, execution.to_dict())
        except (ValueError, jsonschema.ValidationError, jinja2.TemplateError) as error:
            raise RequestError(str(error)) from error
        reply = Reply(alias, execution, said)
        self._actions.do(self._answer, reply)
        return reply

    def _answer(self, reply: Reply) -> None:
        """Wait for the end, and post what is to be said then, if anything is."""
        self._notifier.until(lambda: reply.execution.completed)
        try:
            reply.message = self._post(reply.alias, reply.execution)
        except Exception as error:  # noqa: BLE001  # whatever it is, the answer fails of it
            LOG.warning("%s: chat is told nothing: %s", reply.alias.ref, error)
            reply.failure = str(error)
        reply.answered = True
        self._notifier.emit(REPLY, execution_id=reply.execution.id)

    def _post(self, alias: Alias, execution: Execution) -> Optional[Message]:
        said = result(alias, execution.to_dict())
        if said is None:
            return None
        context = execution.context
        what = through_workflow(self._actions.store, context["user"], said)
        where = {"channel": context["source_channel"], "user": context["api_user"]}
        posting = self._actions.post(POST, {**where, **what}, context["user"])
        self._notifier.until(lambda: posting.completed)
        for message in self._actions.messages:
            if message.execution_id == posting.id:
                return message
        raise ValueError(f"{POST} has {posting.status}")


def match(command: str, aliases: Iterable[Alias]) -> Tuple[Alias, Dict[str, Any]]:
    """The enabled alias that a command is for, and the parameters in it. Raises RequestError unless
    there is exactly one."""
    found = []
    for alias in aliases:
        for format_ in alias.formats if alias.enabled else ():
            with contextlib.suppress(alias_formats.NoMatch):
                found.append((alias, alias_formats.parameters(format_, command)))
    if len(found) != 1:
        what = "matched more than 1 pattern" if found else "matched no patterns"
        raise RequestError(f"Command '{command}' {what}")
    return found[0]


def cast(action: Action, parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """A command's text as the action's parameters want it. Raises ValueError
    (st2common/models/utils/action_param_utils.py)."""
    declared = action.all_parameters
    found = {}
    for name, value in parameters.items():
        kind = declared.get(name, {}).get("type")
        try:
            if value is None and kind in ("array", "integer", "number"):
                raise TypeError(f"None is no {kind}")
            found[name] = params.cast(value, {"type": kind})
        except (ValueError, TypeError, SyntaxError) as error:
            raise ValueError(
                f'Failed to cast value "{value}" (type: {type(value).__name__}) for parameter '
                f'"{name}" of type "{kind}": {error}. Perhaps the value is of an invalid type?'
            ) from error
    return found


# What is said.


def render_values(values: Mapping[str, Any], context: Mapping[str, Any]) -> Dict[str, Any]:
    """Each value rendered. An object or an array is rendered as the JSON that it is, and read
    again: what is put in must be as it may stand between quotes there (st2common/util/jinja.py).
    What holds no template keeps its type. Raises jinja2.TemplateError, ValueError."""
    rendered = {}
    for name, value in values.items():
        is_json = isinstance(value, (dict, list))
        text = templates.encode(value) if is_json else str(value)
        shown = templates.STRICT.from_string(text).render({"__context": context, **context})
        if shown == text:
            rendered[name] = value
        else:
            rendered[name] = json.loads(shown) if is_json else shown
    return rendered


def acknowledged(alias: Alias, execution: Mapping[str, Any]) -> Optional[str]:
    """What a bot says at once (hubot-stackstorm, `sendAck`); None where it is to say nothing.
    Raises jinja2.TemplateError for what is not defined; StackStorm says that in the text."""
    if not alias.ack.get("enabled", True):
        return None
    context = {"execution": execution, "actionalias": alias.shown()}
    text = templates.STRICT.from_string(alias.ack.get("format", "")).render(context)
    text = text or f"Your execution ID is {execution['id']}"
    if not alias.ack.get("append_url", True):
        return text
    return f"{text} (details available at {execution['web_url']})"


def result(alias: Alias, execution: Mapping[str, Any]) -> Optional[Said]:
    """What an alias makes of a result; None where it is to say nothing. Names that are not defined
    are nothing in the text, and errors in `extra`. Raises as `render_values` does."""
    if not alias.result.get("enabled", True):
        return None
    context = {"execution": execution, "alias": alias.shown()}
    extra = render_values(alias.result.get("extra") or {}, context)
    text = alias.result.get("format") or "execution {{ execution.id }} {{ execution.status }}"
    return Said(templates.LENIENT.from_string(text).render(context), extra)


def through_workflow(store: Datastore, user: str, said: Said) -> Dict[str, Any]:
    """The message and extra that come out of the workflow which posts them: Orquesta evaluates
    again whatever an expression evaluates to. `extra` is text then, as Python writes it. Raises
    orquesta's ExpressionEvaluationException."""
    publish = {
        "message": "{{ ctx('message') }}",
        "extra": "{% if ctx('extra') %}{{ ctx('extra') }}{% else %}{}{% endif %}",
    }
    given: Dict[str, Any] = {**said._asdict(), "st2": {"user": user}}
    with evaluating(store):
        evaluate = ORQUESTA.expressions.evaluate
        published = {name: evaluate(text, given) for name, text in publish.items()}
        return {
            name: evaluate(f"{{{{ ctx('{name}') }}}}", {**given, **published}) for name in published
        }
