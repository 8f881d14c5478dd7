"""Workflows by Orquesta's own conductor alone: no StackStorm, no process, no switch.

    run = conduct("docker-network-tor", GIVEN, add_ve_interface=failed(error="no"))
    run.tasks       which tasks were run, in their order, and with which input
    run.status, run.output

`conduct` takes the workflow and the defaults of its parameters from the pack's YAML, and tells the
conductor how the action of each task ended. An action that is given what it does not take, or not
all that it needs, is an error.
"""

import functools
import json
from typing import Any, Dict, List, NamedTuple

import pytest
import schemas
from conftest import PACK

library = pytest.importorskip("lab.stackstorm.orquesta_library", reason="workflows need orquesta")

EXECUTION = "6b05c0de"
"""The id of the workflow's execution."""
CONTEXT = {
    "st2": {"action_execution_id": EXECUTION, "user": "stanley", "pack": "docker"},
    "parent": {},
}
"""What StackStorm lets a workflow know of itself."""
POST = "chatops.post_message"
POST_TAKES = {"message", "channel", "user", "whisper", "extra", "context", "route"}
TASK_FAILED = "Execution failed. See result for details."
"""What Orquesta notes of a task whose action failed."""

orquesta = library.ORQUESTA


class End(NamedTuple):
    """How an action ended, as StackStorm tells its workflow."""

    status: str
    result: Dict[str, Any]


class Task(NamedTuple):
    """A task that was run."""

    name: str
    action: str
    input: Dict[str, Any]


class Run(NamedTuple):
    """A workflow that has ended."""

    tasks: List[Task]
    status: str
    output: Any

    @property
    def names(self) -> List[str]:
        return [task.name for task in self.tasks]

    def input(self, name: str) -> Dict[str, Any]:
        """The input of the one task of that name."""
        (found,) = (task.input for task in self.tasks if task.name == name)
        return found


def succeeded(**result: Any) -> End:
    """An action that returned True and this."""
    return End("succeeded", _ended(result, 0))


def failed(**result: Any) -> End:
    """An action that returned False and this."""
    return End("failed", _ended(result, 1))


def killed(**result: Any) -> End:
    """An action that was killed; before it returned anything, or after it had returned this."""
    return End("failed", _ended(result or None, -9))


def timed_out() -> End:
    """An action that StackStorm ended, and that has no `result` at all."""
    return End("timeout", {"error": "Action failed to complete in 600 seconds", "exit_code": -9})


def _ended(result: Any, exit_code: int) -> Dict[str, Any]:
    return {"result": result, "exit_code": exit_code, "stdout": "out", "stderr": "err"}


def conduct(workflow: str, given: Dict[str, Any], **ends: End) -> Run:
    """Run a workflow to its end. `ends` are those of the tasks' actions; messages are posted."""
    wrapper = schemas.action(workflow)
    parameters = wrapper.get("parameters") or {}
    assert set(given) <= set(parameters)
    inputs = {name: of["default"] for name, of in parameters.items() if "default" in of}
    conductor = orquesta.conducting.WorkflowConductor(
        _spec(wrapper["entry_point"]), context=CONTEXT, inputs={**inputs, **given}
    )
    conductor.request_workflow_status(orquesta.statuses.RUNNING)
    tasks: List[Task] = []
    while True:
        requests = conductor.get_next_tasks()
        if not requests:
            break
        for request in requests:
            (asked,) = request["actions"]
            task = Task(request["id"], asked["action"], json.loads(json.dumps(asked["input"])))
            _check(task)
            tasks.append(task)
            end = succeeded() if task.action == POST else ends[task.name]
            for event in (
                orquesta.events.ActionExecutionEvent(orquesta.statuses.RUNNING),
                orquesta.events.ActionExecutionEvent(end.status, result=end.result),
            ):
                conductor.update_task_state(request["id"], request["route"], event)
    # An expression that cannot be evaluated is an error of another text.
    assert {one["message"] for one in conductor.errors} <= {TASK_FAILED}
    conductor.render_workflow_output()
    return Run(tasks, conductor.get_workflow_status(), conductor.get_workflow_output())


@functools.lru_cache(maxsize=None)
def _spec(entry_point: str) -> Any:
    """The workflow of a file, in which Orquesta finds nothing wrong."""
    text = (PACK / "actions" / entry_point).read_text(encoding="utf-8")
    spec = orquesta.native.instantiate(text)
    assert spec.inspect(CONTEXT) == {}
    return spec


def _check(task: Task) -> None:
    """Raises AssertionError where StackStorm would refuse to run the action."""
    if task.action == POST:
        assert {"message", "channel"} <= set(task.input) <= POST_TAKES
        return
    parameters = schemas.action(task.action.partition(".")[2])["parameters"]
    needed = {name for name, of in parameters.items() if of.get("required")}
    assert needed <= set(task.input) <= set(parameters), task
