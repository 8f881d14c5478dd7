"""Runs a Python action in a process of its own
(contrib/runners/python_runner/python_runner.py)."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

from . import processes, templates
from .executions import FAILED, SUCCEEDED, TIMEOUT, Execution

DELIMITER = "%%%%%~=~=~=************=~=~=~%%%%"
"""Stands before and after the result on an action's stdout (st2common/constants/action.py)."""
LAST_WORDS = 5.0
"""Seconds to read what a killed action has still written."""


class PythonRunner:
    """Runs actions of one pack; safe to use from any thread."""

    def __init__(self, pack_dir: Path, socket: Path) -> None:
        self._lib = pack_dir / "actions" / "lib"
        self._socket = socket
        self._lock = threading.Lock()
        self._running: Dict[str, subprocess.Popen[str]] = {}
        self._closed = False

    def run(
        self,
        execution: Execution,
        runner_parameters: Mapping[str, Any],
        parameters: Mapping[str, Any],
        config: Mapping[str, Any],
    ) -> Tuple[str, Dict[str, Any]]:
        """The status that it ends in, and its result. Raises OSError, TypeError or ValueError where
        it cannot be run or its output not be understood."""
        # StackStorm uses the command line for what is not too long for it.
        asked = {"parameters": dict(parameters), "config": dict(config)}
        process = self._start(execution, runner_parameters["env"] or {})
        timeout = runner_parameters["timeout"]
        try:
            stdout, stderr, timed_out = _talk(process, templates.encode(asked) + "\n", timeout)
        finally:
            with self._lock:
                self._running.pop(execution.id, None)
        stdout, result, succeeded = _split(stdout)
        output = {"stdout": stdout, "stderr": stderr, "result": result}
        if timed_out:
            error = f"Action failed to complete in {timeout} seconds"
            return TIMEOUT, {**output, "exit_code": -9, "error": error}
        output["exit_code"] = process.returncode
        fine = process.returncode == 0 and succeeded is not False
        return (SUCCEEDED if fine else FAILED), output

    def close(self) -> None:
        """Kill what still runs; nothing is started any more."""
        with self._lock:
            self._closed = True
            for process in self._running.values():
                processes.kill(process)

    def kill(self, execution: Execution) -> bool:
        """Kill the process of an execution, as the kernel does when it is out of memory. Returns
        whether there was one."""
        with self._lock:
            process = self._running.get(execution.id)
            if process is not None:
                processes.kill(process)
            return process is not None

    def _start(self, execution: Execution, env: Mapping[str, str]) -> "subprocess.Popen[str]":
        action = execution.action
        with self._lock:
            if self._closed:
                raise OSError("the lab is closing")
            process = processes.start(
                "action_wrapper.py",
                [action.pack, str(action.path), DELIMITER],
                self._socket,
                path=[self._lib],
                environment=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            self._running[execution.id] = process
        return process


def _talk(
    process: "subprocess.Popen[str]", text: str, timeout: Optional[float]
) -> Tuple[str, str, bool]:
    """What it has written to stdout and stderr, and whether its time was over."""
    with process:
        try:
            return (*process.communicate(text, timeout=timeout), False)
        except subprocess.TimeoutExpired:
            processes.kill(process)
        try:
            return (*process.communicate(timeout=LAST_WORDS), True)
        except subprocess.TimeoutExpired:
            # A process that left the group holds the pipes.
            return "", "", True


def _split(stdout: str) -> Tuple[str, Any, Optional[bool]]:
    """The rest of the output, the result in it, and the status. No result is "None", as text."""
    if DELIMITER not in stdout:
        return stdout, "None", None
    before, text, after = stdout.split(DELIMITER)
    found = json.loads(text)
    return before + after, found["result"], found["status"]
