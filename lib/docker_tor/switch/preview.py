"""What a run would do to a switch, for a person to read and for a program: a diff of the running
config, the exact XML, and the command lines. Pure."""

import difflib
from typing import Any, Dict, List, NamedTuple, Tuple

from ..common.validators import primaries
from . import edit as edits
from . import plan
from .model import Ve, Vlan
from .nos import edits as nos_edits
from .plan import Goal


class Preview(NamedTuple):
    """For one VLAN: what changes as unified diff lines, the `<config>` of each edit in the order in
    which they would be sent, and the same edits on the switch's command line."""

    vlan: int
    does: Tuple[str, ...]
    diff: Tuple[str, ...]
    xml: Tuple[str, ...]
    cli: Tuple[str, ...]

    def as_result(self) -> Dict[str, Any]:
        """The preview as it stands in an action's result."""
        return {name: list(value) for name, value in self._asdict().items() if name != "vlan"}


def of(goal: Goal, have: Vlan, name: str) -> Preview:
    """What reaching `goal` from `have` would do. Raises SegmentConflict as `plan.target` does."""
    want = plan.target(have, goal, name)
    rendered = [
        (step, nos_edits.render(step.edit, step.parameters))
        for step in plan.diff(goal.vlan, have, want)
    ]
    return Preview(
        goal.vlan,
        tuple(step.does for step, _ in rendered),
        tuple(diff(goal.vlan, have, want)),
        tuple(edits.payload(edit) for _, edit in rendered),
        tuple(line for _, edit in rendered for line in edit.cli),
    )


def diff(vlan: int, have: Vlan, want: Vlan) -> List[str]:
    """The running config of the VLAN as a unified diff, whole and without its heading."""
    before, after = running_config(vlan, have), running_config(vlan, want)
    lines = difflib.unified_diff(before, after, lineterm="", n=len(before) + len(after))
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def running_config(vlan: int, have: Vlan) -> List[str]:
    """The lines that `show running-config` would have of the VLAN, as far as the pack knows it."""
    lines: List[str] = []
    if have.name is not None:
        lines += [f"interface Vlan {vlan}", *([f" name {have.name}"] if have.name else [])]
    if have.in_service is not None:
        lines += [f"interface Ve {vlan}", " no shutdown" if have.in_service else " shutdown"]
    for rbridge, ve in sorted(have.ves.items()):
        lines += [f"rbridge-id {rbridge}", f" interface Ve {vlan}", *_ve(ve)]
    return lines


def _ve(ve: Ve) -> List[str]:
    first = primaries(ve.ipv4).values()
    return [
        *(f"  ip address {one}{'' if one in first else ' secondary'}" for one in ve.ipv4),
        *(f"  ipv6 address {address}" for address in ve.ipv6),
        *(f"  ({other}, which the pack knows nothing of)" for other in ve.others),
        "  shutdown" if ve.shut else "  no shutdown",
    ]
