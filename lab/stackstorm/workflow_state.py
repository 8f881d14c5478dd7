"""What is known of a workflow that runs: its conductor, written down, and its tasks
(st2common/models/db/workflow.py)."""

import datetime
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from . import executions, ids
from .executions import Execution
from .functions import ORQUESTA

statuses = ORQUESTA.statuses
events = ORQUESTA.events

PROCESSED = [*executions.COMPLETED, "paused", "pending"]
"""The states of an action that the conductor is told of."""


@dataclass
class TaskExecution:
    """One time that a task has been requested; with items, all of them."""

    task_id: str
    route: int
    name: str
    items_count: Optional[int] = None
    status: str = statuses.REQUESTED
    result: Any = None
    start: datetime.datetime = field(default_factory=ids.now)
    end: Optional[datetime.datetime] = None
    id: str = field(default_factory=ids.new)

    def __post_init__(self) -> None:
        if self.items_count is not None:
            self.result = {"items": [None] * self.items_count}

    @property
    def itemized(self) -> bool:
        """Whether it is a task with items, and has some."""
        return bool(self.items_count)


@dataclass
class Workflow:
    """A workflow that runs: its execution, the conductor written down, and its tasks."""

    execution: Execution
    data: Dict[str, Any]
    tasks: Dict[str, TaskExecution] = field(default_factory=dict)
    id: str = field(default_factory=ids.new)

    def conductor(self) -> Any:
        """The conductor, read back."""
        return ORQUESTA.conducting.WorkflowConductor.deserialize(self.data)

    @property
    def status(self) -> str:
        """Orquesta's status of it."""
        return str(self.data["state"]["status"])

    def task_context(self) -> Dict[str, Any]:
        """What the executions of its tasks know of their parent."""
        st2 = self.data["context"]["st2"]
        return {
            "execution_id": self.execution.id,
            "user": st2.get("user"),
            "pack": st2.get("pack"),
        }


def mark_running(conductor: Any, task: Mapping[str, Any]) -> None:
    """Tell the conductor that a task's actions, or those of its items, are requested."""
    if task.get("items_count") == 0 and task["spec"].has_items():
        event = events.ActionExecutionEvent(statuses.RUNNING)
        conductor.update_task_state(task["id"], task["route"], event)
    for action in task["actions"]:
        item_id = action.get("item_id")
        if item_id is None:
            event = events.ActionExecutionEvent(statuses.RUNNING)
        else:
            event = events.TaskItemActionExecutionEvent(item_id, statuses.RUNNING)
        conductor.update_task_state(task["id"], task["route"], event)


def task_for(workflow: Workflow, request: Mapping[str, Any]) -> TaskExecution:
    """The one that still has items to run, or a new one."""
    earlier = [
        task
        for task in workflow.tasks.values()
        if task.task_id == request["id"] and task.route == request["route"]
    ]
    if earlier and earlier[-1].itemized and earlier[-1].status == statuses.RUNNING:
        return earlier[-1]
    task = TaskExecution(
        task_id=request["id"],
        route=request["route"],
        name=request["spec"].name or request["id"],
        items_count=request.get("items_count"),
    )
    workflow.tasks[task.id] = task
    return task


def delay_of(request: Mapping[str, Any], item_id: Optional[int]) -> Optional[int]:
    """Seconds that a requested task waits, None if it does not: of items only the first that may
    run at once."""
    concurrency = request.get("concurrency")
    if item_id is not None and concurrency and item_id >= concurrency:
        return None
    return request.get("delay") or None


def finish_task(task: TaskExecution, status: str, result: Any, item_id: Optional[int]) -> None:
    """Note how a task's action, or the action for one of its items, has ended."""
    if status not in PROCESSED:
        return
    if not task.itemized:
        task.status = status
        task.result = result or task.result
    elif item_id is not None:
        items = task.result["items"]
        items[item_id] = {"status": status, "result": result}
        if all(item and item["status"] in statuses.COMPLETED_STATUSES for item in items):
            succeeded = all(item["status"] == statuses.SUCCEEDED for item in items)
            task.status = statuses.SUCCEEDED if succeeded else statuses.FAILED
    if task.status in statuses.COMPLETED_STATUSES:
        task.end = ids.now()
