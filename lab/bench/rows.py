"""What a measurement returns, and the statistics in it."""

from __future__ import annotations

import math
import statistics
from typing import Callable, List, NamedTuple, Optional, Sequence

Tell = Callable[[str, int, int], None]
"""Takes what is being measured, how much of it is done and how much there is."""


class Row(NamedTuple):
    """One line of a table. `result` is a median where `runs` are several; `met` is None where there
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
    return Row(
        what,
        _ms(middle),
        _ms(p95(seconds)),
        f"{len(seconds):,} {runs}",
        "" if at_most is None else f"at most {_ms(at_most)}",
        None if at_most is None else middle <= at_most,
    )


def ratios(
    what: str,
    above: Sequence[float],
    below: Sequence[float],
    runs: str,
    at_most: Optional[float] = None,
) -> Row:
    """How many times `above` is of `below`, run by run; `at_most` is the target for the median."""
    found = [a / b for a, b in zip(above, below)]
    middle = statistics.median(found)
    return Row(
        what,
        _times(middle),
        _times(p95(found)),
        f"{len(found)} {runs}",
        "" if at_most is None else f"at most {_times(at_most)}",
        None if at_most is None else middle <= at_most,
    )


def _times(ratio: float) -> str:
    return f"{ratio:.1f}x" if ratio >= 2 else f"{ratio:.2f}x"


def _ms(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
