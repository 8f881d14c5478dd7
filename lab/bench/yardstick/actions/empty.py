"""The least that a python action can be."""

from st2common.runners.base_action import Action


class Empty(Action):
    """Does nothing."""

    def run(self) -> None:
        """Nothing."""
