"""What a run would do to a switch, for a person to read and for a program: a diff of the running
config, the exact XML, and the command lines. Pure."""

import difflib
from typing import Any, Dict, List, NamedTuple, Tuple

from .driver import Driver
from .plan import ChangeSet


class Preview(NamedTuple):
    """For one VLAN: what changes as unified diff lines, the `<config>` of each edit in the order in
    which they would be sent, and the same edits on the switch's command line."""

    does: Tuple[str, ...]
    diff: Tuple[str, ...]
    xml: Tuple[str, ...]
    cli: Tuple[str, ...]

    def as_result(self) -> Dict[str, Any]:
        """The preview as it stands in an action's result."""
        return {name: list(value) for name, value in self._asdict().items()}


def of(driver: Driver, changes: ChangeSet) -> Preview:
    """What carrying out the changes would do."""
    return Preview(
        tuple(step.does for step in changes.steps),
        tuple(_diff(driver, changes)),
        tuple(driver.payload([step]) for step in changes.steps),
        tuple(driver.cli(changes.steps)),
    )


def _diff(driver: Driver, changes: ChangeSet) -> List[str]:
    """The running config of the VLAN as a unified diff, whole and without its heading."""
    before, after = (driver.shown(changes.goal.vlan, vlan) for vlan in (changes.have, changes.want))
    lines = difflib.unified_diff(before, after, lineterm="", n=len(before) + len(after))
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
