"""The one entry point of `docker.segment.apply`, `.remove` and `.undo`: which, the YAML says."""

from typing import Any, Dict, Optional, Tuple

from docker_tor.actions import segments
from st2common.runners.base_action import Action


class VdxSegments(Action):
    """Works on whole segments of one switch, in one session."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result as `segment_actions` describes it."""
        config = dict(self.config)
        if work == "apply":
            return segments.apply(config, parameters, self._value, progress=self.logger.info)
        # Imported here only: the others would pay for it.
        if work == "remove":
            from docker_tor.actions import answer
            from docker_tor.notify import answers

            return answers.answered(
                lambda: segments.remove(config, parameters, self._value), answer.removed
            )
        from docker_tor.actions import undo

        return undo.undo(config, parameters, progress=self.logger.info)

    def _value(self, name: str) -> Optional[str]:
        value = self.action_service.get_value(name, local=False)
        return value if isinstance(value, str) else None
