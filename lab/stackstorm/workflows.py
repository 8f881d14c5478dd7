"""Runs workflows on the real Orquesta, as StackStorm's workflow engine does
(st2common/services/workflows.py, st2actions/workflows).

After every step the conductor is written down as JSON and read back for the next: what JSON cannot
hold is lost on the way, here as there.
"""

import functools
import logging
import queue
import threading
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional

from . import executions, functions, orquesta_shims, workflow_start
from .datastore import Datastore
from .errors import InvalidActionReferencedException
from .executions import Execution, Executions
from .functions import ORQUESTA
from .requests import Requester, failure
from .workflow_state import (
    PROCESSED,
    TaskExecution,
    Workflow,
    delay_of,
    finish_task,
    mark_running,
    task_for,
)

LOG = logging.getLogger(__name__)

statuses = ORQUESTA.statuses
events = ORQUESTA.events


class WorkflowEngine:
    """Runs all workflows in one thread, one step after the other."""

    def __init__(
        self, requester: Requester, kept: Executions, store: Datastore, api_url: str
    ) -> None:
        self.store = store
        self._requester = requester
        self._executions = kept
        self._api_url = api_url
        self._workflows: Dict[str, Workflow] = {}
        self._steps: queue.SimpleQueue[Optional[Callable[[], None]]] = queue.SimpleQueue()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="st2-workflows")
        self._thread.start()

    def start(self, execution: Execution) -> None:
        """Take a scheduled execution of a workflow."""
        self._steps.put(functools.partial(self._start, execution))

    def completed(self, execution: Execution) -> None:
        """Take note that an execution has completed; only tasks of workflows matter."""
        if "orquesta" in execution.context and not self._stopping:
            self._steps.put(functools.partial(self._task_completed, execution))

    def cancel(self, execution: Execution, user: Optional[str]) -> None:
        """Cancel a workflow, or a workflow's task. Returns once that is requested."""
        done = threading.Event()

        def step() -> None:
            try:
                self._cancel(execution, user)
            finally:
                done.set()

        self._steps.put(step)
        done.wait()

    def stop(self) -> None:
        """From now on no workflow goes on when a task of it has completed."""
        self._stopping = True

    def close(self) -> None:
        """End, once the steps that are due have been made."""
        self._steps.put(None)
        self._thread.join()

    def task_results(self, workflow_id: str, task_id: str, route: int) -> List[Dict[str, Any]]:
        """See `functions.Backend`."""
        return [
            {
                "task_execution_id": task.id,
                "workflow_execution_id": workflow_id,
                "task_name": task.task_id,
                "task_id": task.task_id,
                "route": task.route,
                "result": task.result,
                "status": task.status,
                "start_timestamp": str(task.start),
                "end_timestamp": str(task.end),
            }
            for task in self._workflows[workflow_id].tasks.values()
            if task.task_id == task_id and task.route == route
        ]

    def _run(self) -> None:
        with functions.bound_to(self):
            while True:
                step = self._steps.get()
                if step is None:
                    return
                try:
                    with orquesta_shims.LOCK:
                        step()
                except Exception:
                    LOG.exception("A step of a workflow failed")

    def _start(self, execution: Execution) -> None:
        if not self._executions.update(
            execution, executions.RUNNING, expect=[executions.SCHEDULED]
        ):
            return
        try:
            asked = self._requester.finish(execution)
            definition = workflow_start.definition(execution)
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            self._executions.update(execution, executions.FAILED, failure(error))
            return
        try:
            workflow = workflow_start.prepare(
                execution, asked, definition, self._requester.action, self._api_url
            )
        except ORQUESTA.exceptions.WorkflowInspectionError as error:
            result = {"errors": error.args[1], "output": None}
            self._executions.update(execution, executions.FAILED, result)
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            result = {"errors": [{"message": str(error)}], "output": None}
            self._executions.update(execution, executions.FAILED, result)
            return
        if workflow.status in statuses.COMPLETED_STATUSES:
            self._record(workflow, workflow.conductor())
            return
        self._workflows[workflow.id] = workflow
        self._executions.update(execution, context={"workflow_execution": workflow.id})
        try:
            self._request_next(workflow)
        except Exception as error:  # noqa: BLE001  # whatever it is, the workflow fails of it
            self._fail(workflow, error)

    def _record(
        self, workflow: Workflow, conductor: Any, only: Optional[Collection[str]] = None
    ) -> None:
        """Write the conductor down, and tell the workflow's execution; with `only` where the
        workflow is in one of these states."""
        if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
            conductor.render_workflow_output()
        workflow.data = conductor.serialize()
        if only is not None and workflow.status not in only:
            return
        result: Dict[str, Any] = {"output": workflow.data["output"] or None}
        if workflow.status in statuses.ABENDED_STATUSES:
            result["errors"] = workflow.data["errors"]
        self._executions.update(workflow.execution, workflow.status, result)

    def _request_next(self, workflow: Workflow) -> None:
        conductor = workflow.conductor()
        if conductor.get_workflow_status() in (statuses.REQUESTED, statuses.SCHEDULED):
            conductor.request_workflow_status(statuses.RUNNING)
        tasks = conductor.get_next_tasks()
        if not tasks:
            self._record(workflow, conductor)
        while tasks:
            for task in tasks:
                mark_running(conductor, task)
            self._record(workflow, conductor)
            for task in tasks:
                try:
                    self._request_task(workflow, task)
                except Exception as error:  # noqa: BLE001  # whatever it is, the workflow fails
                    self._fail(workflow, error, task["id"], task["route"])
                    return
            conductor = workflow.conductor()
            tasks = conductor.get_next_tasks()
            if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
                # StackStorm forgets here that a task could not be rendered, and waits for ever.
                self._record(workflow, conductor)

    def _request_task(self, workflow: Workflow, request: Dict[str, Any]) -> None:
        task = task_for(workflow, request)
        try:
            if request["spec"].action is None or task.items_count == 0:
                task.status = statuses.RUNNING
                finish_task(task, statuses.SUCCEEDED, None, None)
                self._task_state(workflow, task, statuses.SUCCEEDED, None, None)
                return
            for action in request["actions"]:
                delay = delay_of(request, action.get("item_id"))
                self._request_action(workflow, task, action, delay)
        except Exception as error:
            details: Dict[str, Any] = {
                "type": "error",
                "message": f"{type(error).__name__}: {error}",
                "task_id": task.task_id,
                "route": task.route,
            }
            finish_task(task, statuses.FAILED, {"errors": [details]}, None)
            raise

    def _request_action(
        self,
        workflow: Workflow,
        task: TaskExecution,
        request: Mapping[str, Any],
        delay: Optional[int],
    ) -> None:
        action = self._requester.action(request["action"])
        if action is None:
            raise InvalidActionReferencedException(f'Unable to find action "{request["action"]}".')
        parent = workflow.task_context()
        orquesta = {
            "workflow_execution_id": workflow.id,
            "task_execution_id": task.id,
            "task_name": task.name,
            "task_id": task.task_id,
            "task_route": task.route,
        }
        item_id = request.get("item_id")
        if item_id is not None:
            orquesta["item_id"] = item_id
        context = {
            "pack": action.pack,
            "user": parent["user"],
            "parent": parent,
            "orquesta": orquesta,
        }
        parameters = self._requester.render(action, request["input"] or {}, context)
        task.status = statuses.RUNNING
        self._requester.request(action, parameters, context, delay=delay and delay * 1000)

    def _task_completed(self, execution: Execution) -> None:
        orquesta = execution.context["orquesta"]
        workflow = self._workflows.get(orquesta["workflow_execution_id"])
        if workflow is None:
            return
        task = workflow.tasks[orquesta["task_execution_id"]]
        item_id = orquesta.get("item_id")
        # What ended without a result has an empty one in StackStorm's database.
        result = execution.result or {}
        if task.status not in statuses.COMPLETED_STATUSES:
            try:
                finish_task(task, execution.status, result, item_id)
                self._task_state(workflow, task, execution.status, result, item_id)
                self._request_next(workflow)
                conductor = workflow.conductor()
                if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
                    self._record(workflow, conductor)
            except Exception as error:  # noqa: BLE001  # whatever it is, the workflow fails of it
                finish_task(task, statuses.FAILED, None, item_id)
                self._fail(workflow, error, task.task_id, task.route)
        self._forget(workflow)

    def _task_state(
        self,
        workflow: Workflow,
        task: TaskExecution,
        status: str,
        result: Any,
        item_id: Optional[int],
    ) -> None:
        if item_id is None:
            event = events.ActionExecutionEvent(status, result=result)
        else:
            results = [item and item.get("result") for item in task.result["items"]]
            event = events.TaskItemActionExecutionEvent(
                item_id, status, result=result, accumulated_result=results
            )
        conductor = workflow.conductor()
        conductor.update_task_state(task.task_id, task.route, event)
        self._record(workflow, conductor, only=PROCESSED)

    def _fail(
        self,
        workflow: Workflow,
        error: Exception,
        task_id: Optional[str] = None,
        route: Optional[int] = None,
    ) -> None:
        LOG.debug("%s fails: %s", workflow.execution.action.ref, type(error).__name__)
        conductor = workflow.conductor()
        conductor.request_workflow_status(statuses.FAILED)
        conductor.log_error(error, task_id=task_id, route=route)
        self._record(workflow, conductor)

    def _cancel(self, execution: Execution, user: Optional[str]) -> None:
        if execution.status not in executions.CANCELABLE:
            return
        result = {"message": "Action canceled by user.", "user": user}
        immediate = execution.parent is None and execution.status != executions.RUNNING
        status = executions.CANCELED if immediate else executions.CANCELING
        self._executions.update(execution, status, result, {"cancelled_by": user})
        if immediate:
            return
        workflow = self._workflows.get(execution.context.get("workflow_execution", ""))
        if workflow is None:
            self._executions.update(execution, executions.CANCELED)
            return
        if workflow.status not in statuses.COMPLETED_STATUSES:
            conductor = workflow.conductor()
            conductor.request_workflow_status(statuses.CANCELED)
            workflow.data = conductor.serialize()
        root = self._root(execution)
        if root is not execution and root.status != executions.CANCELING:
            self._cancel(root, None)
        children = [self._executions.get(child) for child in execution.children]
        for child in children:
            if _cancelable(child):
                self._cancel(child, execution.context.get("user"))
        if all(child.completed for child in children):
            self._executions.update(execution, executions.CANCELED)
            self._forget(workflow)

    def _root(self, execution: Execution) -> Execution:
        while execution.parent is not None:
            execution = self._executions.get(execution.parent)
        return execution

    def _forget(self, workflow: Workflow) -> None:
        """What has completed with all its tasks is not needed any more."""
        if workflow.execution.completed and not any(
            other.parent == workflow.execution.id for other in self._executions.active()
        ):
            self._workflows.pop(workflow.id, None)


def _cancelable(child: Execution) -> bool:
    """A workflow, or what does not run yet: a running action is let run."""
    if child.action.runner.name == "orquesta":
        return child.status in executions.CANCELABLE
    return child.status == executions.DELAYED
