"""Runs workflows on the real Orquesta, as StackStorm's workflow engine does
(st2common/services/workflows.py, st2actions/workflows, contrib/runners/orquesta_runner).

After every step the conductor is written down as JSON and read back for the next: what JSON cannot
hold is lost on the way, here as there.
"""

import logging
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping

from . import executions, params
from .actions import Actions, failure
from .executions import Execution, Executions, new_id
from .orquesta_library import ORQUESTA, evaluating
from .worker import Worker

LOG = logging.getLogger(__name__)

statuses = ORQUESTA.statuses


@dataclass
class Workflow:
    """A workflow that runs: its execution, and the conductor written down."""

    execution: Execution
    data: Dict[str, Any]
    id: str = field(default_factory=new_id)

    def conductor(self) -> Any:
        """The conductor, read back."""
        return ORQUESTA.conducting.WorkflowConductor.deserialize(self.data)


class WorkflowEngine:
    """Runs all workflows in one thread, one step after the other."""

    def __init__(self, actions: Actions, kept: Executions) -> None:
        self._actions = actions
        self._executions = kept
        self._workflows: Dict[str, Workflow] = {}
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
        if not self._executions.update(
            execution, executions.RUNNING, expect=[executions.SCHEDULED]
        ):
            return
        try:
            workflow = self._prepare(execution)
        except ORQUESTA.exceptions.WorkflowInspectionError as error:
            found = [entry for entries in error.args[1].values() for entry in entries]
            result = {"errors": found, "output": None}
            self._executions.update(execution, executions.FAILED, result)
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            self._executions.update(execution, executions.FAILED, failure(error))
        else:
            self._workflows[workflow.id] = workflow
            self._step(workflow, lambda _: None)

    def _prepare(self, execution: Execution) -> Workflow:
        """A workflow that is requested, or has failed already because its input cannot be rendered.
        Raises WorkflowInspectionError, whose second argument is what is wrong, OSError, ValueError
        and whatever orquesta raises."""
        action = execution.action
        if action.path is None:
            raise ValueError(f'Action "{action.ref}" has no entry point')
        inputs = params.complete(action.parameters, execution.parameters)
        spec = ORQUESTA.native.instantiate(action.path.read_text(encoding="utf-8"))
        workflow = Workflow(execution, {})
        st2 = {
            "action_execution_id": execution.id,
            "workflow_execution_id": workflow.id,
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
        conductor = ORQUESTA.conducting.WorkflowConductor(spec, context=context, inputs=inputs)
        workflow.data = conductor.serialize()
        if conductor.get_workflow_status() not in statuses.COMPLETED_STATUSES:
            conductor.request_workflow_status(statuses.RUNNING)
            workflow.data = conductor.serialize()
        return workflow

    def _step(self, workflow: Workflow, change: Callable[[Any], None]) -> None:
        """Change the conductor, and request the tasks that are due then."""
        try:
            conductor = workflow.conductor()
            change(conductor)
            self._record(workflow, conductor)
            tasks = self._due(workflow)
            while tasks:
                self._request(workflow, tasks)
                tasks = self._due(workflow)
        except Exception as error:  # noqa: BLE001  # whatever it is, the workflow fails of it
            LOG.debug("%s fails: %s", workflow.execution.action.ref, type(error).__name__)
            conductor = workflow.conductor()
            conductor.request_workflow_status(statuses.FAILED)
            conductor.log_error(error)
            self._record(workflow, conductor)

    def _due(self, workflow: Workflow) -> Any:
        conductor = workflow.conductor()
        tasks = conductor.get_next_tasks()
        if conductor.get_workflow_status() in statuses.COMPLETED_STATUSES:
            # The input of one cannot be rendered. StackStorm forgets that, and waits for ever.
            self._record(workflow, conductor)
        return tasks

    def _request(self, workflow: Workflow, tasks: Any) -> None:
        conductor = workflow.conductor()
        for task in tasks:
            event = ORQUESTA.events.ActionExecutionEvent(statuses.RUNNING)
            conductor.update_task_state(task["id"], task["route"], event)
        self._record(workflow, conductor)
        for task in tasks:
            for request in task["actions"]:
                self._request_action(workflow, task, request)

    def _request_action(
        self, workflow: Workflow, task: Mapping[str, Any], request: Mapping[str, Any]
    ) -> None:
        action = self._actions.action(request["action"])
        st2 = workflow.data["context"]["st2"]
        context = {
            "pack": action.pack,
            "user": st2["user"],
            "parent": {
                "execution_id": workflow.execution.id,
                "user": st2["user"],
                "pack": st2["pack"],
            },
            "orquesta": {
                "workflow_execution_id": workflow.id,
                "task_name": task["spec"].name or task["id"],
                "task_id": task["id"],
                "task_route": task["route"],
            },
        }
        parameters = self._actions.render(action, request["input"] or {})
        self._actions.request(action, parameters, context)

    def _task_completed(self, execution: Execution) -> None:
        orquesta = execution.context["orquesta"]
        workflow = self._workflows.get(orquesta["workflow_execution_id"])
        if workflow is None:
            return
        # What ended without a result has an empty one in StackStorm's database.
        event = ORQUESTA.events.ActionExecutionEvent(
            execution.status, result=execution.result or {}
        )
        self._step(
            workflow,
            lambda conductor: conductor.update_task_state(
                orquesta["task_id"], orquesta["task_route"], event
            ),
        )

    def _record(self, workflow: Workflow, conductor: Any) -> None:
        """Write the conductor down, and tell the workflow's execution. One that has completed, as
        have all its tasks, is forgotten."""
        status = conductor.get_workflow_status()
        if status in statuses.COMPLETED_STATUSES:
            conductor.render_workflow_output()
        workflow.data = conductor.serialize()
        status = conductor.get_workflow_status()
        result: Dict[str, Any] = {"output": workflow.data["output"] or None}
        if status in statuses.ABENDED_STATUSES:
            result["errors"] = workflow.data["errors"]
        self._executions.update(workflow.execution, status, result)
        own = workflow.execution
        if own.completed and not any(one.parent == own.id for one in self._executions.active()):
            self._workflows.pop(workflow.id, None)
