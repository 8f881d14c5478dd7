"""The picture and the rooms: what docs/flow.svg names is there and nothing of its kind is missing,
and a room imports only from the rooms above it."""

import ast
import importlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Dict, Iterator, Set

import docker_tor
import pytest
import yaml
from conftest import PACK
from docker_tor.controller import containers

SVG = "{http://www.w3.org/2000/svg}"
LIB = PACK / "lib" / "docker_tor"
VALUES = {
    f"docker_tor.{name}"
    for name in ("segments", "heartbeat", "lease", "holds", "released", "reconcile")
}


@pytest.fixture(scope="module")
def pack() -> Any:
    reason = "the lab's StackStorm needs orquesta"
    return pytest.importorskip("lab.stackstorm.registry", reason=reason).load(PACK)


def drawn() -> Dict[str, Set[str]]:
    """What the picture names, by the class of the text."""
    found: Dict[str, Set[str]] = {}
    for text in ET.parse(PACK / "docs" / "flow.svg").iter(f"{SVG}text"):
        found.setdefault(text.get("class", ""), set()).add("".join(text.itertext()))
    return found


def tasks() -> Set[str]:
    """Every task of every workflow but those that run no action."""
    found: Set[str] = set()
    for path in (PACK / "workflows").glob("*.yaml"):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        found |= {name for name, task in workflow["tasks"].items() if "action" in task}
    return found


def test_the_picture_has_all_there_is(pack: Any) -> None:
    names = drawn()
    workflows = {ref for ref, one in pack.actions.items() if one.runner.name == "orquesta"}
    # Containers have nothing to do with what is drawn.
    tracked = {containers.STARTED, containers.STOPPED}
    own = {ref for ref in pack.trigger_types if ref.startswith("docker.")} - tracked
    timers = {rule.trigger.type for rule in pack.rules.values()} - own
    assert names["rule"] == set(pack.rules)
    assert names["workflow"] == workflows
    assert names["trigger"] == own | {ref for ref in timers if ref in names["trigger"]}
    assert len(names["trigger"] - own) == 1
    assert names["task"] == tasks()
    assert names["alias"] == set(pack.aliases)
    assert {f"docker.{name}" for name in names["sensor"]} == set(pack.sensors) - {
        "docker.DockerSensor"
    }
    assert names["value"] == VALUES


def test_the_actions_in_the_picture_are_there(pack: Any) -> None:
    names = drawn()["action"]
    assert names <= set(pack.actions)
    assert {alias.action_ref for alias in pack.aliases.values()} <= names
    assert "chatops.post_message" in names


def test_what_looks_like_a_name_is_checked() -> None:
    """A name without a class of its own would not be looked at."""
    plain = drawn().get("", set()) | drawn()["note"] | drawn()["head"]
    assert not [text for text in plain if re.match(r"docker(_tor)?\.[\w.-]+$", text)]


def test_the_tasks_of_the_chain_are_explained_with_their_actions() -> None:
    text = (PACK / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown: Dict[str, str] = {}
    for row in re.findall(r"^\| (`\w+`.*?) \| `([\w.]+)` \|$", text, re.MULTILINE):
        shown.update(dict.fromkeys(re.findall(r"`(\w+)`", row[0]), row[1]))
    workflow = yaml.safe_load((PACK / "workflows" / "docker-network-tor.yaml").read_text())
    assert shown == {name: task["action"].split()[0] for name, task in workflow["tasks"].items()}


# The rooms of lib/docker_tor, from top to bottom as its docstring lists them.

ROOMS = re.findall(r"^    (\w+)  ", docker_tor.__doc__ or "", re.MULTILINE)


def room(path: Path) -> str:
    return path.relative_to(LIB).parts[0]


def imported(path: Path) -> Iterator[Path]:
    """The files of the pack that a module imports, whenever it does."""
    package = path.parent
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package
            for _ in range(node.level - 1):
                base = base.parent
            base = base.joinpath(*(node.module or "").split(".")) if node.module else base
            for name in (
                [""] if base.with_suffix(".py").exists() else [one.name for one in node.names]
            ):
                yield (base / name).with_suffix(".py")


MODULES = sorted(path for path in LIB.rglob("*.py") if path.parent != LIB)


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
    script = "import sys; from docker_tor.actions import edit; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(LIB.parent)},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.rpartition(".")[2] for name in shown.stdout.split() if "docker_tor." in name}
    assert "session" in loaded
    assert not loaded & {"running_config", "plan", "transaction", "preflight", "messages"}
    assert not {"requests", "ncclient", "paramiko"} & set(shown.stdout.split())
