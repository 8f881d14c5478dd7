"""Runs a Python action in a process of its own
(contrib/runners/python_runner/python_runner.py)."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from . import templates, wire
from .delimiters import DELIMITER, INVALID_STATUS_EXIT_CODE
from .executions import FAILED, SUCCEEDED, TIMEOUT, Execution

WRAPPER = Path(__file__).with_name("action_wrapper.py")
STANDINS = Path(__file__).resolve().parents[1] / "standins"
MAX_PARAMETERS = 131072 - 15
"""Characters of parameters that still go on the command line."""

KILLED = -9
LAST_WORDS = 5.0
"""Seconds to read what a killed action has still written."""


class PythonRunner:
    """Runs actions of one pack; safe to use from any thread."""

    def __init__(self, pack_dir: Path, socket: Path, cwd: Path, python: str, api_url: str) -> None:
        self._socket = socket
        self._cwd = cwd
        self._python = python
        self._api_url = api_url
        self._path = os.pathsep.join([str(pack_dir / "actions" / "lib"), str(STANDINS)])
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
        if runner_parameters.get("content_version"):
            raise ValueError("StackStorm has content_version, the lab has not.")
        encoded = templates.encode(dict(parameters))
        arguments = self._arguments(execution, config, str(runner_parameters.get("log_level")))
        text: Optional[str] = None
        if len(encoded) >= MAX_PARAMETERS:
            arguments.append("--stdin-parameters")
            text = f'{{"parameters": {encoded}}}\n'
        else:
            arguments.append(f"--parameters={encoded}")
        timeout = runner_parameters.get("timeout")
        environment = self._environment(execution, runner_parameters)
        process = self._start(execution.id, arguments, environment, text)
        try:
            stdout, stderr, timed_out = _talk(process, text, timeout)
        finally:
            with self._lock:
                self._running.pop(execution.id, None)
        return _outcome(
            KILLED if timed_out else process.returncode,
            stdout,
            stderr,
            f"Action failed to complete in {timeout} seconds" if timed_out else None,
        )

    def close(self) -> None:
        """Kill what still runs; nothing is started any more."""
        with self._lock:
            self._closed = True
            for process in self._running.values():
                _kill(process)

    def kill(self, execution_id: str) -> bool:
        """Kill the process of an execution. Returns whether there was one."""
        with self._lock:
            process = self._running.get(execution_id)
            if process is not None:
                _kill(process)
            return process is not None

    def _arguments(
        self, execution: Execution, config: Mapping[str, Any], log_level: str
    ) -> List[str]:
        user = execution.context.get("user")
        arguments = [
            self._python,
            "-u",
            str(WRAPPER),
            f"--pack={execution.action.pack}",
            f"--file-path={execution.action.path}",
            f"--user={user}",
            "--parent-args=[]",
        ]
        if config:
            arguments.append(f"--config={templates.encode(dict(config))}")
        if log_level != "DEBUG":
            arguments.append(f"--log-level={log_level}")
        return arguments

    def _environment(
        self, execution: Execution, runner_parameters: Mapping[str, Any]
    ) -> Dict[str, str]:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = self._path
        wanted = runner_parameters.get("env") or {}
        environment.update(
            {name: value for name, value in wanted.items() if name.lower() != "pythonpath"}
        )
        environment.update(
            {
                "ST2_ACTION_PACK_NAME": execution.action.pack,
                "ST2_ACTION_EXECUTION_ID": execution.id,
                "ST2_ACTION_API_URL": self._api_url,
                "ST2_ACTION_DEBUG": str(bool(runner_parameters.get("debug"))),
                wire.SOCKET: str(self._socket),
            }
        )
        return environment

    def _start(
        self,
        execution_id: str,
        arguments: List[str],
        environment: Dict[str, str],
        text: Optional[str],
    ) -> "subprocess.Popen[str]":
        with self._lock:
            if self._closed:
                raise OSError("the lab is closing")
            process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                arguments,
                stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=environment,
                cwd=str(self._cwd),
                start_new_session=True,
            )
            self._running[execution_id] = process
        return process


def _kill(process: "subprocess.Popen[str]") -> None:
    """With everything that it has started and that has not left its group."""
    # It may have ended by itself.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _talk(
    process: "subprocess.Popen[str]", text: Optional[str], timeout: Optional[float]
) -> Tuple[str, str, bool]:
    with process:
        try:
            stdout, stderr = process.communicate(text, timeout=timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
        else:
            return stdout, stderr, False
        try:
            stdout, stderr = process.communicate(timeout=LAST_WORDS)
        except subprocess.TimeoutExpired as error:
            # A process that left the group holds the pipes.
            stdout, stderr = _text(error.stdout), _text(error.stderr)
        return stdout, stderr, True


def _text(data: Any) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data or ""


def _outcome(
    exit_code: int, stdout: str, stderr: str, error: Optional[str]
) -> Tuple[str, Dict[str, Any]]:
    if exit_code == INVALID_STATUS_EXIT_CODE:
        raise ValueError(stderr)
    stdout, result, succeeded = _split(stdout)
    output = {"stdout": stdout, "stderr": stderr, "exit_code": exit_code, "result": result}
    if error:
        output["error"] = error
        return TIMEOUT, output
    return (SUCCEEDED if exit_code == 0 and succeeded is not False else FAILED), output


def _split(stdout: str) -> Tuple[str, Any, Optional[bool]]:
    """The rest of the output, the result in it, and the status. No result is "None", as text."""
    if DELIMITER not in stdout:
        return stdout, "None", None
    parts = stdout.split(DELIMITER)
    if len(parts) != 3:
        raise ValueError(f"The result length should be 3, was {len(parts)}.")
    before, text, after = parts
    text = text.strip()
    try:
        found = json.loads(text)
    except ValueError:
        # What JSON could not hold comes in Python's notation.
        match = re.search("'result': (.*?)$", text)
        return before + after, match.group(1) if match else text, None
    return before + after, found["result"], found["status"]


def this_python() -> str:
    """The interpreter that the lab runs on, which actions and sensors run on too."""
    return sys.executable
