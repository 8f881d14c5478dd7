"""`make bench` measures what it says, whatever the times are."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Dict, List
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("rich", reason="the lab prints with rich")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from docker_tor.netconf import session as netconf
from docker_tor.switch.nos import running_config

from lab.bench import __main__ as program
from lab.bench import load, plot, rows
from lab.bench.far_switch import far_switch

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

    def test_a_ratio_may_have_to_be_large_or_small(self) -> None:
        low = rows.ratios("x", [12], [10], "rounds", at_most=1.2)
        self.assertEqual(("1.20x", "at most 1.20x", True), (low.result, low.target, low.met))
        self.assertIs(False, rows.ratios("x", [13], [10], "rounds", at_most=1.2).met)
        high = rows.ratios("x", [3000], [10], "rounds", at_least=20)
        self.assertEqual(("300x", "at least 20.0x", True), (high.result, high.target, high.met))
        self.assertIs(False, rows.ratios("x", [19], [1], "rounds", at_least=20).met)

    def test_growth_is_an_exponent(self) -> None:
        linear = rows.growth("x", {1: 2.0, 10: 20.0, 100: 200.0}, "{:.0f}".format)
        self.assertEqual("2 / 20 / 200", linear.result)
        self.assertEqual("n^1.00, at last n^1.00", linear.runs)
        self.assertEqual(("at most n^1.0", True), (linear.target, linear.met))
        square = rows.growth("x", {1: 1.0, 10: 100.0, 100: 10_000.0}, str)
        self.assertEqual(("n^2.00, at last n^2.00", False), (square.runs, square.met))

    def test_growth_that_only_begins_is_seen_in_the_last_step(self) -> None:
        late = rows.growth("x", {1: 10.0, 10: 10.0, 100: 10.0, 1000: 300.0}, str)
        self.assertEqual(("n^0.44, at last n^1.48", False), (late.runs, late.met))

    def test_vlans_that_networks_may_have(self) -> None:
        self.assertEqual([1000, 1001, 1003], load.vlans(3, first=1000))
        self.assertEqual(1000, len(set(load.vlans(1000)) - {load.FCOE}))


class PlotTest(unittest.TestCase):
    def draw(self, **series: Dict[int, float]) -> ET.Element:
        return ET.fromstring(plot.draw("A title", "across", "up", series))

    def found(self, root: ET.Element, tag: str) -> List[ET.Element]:
        return list(root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))

    def test_both_axes_are_logarithmic(self) -> None:
        root = self.draw(one={1: 1.0, 10: 10.0, 100: 100.0}, two={1: 10.0, 10: 10.0})
        one, two = (
            [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
            for line in self.found(root, "polyline")
        )
        (x1, y1), (x2, y2), (x3, y3) = one
        self.assertAlmostEqual(x2 - x1, x3 - x2, delta=0.2)
        self.assertAlmostEqual(y2 - y1, y3 - y2, delta=0.2)
        self.assertLess(y3, y1)
        self.assertEqual([(x1, y2), (x2, y2)], two)

    def test_everything_is_named_and_within_the_picture(self) -> None:
        root = self.draw(**{"it's <one>": {1: 0.3, 20: 7.0}, "other": {1: 0.2, 20: 6.9}})
        texts = {text.text: text for text in self.found(root, "text")}
        self.assertLessEqual(
            {"A title", "across", "up", "it's <one>", "other", "1", "20", "0.2", "10"}, set(texts)
        )
        for text in texts.values():
            self.assertTrue(0 < float(text.get("y", "")) < plot.HEIGHT, text.text)
        apart = [float(texts[name].get("y", "")) for name in ("other", "it's <one>")]
        self.assertGreaterEqual(apart[0] - apart[1], plot.LINE_HEIGHT)

    def test_what_is_a_part_of_another_has_its_color_and_is_dashed(self) -> None:
        series = {
            "one": {1: 1.0, 2: 2.0},
            "two": {1: 2.0, 2: 3.0},
            "one: removed": {1: 3.0, 2: 4.0},
        }
        drawn = ET.fromstring(plot.draw("A title", "across", "up", series))
        lines = [one for one in drawn.iter() if one.tag.endswith("polyline")]
        first, second, part = (line.get("stroke") for line in lines)
        self.assertEqual(part, first)
        self.assertNotEqual(second, first)
        self.assertEqual(
            [line.get("stroke-dasharray") is not None for line in lines], [False, False, True]
        )

    def test_one_size_is_no_plot(self) -> None:
        with self.assertRaises(ValueError):
            self.draw(one={1: 1.0})


class FarTest(unittest.TestCase):
    def test_a_switch_keeps_books(self) -> None:
        with far_switch() as switch:
            switch.fill([100, 101], "Docker Network")
            switch.in_service([100, 101], timeout=0)
            with self.assertRaises(TimeoutError):
                switch.in_service([100, 102], timeout=0)
            with self.assertRaises(TimeoutError):
                switch.gone([100, 102], timeout=0)
            switch.gone([102], timeout=0)
            with netconf.session(netconf.Login(*switch.address)) as session:
                session.get_config(running_config.names())
            books = switch.books()
            # With the session's end.
            self.assertEqual((2, 0), (books.rpcs, books.edits))
            self.assertGreater(books.bytes, 500)
            self.assertGreater(books.seconds, 0.0)
            self.assertEqual(0, switch.books().rpcs)


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

    def test_the_ways_to_the_switch_as_a_person_measures_them(self) -> None:
        names = ("reconcile", "definition", "batch", "at_once", "growth")
        chosen = [word for name in names for word in ("--only", name)]
        with tempfile.TemporaryDirectory() as folder:
            svg = Path(folder, "plot.svg")
            done = subprocess.run(
                [sys.executable, "-m", "lab.bench", "--quick", "--svg", str(svg), *chosen],
                cwd=PACK,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            drawn = svg.read_text()
        table = {line[0]: line for line in map(cells, done.stdout.splitlines()) if len(line) == 6}
        for what in (
            "0 ms per RPC: the naive way to one session",
            "docker-network-tor: state",
            "0 ms away: a batch of one network",
            "the article's design",
            "batch",
            "apply of n segments: RPCs",
        ):
            self.assertIn(what, table)
        self.assertEqual("0", table["0 ms per RPC: edits sent by those"][1])
        self.assertEqual("8 / 8", table["apply of n segments: RPCs"][1])
        self.assertIn(">batch</text>", drawn)

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
