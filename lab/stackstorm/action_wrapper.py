"""The process of one Python action: loads the class, runs it, and writes the result to stdout
between two delimiters (contrib/runners/python_runner/python_action_wrapper.py).

It is a script. Its folder is not on the path, so that the action sees only what it would see under
StackStorm: its own folder, actions/lib, and the stand-ins for StackStorm's classes.
"""

import sys

if __name__ == "__main__":
    # The lab's modules are not the action's, and some have names of the standard library.
    sys.path.pop(0)

import argparse
import importlib.util
import json
import os
import select
from typing import Any, Dict, List, Optional

from python_runner.python_action_wrapper import ActionService
from st2common.runners.base_action import Action
from st2common.runners.utils import (
    get_action_class_instance,
    get_logger_for_python_runner_action,
)
from st2common.util.loader import register_plugin

STDIN_TIMEOUT = 2
"""Seconds to wait for parameters on stdin."""

INVALID_STATUS = """\
If this is an existing action which returns a tuple with two items, it needs to be updated to
either:

1. Return a list instead of a tuple
2. Return a tuple where a first items is a status flag - (True, ('item1', 'item2'))
"""


def _sibling(name: str) -> Any:
    """A module of this script's folder, which is not on the path."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location(f"_lab_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Service(ActionService):
    """Talks to the lab only once the action asks for the datastore."""

    def __init__(self, action_wrapper: "Wrapper") -> None:
        super().__init__(action_wrapper)
        self._datastore_service: Any = None

    @property
    def datastore_service(self) -> Any:
        if self._datastore_service is None:
            wire = _sibling("wire")
            wrapper = self._action_wrapper
            self._datastore_service = _sibling("child").DatastoreService(
                logger=get_logger_for_python_runner_action(wrapper._class_name, wrapper._log_level),
                pack_name=wrapper._pack,
                class_name=wrapper._class_name,
                client=wire.Client(os.environ[wire.SOCKET], {"kind": "action"}),
            )
        return self._datastore_service


class Wrapper:
    """Loads an action's class and runs it."""

    def __init__(
        self, pack: str, file_path: str, config: Dict[str, Any], log_level: str = "DEBUG"
    ) -> None:
        self._pack = pack
        self._file_path = file_path
        self._config = config
        self._log_level = log_level
        self._class_name = ""

    def run(self, parameters: Dict[str, Any]) -> None:
        """Raises SystemExit where the status is none, and whatever the action raises."""
        agreed = _sibling("delimiters")
        output = self._instance().run(**parameters)
        status: Optional[bool] = None
        if isinstance(output, tuple) and len(output) == 2:
            status, output = output
        if status is not None and not isinstance(status, bool):
            sys.stderr.write(
                "Status returned from the action run() method must either be True or False, "
                f"got: {status}\n{INVALID_STATUS}"
            )
            sys.exit(agreed.INVALID_STATUS_EXIT_CODE)
        sys.stdout.write(f"{agreed.DELIMITER}{encode(output, status)}\n{agreed.DELIMITER}")
        sys.stdout.flush()

    def _instance(self) -> Any:
        action_cls = register_plugin(Action, self._file_path)[0]
        self._class_name = action_cls.__name__
        return get_action_class_instance(
            action_cls=action_cls, config=self._config, action_service=_Service(self)
        )


def encode(result: Any, status: Optional[bool]) -> str:
    """The output as JSON. What JSON cannot hold becomes text: the result alone if there is a
    status, else all of it, in Python's notation."""
    plain = _sibling("jsonable").plain
    if status is not None:
        try:
            result = plain(result)
        except TypeError:
            result = str(result)
    output = {"result": result, "status": status}
    try:
        return json.dumps(plain(output))
    except TypeError:
        return str(output)


def _from_stdin() -> Dict[str, Any]:
    ready, _, _ = select.select([sys.stdin], [], [], STDIN_TIMEOUT)
    if not ready:
        raise ValueError("No input received and timed out while waiting for parameters from stdin")
    data = sys.stdin.readline().strip()
    if not data:
        raise ValueError("Received no valid parameters data from sys.stdin")
    found: Dict[str, Any] = json.loads(data).get("parameters", {})
    return found


def main(arguments: Optional[List[str]] = None) -> None:
    """Run the action that the command line names."""
    parser = argparse.ArgumentParser(description="Python action runner process wrapper")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--file-path", required=True)
    parser.add_argument("--config", default="{}")
    parser.add_argument("--parameters", default="{}")
    parser.add_argument("--stdin-parameters", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("--parent-args")
    parser.add_argument("--log-level", default="DEBUG")
    args = parser.parse_args(arguments)
    parameters = json.loads(args.parameters)
    if args.stdin_parameters:
        parameters.update(_from_stdin())
    Wrapper(args.pack, args.file_path, json.loads(args.config), args.log_level).run(parameters)


if __name__ == "__main__":
    main()
