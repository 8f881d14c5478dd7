"""The one entry point of `docker.reconcile` and `docker.plan`: which, the YAML says."""

from typing import Any, Dict, Optional, Tuple

from docker_tor.actions import reconcile
from docker_tor.notify import answers
from docker_tor.reconcile import answer
from st2common.runners.base_action import Action


class RunReconcile(Action):
    """Compares Docker, what should be and what the switches have."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result as `actions.reconcile` describes it."""
        config = dict(self.config)

        def outcome() -> Tuple[bool, Dict[str, Any]]:
            if work == "plan":
                return reconcile.plan(config, parameters, self._value)
            return reconcile.run(
                config, parameters, self._value, self._set, progress=self.logger.info
            )

        network = parameters.get("network") or ""
        return answers.answered(outcome, lambda result: answer.of(result, network))

    def _value(self, name: str) -> Optional[str]:
        value = self.action_service.get_value(name, local=False)
        return value if isinstance(value, str) else None

    def _set(self, name: str, text: str) -> None:
        self.action_service.set_value(name, text, local=False)
