"""What one edit costs as a process of its own, as StackStorm runs it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

from lab.bench import PACK
from lab.bench.load import vlans
from lab.bench.pack import VDX, pack, parameters
from lab.bench.rows import Row, Tell, milliseconds
from lab.bench.switches import Address, switch
from lab.stackstorm.executions import SUCCEEDED, Execution
from lab.stackstorm.models import Action
from lab.stackstorm.python_runner import PythonRunner
from lab.stackstorm.runners import PYTHON, RUNNERS

TARGET = 0.150
EDIT = f"{VDX}interface_vlan_interface_vlan_vlan_name"
RUNNER_PARAMETERS = {"timeout": 60, "log_level": "DEBUG"}

BARE = """
import sys
from ncclient import manager
host, port, username, password = sys.argv[1:]
manager.connect(
    host=host, port=int(port), username=username, password=password,
    hostkey_verify=False, allow_agent=False, look_for_keys=False,
).close_session()
"""
EMPTY = """
from st2common.runners.base_action import Action


class Empty(Action):
    def run(self):
        return None
"""


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def measure(quick: bool, tell: Tell) -> List[Row]:
    """CPU (user and system, as the kernel counts for a process that has ended) and wall time of an
    edit that changes the switch, next to a bare interpreter that connects with a stock ncclient and
    closes, and to an action that does nothing; in turns."""
    rounds = 2 if quick else 20
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder, switch() as address:
        runner = PythonRunner(PACK, Path(folder, "none"), Path(folder), sys.executable, "")
        edits = iter(vlans(rounds, first=100))
        kinds: Dict[str, Callable[[], None]] = {
            "bare": lambda: _bare(address, folder),
            "edit": lambda: _edit(runner, address, next(edits)),
            "empty": lambda: _empty(runner, folder),
        }
        costs: Dict[str, List[Cost]] = {kind: [] for kind in kinds}
        for number in range(rounds):
            tell("processes, three kinds in turns", number, rounds)
            for kind, run in kinds.items():
                costs[kind].append(_cost(run))
    cpu = {kind: [cost.cpu for cost in found] for kind, found in costs.items()}
    wall = {kind: [cost.wall for cost in found] for kind, found in costs.items()}
    over = [edit - bare for edit, bare in zip(cpu["edit"], cpu["bare"])]
    return [
        milliseconds("CPU: one edit action over the bare interpreter", over, "pairs", TARGET),
        milliseconds("CPU: one edit action", cpu["edit"], "processes"),
        milliseconds("CPU: bare interpreter, stock ncclient, connect", cpu["bare"], "processes"),
        milliseconds("CPU: an empty python action", cpu["empty"], "processes"),
        milliseconds("wall: one edit action", wall["edit"], "processes"),
        milliseconds("wall: bare interpreter, stock ncclient, connect", wall["bare"], "processes"),
        milliseconds("wall: an empty python action", wall["empty"], "processes"),
    ]


def _cost(run: Callable[[], None]) -> Cost:
    # No other child ends meanwhile: what the children have used more is this one's.
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def _bare(address: Address, folder: str) -> None:
    login = (address.host, str(address.port), address.username, address.password)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(  # noqa: S603  # the command is the lab's own
        [sys.executable, "-c", BARE, *login], check=True, cwd=folder, env=clean
    )


def _edit(runner: PythonRunner, address: Address, vlan: int) -> None:
    given = {"host": address.host, "name": str(vlan), "vlan_name": "Docker Network"}
    config = {"switches": [{"name": "vdx", "rbridge_id": 21, **address._asdict()}]}
    result = _run(runner, pack().actions[EDIT], parameters(EDIT, given), config)
    if not result["result"]["changed"]:
        raise RuntimeError(f"the edit changed nothing: {result}")


def _empty(runner: PythonRunner, folder: str) -> None:
    path = Path(folder, "empty.py")
    path.write_text(EMPTY)
    action = Action(
        "docker.empty", "docker", "empty", runner=RUNNERS[PYTHON], parameters={}, path=path
    )
    _run(runner, action, {}, {})


def _run(
    runner: PythonRunner, action: Action, given: Dict[str, Any], config: Dict[str, Any]
) -> Dict[str, Any]:
    execution = Execution(action, given, {"user": "bench"})
    status, result = runner.run(execution, RUNNER_PARAMETERS, given, config)
    if status != SUCCEEDED:
        raise RuntimeError(f"{action.ref} {status}: {result}")
    return result
