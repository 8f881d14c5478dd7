"""Decides whether an execution may run, and runs it (st2actions/scheduler, st2actions/policies,
st2actions/container)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Tuple

from . import executions, params
from .events import Messages
from .executions import Execution, Executions
from .models import Policy
from .python_runner import PythonRunner
from .requests import Requester, failure
from .runners import ANNOUNCEMENT, ORQUESTA, PYTHON

WORKERS = 60
"""[actionrunner] actions_pool_size: actions that run at once."""


class Container:
    """Hands workflows to the workflow engine and runs everything else on a pool of threads."""

    def __init__(
        self,
        requester: Requester,
        kept: Executions,
        python: PythonRunner,
        messages: Messages,
        start_workflow: Callable[[Execution], None],
    ) -> None:
        self._requester = requester
        self._executions = kept
        self._python = python
        self._messages = messages
        self._start_workflow = start_workflow
        self._policies = list(requester.pack.policies.values())
        # What a canceled execution brings about may be to do something in another thread.
        self._lock = threading.RLock()
        self._closed = False
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="st2-worker")

    def submit(self, execution: Execution) -> None:
        """Take a requested execution; its action's policies may cancel it."""
        with self._lock:
            one_too_many = any(self._is_reached(policy, execution) for policy in self._policies)
            status = executions.CANCELED if one_too_many else executions.SCHEDULED
            self._executions.update(execution, status, expect=[executions.REQUESTED])
        if execution.status == executions.SCHEDULED:
            if execution.action.runner.name == ORQUESTA:
                self._start_workflow(execution)
            else:
                self.call(lambda: self._run(execution))

    def _is_reached(self, policy: Policy, execution: Execution) -> bool:
        if not policy.enabled or policy.resource_ref != execution.action.ref:
            return False
        alike: List[Execution] = self._executions.find(action=policy.resource_ref)
        running = (executions.SCHEDULED, executions.RUNNING)
        return sum(one.status in running for one in alike) >= policy.threshold

    def call(self, work: Callable[[], Any]) -> None:
        """Do something in another thread; nothing any more once it is closed."""
        with self._lock:
            if not self._closed:
                self._pool.submit(work)

    def kill(self, execution: Execution) -> bool:
        """SIGKILL for the process of a Python action, as from a kernel that is out of memory.
        Returns whether there was one."""
        return self._python.kill(execution.id)

    def close(self) -> None:
        """Kill the Python actions that run, and end once all is done that was started."""
        with self._lock:
            self._closed = True
        self._python.close()
        self._pool.shutdown(wait=True)

    def _run(self, execution: Execution) -> None:
        # Canceled meanwhile, perhaps.
        if not self._executions.update(
            execution, executions.RUNNING, expect=[executions.SCHEDULED]
        ):
            return
        try:
            status, result = self._outcome(execution)
        except Exception as error:  # noqa: BLE001  # whatever it is, the execution fails of it
            status, result = executions.FAILED, failure(error)
        self._executions.update(execution, status, result)

    def _outcome(self, execution: Execution) -> Tuple[str, Dict[str, Any]]:
        action = execution.action
        config = self._requester.config(action.pack)
        parameters = params.complete(action.all_parameters, execution.parameters)
        own = {name: parameters.pop(name) for name in action.runner.parameters}
        if action.runner.name == PYTHON:
            return self._python.run(execution, own, parameters, config)
        if action.runner.name == ANNOUNCEMENT:
            self._messages.post({**own, **parameters}, execution.id)
        return executions.SUCCEEDED, parameters
