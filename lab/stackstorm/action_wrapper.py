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
from typing import Any, Dict

import lab_socket
from st2common.runners.base_action import Action, get_logger
from st2common.services.datastore import DatastoreAccess, DatastoreService
from st2common.util.loader import register_plugin


def main(
    pack: str, file_path: str, delimiter: str, *, parameters: Dict[str, Any], config: Dict[str, Any]
) -> None:
    """Run the action of a file. Raises TypeError where the status is none or the result no JSON,
    and whatever the action raises. StackStorm makes text of such a result."""
    found = register_plugin(Action, file_path)[0]
    name = found.__name__
    service = DatastoreAccess(DatastoreService(get_logger(name), pack, name))
    action = found(config=config, action_service=service)
    result, status = action.run(**parameters), None
    if isinstance(result, tuple) and len(result) == 2:
        status, result = result
    if status is not None and not isinstance(status, bool):
        raise TypeError(
            "Status returned from the action run() method must either be True or False, "
            f"got: {status}"
        )
    text = json.dumps({"result": lab_socket.strict(result), "status": status})
    sys.stdout.write(f"{delimiter}{text}\n{delimiter}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:], **json.loads(sys.stdin.readline()))
