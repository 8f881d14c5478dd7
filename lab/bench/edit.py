"""What one edit action costs as a process of its own."""

from __future__ import annotations

from typing import List

from lab.bench.costs import in_turns, nothing_kept
from lab.bench.installed import EMPTY as EMPTY_ACTION
from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds

TARGET = 0.040
EDIT = "docker.vdx.interface_vlan_interface_vlan_vlan_name"
EMPTY, KEPT, LOGIN = (
    "an empty action",
    "an edit action",
    "the first for a minute, which logs in",
)


def measure(quick: bool, tell: Tell) -> List[Row]:
    """CPU and wall time of the action that reads and makes a VLAN, imports included, beyond those
    of an action that does nothing; in turns. It finds the SSH connection that an earlier one keeps,
    or has to log in."""
    rounds = 2 if quick else 20
    with outside() as out, installed(out) as st2:
        ways = {
            EMPTY: lambda _vlan: st2.empty(EMPTY_ACTION),
            KEPT: lambda vlan: st2.run(EDIT, host="vdx1", name=str(vlan)),
            LOGIN: lambda vlan: _log_in(st2, vlan),
        }
        found = in_turns(ways, rounds, vlans(), tell, "actions")
    rows: List[Row] = []
    for clock in ("wall", "cpu"):
        seconds = {name: [getattr(one, clock) for one in costs] for name, costs in found.items()}
        rows.append(milliseconds(f"{clock}: {EMPTY}", seconds[EMPTY], "runs"))
        for name, target in ((KEPT, TARGET), (LOGIN, None)):
            more = [one - empty for one, empty in zip(seconds[name], seconds[EMPTY])]
            what = f"{clock} beyond an empty one: {name}"
            rows.append(milliseconds(what, more, "pairs", target))
    return rows


def _log_in(st2: Installed, vlan: int) -> None:
    with nothing_kept():
        st2.run(EDIT, host="vdx1", name=str(vlan))
