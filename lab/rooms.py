"""Draws docs/rooms.svg: the rooms of lib/docker_tor, and which imports from which.

    python -m lab.rooms

The docstring of `docker_tor` lists the rooms in their order, and what they are for; what they
import, the code says. A dot in a room's row names a room that it imports from: a room imports only
from those above it, so all dots are left of the diagonal.
"""

import ast
import re
from pathlib import Path
from typing import Dict, Iterator, List, Set
from xml.sax.saxutils import escape

PACK = Path(__file__).resolve().parents[1]
LIB = PACK / "lib" / "docker_tor"
DRAWING = PACK / "docs" / "rooms.svg"

ROW, TOP, LEFT, GRID, CELL = 44, 60, 24, 700, 22
"""Pixels: a row's height, where rows begin, where boxes and dots begin, and a column's width."""

_STYLE = """
    .card { fill: #f6f8fa; }
    .box { fill: #fff; stroke: #8e5bd0; stroke-width: 1.5; }
    .name { font-size: 14px; font-weight: bold; fill: #14293d; }
    .what { font-size: 12px; fill: #34495e; }
    .small { font-size: 11px; fill: #5b6b7b; }
    .number { text-anchor: middle; }
    .line { stroke: #d5dde5; fill: none; }
    .dot { fill: #2496ed; }"""


def rooms() -> Dict[str, str]:
    """The rooms from top to bottom, each with what happens there."""
    docstring = ast.get_docstring(ast.parse((LIB / "__init__.py").read_text(encoding="utf-8")))
    return dict(re.findall(r"^    (\w+)  +(.+)$", docstring or "", re.MULTILINE))


def room(path: Path) -> str:
    """The room that a file is in."""
    return path.relative_to(LIB).parts[0]


def modules() -> List[Path]:
    """Every file of every room."""
    return sorted(path for path in LIB.rglob("*.py") if path.parent != LIB)


def imported(path: Path) -> Iterator[Path]:
    """The files of the pack that a file imports, whenever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            if base.with_suffix(".py").exists():
                yield base.with_suffix(".py")
            else:
                yield from ((base / one.name).with_suffix(".py") for one in node.names)


def imports() -> Dict[str, Set[str]]:
    """For each room the other rooms that it imports from."""
    found: Dict[str, Set[str]] = {name: set() for name in rooms()}
    for path in modules():
        found[room(path)] |= {room(other) for other in imported(path)} - {room(path)}
    return found


def drawing() -> str:
    """The content of docs/rooms.svg."""
    names, found = list(rooms()), imports()
    width, height = GRID + CELL * len(names) + LEFT, TOP + ROW * len(names) + LEFT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="Helvetica, Arial, \'DejaVu Sans\', sans-serif" role="img">',
        "<title>The rooms of lib/docker_tor, and which imports from which</title>",
        f"<style>{_STYLE}\n</style>",
        f'<rect class="card" width="{width}" height="{height}" rx="12"/>',
        _text("small", LEFT, 34, "a network goes through the rooms of lib/docker_tor downwards"),
        _text("small", GRID, 22, "imports from"),
    ]
    for row, (name, what) in enumerate(rooms().items()):
        y, x = TOP + ROW * row, GRID + CELL * row
        parts += [
            f'<rect class="box" x="{LEFT}" y="{y}" width="{GRID - 2 * LEFT}" height="36" rx="8"/>',
            _text("name", LEFT + 14, y + 23, f"{row + 1}  {name}/"),
            _text("what", LEFT + 134, y + 23, what),
            f'<path class="line" d="M{GRID - LEFT} {y + 18}H{x}V{TOP - 12}"/>',
            _text("small number", x, TOP - 16, str(row + 1)),
        ]
        columns = sorted(map(names.index, found[name]))
        parts += [
            f'<circle class="dot" cx="{GRID + CELL * column}" cy="{y + 18}" r="6"/>'
            for column in columns
        ]
    return "\n  ".join(parts) + "\n</svg>\n"


def _text(style: str, x: int, y: int, text: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(text)}</text>'


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
