"""docs/extending.md: the edit that it adds is one, and the switch takes it."""

import re
import shutil
from pathlib import Path
from typing import Iterator

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")

import documents
import yaml
from conftest import PACK
from docker_tor.common import validators
from docker_tor.common.errors import InvalidValue, NodeMissing
from docker_tor.netconf import session as netconf
from docker_tor.netconf.session import Login
from docker_tor.switch import apply
from docker_tor.switch.nos import edits

from lab.switch import Switch

TEXT = (PACK / "docs" / "extending.md").read_text(encoding="utf-8")
NAME = "interface_vlan_interface_vlan_description"


@pytest.fixture
def _template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example beside the pack's own templates."""
    (block,) = documents.blocks("xml", PACK / "docs" / "extending.md")
    folder = tmp_path / "templates"
    shutil.copytree(edits.TEMPLATES, folder)
    (folder / f"{NAME}.xml").write_text(block.text, encoding="utf-8")
    monkeypatch.setattr(edits, "TEMPLATES", str(folder))
    edits._template.cache_clear()
    yield
    edits._template.cache_clear()


@pytest.mark.usefixtures("_template")
def test_the_edit_of_the_example() -> None:
    assert NAME in edits.names()
    edit = edits.render(NAME, {"name": "10", "description": "servers & storage"})
    assert edit.cli == ("interface Vlan 10", " description servers & storage")
    with Switch() as switch:
        login = Login(switch.host, switch.port, "admin", "password", switch.host_key)
        with netconf.session(login) as session:
            first, second = (apply.apply(session, edit) for _ in range(2))
            assert (first["changed"], second["changed"]) == (True, False)
            shown = switch.cli("show running-config interface Vlan 10")
            assert 'description "servers & storage"' in shown
            with pytest.raises(NodeMissing):
                apply.apply(session, edits.render(NAME, {"name": "11", "description": "x"}))


@pytest.mark.usefixtures("_template")
@pytest.mark.parametrize("wrong", [{}, {"description": "x" * 33}, {"description": "a\nb"}])
def test_what_no_function_has_passed_is_not_sent(wrong: "dict[str, str]") -> None:
    with pytest.raises(InvalidValue):
        edits.render(NAME, {"name": "10", **wrong})


def test_the_action_takes_what_the_template_takes() -> None:
    (block,) = documents.blocks("xml", PACK / "docs" / "extending.md")
    taken = set(re.findall(r't:is="\w+ (\w+)"', block.text))
    (action,) = documents.blocks("yaml", PACK / "docs" / "extending.md")
    described = yaml.safe_load(action.text)
    assert described["name"] == f"vdx.{NAME}"
    assert described["parameters"].pop("edit")["default"] == NAME
    assert set(described["parameters"]) == taken


def test_kinds_and_marks_are_those_of_the_code() -> None:
    table = TEXT.split("| mark | says |")[1].split("\n\n")[0]
    marks = set(re.findall(r"`t:(\w+)=", table))
    used = {
        mark
        for path in Path(edits.TEMPLATES).glob("*.xml")
        for mark in re.findall(r"\bt:(\w+)=", path.read_text(encoding="utf-8"))
    }
    assert marks == used
    listed = TEXT.split("The kinds are functions of")[1].split(".\n")[0].split(". For")[0]
    kinds = set(re.findall(r"`(\w+)`", listed)) - {"lib"}
    assert kinds == set(edits._KINDS)
    assert validators.VLAN_NAME_LENGTH == 32
    assert "1 - 32 printable characters" in listed


def test_modules_that_another_switch_needs_are_there() -> None:
    table = TEXT.split("| module | holds |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    for name in (name for row in rows for name in re.findall(r"`([\w/]+)`", row)):
        path = PACK / "lib" / "docker_tor" / name
        assert path.with_suffix(".py").is_file() or path.is_dir(), name
