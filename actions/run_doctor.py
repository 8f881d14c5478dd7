"""Says what is wrong with the installation, and what to do about it."""

from typing import Any, Dict, Tuple

from docker_tor.common import datastore
from docker_tor.doctor import answer, examine
from docker_tor.notify import answers
from st2common.runners.base_action import Action


class Doctor(Action):
    """Looks at the configuration, the sensor, every engine and every switch; changes nothing."""

    def run(self, show_host_key: bool = False) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether no check has failed, and the result: `checks`, `table` and `answer`."""
        config, asked = dict(self.config), bool(show_host_key)
        read = datastore.reader(self.action_service)
        return answers.answered(
            lambda: examine.run(config, read, self._registered, show_host_key=asked),
            answer.of,
        )

    def _registered(self, kind: str, ref: str) -> bool:
        client = self.action_service.datastore_service.get_api_client()
        return getattr(client, kind).get_by_ref_or_id(ref) is not None
