"""The rooms of lib/docker_tor: each imports only from those above it, and only what they export."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docker_tor.config import platforms

from lab.rooms import DRAWING, LIB, drawing, imported, modules, room, rooms

ROOMS = list(rooms())
MODULES = modules()


def test_every_module_is_in_a_room() -> None:
    assert set(ROOMS) == {room(path) for path in MODULES}
    assert [path.name for path in LIB.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_a_room_imports_only_from_itself_and_the_rooms_above(path: Path) -> None:
    allowed = ROOMS[: ROOMS.index(room(path)) + 1]
    for other in imported(path):
        assert other.exists(), other
        assert room(other) in allowed, other
        if other.parent != path.parent:
            exported = importlib.import_module(
                ".".join(("docker_tor", *other.relative_to(LIB).parent.parts))
            ).__all__
            assert other.stem in exported, other


def test_the_drawing_is_current() -> None:
    assert DRAWING.read_text(encoding="utf-8") == drawing(), "run `make docs`"


def test_only_the_actions_of_a_kind_of_switch_know_it() -> None:
    """All else goes by the Protocol of switch/driver.py."""
    kinds = {path.parent for path in LIB.glob("switch/*/driver.py")}
    assert {kind.name for kind in kinds} == {*platforms.PLATFORMS}
    knowing = {
        str(path.relative_to(LIB))
        for path in MODULES
        for other in imported(path)
        if other.parent in kinds and path.parent not in kinds
    }
    assert knowing == {"actions/edit.py", "actions/chain.py", "actions/show_commands.py"}


def test_what_a_room_exports_is_there() -> None:
    for path in LIB.rglob("__init__.py"):
        if path.parent != LIB:
            name = ".".join(("docker_tor", *path.parent.relative_to(LIB).parts))
            exported = importlib.import_module(name).__all__
            assert {f"{one}.py" for one in exported} <= {one.name for one in path.parent.iterdir()}


IMPURE = {
    *("socket", "threading", "time", "random", "os", "subprocess", "select", "queue", "tempfile"),
    *("requests", "urllib3", "paramiko", "ncclient", "shutil", "fcntl"),
}


def test_what_is_called_pure_imports_nothing_that_is_not() -> None:
    pure = 0
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not re.search(r"\bPure\b", ast.get_docstring(tree) or ""):
            continue
        pure += 1
        roots = {
            one.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for one in node.names
        }
        assert not roots & IMPURE, path
    assert pure > 10


def test_an_edit_imports_only_what_each_of_them_needs() -> None:
    """Five actions a chain pay for it."""
    script = (
        "import sys; from docker_tor.actions import edit; from docker_tor.switch.nos import driver;"
        "print(*sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(LIB.parent)},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.rpartition(".")[2] for name in shown.stdout.split() if "docker_tor." in name}
    assert "session" in loaded
    assert not loaded & {"plan", "steps", "transaction", "chain", "messages", "operational"}
    assert not {"requests", "ncclient", "paramiko"} & set(shown.stdout.split())
