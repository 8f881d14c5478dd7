"""What one edit costs as a process of its own, as StackStorm runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List

from lab.bench import PACK
from lab.bench.load import vlans
from lab.bench.pack import VDX, pack, parameters, yardstick
from lab.bench.processes import Cost, cost, nothing_kept
from lab.bench.rows import Row, Tell, milliseconds
from lab.bench.switches import Address, switch
from lab.stackstorm.executions import SUCCEEDED, Execution
from lab.stackstorm.models import Action, Pack
from lab.stackstorm.python_runner import PythonRunner, this_python
from lab.switch import payloads

TARGET = 0.040
EDIT = f"{VDX}interface_vlan_interface_vlan_vlan_name"
RBRIDGE = 21
RUNNER_PARAMETERS = {"timeout": 60, "log_level": "DEBUG"}

EMPTY, KEPT, LOOK, LOGIN, PARAMIKO, STOCK = KINDS = (
    "an empty action",
    "an edit action",
    "the chain's first, a look at all of it",
    "the first for a minute, which logs in",
    "an edit action by paramiko",
    "the article's way, stock ncclient",
)


def measure(quick: bool, tell: Tell) -> List[Row]:
    """CPU and wall time of the process that reads and edits, imports included, beyond those of an
    action that does nothing; in turns. The edit makes a VLAN. It finds the SSH connection that an
    earlier one keeps, or has to log in, or is told to use paramiko. The article's way edits without
    a look at what is there."""
    rounds = 2 if quick else 20
    with tempfile.TemporaryDirectory(prefix="docker-tor-") as folder, switch() as address:
        run = _Runner(Path(folder), address)
        numbers = iter(vlans(len(KINDS) * (rounds + 1), first=100))
        kinds: Dict[str, Callable[[], None]] = {
            EMPTY: run.empty,
            KEPT: lambda: run.edit(next(numbers)),
            LOOK: lambda: run.look(next(numbers)),
            LOGIN: lambda: run.log_in(next(numbers)),
            PARAMIKO: lambda: run.edit(next(numbers), transport="paramiko"),
            STOCK: lambda: run.stock(next(numbers)),
        }
        costs: Dict[str, List[Cost]] = {kind: [] for kind in kinds}
        # The first round compiles, and leaves a connection behind.
        for done in range(-1, rounds):
            tell(f"processes, {len(kinds)} kinds in turns", max(done, 0), rounds)
            for kind, start in kinds.items():
                found = cost(start)
                if done >= 0:
                    costs[kind].append(found)
    return [*_rows(costs, "wall"), *_rows(costs, "cpu")]


def _rows(costs: Dict[str, List[Cost]], which: str) -> List[Row]:
    label = {"wall": "wall", "cpu": "CPU"}[which]
    seconds = {kind: [getattr(one, which) for one in found] for kind, found in costs.items()}
    rows = []
    for kind in KINDS[1:]:
        more = [one - empty for one, empty in zip(seconds[kind], seconds[EMPTY])]
        target = TARGET if kind in (KEPT, LOOK) else None
        rows.append(milliseconds(f"{label} beyond an empty one: {kind}", more, "pairs", target))
    absolute = [(f"{label}: {kind}", seconds[kind]) for kind in (EMPTY, KEPT)]
    return rows + [milliseconds(what, taken, "processes") for what, taken in absolute]


class _Runner:
    """Runs actions, one process each."""

    def __init__(self, folder: Path, address: Address) -> None:
        self._address = address
        self._runners = {
            path: PythonRunner(path, folder / "none", folder, this_python(), "")
            for path in (PACK, yardstick().path)
        }

    def empty(self) -> None:
        self._run(yardstick(), "yardstick.empty", {}, {})

    def edit(self, vlan: int, transport: str = "auto", **given: Any) -> None:
        entry = {**self._address._asdict(), "transport": transport}
        config = {"switches": [{"name": "vdx", "rbridge_id": RBRIDGE, **entry}]}
        given.update(host="vdx", name=str(vlan))
        result = self._run(pack(), EDIT, parameters(EDIT, given), config)
        if not result["changed"]:
            raise RuntimeError(f"the edit changed nothing: {result}")

    def look(self, vlan: int) -> None:
        self.edit(vlan, rbridge_id=RBRIDGE, subnet=f"172.{16 + vlan // 256}.{vlan % 256}.1/24")

    def log_in(self, vlan: int) -> None:
        with nothing_kept():
            self.edit(vlan)

    def stock(self, vlan: int) -> None:
        given = {**self._address._asdict(), "config": payloads.vlan(vlan, "Docker Network")}
        del given["host_key"]
        self._run(yardstick(), "yardstick.stock_edit", given, {})

    def _run(
        self, of: Pack, ref: str, given: Dict[str, Any], config: Dict[str, Any]
    ) -> Dict[str, Any]:
        action: Action = of.actions[ref]
        execution = Execution(action, given, {"user": "bench"})
        runner = self._runners[of.path]
        status, result = runner.run(execution, RUNNER_PARAMETERS, given, config)
        if status != SUCCEEDED:
            raise RuntimeError(f"{ref} {status}: {result}")
        found = result["result"]
        return found if isinstance(found, dict) else {}
