"""Shows which port of which switch each engine's host is plugged into."""

from typing import Any, Dict, Tuple

from docker_tor.actions import uplinks, uplinks_report
from docker_tor.notify import answers
from st2common.runners.base_action import Action


class ShowUplinks(Action):
    """Asks all engines and switches of the configuration; changes nothing."""

    def run(self) -> Tuple[bool, Dict[str, Any]]:
        """Returns whether any of them could tell, and the result: values, `table`, `answer`."""
        config = dict(self.config)
        return answers.answered(lambda: uplinks.run(config), uplinks_report.answer)
