"""The one entry point of `docker.segment.apply`, `.remove` and `.undo`: which, the YAML says."""

from typing import Any, Dict, Tuple

from docker_tor.actions import segments
from docker_tor.common import datastore
from st2common.runners.base_action import Action


class RunSegments(Action):
    """Works on whole segments of one switch, in one session."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result as `actions.segments` describes it."""
        config = dict(self.config)
        read = datastore.reader(self.action_service)
        if work == "apply":
            return segments.apply(config, parameters, read, progress=self.logger.info)
        # Imported here only: the others would pay for it.
        if work == "remove":
            from docker_tor.actions import answer
            from docker_tor.notify import answers

            return answers.answered(
                lambda: segments.remove(config, parameters, read),
                answer.removed,
            )
        from docker_tor.actions import undo

        return undo.undo(config, parameters, progress=self.logger.info)
