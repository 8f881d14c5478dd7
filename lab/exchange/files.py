"""Checks of single files. Each takes the pack's folder and yields what is wrong."""

import json
import os
import re
import struct
import warnings
from pathlib import Path
from typing import Iterator, List, Tuple

import yaml

LICENCE = ("Apache License", "Version 2.0", "www.apache.org/licenses/LICENSE-2.0")
NEEDED = ("README.md", "CHANGES.md", "LICENSE", "requirements.txt", "icon.png")
ICON = (64, 64)

_PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
_HEADING = re.compile(r"^## (\S+)", re.MULTILINE)


def of_kind(pack_dir: Path, *suffixes: str) -> Iterator[Path]:
    """The files that the Exchange looks at, by name: no links followed, and nothing that is hidden
    at the top."""
    for folder, inner, names in os.walk(pack_dir):
        if Path(folder) == pack_dir:
            inner[:] = [name for name in inner if not name.startswith(".")]
        inner.sort()
        for name in sorted(names):
            if name.endswith(suffixes):
                yield Path(folder, name)


def needed(pack_dir: Path) -> Iterator[str]:
    """Files that every pack of the Exchange has."""
    for name in NEEDED:
        if not (pack_dir / name).is_file():
            yield f"{name} is not there"


def licence(pack_dir: Path) -> Iterator[str]:
    """LICENSE is the Apache License 2.0."""
    text = (pack_dir / "LICENSE").read_text(encoding="utf-8")
    for words in LICENCE:
        if words not in text:
            yield f"LICENSE does not say {words!r}"


def python(pack_dir: Path) -> Iterator[str]:
    """Every Python file compiles."""
    for path in of_kind(pack_dir, ".py"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(path.read_bytes(), str(path.relative_to(pack_dir)), "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{path.relative_to(pack_dir)}: {error}"


def yaml_files(pack_dir: Path) -> Iterator[str]:
    """Every YAML file can be read, and holds one document."""
    for path in of_kind(pack_dir, ".yaml", ".yml", ".yaml.example"):
        try:
            yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            yield f"{path.relative_to(pack_dir)}: {' '.join(str(error).split())}"


def json_files(pack_dir: Path) -> Iterator[str]:
    """Every JSON file can be read."""
    for path in of_kind(pack_dir, ".json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield f"{path.relative_to(pack_dir)}: {error}"


def icon(pack_dir: Path) -> Iterator[str]:
    """icon.png is a PNG of 64 by 64 pixels."""
    header = (pack_dir / "icon.png").read_bytes()[: len(_PNG) + 8]
    if not header.startswith(_PNG) or len(header) < len(_PNG) + 8:
        yield "icon.png is no PNG"
        return
    size = struct.unpack(">II", header[len(_PNG) :])
    if size != ICON:
        yield f"icon.png is {size[0]} by {size[1]} pixels"


def version(pack_dir: Path) -> Iterator[str]:
    """The newest heading of CHANGES.md is pack.yaml's version, and the older ones descend."""
    headings = _HEADING.findall((pack_dir / "CHANGES.md").read_text(encoding="utf-8"))
    about = yaml.safe_load((pack_dir / "pack.yaml").read_text(encoding="utf-8"))
    own = str(about.get("version"))
    newest = headings[0] if headings else "nothing"
    if newest != own:
        yield f"CHANGES.md begins with {newest}, pack.yaml has the version {own}"
    numbers = [_numbers(heading) for heading in headings]
    for newer, older in zip(numbers, numbers[1:]):
        if newer <= older:
            yield f"CHANGES.md has {_text(newer)} above {_text(older)}"


def _numbers(heading: str) -> Tuple[int, ...]:
    found: List[str] = re.findall(r"\d+", heading)
    return tuple(int(number) for number in found[:3])


def _text(numbers: Tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)
