"""Lists the chat commands."""

from typing import Any, Dict, Tuple

from docker_tor.actions import commands
from st2common.runners.base_action import Action


class Help(Action):
    """Asks nothing and nobody."""

    def run(self) -> Tuple[bool, Dict[str, Any]]:
        """Returns the commands with an example of each."""
        return commands.run()
