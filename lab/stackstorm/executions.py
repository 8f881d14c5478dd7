"""Executions: what has run, is running and is to run (st2common/models/db/execution.py,
st2common/services/executions.py)."""

import copy
import datetime
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional, Tuple

import jsonschema

from . import schema as schemas
from .datastore import MASK
from .errors import RequestError
from .events import EXECUTION, Notifier
from .models import Action

REQUESTED, SCHEDULED, RUNNING = "requested", "scheduled", "running"
SUCCEEDED, FAILED, TIMEOUT = "succeeded", "failed", "timeout"
CANCELED, ABANDONED = "canceled", "abandoned"

COMPLETED = (SUCCEEDED, FAILED, TIMEOUT, CANCELED, ABANDONED)


def new_id() -> str:
    """An id of the shape that MongoDB's have."""
    return secrets.token_hex(12)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _iso(moment: datetime.datetime) -> str:
    """As in StackStorm's API: 2024-05-01T10:20:30.123456Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


@dataclass(eq=False)
class Execution:
    """One run of an action. Its attributes change while it runs; `to_dict` is one moment of it.

    `parameters` are those it was requested with, secrets and all; `context` says who and what
    started it: `parent`, and for a task of a workflow `orquesta` with task_name and task_id.
    """

    action: Action
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    id: str = field(default_factory=new_id)
    status: str = REQUESTED
    start_timestamp: datetime.datetime = field(default_factory=_now)
    end_timestamp: Optional[datetime.datetime] = None
    result: Any = None

    @property
    def parent(self) -> Optional[str]:
        """The id of the workflow's execution that it is a task of."""
        found = (self.context.get("parent") or {}).get("execution_id")
        return None if found is None else str(found)

    @property
    def task(self) -> Optional[str]:
        """The name of the task that it is."""
        found = (self.context.get("orquesta") or {}).get("task_name")
        return None if found is None else str(found)

    @property
    def completed(self) -> bool:
        """Whether it will not change any more."""
        return self.status in COMPLETED

    @property
    def elapsed_seconds(self) -> Optional[float]:
        """From the request to the end; None until then."""
        end = self.end_timestamp
        return None if end is None else (end - self.start_timestamp).total_seconds()

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API, `GET /v1/executions/<id>`: what is empty is left out, and secrets
        are ********."""
        parameters, context, result = copy.deepcopy((self.parameters, self.context, self.result))
        output = {self.action.runner.output_key: self.action.output_schema}
        found = {
            "id": self.id,
            "action": self.action.shown(),
            "parameters": _masked(parameters, {"properties": self.action.all_parameters}),
            "context": context,
            "status": self.status,
            "start_timestamp": _iso(self.start_timestamp),
            "end_timestamp": self.end_timestamp and _iso(self.end_timestamp),
            "elapsed_seconds": self.elapsed_seconds,
            "result": _masked(result, {"properties": output}),
            "parent": self.parent,
            # Where StackStorm's web UI shows executions if nothing is configured.
            "web_url": f"https://localhost/#/history/{self.id}/general",
        }
        return {name: value for name, value in found.items() if value}

    def brief(self) -> Dict[str, Any]:
        """What events tell of it, and what executions are found by."""
        return {
            "action": self.action.ref,
            "status": self.status,
            "parent": self.parent,
            "task": self.task,
            "user": self.context.get("user"),
            "elapsed_seconds": self.elapsed_seconds,
        }


def _masked(value: Any, schema: Any) -> Any:
    """A value in which whatever its schema marks `secret: true` is replaced, in place
    (st2common/util/secrets.py, output_schema.py)."""
    if not isinstance(schema, Mapping):
        return value
    if schema.get("secret", False):
        return MASK
    if isinstance(value, dict):
        for name, sub in (schema.get("properties") or {}).items():
            if name in value:
                value[name] = _masked(value[name], sub)
    elif isinstance(value, list):
        value[:] = [_masked(item, schema.get("items")) for item in value]
    return value


class Executions:
    """The executions of one StackStorm; safe to use from any thread. `on_completed` are called with
    each execution that has completed, by the thread that completes it."""

    def __init__(self, notifier: Notifier) -> None:
        self.on_completed: List[Callable[[Execution], None]] = []
        self._notifier = notifier
        self._lock = threading.Lock()
        self._all: Dict[str, Execution] = {}

    def add(self, execution: Execution) -> None:
        """Keep a new one."""
        with self._lock:
            self._all[execution.id] = execution
            self._tell(execution)

    def update(
        self, execution: Execution, status: str, result: Any = None, expect: Collection[str] = ()
    ) -> bool:
        """Enter a status; an empty result changes nothing. False, and nothing is changed, if it has
        completed already, or is in none of the statuses that are expected. A result that has
        succeeded is compared with its schema first."""
        if result and status == SUCCEEDED:
            result, status = _compared(result, execution.action)
        with self._lock:
            if execution.completed or (expect and execution.status not in expect):
                return False
            was, execution.status = execution.status, status
            execution.result = result or execution.result
            if status in COMPLETED:
                execution.end_timestamp = _now()
            if status != was:
                self._tell(execution)
        if status in COMPLETED:
            for hear in self.on_completed:
                hear(execution)
        return True

    def get(self, id_: str) -> Execution:
        """One of them; "last" is the newest. Raises RequestError."""
        with self._lock:
            if id_ == "last" and self._all:
                return list(self._all.values())[-1]
            if id_ not in self._all:
                raise RequestError(f"Execution with id {id_} not found.", status=404)
            return self._all[id_]

    def find(self, **wanted: Any) -> List[Execution]:
        """Those with these values of what is in `Execution.brief`, the newest first. parent=None
        are those that are no workflow's tasks."""
        with self._lock:
            everything = list(self._all.values())
        return [one for one in reversed(everything) if wanted.items() <= one.brief().items()]

    def active(self) -> List[Execution]:
        """Those that have not completed."""
        return [execution for execution in self.find() if not execution.completed]

    def _tell(self, execution: Execution) -> None:
        self._notifier.emit(EXECUTION, id=execution.id, **execution.brief())


def _compared(result: Any, action: Action) -> Tuple[Any, str]:
    """A result and its status; replaced by an error and "failed" where the result is not as its
    schema says (st2common/util/output_schema.py)."""
    try:
        if action.output_schema:
            schemas.check(result[action.runner.output_key], action.output_schema)
    except jsonschema.ValidationError as error:
        message = "Error validating output. See error output for more details."
        return {"error": str(error), "message": message}, FAILED
    return result, SUCCEEDED
