"""The base classes of a pack's tests (st2tests/base.py)."""

from .action_aliases import BaseActionAliasTestCase
from .actions import BaseActionTestCase
from .sensors import BaseSensorTestCase

__all__ = ["BaseActionAliasTestCase", "BaseActionTestCase", "BaseSensorTestCase"]
