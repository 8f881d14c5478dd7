"""What the tests of a pack's resources have in common (st2tests/pack_resource.py)."""

import inspect
import os
from unittest import TestCase


class BasePackResourceTestCase(TestCase):
    """Finds the pack that a test belongs to: the folder above the test's own."""

    def get_fixture_content(self, fixture_path: str) -> str:
        """The text of a file under the pack's tests/fixtures."""
        path = os.path.join(self._get_base_pack_path(), "tests/fixtures/", fixture_path)
        with open(path) as file:
            return file.read()

    def _get_base_pack_path(self) -> str:
        here = os.path.dirname(inspect.getfile(type(self)))
        return os.path.abspath(os.path.join(here, ".."))
