"""Executions: what has run, is running and is to run (st2common/models/db/execution.py,
st2common/services/executions.py)."""

import copy
import datetime
import itertools
import threading
import time
from typing import Any, Callable, Collection, Dict, Iterator, List, Mapping, Optional

from . import ids, masking, output
from .errors import NotFound
from .events import EXECUTION, Notifier
from .models import Action

REQUESTED, SCHEDULED, DELAYED, RUNNING = "requested", "scheduled", "delayed", "running"
SUCCEEDED, FAILED, TIMEOUT = "succeeded", "failed", "timeout"
CANCELING, CANCELED, ABANDONED = "canceling", "canceled", "abandoned"

COMPLETED = (SUCCEEDED, FAILED, TIMEOUT, CANCELED, ABANDONED)
CANCELABLE = (REQUESTED, SCHEDULED, DELAYED, RUNNING)
CANCELING_OR_CANCELED = (CANCELING, CANCELED)

WEB = "https://localhost/#/history"
"""Where StackStorm's web UI shows executions if nothing is configured."""


class Execution:
    """One run of an action. Its attributes change while it runs; `to_dict` is one moment of it.

    `parameters` are those it was requested with, secrets and all; `context` says who and what
    started it: `parent`, and for a task of a workflow `orquesta` with task_name and task_id.
    """

    def __init__(
        self,
        action: Action,
        parameters: Mapping[str, Any],
        context: Mapping[str, Any],
        *,
        delay: Optional[int] = None,
        origin: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.id = ids.new()
        self.liveaction_id = ids.new()
        self.action = action
        self.parameters = dict(parameters)
        self.context = dict(context)
        self.delay = delay
        self.status = REQUESTED
        self.start_timestamp = ids.now()
        self.end_timestamp: Optional[datetime.datetime] = None
        self.result: Any = None
        self.children: List[str] = []
        self.log: List[Dict[str, Any]] = [{"timestamp": self.start_timestamp, "status": REQUESTED}]
        self._origin = dict(origin or {})
        self._lock = threading.RLock()

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
    def origin(self) -> Mapping[str, Any]:
        """What started it, as the API shows it: `rule`, `trigger`, `trigger_type` and
        `trigger_instance` if a rule did."""
        return self._origin

    @property
    def started(self) -> str:
        """When it was requested, as the API writes moments."""
        return ids.iso(self.start_timestamp)

    @property
    def completed(self) -> bool:
        """Whether it will not change any more."""
        return self.status in COMPLETED

    @property
    def elapsed_seconds(self) -> Optional[float]:
        """From the request to the end; None until then."""
        if self.end_timestamp is None:
            return None
        return (self.end_timestamp - self.start_timestamp).total_seconds()

    def to_dict(self, show_secrets: bool = False) -> Dict[str, Any]:
        """As in StackStorm's API, `GET /v1/executions/<id>`: what is empty is left out, and secrets
        are ******** unless they are to be shown."""
        with self._lock:
            parameters, result = self.parameters, self.result
            if not show_secrets:
                declared = {**self.action.parameters, **self.action.runner.parameters}
                parameters = masking.mask(parameters, declared)
                key = self.action.runner.output_key
                result = output.mask(result, key, self.action.output_schema)
            found = {
                **self._origin,
                "id": self.id,
                "action": self.action.to_dict(),
                "runner": self.action.runner.to_dict(),
                "liveaction": {
                    "id": self.liveaction_id,
                    "action": self.action.ref,
                    "action_is_workflow": self.action.runner.name == "orquesta",
                    "parameters": parameters,
                    "callback": {},
                    "runner_info": {},
                },
                "parameters": parameters,
                "context": self.context,
                "status": self.status,
                "start_timestamp": ids.iso(self.start_timestamp),
                "end_timestamp": self.end_timestamp and ids.iso(self.end_timestamp),
                "elapsed_seconds": self.elapsed_seconds,
                "result": result,
                "parent": self.parent,
                "children": self.children,
                "delay": self.delay,
                "log": [
                    {"timestamp": ids.iso(entry["timestamp"]), "status": entry["status"]}
                    for entry in self.log
                ],
                "web_url": f"{WEB}/{self.id}/general",
            }
            return copy.deepcopy({name: value for name, value in found.items() if value})


class Executions:
    """The executions of one StackStorm; safe to use from any thread.

    `on_completed` are called with each execution that has completed, by the thread that completes
    it. Of more than `keep`, the oldest that have completed are forgotten with their children.
    """

    def __init__(self, notifier: Notifier, keep: int, validate_output: bool) -> None:
        self.on_completed: List[Callable[[Execution], None]] = []
        self._notifier = notifier
        self._keep = keep
        self._validate_output = validate_output
        self._changed = threading.Condition()
        self._all: Dict[str, Execution] = {}
        self._active: Dict[str, Execution] = {}

    def add(self, execution: Execution) -> None:
        """Keep a new one, and tell its parent."""
        with self._changed:
            self._all[execution.id] = self._active[execution.id] = execution
            parent = self._all.get(execution.parent or "")
            if parent is not None:
                with parent._lock:
                    parent.children.append(execution.id)
            self._forget()
            self._tell(execution)

    def update(
        self,
        execution: Execution,
        status: Optional[str] = None,
        result: Any = None,
        context: Optional[Mapping[str, Any]] = None,
        expect: Collection[str] = (),
    ) -> bool:
        """Change what is given; an empty result changes nothing. False, and nothing is changed, if
        it has completed already, or is in none of the states that are expected. A result that has
        succeeded is compared with its schemas first."""
        if result and status == SUCCEEDED and self._validate_output:
            runner = execution.action.runner
            result, status = output.validate(
                result,
                status,
                runner.output_schema,
                execution.action.output_schema,
                runner.output_key,
            )
        with self._changed, execution._lock:
            if execution.completed or (expect and execution.status not in expect):
                return False
            if result:
                execution.result = result
            if context:
                execution.context.update(context)
            if status is None or status == execution.status:
                return True
            moment = ids.now()
            execution.log.append({"timestamp": moment, "status": status})
            if status in COMPLETED:
                execution.end_timestamp = moment
                del self._active[execution.id]
            execution.status = status
            self._tell(execution)
        if status in COMPLETED:
            for hear in self.on_completed:
                hear(execution)
        return True

    def get(self, id_: str) -> Execution:
        """One of them; "last" is the newest. Raises NotFound."""
        with self._changed:
            if id_ == "last" and self._all:
                return next(reversed(list(self._all.values())))
            if id_ not in self._all:
                raise NotFound(f"Execution with id {id_} not found.")
            return self._all[id_]

    def find(self, **wanted: Any) -> List[Execution]:
        """Those with these values of action (its ref), status, parent, task or user, the newest
        first. Raises TypeError for any other name."""
        unknown = set(wanted) - {"action", "status", "parent", "task", "user"}
        if unknown:
            raise TypeError(f"Executions have no {', '.join(sorted(unknown))}")
        with self._changed:
            everything = list(self._all.values())
        return [
            execution
            for execution in reversed(everything)
            if all(_brief(execution)[name] == value for name, value in wanted.items())
        ]

    def active(self) -> List[Execution]:
        """Those that have not completed, the oldest first."""
        with self._changed:
            return list(self._active.values())

    def descendants(self, id_: str) -> Iterator[Execution]:
        """Its children, each followed by its own."""
        for child in list(self.get(id_).children):
            yield self.get(child)
            yield from self.descendants(child)

    def changed(self) -> None:
        """Wake whoever waits: something else has changed."""
        with self._changed:
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool], timeout: Optional[float]) -> bool:
        """Wait until it holds, for so many seconds at most; looked at after every change. Returns
        whether it does."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not holds():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _forget(self) -> None:
        surplus = len(self._all) - self._keep
        if surplus <= 0:
            return
        roots = (execution for execution in list(self._all.values()) if execution.parent is None)
        for root in itertools.takewhile(lambda _: len(self._all) > self._keep, roots):
            family = [root, *self.descendants(root.id)]
            if all(execution.completed for execution in family):
                for execution in family:
                    del self._all[execution.id]

    def _tell(self, execution: Execution) -> None:
        self._changed.notify_all()
        self._notifier.emit(EXECUTION, id=execution.id, **_brief(execution))


def _brief(execution: Execution) -> Dict[str, Any]:
    return {
        "action": execution.action.ref,
        "status": execution.status,
        "parent": execution.parent,
        "task": execution.task,
        "user": execution.context.get("user"),
        "elapsed_seconds": execution.elapsed_seconds,
    }
