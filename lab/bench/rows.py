"""What a measurement returns, and the statistics in it."""

from __future__ import annotations

import statistics
from typing import Callable, List, NamedTuple, Optional, Sequence

Tell = Callable[[str], None]
"""Takes what is being measured."""


class Row(NamedTuple):
    """One line of a table; `result` is a median where `runs` are several, `met` is None where there
    is no target."""

    what: str
    result: str
    worst: str = ""
    runs: str = ""
    target: str = ""
    met: Optional[bool] = None


Measure = Callable[[bool, Tell], List[Row]]
"""Takes whether to be quick, for a look, and whom to tell how far it is."""


def milliseconds(
    what: str, seconds: Sequence[float], runs: str, at_most: Optional[float] = None
) -> Row:
    """A row of times; `at_most` (seconds) is the target for the median."""
    middle = statistics.median(seconds)
    row = Row(what, _ms(middle), _ms(max(seconds)), f"{len(seconds):,} {runs}")
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
    row = Row(what, f"{middle:,.1f}x", f"{max(found):,.1f}x", f"{len(found)} {runs}")
    if at_least is None:
        return row
    return row._replace(target=f"at least {at_least:,.0f}x", met=middle >= at_least)


def at_most(what: str, value: float, limit: float, shown: str) -> Row:
    """One number and its target; `shown` is how both are formatted."""
    target = f"at most {shown.format(limit)}"
    return Row(what, shown.format(value), target=target, met=value <= limit)


def none(what: str, count: float, runs: str) -> Row:
    """A number of what should not happen."""
    return Row(what, f"{count:g}", "", runs, "0", not count)


def _ms(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"
