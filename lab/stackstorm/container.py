"""Runs what is scheduled (st2actions/container, st2actions/worker.py)."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Mapping, Tuple

from . import executions
from .announcements import Announcements
from .executions import Execution, Executions
from .python_runner import PythonRunner
from .requests import Requester, failure
from .runners import ANNOUNCEMENT, NOOP, ORQUESTA, PYTHON

LOG = logging.getLogger(__name__)

Parameters = Mapping[str, Any]
Outcome = Tuple[str, Dict[str, Any]]
Run = Callable[[Execution, Parameters, Parameters], Outcome]


class Container:
    """Hands workflows to the workflow engine and runs everything else on a pool of `workers`
    threads."""

    def __init__(
        self,
        requester: Requester,
        kept: Executions,
        python: PythonRunner,
        announcements: Announcements,
        start_workflow: Callable[[Execution], None],
        workers: int,
    ) -> None:
        self._requester = requester
        self._executions = kept
        self._python = python
        self._announcements = announcements
        self._start_workflow = start_workflow
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="st2-worker")
        self._runs: Dict[str, Run] = {
            PYTHON: self._run_python,
            ANNOUNCEMENT: self._run_announcement,
            NOOP: self._run_noop,
        }

    def start(self, execution: Execution) -> None:
        """Take a scheduled execution."""
        if execution.action.runner.name == ORQUESTA:
            self._start_workflow(execution)
        else:
            self._pool.submit(self._run, execution)

    def kill(self, execution: Execution) -> bool:
        """SIGKILL for the process of a Python action, as from a kernel that is out of memory.
        Returns whether there was one."""
        return self._python.kill(execution.id)

    def abandon(self, execution: Execution) -> None:
        """Give up an execution that runs, as a worker does that has to end
        (st2common/services/executions.py, `abandon_execution_if_incomplete`): its process goes on,
        and what it returns is lost."""
        self._executions.update(execution, executions.ABANDONED)

    def close(self) -> None:
        """Kill the Python actions that run, and end once all is done that was started."""
        self._python.close()
        self._pool.shutdown(wait=True)

    def _run(self, execution: Execution) -> None:
        # Canceled meanwhile, perhaps.
        if not self._executions.update(
            execution, executions.RUNNING, expect=[executions.SCHEDULED]
        ):
            return
        try:
            runner_parameters, parameters = self._requester.finish(execution)
            run = self._runs[execution.action.runner.name]
            status, result = run(execution, runner_parameters, parameters)
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            LOG.debug("%s failed: %s", execution.action.ref, type(error).__name__)
            status, result = executions.FAILED, failure(error)
        self._executions.update(execution, status, result)

    def _run_python(
        self, execution: Execution, runner_parameters: Parameters, parameters: Parameters
    ) -> Outcome:
        user = execution.context.get("user") or ""
        config = self._requester.config(execution.action.pack, user)
        return self._python.run(execution, runner_parameters, parameters, config)

    def _run_announcement(
        self, execution: Execution, runner_parameters: Parameters, parameters: Parameters
    ) -> Outcome:
        if not runner_parameters.get("experimental"):
            raise ValueError(f"Experimental flag is missing for action {execution.action.ref}")
        self._announcements.announce(str(runner_parameters.get("route")), parameters, execution.id)
        return executions.SUCCEEDED, {"output": dict(parameters), **parameters}

    @staticmethod
    def _run_noop(_: Execution, __: Parameters, ___: Parameters) -> Outcome:
        return executions.SUCCEEDED, {"failed": False, "succeeded": True, "return_code": 0}
