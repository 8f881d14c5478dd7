"""python -m lab.bench: see `python -m lab.bench --help`."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from typing import List, Optional

from lab.bench.costs import nothing_kept
from lab.bench.rows import Measure

MEASUREMENTS = {
    "edit": "One edit action, in the lab's StackStorm, in turns",
    "chain": "The article's chain in the lab's StackStorm, in turns; CPU of all its processes",
    "burst": "Networks at once, from the engine to the switch",
    "reconcile": "Many segments in one session, and many switches at the same time",
    "scale": "The sensor, engines x networks",
}
"""Modules of this package with a function `measure`, and their tables' titles."""
WIDTHS = (70, 10, 10, 14, 18, 3)


def main(arguments: Optional[List[str]] = None) -> None:
    """Measure and print, however slow it is."""
    options = _parser().parse_args(arguments)
    # A StackStorm compiles a module once, not at each action.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load}")
    for name in options.only or MEASUREMENTS:
        measure: Measure = importlib.import_module(f"lab.bench.{name}").measure
        # What is kept between actions is the benchmark's own.
        with nothing_kept():
            rows = measure(options.quick, lambda what: print(f"  {what} ...", flush=True))
        print(f"\n{MEASUREMENTS[name]}")
        _print("", "median", "worst", "of", "target", "met")
        for row in rows:
            _print(*row[:-1], {None: "", True: "yes", False: "NO"}[row.met])


def _print(*cells: str) -> None:
    print(*(f"{cell:{width}}" for cell, width in zip(cells, WIDTHS)), sep=" | ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lab.bench",
        description="Measures the pack and prints tables. A target that is missed is shown, and is"
        " no error.",
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
    main()
