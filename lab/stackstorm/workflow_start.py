"""Makes the conductor of a workflow that is to start (st2common/services/workflows.py, `request`;
contrib/runners/orquesta_runner)."""

from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from . import inspection
from .executions import Execution
from .functions import ORQUESTA
from .models import Action
from .workflow_state import Workflow

statuses = ORQUESTA.statuses


def definition(execution: Execution) -> str:
    """The text of a workflow. Raises OSError, UnicodeDecodeError or ValueError."""
    if execution.action.path is None:
        raise ValueError(f'Action "{execution.action.ref}" has no entry point')
    return execution.action.path.read_text(encoding="utf-8")


def prepare(
    execution: Execution,
    asked: Tuple[Dict[str, Any], Dict[str, Any]],
    text: str,
    find: Callable[[str], Optional[Action]],
    api_url: str,
) -> Workflow:
    """A workflow that is requested, or has failed already because its input cannot be rendered.
    `asked` are the runner's parameters and the action's. Raises WorkflowInspectionError, whose
    second argument is what is wrong, and whatever orquesta raises."""
    runner_parameters, inputs = asked
    spec = ORQUESTA.native.instantiate(text)
    st2 = {
        "action_execution_id": execution.id,
        "api_url": api_url,
        "user": execution.context.get("user"),
        "pack": execution.context.get("pack"),
        "action": execution.action.ref,
        "runner": execution.action.runner.name,
    }
    context = {"st2": st2, "parent": execution.context}
    found = inspection.inspect(spec, context, find)
    if found:
        raise ORQUESTA.exceptions.WorkflowInspectionError(found)
    conductor = ORQUESTA.conducting.WorkflowConductor(spec, context=context, inputs=inputs)
    workflow = Workflow(execution, conductor.serialize())
    _check_notify(runner_parameters, spec)
    if workflow.status not in statuses.COMPLETED_STATUSES:
        conductor.request_workflow_status(statuses.REQUESTED)
        workflow.data = conductor.serialize()
        workflow.data["context"]["st2"]["workflow_execution_id"] = workflow.id
        workflow.data["state"]["contexts"][0]["st2"]["workflow_execution_id"] = workflow.id
    return workflow


def _check_notify(runner_parameters: Mapping[str, Any], spec: Any) -> None:
    unknown = sorted(set(runner_parameters.get("notify") or ()) - set(spec.tasks.keys()))
    if unknown:
        raise ValueError(
            "The following tasks in the notify parameter do not exist in the workflow definition: "
            f"{', '.join(unknown)}."
        )
