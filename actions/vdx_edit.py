"""The one entry point of every `docker.vdx.*` edit: which edit it is, the action's YAML says."""

from typing import Any, Dict, Tuple

from docker_tor.actions import edit as action
from st2common.runners.base_action import Action


class VdxEdit(Action):
    """Makes one configuration edit on a switch, if the running config needs it."""

    def run(self, edit: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result: `changed`, `before`, `after`, or the
        error."""
        return action.run_edit(dict(self.config), edit, parameters, self.logger.info)
