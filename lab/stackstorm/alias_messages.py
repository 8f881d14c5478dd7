"""What chat is told of a command: `ack` and `result` of its alias, rendered as StackStorm does
(st2api/controllers/v1/aliasexecution.py, contrib/chatops/actions/format_execution_result.py and
workflows/post_result.yaml).

A result's text is rendered three times over: by the template, by the workflow that posts it, and as
the parameter of the action that posts it. So hostile text in a result is a template, too.
"""

import json
from typing import Any, Dict, Mapping, NamedTuple, Optional

import jinja2

from . import functions, orquesta_shims, templates
from .datastore import Datastore
from .functions import ORQUESTA
from .models import Alias
from .workflows import WorkflowEngine


class Said(NamedTuple):
    """A text, and what is for one chat system only, as `{"slack": ...}`."""

    message: str
    extra: Optional[Dict[str, Any]] = None


def render_values(
    environment: jinja2.Environment, values: Mapping[str, Any], context: Mapping[str, Any]
) -> Dict[str, Any]:
    """Each value rendered. An object or an array is rendered as the JSON that it is, and read
    again: what is put in must be as it may stand between quotes there (st2common/util/jinja.py).
    What holds no template keeps its type. Raises jinja2.TemplateError, ValueError."""
    rendered = {}
    for name, value in values.items():
        is_json = isinstance(value, (dict, list))
        text = templates.encode(value) if is_json else str(value)
        shown = environment.from_string(text).render({"__context": context, **context})
        if shown == text:
            rendered[name] = value
        else:
            rendered[name] = json.loads(shown) if is_json else shown
    return rendered


def ack(
    environment: jinja2.Environment, alias: Alias, execution: Mapping[str, Any]
) -> Optional[str]:
    """What a bot says at once (hubot-stackstorm, `sendAck`); None where it is to say nothing.
    Raises as `render_values` does, except that what is not defined becomes part of the text."""
    if not alias.ack.get("enabled", True):
        return None
    context = {"execution": execution, "actionalias": alias.to_dict()}
    try:
        text = render_values(environment, {"": alias.ack.get("format", "")}, context)[""]
    except jinja2.UndefinedError as error:
        text = f'Cannot render "format" in field "ack" for alias. {error}'
    text = text or f"Your execution ID is {execution['id']}"
    if not alias.ack.get("append_url", True):
        return str(text)
    return f"{text} (details available at {execution['web_url']})"


def result(store: Datastore, alias: Alias, execution: Mapping[str, Any]) -> Optional[Said]:
    """What an alias makes of a result; None where it is to say nothing. Names that are not defined
    are nothing in the text, and errors in `extra`. Raises as `render_values` does."""
    if not alias.result.get("enabled", True):
        return None
    context = {"execution": execution, "alias": alias.to_dict()}
    extra = None
    if "extra" in alias.result:
        extra = render_values(templates.environment(store), alias.result["extra"], context)
    lenient = templates.environment(store, lenient=True)
    text = alias.result.get("format") or "execution {{ execution.id }} {{ execution.status }}"
    return Said(lenient.from_string(text).render(context), extra)


def through_workflow(engine: WorkflowEngine, user: str, said: Said) -> Dict[str, Any]:
    """The message and extra that come out of the workflow which posts them: Orquesta evaluates
    again whatever an expression evaluates to. `extra` is text then, as Python writes it. Raises
    orquesta's ExpressionEvaluationException. Not for a thread that runs workflows already."""
    publish = {
        "message": "{{ ctx('message') }}",
        "extra": "{% if ctx('extra') %}{{ ctx('extra') }}{% else %}{}{% endif %}",
    }
    given: Dict[str, Any] = {**said._asdict(), "st2": {"user": user}}
    with orquesta_shims.LOCK, functions.bound_to(engine.store):
        evaluate = ORQUESTA.expressions.evaluate
        published = {name: evaluate(text, given) for name, text in publish.items()}
        return {
            name: evaluate(f"{{{{ ctx('{name}') }}}}", {**given, **published}) for name in published
        }
