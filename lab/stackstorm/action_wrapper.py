"""The process of one Python action: loads the class, runs it, and writes the result to stdout
between two delimiters (contrib/runners/python_runner/python_action_wrapper.py).

It is a script. Its folder is not on the path, so that the action sees only what it would see under
StackStorm: its own folder, actions/lib, and the stand-ins for StackStorm's classes.
"""

import sys

if __name__ == "__main__":
    # The lab's modules are not the action's, and some have names of the standard library.
    sys.path.pop(0)

import json
import os
from pathlib import Path
from typing import Any, Dict

from st2common.runners.base_action import Action
from st2common.runners.utils import get_action_class_instance, get_logger_for_python_runner_action
from st2common.services.datastore import DatastoreAccess, DatastoreService
from st2common.util.loader import load_module, register_plugin

WIRE: Any = load_module("_lab_wire", str(Path(__file__).with_name("wire.py")))


class _Service(DatastoreAccess):
    """Talks to the lab only once the action asks for the datastore."""

    def __init__(self, action_wrapper: Any) -> None:
        self._action_wrapper = action_wrapper
        self._datastore_service: Any = None

    @property
    def datastore_service(self) -> Any:
        if self._datastore_service is None:
            name = self._action_wrapper._class_name
            self._datastore_service = DatastoreService(
                logger=get_logger_for_python_runner_action(name),
                pack_name=self._action_wrapper._pack,
                class_name=name,
                call=WIRE.Client(os.environ[WIRE.SOCKET], {"kind": "action"}).call,
            )
        return self._datastore_service


class Wrapper:
    """Loads an action's class and runs it."""

    def __init__(self, pack: str, file_path: str) -> None:
        self._pack = pack
        self._class = register_plugin(Action, file_path)[0]
        self._class_name = self._class.__name__

    def run(self, parameters: Dict[str, Any], config: Dict[str, Any]) -> None:
        """Raises TypeError where the status is none or the result no JSON, and whatever the action
        raises. StackStorm makes text of such a result."""
        action = get_action_class_instance(self._class, config, _Service(self))
        result, status = action.run(**parameters), None
        if isinstance(result, tuple) and len(result) == 2:
            status, result = result
        if status is not None and not isinstance(status, bool):
            raise TypeError(
                "Status returned from the action run() method must either be True or False, "
                f"got: {status}"
            )
        text = json.dumps({"result": WIRE.strict(result), "status": status})
        sys.stdout.write(f"{WIRE.DELIMITER}{text}\n{WIRE.DELIMITER}")
        sys.stdout.flush()


if __name__ == "__main__":
    Wrapper(sys.argv[1], sys.argv[2]).run(**json.loads(sys.stdin.readline()))
