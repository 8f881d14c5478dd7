"""python -m lab.exchange [PACK]: a table of the checks; the exit status is 1 if one has failed."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import List, Optional

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.exchange import PACK, checks


def main(arguments: Optional[List[str]] = None) -> int:
    """Check a pack; 0 if nothing is wrong with it."""
    parser = argparse.ArgumentParser(
        prog="python -m lab.exchange",
        description="Check a pack as the StackStorm Exchange would, and its reviewers.",
    )
    parser.add_argument("pack", nargs="?", type=Path, default=PACK, help="the pack's folder")
    outcomes = checks.run(parser.parse_args(arguments).pack)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("check", "in the Exchange's CI", ""):
        table.add_column(column, overflow="fold")
    for check, problems in outcomes:
        state = Text("failed", style="red") if problems else Text("ok", style="green")
        table.add_row(check.name, check.there, state)
    console = Console(highlight=False)
    console.print(table)
    failed = [(check, problem) for check, problems in outcomes for problem in problems]
    for check, problem in failed:
        console.print(Text(f"{check.name}: {problem}"), soft_wrap=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # What it warns of when it registers a pack is a check here.
    logging.getLogger("lab.stackstorm").setLevel(logging.ERROR)
    raise SystemExit(main())
