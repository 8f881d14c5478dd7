"""The service of an action under test (st2tests/mocks/action.py)."""

import logging
from unittest.mock import Mock

from python_runner.python_action_wrapper import ActionService

from .datastore import MockDatastoreService


class MockActionWrapper:
    """Says which pack and class the action is."""

    def __init__(self, pack: str, class_name: str) -> None:
        self._pack = pack
        self._class_name = class_name


class MockActionService(ActionService):
    """Has a datastore in memory."""

    def __init__(self, action_wrapper: MockActionWrapper) -> None:
        super().__init__(action_wrapper)
        self._logger: logging.Logger = Mock(spec=logging.RootLogger)
        self._datastore_service = MockDatastoreService(
            logger=self._logger,
            pack_name=action_wrapper._pack,
            class_name=action_wrapper._class_name,
        )

    @property
    def datastore_service(self) -> MockDatastoreService:
        """A datastore in memory."""
        return self._datastore_service
