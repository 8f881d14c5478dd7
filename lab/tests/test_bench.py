"""`make bench` measures what it says, whatever the times are."""

import subprocess
import sys
from pathlib import Path
from typing import List
from unittest import mock

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from lab.bench import __main__ as program
from lab.bench import rows

PACK = Path(__file__).resolve().parents[2]


def test_times_and_their_target() -> None:
    slow = rows.milliseconds("x", [0.01, 0.03, 0.02], "runs", 0.02)
    assert slow == ("x", "20.0 ms", "30.0 ms", "3 runs", "at most 20.0 ms", True)
    assert rows.milliseconds("x", [0.0201], "runs", 0.02).met is False
    plain = rows.milliseconds("x", [1.0, 2.0], "runs")
    assert plain == ("x", "1,500 ms", "2,000 ms", "2 runs", "", None)


def test_ratios_are_those_of_each_run() -> None:
    plain = rows.ratios("x", [10, 40, 6], [1, 20, 3], "rounds")
    assert plain == ("x", "2.0x", "10.0x", "3 rounds", "", None)
    assert rows.ratios("x", [3000], [10], "rounds", at_least=20).met is True
    assert rows.ratios("x", [19], [1], "rounds", at_least=20).met is False


QUICK = {
    "edit": ["wall beyond an empty one: an edit action", "cpu: an empty action"],
    "burst": ["4 created", "4 removed", "4, the article's design"],
    "chain": ["0 ms an RPC: the pack's chain", "20 ms an RPC: the article's way to the floor"],
    "reconcile": ["0 ms an RPC: 20 segments missing", "20 ms an RPC: edits sent by those"],
    "scale": ["8 x 20: memory", "meanwhile: changes lost"],
}


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("chain", "reconcile", "scale")]


@pytest.mark.parametrize("name", ["edit", "burst", *SLOW])
def test_as_a_person_runs_it(name: str) -> None:
    command = [sys.executable, "-m", "lab.bench", "--quick", "--only", name]
    done = subprocess.run(command, cwd=PACK, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = {cells[0]: cells[1] for cells in cells_of(done.stdout)}
    assert set(QUICK[name]) <= set(table)
    assert all(table.values())
    # What is lost or doubled is no question of speed.
    assert {result for what, result in table.items() if what.startswith("meanwhile")} <= {"0"}


def cells_of(printed: str) -> List[List[str]]:
    return [
        [cell.strip() for cell in line.split("|")] for line in printed.splitlines() if "|" in line
    ]


def test_a_target_that_is_missed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def measure(quick: bool, tell: rows.Tell) -> List[rows.Row]:
        assert quick
        tell("slow things")
        return [rows.milliseconds("slow", [2.0], "runs", 1.0)]

    with mock.patch.dict(sys.modules, {"lab.bench.burst": mock.Mock(measure=measure)}):
        program.main(["--quick", "--only", "burst"])
    out = capsys.readouterr().out
    assert "  slow things ...\n" in out
    slow = ["slow", "2,000 ms", "2,000 ms", "1 runs", "at most 1,000 ms", "NO"]
    assert cells_of(out) == [["", "median", "worst", "of", "target", "met"], slow]
