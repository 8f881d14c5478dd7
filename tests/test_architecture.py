"""The picture and the map: what docs/flow.svg and the docstring of docker_tor name is there,
nothing of its kind is missing, and modules import as the map says."""

import ast
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Dict, List, Set

import docker_tor
import pytest
import yaml
from conftest import PACK
from docker_tor import containers

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


# The map of the modules.

MAP = docker_tor.__doc__ or ""
MODULES = {path.stem for path in LIB.glob("*.py")} - {"__init__"} | {"doctor"}


def part(heading: str) -> str:
    """The lines under a heading, up to the next blank one."""
    return MAP.split(heading, 1)[1].partition("\n")[2].split("\n\n")[0]


def begun(line: str) -> Set[str]:
    """The modules that a line of the map is about: those that begin it and those in its brackets,
    as in "netconf   one session (refusals: its errors)"."""
    head = re.split(r" {2,}", line.strip())[0]
    inner = re.findall(r"\(([\w, ]+)(?::[^)]*)?\)", line)
    return {name.strip() for names in (head, *inner) for name in names.split(",")} - {""}


def columns() -> List[Set[str]]:
    """The modules of the two columns; what is under netconf belongs to the right one."""
    lines = part("following the engines").splitlines()
    at = next(line for line in MAP.splitlines() if "following the engines" in line).index("driving")
    left, right = (
        {name for line in lines for name in begun(half(line))}
        for half in (lambda line: line[:at], lambda line: line[at:])
    )
    under = {name for line in part("under netconf").splitlines() for name in begun(line)}
    assert not right & under
    return [left, right | under]


def imports(path: Path) -> Set[str]:
    """The modules of the pack that a module imports, whenever it does."""
    found: Set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module.split(".")[0]] if node.module else [one.name for one in node.names]
            found |= set(names) & MODULES
    return found


def groups() -> List[Set[str]]:
    """From the top of the map down; the two columns are one group."""
    left, right = columns()
    first, both, people = (
        {name for line in part(heading).splitlines() for name in begun(line)}
        for heading in ("said and checked", "both brought together", "the people who run it")
    )
    return [first, left | right, both, people]


def test_the_map_has_every_module_once() -> None:
    found = [name for group in groups() for name in sorted(group)]
    assert sorted(found) == sorted(MODULES)
    left, right = columns()
    assert not left & right


def test_modules_import_from_their_own_group_and_those_above() -> None:
    above: Set[str] = set()
    for group in groups():
        above |= group
        for name in group - {"doctor"}:
            assert imports(LIB / f"{name}.py") <= above, name


def test_the_two_columns_know_nothing_of_each_other() -> None:
    left, right = columns()
    for here, there in ((left, right), (right, left)):
        for name in here:
            assert not imports(LIB / f"{name}.py") & there, name


IMPURE = {
    *("socket", "threading", "time", "random", "os", "subprocess", "select", "queue", "tempfile"),
    *("requests", "urllib3", "paramiko", "ncclient", "shutil", "fcntl"),
}


def test_what_is_called_pure_says_so_and_imports_nothing_that_is_not() -> None:
    listed = MAP.split("Pure, ", 1)[1].split(":", 1)[1]
    pure = {name.strip() for name in listed.strip().rstrip(".").split(",")}
    assert len(pure) > 10
    for name in pure:
        tree = ast.parse((LIB / f"{name}.py").read_text(encoding="utf-8"))
        assert "pure" in (ast.get_docstring(tree) or "").lower(), name
        roots = {
            one.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for one in node.names
        }
        assert not roots & IMPURE, name


def test_an_edit_imports_only_what_each_of_them_needs() -> None:
    """Five actions a chain pay for it."""
    script = "import sys; from docker_tor import action, openssh; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(LIB.parent)},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.rpartition(".")[2] for name in shown.stdout.split() if "docker_tor." in name}
    assert "netconf" in loaded
    assert not loaded & {"state", "plan", "transaction", "preflight", "message", "operational"}
    assert not {"requests", "ncclient", "paramiko"} & set(shown.stdout.split())
