"""What a measurement returns, and the statistics in it."""

from __future__ import annotations

import math
import statistics
from typing import Callable, List, NamedTuple, Optional, Sequence

Tell = Callable[[str], None]
"""Takes what is being measured."""


class Row(NamedTuple):
    """One line of a table; `result` is a median where `runs` are several, `met` is None where there
    is no target."""

    what: str
    result: str
    p95: str = ""
    runs: str = ""
    target: str = ""
    met: Optional[bool] = None


Measure = Callable[[bool, Tell], List[Row]]
"""Takes whether to be quick, for a look, and whom to tell how far it is."""


def p95(values: Sequence[float]) -> float:
    """The smallest value that 95 % of them do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def milliseconds(
    what: str, seconds: Sequence[float], runs: str, at_most: Optional[float] = None
) -> Row:
    """A row of times; `at_most` (seconds) is the target for the median."""
    middle = statistics.median(seconds)
    row = Row(what, _ms(middle), _ms(p95(seconds)), f"{len(seconds):,} {runs}")
    if at_most is None:
        return row
    return row._replace(target=f"at most {_ms(at_most)}", met=middle <= at_most)


def ratios(
    what: str,
    above: Sequence[float],
    below: Sequence[float],
    runs: str,
    at_least: Optional[float] = None,
) -> Row:
    """How many times `above` is of `below`, run by run; `at_least` is the target for the median."""
    found = [a / b for a, b in zip(above, below)]
    middle = statistics.median(found)
    row = Row(what, _times(middle), _times(p95(found)), f"{len(found)} {runs}")
    if at_least is None:
        return row
    return row._replace(target=f"at least {_times(at_least)}", met=middle >= at_least)


def _times(ratio: float) -> str:
    return f"{ratio:,.{0 if ratio >= 100 else 1 if ratio >= 2 else 2}f}x"


def _ms(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
