"""Runs workflows on the real Orquesta, as StackStorm's workflow engine does
(st2common/services/workflows.py, st2actions/workflows, contrib/runners/orquesta_runner).

After every step the conductor is written down as JSON and read back for the next: what JSON cannot
hold is lost on the way, here as there.
"""

import contextlib
import logging
from typing import Any, Callable, Dict, Iterator, Mapping

from . import executions, params
from .actions import Actions, failure
from .executions import Execution, Executions
from .orquesta_library import ORQUESTA, evaluating
from .worker import Worker

LOG = logging.getLogger(__name__)

Change = Callable[[Any], None]
"""Takes a conductor."""

statuses = ORQUESTA.statuses


class WorkflowEngine:
    """Runs all workflows in one thread, one step after the other."""

    def __init__(self, actions: Actions, kept: Executions) -> None:
        self._actions = actions
        self._executions = kept
        # The conductors, by the workflow's execution.
        self._written: Dict[str, Dict[str, Any]] = {}
        self._worker = Worker("workflows")
        actions.start_workflow = self.start

    def start(self, execution: Execution) -> None:
        """Take a scheduled execution of a workflow."""
        self._worker.do(self._evaluated, self._start, execution)

    def completed(self, execution: Execution) -> None:
        """Take note that an execution has completed; only tasks of workflows matter."""
        if "orquesta" in execution.context:
            self._worker.do(self._evaluated, self._task_completed, execution)

    def close(self) -> None:
        """End, once the steps that are due have been made: no workflow goes on any more."""
        self._worker.close()

    def _evaluated(self, step: Callable[[Execution], None], execution: Execution) -> None:
        with evaluating(self._actions.store):
            step(execution)

    def _start(self, execution: Execution) -> None:
        scheduled = [executions.SCHEDULED]
        if not self._executions.update(execution, executions.RUNNING, expect=scheduled):
            return
        try:
            self._written[execution.id] = self._prepared(execution).serialize()
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            self._executions.update(execution, executions.FAILED, failure(error))
        else:
            self._step(execution, _begin)

    def _prepared(self, execution: Execution) -> Any:
        """The conductor of a workflow that is requested, or has failed already because its input
        cannot be rendered. Raises OSError, ValueError, and whatever orquesta raises."""
        action = execution.action
        if action.path is None:
            raise ValueError(f'Action "{action.ref}" has no entry point')
        spec = ORQUESTA.native.instantiate(action.path.read_text(encoding="utf-8"))
        st2 = {
            "action_execution_id": execution.id,
            "user": execution.context.get("user"),
            "pack": execution.context.get("pack"),
            "action": action.ref,
            "runner": action.runner.name,
        }
        context = {"st2": st2, "parent": execution.context}
        spec.inspect(app_ctx=context, raise_exception=True)
        for name, task in spec.tasks.items():
            for attribute in ("with", "retry", "delay"):
                if getattr(task, attribute, None):
                    raise ValueError(f"StackStorm has {attribute}, as in {name}, the lab has not.")
        inputs = params.complete(action.parameters, execution.parameters)
        return ORQUESTA.conducting.WorkflowConductor(spec, context=context, inputs=inputs)

    def _step(self, execution: Execution, change: Change) -> None:
        """Change the conductor, and request the tasks that are due then."""
        try:
            with self._turn(execution) as conductor:
                change(conductor)
            while not execution.completed:
                with self._turn(execution) as conductor:
                    # Where the input of one cannot be rendered, StackStorm forgets that, and waits
                    # for ever.
                    tasks = conductor.get_next_tasks()
                if not tasks:
                    return
                with self._turn(execution) as conductor:
                    for task in tasks:
                        _note(conductor, task["id"], task["route"], statuses.RUNNING)
                for task in tasks:
                    for request in task["actions"]:
                        self._request(execution, task, request)
        except Exception as error:  # noqa: BLE001  # whatever it is, the workflow fails of it
            LOG.debug("%s fails: %s", execution.action.ref, type(error).__name__)
            with self._turn(execution) as conductor:
                conductor.request_workflow_status(statuses.FAILED)
                conductor.log_error(error)

    @contextlib.contextmanager
    def _turn(self, execution: Execution) -> Iterator[Any]:
        """The conductor, read back. At the end it is written down, and the workflow's execution is
        told; that of one that has completed is forgotten."""
        written = self._written[execution.id]
        conductor = ORQUESTA.conducting.WorkflowConductor.deserialize(written)
        yield conductor
        if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
            conductor.render_workflow_output()
        written = self._written[execution.id] = conductor.serialize()
        status = conductor.get_workflow_status()
        result: Dict[str, Any] = {"output": written["output"] or None}
        if status in statuses.ABENDED_STATUSES:
            result["errors"] = written["errors"]
        self._executions.update(execution, status, result)
        if execution.completed:
            del self._written[execution.id]

    def _request(
        self, execution: Execution, task: Mapping[str, Any], request: Mapping[str, Any]
    ) -> None:
        action = self._actions.action(request["action"])
        user = execution.context.get("user")
        context = {
            "pack": action.pack,
            "user": user,
            "parent": {
                "execution_id": execution.id,
                "user": user,
                "pack": execution.context.get("pack"),
            },
            "orquesta": {
                "workflow_execution_id": execution.id,
                "task_name": task["spec"].name or task["id"],
                "task_id": task["id"],
                "task_route": task["route"],
            },
        }
        parameters = self._actions.render(action, request["input"] or {})
        self._actions.request(action, parameters, context)

    def _task_completed(self, task: Execution) -> None:
        orquesta = task.context["orquesta"]
        execution = self._executions.get(orquesta["workflow_execution_id"])
        if execution.id in self._written:
            place = orquesta["task_id"], orquesta["task_route"]
            # What ended without a result has an empty one in StackStorm's database.
            result = task.result or {}
            self._step(execution, lambda conductor: _note(conductor, *place, task.status, result))


def _begin(conductor: Any) -> None:
    if conductor.get_workflow_status() not in statuses.COMPLETED_STATUSES:
        conductor.request_workflow_status(statuses.RUNNING)


def _note(conductor: Any, task: str, route: int, status: str, result: Any = None) -> None:
    event = ORQUESTA.events.ActionExecutionEvent(status, result=result)
    conductor.update_task_state(task, route, event)
