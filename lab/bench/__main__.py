"""python -m lab.bench: see `python -m lab.bench --help`."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
import traceback
from typing import Dict, List, Optional

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.bench.costs import nothing_kept
from lab.bench.rows import Measure, Row

WIDE = 150
"""Columns where the output is no terminal."""
MEASUREMENTS: Dict[str, str] = {
    "edit": "One edit action, in the lab's StackStorm, in turns",
    "chain": "The article's chain in the lab's StackStorm, in turns; CPU of all its processes",
    "burst": "Networks at once, from the engine to the switch",
    "reconcile": "Many segments in one session, and many switches at the same time",
    "scale": "The sensor, engines x networks",
}
"""Modules of this package with a function `measure`, and their tables' titles."""


def main(arguments: Optional[List[str]] = None) -> int:
    """Measure and print; 0 if everything could be measured, however slow it was."""
    options = _parser().parse_args(arguments)
    # A StackStorm compiles a module once, not at each action.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    machine = f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load}"
    console.print(Text(f"{machine}; `result` is the median."))
    begun, failed = time.monotonic(), False
    for name in options.only or MEASUREMENTS:
        # What is kept between actions is the benchmark's own.
        with nothing_kept():
            failed = not _show(console, name, options.quick) or failed
    console.print(Text(f"\n{time.monotonic() - begun:.0f} s"))
    return 1 if failed else 0


def _show(console: Console, name: str, quick: bool) -> bool:
    """Print one measurement's table; False if it could not be measured."""
    title = MEASUREMENTS[name]

    def tell(what: str) -> None:
        console.print(Text(f"{title}: {what} ...", style="dim"))

    measure: Measure = importlib.import_module(f"lab.bench.{name}").measure
    try:
        rows = measure(quick, tell)
    except Exception:  # noqa: BLE001  # the others are measured all the same
        console.print(Text(f"{title}: could not be measured", style="bold red"))
        console.print(Text(traceback.format_exc()), soft_wrap=True)
        return False
    console.print(_table(title, rows))
    return True


def _table(title: str, rows: List[Row]) -> Table:
    table = Table(box=box.ASCII, title=title, title_style="bold", title_justify="left")
    table.add_column("", no_wrap=True)
    for column in ("result", "worst"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("of", "target", "met"):
        table.add_column(column)
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "NO"
        table.add_row(*map(Text, (row.what, row.result, row.worst, row.runs, row.target, met)))
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lab.bench",
        description="Measures the pack and prints tables. A target that is missed is shown, and is"
        " no error: the exit status is 0 if everything could be measured.",
        epilog="\n".join(f"  {name:10}{title}" for name, title in MEASUREMENTS.items()),
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
        "--quick", action="store_true", help="few runs, to see that it works: quote none of it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
