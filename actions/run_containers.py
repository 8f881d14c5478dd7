"""The one entry point of the actions of images and containers: which, the action's YAML says."""

import sys
from typing import Any, Tuple

from docker_tor.actions import containers
from st2common.runners.base_action import Action


class RunContainers(Action):
    """Works on images and containers of one engine, by the docker SDK."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Any]:
        """Returns whether it succeeded, and the result as docs/docker.md describes it."""
        return containers.run(dict(self.config), work, parameters, _tell)


def _tell(line: str) -> None:
    """StackStorm shows an action's output line by line, while it runs."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
