"""Shows a VLAN's Ve on the switches."""

from typing import Any, Dict, Tuple

from docker_tor.actions import answer, show_ve
from docker_tor.common import datastore
from docker_tor.notify import answers
from st2common.runners.base_action import Action


class ShowVe(Action):
    """Reads one switch of the configuration, or all."""

    def run(self, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether any switch could tell, and the result: values, `table`, `answer`."""
        config, keys = dict(self.config), datastore.keys(self.action_service)
        return answers.answered(lambda: show_ve.run(config, parameters, keys), answer.show_ve)
