"""The one entry point of `docker.reconcile` and `docker.plan`: which, the YAML says."""

from typing import Any, Dict, Tuple

from docker_tor.actions import reconcile
from docker_tor.common import datastore
from docker_tor.notify import answers
from docker_tor.reconcile import answer
from st2common.runners.base_action import Action


class RunReconcile(Action):
    """Compares Docker, what should be and what the switches have."""

    def run(self, work: str, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result as `actions.reconcile` describes it."""
        config = dict(self.config)
        read, keys = datastore.reader(self.action_service), datastore.keys(self.action_service)

        def outcome() -> Tuple[bool, Dict[str, Any]]:
            if work == "plan":
                return reconcile.plan(config, parameters, read, keys)
            return reconcile.run(config, parameters, read, keys, progress=self.logger.info)

        network = parameters.get("network") or ""
        return answers.answered(outcome, lambda result: answer.of(result, network))
