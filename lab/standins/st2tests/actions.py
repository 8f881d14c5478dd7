"""The base class of tests of Python actions (st2tests/actions.py)."""

from typing import Any, ClassVar, Dict, Optional

from st2common.runners.utils import get_action_class_instance

from .mocks.action import MockActionService, MockActionWrapper
from .pack_resource import BasePackResourceTestCase


class BaseActionTestCase(BasePackResourceTestCase):
    """Makes instances of `action_cls`, with an `action_service` whose datastore is in memory."""

    action_cls: ClassVar[Any] = None

    def setUp(self) -> None:
        """A new service for every test."""
        super().setUp()
        wrapper = MockActionWrapper(pack="tests", class_name=self.action_cls.__name__)
        self.action_service = MockActionService(action_wrapper=wrapper)

    def get_action_instance(self, config: Optional[Dict[str, Any]] = None) -> Any:
        """An action with that configuration of its pack."""
        return get_action_class_instance(
            action_cls=self.action_cls, config=config, action_service=self.action_service
        )
