"""python -m lab.bench: see `python -m lab.bench --help`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import platform
import sys
import time
import traceback
from importlib import metadata
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lab.bench import plot
from lab.bench.processes import nothing_kept
from lab.bench.rows import Measure, Row

WIDE = 150
"""Columns where the output is no terminal."""
PLOTTED = "at_once"
"""The measurement that there is a plot of."""
LIBRARIES = ("ncclient", "paramiko", "requests", "eventlet")


class Measurement(NamedTuple):
    """A module of this package with a function `measure`, and its table's title."""

    title: str
    about: str


MEASUREMENTS: Dict[str, Measurement] = {
    "dispatch": Measurement(
        "Event to dispatch",
        "networks created and removed one after another; from the engine's timeNano",
    ),
    "action": Measurement(
        "One edit action", "each a process as StackStorm starts it, imports included; in turns"
    ),
    "imports": Measurement(
        "Imports", "python -X importtime, beyond what a bare interpreter imports by itself"
    ),
    "chain": Measurement(
        "The article's chain in the lab's StackStorm",
        "in turns; a ratio is within a round; CPU of all processes that were started",
    ),
    "definition": Measurement(
        "What a workflow's definition costs",
        "StackStorm's workflow engine inspects it at the start, and reads its state at each step",
    ),
    "sessions": Measurement(
        "Five edits of a new segment",
        "in turns; a ratio is within a round; logins are as fast as ever",
    ),
    "burst": Measurement(
        "A burst",
        "ten other events for each; the sensor in its own process, dispatching over a socket",
    ),
    "resync": Measurement(
        "A restart of the engine", "from the stream being back to everything dispatched and saved"
    ),
    "idle": Measurement("Nothing happens", "one engine followed, and silent"),
    "reconcile": Measurement(
        "Many segments in one session",
        "a reconcile is an action in the lab's StackStorm, its process included",
    ),
    "batch": Measurement(
        "One action for one network and for many",
        "in turns; a ratio is within a round; CPU of all processes that were started",
    ),
    "at_once": Measurement(
        "Networks at once",
        "from the engine to the switch, through the lab's StackStorm; each size anew",
    ),
    "growth": Measurement(
        "Growth",
        "wall time at no latency; a target is for the fitted exponent and for the last step's",
    ),
    "memory": Measurement(
        "Many events", "memory of the sensor's process; as fast as it takes them"
    ),
}


def main(arguments: Optional[List[str]] = None) -> int:
    """Measure and print; 0 if everything could be measured, however slow it was."""
    options = _parser().parse_args(arguments)
    # A StackStorm compiles a module once, not at each action.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    terminal = sys.stdout.isatty()
    console = Console(highlight=False, width=None if terminal else WIDE)
    console.print(Text(_machine(), style="dim"), soft_wrap=True)
    begun, failed = time.monotonic(), False
    for name, about in MEASUREMENTS.items():
        if name in (options.only or MEASUREMENTS):
            # What is kept between actions is the benchmark's own.
            with nothing_kept():
                rows = _show(console, name, about, options.quick)
            failed = failed or rows is None
            if options.svg and name == PLOTTED and rows:
                options.svg.write_text(_plot(about, rows), encoding="utf-8")
    console.print(Text(f"\n{time.monotonic() - begun:.0f} s", style="dim"))
    return 1 if failed else 0


def _show(console: Console, name: str, about: Measurement, quick: bool) -> Optional[List[Row]]:
    """Print one measurement's table; its rows, or None if it could not be measured."""
    try:
        rows = _measured(console, name, about.title, quick)
    except Exception:  # noqa: BLE001  # the others are measured all the same
        console.print(Text(f"\n{about.title}: could not be measured", style="bold red"))
        console.print(Text(traceback.format_exc()), soft_wrap=True)
        return None
    console.print()
    console.print(_table(about, rows))
    return rows


def _plot(about: Measurement, rows: List[Row]) -> str:
    title = f"{about.title}: until the switch has the last of them"
    series = {row.what: row.series for row in rows if row.series}
    return plot.draw(title, "networks at once", "seconds", series)


def _measured(console: Console, name: str, title: str, quick: bool) -> List[Row]:
    measure: Measure = importlib.import_module(f"lab.bench.{name}").measure
    if not console.is_terminal:
        return measure(quick, _Lines(console, title))
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)

        def tell(what: str, done: int, of: int) -> None:
            progress.update(task, description=f"{title}: {what}", completed=done, total=of)

        return measure(quick, tell)


class _Lines:
    """Tells how far it is where nothing can be redrawn: a line for each thing that is begun."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._told = ""

    def __call__(self, what: str, done: int, of: int) -> None:
        del done, of
        if what != self._told:
            self._told = what
            self._console.print(Text(f"{self._title}: {what} ...", style="dim"))


def _table(about: Measurement, rows: List[Row]) -> Table:
    table = Table(
        box=box.ASCII,
        title=f"{about.title} ({about.about})",
        title_style="bold",
        title_justify="left",
    )
    table.add_column("", no_wrap=True)
    for column in ("result", "p95"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("of", "target", "met"):
        table.add_column(column)
    for row in rows:
        met = "" if row.met is None else ("yes" if row.met else "NO")
        style = {"yes": "green", "NO": "bold red"}.get(met, "")
        cells = (row.what, row.result, row.p95, row.runs, row.target)
        table.add_row(*map(Text, cells), Text(met, style=style))
    return table


def _machine() -> str:
    libraries = ", ".join(_versions())
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {libraries}; {platform.system()}, "
        f"{os.cpu_count()} CPUs, load {load} at the start. "
        "`result` is the median, p95 that of the nearest rank."
    )


def _versions() -> Iterator[str]:
    for name in LIBRARIES:
        # Without eventlet, the sensor is measured on threads, and the table says so.
        with contextlib.suppress(metadata.PackageNotFoundError):
            yield f"{name} {metadata.version(name)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lab.bench",
        description="Measures the pack and prints tables. A target that is missed is shown, and is"
        " no error: the exit status is 0 if everything could be measured.",
        epilog="\n".join(f"  {name:10}{about.title}" for name, about in MEASUREMENTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=sorted(MEASUREMENTS),
        metavar="NAME",
        help="this measurement alone (may be repeated): one of those below",
    )
    parser.add_argument(
        "--svg",
        type=Path,
        metavar="FILE",
        help=f"write a plot of {PLOTTED} there, if that is measured",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few runs, to see that it works: quote none of it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
