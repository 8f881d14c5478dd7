"""Plain-text tables for a person: what an action's result shows beside its values. Pure."""

import unicodedata
from typing import Iterable, List, Sequence

from .sanitize import printable

WIDEST = 60
"""Columns of the widest cell; longer text is cut, and ends in an ellipsis."""
BLANK = " "
"""A cell with nothing in it, not even the sign for nothing."""
_GAP = "  "
_NOTHING = "-"
_NONE = "(none)"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, widest: int = WIDEST) -> str:
    """The rows under their headings, in aligned columns, without a final line break.

    A cell is anything: None and an empty list show as "-", True and False as yes and no, the items
    of a list with commas between. Text is made printable and cut, so that no name can forge a row
    or push others off the screen. A row may lack its last cells.
    """
    body = [[_cell(value, widest) for value in row] for row in rows]
    lines = [list(columns), *body]
    widths = [
        max(display_width(line[at]) for line in lines if at < len(line))
        for at in range(len(columns))
    ]
    rule = ["-" * width for width in widths]
    shown = [_line(line, widths) for line in (lines[0], rule, *body)]
    return "\n".join(shown if body else [*shown, _NONE])


def _cell(value: object, widest: int) -> str:
    if value is None or value == "" or value == [] or value == ():
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return _cut(printable(value, widest), widest) or ("" if value == BLANK else _NOTHING)


def _cut(text: str, widest: int) -> str:
    """As much of `text` as fits: a wide character takes two columns."""
    if display_width(text) <= widest:
        return text
    while display_width(text) >= widest:
        text = text[:-1]
    return text + "…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded: List[str] = [
        cell + " " * (width - display_width(cell)) for cell, width in zip(cells, widths)
    ]
    return _GAP.join(padded).rstrip()


def display_width(text: str) -> int:
    """Columns of a terminal (Unicode Standard Annex 11)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
