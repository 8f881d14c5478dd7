"""The one entry point of `docker.segment.apply`, `.ports`, `.remove` and `.undo`: which, the YAML
says."""

from typing import Any, Dict, Tuple

from docker_tor.common import datastore
from st2common.runners.base_action import Action


class RunSegments(Action):
    """Works on whole segments of one switch, in one session."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result as `actions.segments` describes it."""
        config = dict(self.config)
        read, keys = datastore.reader(self.action_service), datastore.keys(self.action_service)
        # Imported here and below only: the others would pay for it.
        if work == "apply":
            from docker_tor.actions import segments

            return segments.apply(config, parameters, read, keys, progress=self.logger.info)
        if work == "ports":
            from docker_tor.actions import ports

            return ports.run(config, parameters, read, keys, progress=self.logger.info)
        if work == "remove":
            from docker_tor.actions import answer, removal
            from docker_tor.notify import answers

            return answers.answered(
                lambda: removal.remove(config, parameters, read, keys),
                answer.removed,
            )
        from docker_tor.actions import undo

        return undo.undo(config, parameters, keys, progress=self.logger.info)
