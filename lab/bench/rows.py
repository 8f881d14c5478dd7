"""What a measurement returns, and the statistics in it."""

from __future__ import annotations

import math
import statistics
from typing import Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

NOISE = 0.1
"""How far an exponent may be off for nothing but the noise of its measurements."""

Tell = Callable[[str, int, int], None]
"""Takes what is being measured, how much of it is done and how much there is."""


class Row(NamedTuple):
    """One line of a table. `result` is a median where `runs` are several; `met` is None where there
    is no target; `series` are the values by size where a plot can be made of them."""

    what: str
    result: str
    p95: str = ""
    runs: str = ""
    target: str = ""
    met: Optional[bool] = None
    series: Mapping[int, float] = {}


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
        ms(middle),
        ms(p95(seconds)),
        f"{len(seconds):,} {runs}",
        "" if at_most is None else f"at most {ms(at_most)}",
        None if at_most is None else middle <= at_most,
    )


def ratios(
    what: str,
    above: Sequence[float],
    below: Sequence[float],
    runs: str,
    *,
    at_most: Optional[float] = None,
    at_least: Optional[float] = None,
) -> Row:
    """How many times `above` is of `below`, run by run; the target, one or the other, is for the
    median."""
    found = [a / b for a, b in zip(above, below)]
    middle, high = statistics.median(found), p95(found)
    row = Row(what, _times(middle), _times(high), f"{len(found)} {runs}")
    if at_most is not None:
        return row._replace(target=f"at most {_times(at_most)}", met=middle <= at_most)
    if at_least is not None:
        return row._replace(target=f"at least {_times(at_least)}", met=middle >= at_least)
    return row


def _times(ratio: float) -> str:
    return f"{ratio:,.{0 if ratio >= 100 else 1 if ratio >= 2 else 2}f}x"


def growth(
    what: str, points: Mapping[int, float], shown: Callable[[float], str], at_most: float = 1.0
) -> Row:
    """Values by size, and the exponent k with which they grow as size**k: fitted to all of them
    (least squares on logarithms), and between the two largest, where what is constant counts least.
    Either may be NOISE above the target."""
    logs = [(math.log(size), math.log(points[size])) for size in sorted(points)]
    fitted, last = _slope(logs), _slope(logs[-2:])
    return Row(
        what,
        " / ".join(shown(points[size]) for size in sorted(points)),
        runs=f"n^{fitted:.2f}, at last n^{last:.2f}",
        target=f"at most n^{at_most:.1f}",
        met=max(fitted, last) <= at_most + NOISE,
    )


def _slope(points: Sequence[Tuple[float, float]]) -> float:
    x, y = (statistics.mean(values) for values in zip(*points))
    above = sum((px - x) * (py - y) for px, py in points)
    below = sum((px - x) ** 2 for px, _ in points)
    return float(above / below)


def ms(seconds: float) -> str:
    """Seconds as a table has them."""
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
