"""A plot of values over sizes, both axes logarithmic, as SVG.

Written by hand: a library for it would be the largest thing that the lab needs.
"""

from __future__ import annotations

import itertools
import math
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple
from xml.etree import ElementTree as ET

Series = Mapping[str, Mapping[int, float]]
"""Values by size, by the name of what has them."""

WIDTH, HEIGHT = 860, 500
LEFT, RIGHT, TOP, BOTTOM = 80, 210, 50, 60
LINE_HEIGHT = 17
COLORS = ("#d55e00", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#000000")
"""Which can be told apart whatever one's eyes (Okabe and Ito)."""
STEPS = (1, 2, 5)
"""The lines of a decade."""


class Axis(NamedTuple):
    """A logarithmic axis from `low` to `high`, at the pixels `first` to `last`."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.first + part * (self.last - self.first), 1)


def draw(title: str, x_label: str, y_label: str, series: Series) -> str:
    """The plot as an SVG document. Raises ValueError without two sizes to put a line between."""
    sizes = sorted({size for values in series.values() for size in values})
    values = [value for found in series.values() for value in found.values()]
    if len(sizes) < 2:
        raise ValueError("a plot needs two sizes")
    x = Axis(sizes[0], sizes[-1], LEFT, WIDTH - RIGHT)
    y = Axis(_below(min(values)), _above(max(values)), HEIGHT - BOTTOM, TOP)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "font-family": "sans-serif",
            "font-size": "13",
        },
    )
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "white"})
    _text(root, LEFT, 26, title, size="16", weight="bold")
    _grid(root, x, y, sizes, x_label, y_label)
    ends: Dict[str, Tuple[float, str]] = {}
    ways = dict.fromkeys(_way(name) for name in series)
    colors = dict(zip(ways, itertools.cycle(COLORS)))
    for name, found in series.items():
        color = colors[_way(name)]
        points = [(x.at(size), y.at(found[size])) for size in sorted(found)]
        _line(root, points, color, dashed=name != _way(name))
        right, end = points[-1]
        if right == x.last:
            ends[name] = end, color
        else:
            _text(root, right, end - 12, name, anchor="end", color=color, weight="bold")
    _names(root, ends)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _grid(
    root: ET.Element, x: Axis, y: Axis, sizes: Sequence[int], x_label: str, y_label: str
) -> None:
    for size in sizes:
        at = x.at(size)
        _rule(root, (at, y.first), (at, y.last))
        _text(root, at, y.first + 20, f"{size:,}", anchor="middle")
    for value in _lines(y):
        at = y.at(value)
        _rule(root, (x.first, at), (x.last, at))
        _text(root, x.first - 10, at + 4, f"{value:g}", anchor="end")
    _text(root, (x.first + x.last) / 2, HEIGHT - 16, x_label, anchor="middle")
    middle = (y.first + y.last) / 2
    label = _text(root, 26, middle, y_label, anchor="middle")
    label.set("transform", f"rotate(-90 26 {middle:g})")


def _lines(axis: Axis) -> List[float]:
    exponents = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    steps = [step * 10.0**exponent for exponent in exponents for step in STEPS]
    return [value for value in steps if axis.low * 0.999 <= value <= axis.high * 1.001]


def _below(value: float) -> float:
    """The next line of a grid at or below a value."""
    decade = 10.0 ** math.floor(math.log10(value))
    return float(max(step for step in STEPS if step * decade <= value) * decade)


def _above(value: float) -> float:
    decade = 10.0 ** math.floor(math.log10(value))
    return float(min(step for step in (*STEPS, 10) if step * decade >= value) * decade)


def _way(name: str) -> str:
    """What a series is a part of, as "batch" for "batch: removed": they have one color."""
    return name.partition(":")[0]


def _line(
    root: ET.Element, points: Sequence[Tuple[float, float]], color: str, *, dashed: bool
) -> None:
    path = " ".join(f"{px:g},{py:g}" for px, py in points)
    style = {"fill": "none", "stroke": color, "stroke-width": "2.5"}
    if dashed:
        style["stroke-dasharray"] = "6 4"
    ET.SubElement(root, "polyline", {"points": path, **style})
    for px, py in points:
        ET.SubElement(root, "circle", {"cx": f"{px:g}", "cy": f"{py:g}", "r": "4", "fill": color})


def _names(root: ET.Element, ends: Mapping[str, Tuple[float, str]]) -> None:
    """Beside the right edge, as close to the line's end as the others allow."""
    at = 0.0
    for name, (end, color) in sorted(ends.items(), key=lambda found: found[1]):
        at = max(end + 4, at + LINE_HEIGHT)
        _text(root, WIDTH - RIGHT + 14, at, name, color=color, weight="bold")


def _rule(root: ET.Element, start: Tuple[float, float], end: Tuple[float, float]) -> None:
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    place = {name: f"{value:g}" for name, value in ends.items()}
    ET.SubElement(root, "line", {**place, "stroke": "#cccccc"})


def _text(
    root: ET.Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: str = "13",
    weight: str = "normal",
    color: str = "#222222",
) -> ET.Element:
    place = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    style = {"font-size": size, "font-weight": weight, "fill": color}
    made = ET.SubElement(root, "text", {**place, **style})
    made.text = text
    return made
