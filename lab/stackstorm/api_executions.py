"""/v1/executions (st2api/controllers/v1/actionexecutions.py)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from . import api_lists as lists
from . import schema as schemas
from .api_calls import Answer, Call, Endpoint, Param, boolean, checked, integer, text
from .datastore import SYSTEM_USER
from .errors import RequestError
from .executions import Execution
from .service import StackStorm

FILTERS = {
    "action": "action.ref",
    "status": "status",
    "liveaction": "liveaction.id",
    "parent": "parent",
    "rule": "rule.name",
    "runner": "runner.name",
    "timestamp": "start_timestamp",
    "trigger": "trigger.name",
    "trigger_type": "trigger_type.name",
    "trigger_instance": "trigger_instance.id",
    "user": "context.user",
    "timestamp_gt": "start_timestamp.gt",
    "timestamp_lt": "start_timestamp.lt",
}
EXCLUDABLE = ("result", "trigger_instance", "status")
_SECRETS = {"show_secrets": Param(boolean)}

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_STARTING: schemas.Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "status", "start_timestamp", "end_timestamp"), _TEXT),
        "action": {"type": "string", "required": True},
        "action_is_workflow": {"type": "boolean"},
        "parameters": {
            "type": "object",
            "patternProperties": {r"^\w+$": {}},
            "additionalProperties": False,
        },
        **dict.fromkeys(("result", "context", "callback", "runner_info", "notify"), _OBJECT),
        "delay": {"type": "integer"},
        "user": {"type": "string", "default": None},
    },
    "additionalProperties": False,
}
_AGAIN: schemas.Schema = {
    "type": "object",
    "properties": {
        "parameters": _OBJECT,
        "tasks": {"type": "array"},
        "reset": {"type": "array"},
        "user": {"type": "string", "default": None},
        "delay": {"type": "integer"},
    },
    "additionalProperties": False,
}


def get_all(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution list`."""
    lists.check_exclude(call, EXCLUDABLE)
    query = call.query
    down = query["timestamp_lt"] or query["sort_desc"]
    up = query["timestamp_gt"] or query["sort_asc"]
    return lists.listing(
        call,
        reversed(st2.executions()),
        lambda execution: execution.to_dict(bool(query["show_secrets"])),
        filters=FILTERS,
        order=("start_timestamp" if up and not down else "-start_timestamp", "action.ref"),
        facts=_facts,
    )


def get_one(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution get`."""
    lists.check_exclude(call, EXCLUDABLE)
    id_ = call.path["id"]
    if id_ == "last" and not st2.executions():
        raise RequestError("No executions found in the database")
    return Answer(lists.attributes(call, _shown(st2.execution(id_), call)))


def children(st2: StackStorm, call: Call) -> Answer:
    """The tasks of a workflow, each followed by its own; as deep as `depth` says, -1 for all."""
    found = list(_descend(st2, call.path["id"], call.query["depth"]))
    if call.query["result_fmt"] == "sorted":
        found.sort(key=lambda execution: execution.start_timestamp)
    return Answer([_shown(execution, call) for execution in found])


def output(st2: StackStorm, call: Call) -> Answer:
    """What a Python action has written, once it has ended."""
    execution = st2.execution(call.path["id"])
    written = written_by(execution)
    wanted = call.query["output_type"] or "all"
    found = "".join(data for kind, data in written.items() if wanted in ("all", kind))
    return Answer(found.encode())


def written_by(execution: Execution) -> Dict[str, str]:
    """What an execution has written, by output type."""
    result = execution.result
    if execution.action.runner.name != "python-script" or not isinstance(result, dict):
        return {}
    return {kind: str(result[kind]) for kind in ("stdout", "stderr") if result.get(kind)}


def post(st2: StackStorm, call: Call) -> Answer:
    """`st2 run`."""
    asked = checked(call.body, _STARTING)
    context = asked.get("context") or {}
    if "id_" in (context.get("trace_context") or {}):
        raise RequestError("The lab keeps no traces: an execution cannot join one.", status=501)
    execution = st2.run(
        asked["action"],
        asked.get("parameters") or {},
        asked.get("user") or SYSTEM_USER,
        context=context,
        delay=asked.get("delay"),
    )
    return Answer(_shown(execution, call), 201)


def re_run(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution re-run`: the same action with the same parameters, but for those given."""
    asked = checked(call.body, _AGAIN)
    if asked.get("tasks") or asked.get("reset"):
        raise RequestError("The lab re-runs whole executions, not single tasks.", status=501)
    existing = st2.execution(call.path["id"])
    execution = st2.run(
        existing.action.ref,
        {**existing.parameters, **(asked.get("parameters") or {})},
        asked.get("user") or SYSTEM_USER,
        context={"re-run": {"ref": existing.id}},
        delay=asked.get("delay"),
    )
    return Answer(_shown(execution, call), 201)


def delete(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution cancel`."""
    return Answer(_shown(st2.cancel(call.path["id"]), call))


def _shown(execution: Execution, call: Call) -> Dict[str, Any]:
    return execution.to_dict(bool(call.query.get("show_secrets")))


def _facts(execution: Execution) -> Dict[str, Any]:
    return {
        **execution.origin,
        "id": execution.id,
        "action": {"ref": execution.action.ref},
        "runner": {"name": execution.action.runner.name},
        "liveaction": {"id": execution.liveaction_id},
        "status": execution.status,
        "parent": execution.parent,
        "context": execution.context,
        "start_timestamp": execution.started,
    }


def _descend(st2: StackStorm, id_: str, depth: int) -> Iterator[Execution]:
    for child in list(st2.execution(id_).children):
        yield st2.execution(child)
        if depth != 1:
            yield from _descend(st2, child, depth - 1)


_ONE = "/executions/{id}"
ENDPOINTS: List[Endpoint] = [
    Endpoint(
        "GET",
        "/executions",
        get_all,
        {
            **lists.parameters({name: Param(text) for name in FILTERS}),
            "sort_asc": Param(text),
            "sort_desc": Param(text),
            **_SECRETS,
        },
    ),
    Endpoint("GET", _ONE, get_one, {**lists.ATTRIBUTES, **_SECRETS}),
    Endpoint(
        "GET",
        f"{_ONE}/children",
        children,
        {"depth": Param(integer, -1), "result_fmt": Param(text)},
    ),
    Endpoint("GET", f"{_ONE}/output", output, {"output_type": Param(text, "all")}),
    Endpoint("POST", "/executions", post, _SECRETS),
    Endpoint("POST", f"{_ONE}/re_run", re_run, _SECRETS),
    Endpoint("DELETE", _ONE, delete, _SECRETS),
]
