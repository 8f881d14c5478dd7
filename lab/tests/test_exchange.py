"""The StackStorm Exchange's checks: the pack passes them, and each of them can fail."""

import re
import shutil
import struct
from pathlib import Path
from typing import Callable

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.exchange import PACK, checks, example
from lab.exchange.__main__ import main

Break = Callable[[Path], object]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one of everything, that passes every check."""
    folder = tmp_path / "docker"
    kept = shutil.ignore_patterns(".*", "tests", "lab", "docs", "__pycache__")
    shutil.copytree(PACK, folder, symlinks=True, ignore=kept)
    write("policies/made_up.yaml", POLICY)(folder)
    return folder


POLICY = """\
name: made-up
resource_ref: docker.docker-network-tor
policy_type: action.concurrency
parameters:
  action: cancel
  threshold: 1
"""


def write(name: str, text: str) -> Break:
    def change(pack: Path) -> None:
        (pack / name).parent.mkdir(exist_ok=True)
        (pack / name).write_text(text, encoding="utf-8")

    return change


def replace(name: str, old: str, new: str) -> Break:
    def change(pack: Path) -> None:
        text = (pack / name).read_text(encoding="utf-8")
        assert old in text
        (pack / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def remove(name: str) -> Break:
    return lambda pack: (pack / name).unlink()


def again(name: str) -> Break:
    """The same file under another name."""
    return lambda pack: shutil.copy(pack / name, (pack / name).with_name("again.yaml"))


def resize(pack: Path) -> None:
    icon = bytearray((pack / "icon.png").read_bytes())
    icon[16:24] = struct.pack(">II", 64, 65)
    (pack / "icon.png").write_bytes(icon)


ALIAS = "aliases/tor_plan.yaml"
# What the lab's registry refuses is among these, too: test_stackstorm_registry.
WAYS = [
    ("files that every pack has", "README.md is not there", remove("README.md")),
    ("licence", "LICENSE does not say 'Apache License'", write("LICENSE", "MIT License")),
    ("licence", "LICENSE: No such file or directory", remove("LICENSE")),
    ("pack.yaml, config", "'version' is a required", replace("pack.yaml", "version: 0", "vers: 0")),
    ("everything registers", "rules/ has", again("rules/engine_lost.yaml")),
    ("everything registers", "policies/ has", again("policies/made_up.yaml")),
    ("everything registers", "two of the name", again(ALIAS)),
    (
        "what is named is there",
        "docker.engine-back: there is no action chatops.post",
        replace("rules/engine_back.yaml", "chatops.post_message", "chatops.post"),
    ),
    (
        "what is named is there",
        "docker.engine-back: chatops.post_message has no parameter colour",
        replace("rules/engine_back.yaml", "    channel:", "    colour: red\n    channel:"),
    ),
    (
        "what is named is there",
        "docker.tor-plan: docker.plan has no parameter where",
        replace(ALIAS, "{{switch}}", "{{where}}"),
    ),
    (
        "what is named is there",
        "docker.made-up: there is no action docker.nurse",
        replace("policies/made_up.yaml", "docker.docker-network-tor", "docker.nurse"),
    ),
    ("the example", "channel", replace("docker.yaml.example", "channel: docker", "channel: 5")),
    ("the example", "No such file", remove("docker.yaml.example")),
    ("icon of 64 by 64", "icon.png is 64 by 65 pixels", resize),
    ("icon of 64 by 64", "icon.png is no PNG", write("icon.png", "GIF89a")),
    ("version as in CHANGES.md", "CHANGES.md begins with 9.0.0", write("CHANGES.md", "## 9.0.0\n")),
    ("version as in CHANGES.md", "CHANGES.md begins with nothing", write("CHANGES.md", "# None\n")),
    ("version as in CHANGES.md", "has 1.0 above 9.9", write("CHANGES.md", "## 1.0\n## 9.9\n")),
]


@pytest.mark.parametrize(("name", "said", "change"), WAYS, ids=[f"{n}-{s}" for n, s, _ in WAYS])
def test_what_is_wrong_is_found(pack: Path, name: str, said: str, change: Break) -> None:
    change(pack)
    (check,) = (check for check in checks.CHECKS if check.name.startswith(name))
    found = check.problems(pack)
    assert any(said in one for one in found), found
    assert not any(str(pack) in one for one in found)


def test_every_check_is_made_to_fail_here() -> None:
    assert all(any(check.name.startswith(name) for name, _, _ in WAYS) for check in checks.CHECKS)


def test_a_table_shows_them(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(pack)]) == 0
    shown = capsys.readouterr().out
    assert all(check.name in shown for check in checks.CHECKS)
    assert "failed" not in shown
    resize(pack)
    assert main([str(pack)]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"icon of 64 by 64 +failed", shown)
    assert "icon of 64 by 64: icon.png is 64 by 65 pixels" in shown


# The example configuration.


def test_a_case_is_uncommented_as_an_editor_would() -> None:
    text = "# intro\n## case 1: a\n# b:\n#   c: 1\n#\n#   # d: 2\n## end\ne: 3\n"
    assert example.cases(text) == {
        "case 1: a": "# intro\n## case 1: a\nb:\n  c: 1\n\n  # d: 2\n## end\ne: 3\n"
    }


def test_which_keys_of_the_datastore_are_secret() -> None:
    schema = {
        "properties": {
            "plain": {"type": "string"},
            "inner": {"items": {"properties": {"hidden": {"secret": True}}}},
        }
    }
    values = {"plain": "{{ st2kv.system.a }}", "inner": [{"hidden": "{{st2kv.system.b}}"}], "x": 5}
    assert list(example.keys(values, schema)) == [("a", False), ("b", True)]
