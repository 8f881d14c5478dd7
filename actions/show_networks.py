"""Shows which segments there are, and of which networks."""

from typing import Any, Dict, Optional, Tuple

from docker_tor.actions import answer, networks
from docker_tor.notify import answers
from st2common.runners.base_action import Action


class ShowNetworks(Action):
    """Reads what the sensor keeps in the datastore, or lists the engines."""

    def run(self, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result: values, `table`, `answer`, or the error."""
        config = dict(self.config)
        return answers.answered(
            lambda: networks.run(config, parameters, self._value), answer.networks
        )

    def _value(self, name: str) -> Optional[str]:
        value = self.action_service.get_value(name, local=False)
        return value if isinstance(value, str) else None
