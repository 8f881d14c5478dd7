"""Shows which segments there are, and of which networks."""

from typing import Any, Dict, Tuple

from docker_tor.actions import answer, networks
from docker_tor.common import datastore
from docker_tor.notify import answers
from st2common.runners.base_action import Action


class ShowNetworks(Action):
    """Reads what the sensor keeps in the datastore, or lists the engines."""

    def run(self, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether it succeeded, and the result: values, `table`, `answer`, or the error."""
        config = dict(self.config)
        read = datastore.reader(self.action_service)
        return answers.answered(
            lambda: networks.run(config, parameters, read),
            answer.networks,
        )
