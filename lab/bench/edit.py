"""What one edit action costs as a process of its own, and what it imports."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Dict, List

from lab.bench import PACK
from lab.bench.costs import Cost, in_turns, nothing_kept
from lab.bench.installed import EMPTY as EMPTY_ACTION
from lab.bench.installed import Installed, installed
from lab.bench.outside import outside, vlans
from lab.bench.rows import Row, Tell, milliseconds

TARGET = 0.040
IMPORTS = 0.060
EDIT = "docker.vdx.interface_vlan_interface_vlan_vlan_name"
EMPTY, KEPT, LOGIN, STOCK = (
    "an empty action",
    "an edit action",
    "the first for a minute, which logs in",
    "the article's way, stock ncclient",
)
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)


def measure(quick: bool, tell: Tell) -> List[Row]:
    """CPU and wall time of the action that reads and makes a VLAN, imports included, beyond those
    of an action that does nothing; in turns. It finds the SSH connection that an earlier one keeps,
    or has to log in. The article's way edits without a look at what is there."""
    rounds = 2 if quick else 20
    with outside() as out, installed(out.address()) as st2:
        ways = {
            EMPTY: lambda _vlan: st2.empty(EMPTY_ACTION),
            KEPT: lambda vlan: st2.run(EDIT, name=str(vlan)),
            LOGIN: lambda vlan: _log_in(st2, vlan),
            STOCK: st2.stock_edit,
        }
        found = in_turns(ways, rounds, vlans(), tell, "actions")
    imports = [_imports() for _ in range(rounds)]
    return [
        *_rows(found, "wall"),
        *_rows(found, "cpu"),
        milliseconds("imports of an edit action", imports, "interpreters", IMPORTS),
    ]


def _log_in(st2: Installed, vlan: int) -> None:
    with nothing_kept():
        st2.run(EDIT, name=str(vlan))


def _rows(found: Dict[str, List[Cost]], clock: str) -> List[Row]:
    seconds = {name: [getattr(one, clock) for one in costs] for name, costs in found.items()}
    rows = [milliseconds(f"{clock}: {EMPTY}", seconds[EMPTY], "runs")]
    for name in (KEPT, LOGIN, STOCK):
        more = [one - empty for one, empty in zip(seconds[name], seconds[EMPTY])]
        target = TARGET if name == KEPT else None
        rows.append(milliseconds(f"{clock} beyond an empty one: {name}", more, "pairs", target))
    return rows


def _imports() -> float:
    """Seconds of all modules that a bare interpreter has not, each for itself."""
    times, bare = (_times(code) for code in ("import vdx_edit, docker_tor.netconf.openssh", "pass"))
    return sum(taken for name, taken in times.items() if name not in bare)


def _times(code: str) -> Dict[str, float]:
    folders = (PACK / "actions", PACK / "actions" / "lib", PACK / "lab" / "standins")
    done = subprocess.run(  # noqa: S603  # the command is the lab's own
        [sys.executable, "-X", "importtime", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {name: int(taken) / 1e6 for taken, name in _LINE.findall(done.stderr)}
