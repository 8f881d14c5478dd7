"""/v1/stream: what happens, as server-sent events (st2stream/controllers/v1/stream.py,
st2common/stream/listener.py).

`st2 execution tail` reads it, and so do chat adapters: chat messages are st2.announcement__chatops.
A Python action's output comes when the action has ended; StackStorm sends it line by line.
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

from . import ids
from .announcements import CHATOPS
from .api_calls import Call, Endpoint, Param, Stream, text, words
from .api_executions import written_by
from .errors import NotFound
from .events import EXECUTION, MESSAGE, Event, Subscription
from .executions import COMPLETED, REQUESTED, Execution
from .service import StackStorm

HEARTBEAT = 25.0
"""[stream] heartbeat: seconds of silence after which an empty line is sent."""

CREATED, UPDATED = "st2.execution__create", "st2.execution__update"
OUTPUT = "st2.execution.output__create"
DEFAULT_EVENTS = (
    "st2.announcement__*",
    "st2.execution__create",
    "st2.execution__update",
    "st2.execution__delete",
    "st2.liveaction__*",
)
HEADERS = {
    "Content-Type": "text/event-stream; charset=UTF-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


class _Told(NamedTuple):
    """One server-sent event."""

    name: str
    body: Dict[str, Any]
    action: Optional[str] = None
    execution: Optional[str] = None


def stream(st2: StackStorm, call: Call) -> Stream:
    """Events from now on, those that the query asks for."""
    subscription = st2.subscribe()
    return Stream(_parts(st2, call, subscription), subscription.close, HEADERS)


def _parts(st2: StackStorm, call: Call, subscription: Subscription) -> Iterator[bytes]:
    # Begins the answer: the reader knows that it misses nothing from here on.
    yield b"\n"
    try:
        while not subscription.closed:
            event = subscription.next(HEARTBEAT)
            if event is None:
                yield b"\n"
                continue
            for told in _told(st2, event):
                if _wanted(told, call):
                    body = json.dumps(told.body, default=str)
                    yield f"event: {told.name}\ndata: {body}\n\n".encode()
                if _last(told, call):
                    return
    finally:
        subscription.close()


def _told(st2: StackStorm, event: Event) -> Iterator[_Told]:
    if event.kind == MESSAGE:
        said = {name: value for name, value in event.data.items() if name != "execution_id"}
        yield _Told(f"st2.announcement__{CHATOPS}", said)
    if event.kind != EXECUTION:
        return
    try:
        execution = st2.execution(event.data["id"])
    except NotFound:
        return
    status, ref = event.data["status"], execution.action.ref
    if status in COMPLETED:
        for told in _output(execution):
            yield _Told(OUTPUT, told, ref, execution.id)
    name = CREATED if status == REQUESTED else UPDATED
    # It may have gone on since: what is told is told of the status it had.
    yield _Told(name, {**execution.to_dict(), "status": status}, ref, execution.id)


def _output(execution: Execution) -> List[Dict[str, Any]]:
    return [
        {
            "id": ids.of(execution.id, kind),
            "execution_id": execution.id,
            "action_ref": execution.action.ref,
            "runner_ref": execution.action.runner.name,
            "timestamp": ids.iso(execution.end_timestamp or ids.now()),
            "output_type": kind,
            "data": data,
        }
        for kind, data in written_by(execution).items()
    ]


def _wanted(told: _Told, call: Call) -> bool:
    names: Sequence[str] = call.query["events"] or DEFAULT_EVENTS
    actions, executions = call.query["action_refs"], call.query["execution_ids"]
    return (
        any(fnmatch.fnmatchcase(told.name, name) for name in names)
        and (not actions or told.action in actions)
        and (not executions or told.execution in executions)
    )


def _last(told: _Told, call: Call) -> bool:
    return (
        told.name == call.query["end_event"]
        and told.execution is not None
        and told.execution == call.query["end_execution_id"]
        and told.body["status"] in COMPLETED
    )


ENDPOINTS: List[Endpoint] = [
    Endpoint(
        "GET",
        "/stream",
        stream,
        {
            "end_execution_id": Param(text),
            "end_event": Param(text),
            "events": Param(words),
            "action_refs": Param(words),
            "execution_ids": Param(words),
        },
    )
]
