"""Shows a VLAN's Ve on the switches."""

from typing import Any, Dict, Tuple

from docker_tor.actions import show_ve
from st2common.runners.base_action import Action


class ShowVe(Action):
    """Reads one switch of the configuration, or all."""

    def run(self, **parameters: Any) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether any switch could tell, and the result: values and `table`."""
        return show_ve.run(dict(self.config), parameters)
