"""The one entry point of the actions that ask a switch: what they ask, the action's YAML says."""

from typing import Any, Dict, Tuple

from docker_tor.actions import show_commands as asking
from st2common.runners.base_action import Action


class VdxAsk(Action):
    """Asks one switch and shows the answer."""

    def run(self, ask: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result: values and `table`, or the error."""
        return asking.run(dict(self.config), ask, parameters)
