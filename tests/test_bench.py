"""`make bench` measures what it says, whatever the times are."""

import contextlib
import io
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import List
from unittest import mock

import pytest

pytest.importorskip("rich", reason="the lab prints with rich")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from lab.bench import __main__ as program
from lab.bench import load, rows

PACK = Path(__file__).resolve().parents[1]


def cells(line: str) -> List[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip("|\n").split("|")]


class RowsTest(unittest.TestCase):
    def test_p95_is_the_nearest_rank(self) -> None:
        self.assertEqual(95, rows.p95(range(100, 0, -1)))
        self.assertEqual(19, rows.p95(range(1, 21)))
        self.assertEqual(3, rows.p95([3, 1, 2]))
        self.assertEqual(7, rows.p95([7]))

    def test_times_and_their_target(self) -> None:
        self.assertEqual(
            rows.Row("x", "20.0 ms", "30.0 ms", "3 runs", "at most 20.0 ms", True),
            rows.milliseconds("x", [0.01, 0.03, 0.02], "runs", 0.02),
        )
        self.assertIs(False, rows.milliseconds("x", [0.0201], "runs", 0.02).met)
        self.assertEqual(
            rows.Row("x", "1,500 ms", "2,000 ms", "2 runs"),
            rows.milliseconds("x", [1.0, 2.0], "runs"),
        )

    def test_ratios_are_those_of_each_run(self) -> None:
        self.assertEqual(
            rows.Row("x", "2.0x", "10.0x", "3 rounds"),
            rows.ratios("x", [10, 40, 6], [1, 20, 3], "rounds"),
        )

    def test_vlans_that_networks_may_have(self) -> None:
        self.assertEqual([1000, 1001, 1003], load.vlans(3, first=1000))
        self.assertEqual(1000, len(set(load.vlans(1000)) - {load.FCOE}))


class ProgramTest(unittest.TestCase):
    def test_sessions_as_a_person_runs_them(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "lab.bench", "--quick", "--only", "sessions"],
            cwd=PACK,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        # What libraries think of an old Python goes to stderr.
        self.assertEqual(0, done.returncode, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"\APython 3\.\d+\.\d+, ncclient ")
        self.assertIn("Five edits of a new segment: 20 ms per RPC ...", lines)
        table = [cells(line) for line in lines if line.startswith("|") and "---" not in line]
        self.assertEqual(["", "result", "p95", "of", "target", "met"], table[0])
        self.assertEqual(12, len(table[1:]))
        for what, result, high, runs, target, met in table[1:]:
            self.assertRegex(result, r"\A[\d,.]+( ms|x)\Z", what)
            self.assertRegex(high, r"\A[\d,.]+( ms|x)\Z", what)
            self.assertEqual(("2 rounds", "", ""), (runs, target, met))

    def run_main(self, *arguments: str, **measured: object) -> "tuple[int, str]":
        """Run it with modules that measure what they are told to."""
        out = io.StringIO()
        modules = {
            f"lab.bench.{name}": mock.Mock(measure=measure) for name, measure in measured.items()
        }
        with mock.patch.dict(sys.modules, modules), contextlib.redirect_stdout(out):
            return program.main(list(arguments)), out.getvalue()

    def test_a_target_that_is_missed_is_no_error(self) -> None:
        def measure(quick: bool, tell: rows.Tell) -> List[rows.Row]:
            tell("slow things", 0, 1)
            self.assertTrue(quick)
            return [rows.milliseconds("slow", [2.0], "runs", 1.0)]

        status, out = self.run_main("--quick", "--only", "idle", idle=measure)
        self.assertEqual(0, status)
        self.assertIn("Nothing happens: slow things ...", out)
        (line,) = [line for line in out.splitlines() if line.startswith("| slow")]
        self.assertEqual(
            ["slow", "2,000 ms", "2,000 ms", "1 runs", "at most 1,000 ms", "NO"], cells(line)
        )

    def test_what_cannot_be_measured_is_an_error_and_stops_no_other(self) -> None:
        broken = mock.Mock(side_effect=OSError("no such engine"))
        status, out = self.run_main(
            "--only",
            "idle",
            "--only",
            "memory",
            idle=broken,
            memory=lambda *_: [rows.Row("m", "1")],
        )
        self.assertEqual(1, status)
        self.assertIn("Nothing happens: could not be measured", out)
        self.assertIn("OSError: no such engine", out)
        self.assertIn("| m |", out)

    def test_every_measurement_is_there(self) -> None:
        for name in program.MEASUREMENTS:
            self.assertTrue((PACK / "lab" / "bench" / f"{name}.py").is_file(), name)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), self.assertRaises(SystemExit) as caught:
            program.main(["--help"])
        self.assertEqual(0, caught.exception.code)
        for name in program.MEASUREMENTS:
            self.assertIn(f"  {name}", out.getvalue())
