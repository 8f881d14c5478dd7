"""Says what is wrong with the installation, and what to do about it."""

from typing import Any, Dict, Tuple

from docker_tor.doctor import examine
from st2common.runners.base_action import Action


class Doctor(Action):
    """Looks at the configuration, the sensor, every engine and every switch; changes nothing."""

    def run(self, show_host_key: bool = False) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether no check has failed, and the result: `checks` and `table`."""

        def read(name: str) -> Any:
            return self.action_service.get_value(name, local=False)

        return examine.run(dict(self.config), read, show_host_key=bool(show_host_key))
