"""What an action's modules cost before it does anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Dict, List, Tuple

from lab.bench import PACK
from lab.bench.rows import Row, Tell, milliseconds

TARGET = 0.060
EDIT = "import vdx_edit, docker_tor.openssh"
# StackStorm's wrapper has imported these before it loads an action.
WRAPPER = "import argparse, importlib.util, json, logging, os, select, typing"
TREES: Tuple[Tuple[str, str, str], ...] = (
    ("an edit action's module tree", "", EDIT),
    ("of which are new to a process that StackStorm has started", WRAPPER, EDIT),
    ("the same where paramiko is needed", "", f"{EDIT}, docker_tor._ncclient"),
    ("docker.segment.apply, docker.segment.undo", "", "import run_segments, docker_tor.openssh"),
)
_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)


def measure(quick: bool, tell: Tell) -> List[Row]:
    """The sum of every module's own time, of the modules that are not there before."""
    rounds = 2 if quick else 15
    found: Dict[str, List[float]] = {what: [] for what, _, _ in TREES}
    for done in range(rounds):
        tell("interpreters", done, rounds)
        for what, before, code in TREES:
            known = set(_times(before or "pass"))
            times = _times(f"{before}\n{code}")
            found[what].append(sum(taken for name, taken in times.items() if name not in known))
    return [
        milliseconds(what, found[what], "interpreters", TARGET if number == 0 else None)
        for number, (what, _, _) in enumerate(TREES)
    ]


def _times(code: str) -> Dict[str, float]:
    """Seconds that each module takes for itself."""
    folders = (PACK / "actions", PACK / "actions" / "lib", PACK / "lab" / "standins")
    done = subprocess.run(  # noqa: S603  # the command is the lab's own
        [sys.executable, "-X", "importtime", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {name: int(taken) / 1e6 for taken, name in _LINE.findall(done.stderr)}
