"""The service that an action is handed (python_runner/python_action_wrapper.py)."""

from typing import Any

from st2common.services.datastore import DatastoreAccess


class ActionService(DatastoreAccess):
    """Reads and writes the datastore."""

    def __init__(self, action_wrapper: Any) -> None:
        self._action_wrapper = action_wrapper
