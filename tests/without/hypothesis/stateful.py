"""State machines, of which each is one test, and skips."""

import unittest
from typing import ClassVar, Type

from . import REASON, Anything


class _Skipped(unittest.TestCase):
    def test_history(self) -> None:
        self.skipTest(REASON)


class RuleBasedStateMachine:
    TestCase: ClassVar[Type[unittest.TestCase]] = _Skipped


initialize = invariant = precondition = rule = Anything()
