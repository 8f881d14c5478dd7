"""The StackStorm Exchange's checks: the pack holds them, and each of them can fail."""

import re
import shutil
import struct
from pathlib import Path
from typing import Callable, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from conftest import PACK

from lab.exchange import checks, example, files
from lab.exchange.__main__ import main

Break = Callable[[Path], object]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one of everything, that holds every check."""
    folder = tmp_path / "docker"
    kept = shutil.ignore_patterns(".*", "tests", "lab", "docs", "__pycache__")
    shutil.copytree(PACK, folder, symlinks=True, ignore=kept)
    (folder / "policies").mkdir(exist_ok=True)
    write("policies/made_up.yaml", POLICY)(folder)
    write("triggers/made_up.yaml", "name: MadeUp\n")(folder)
    write("docs/made_up.json", "{}")(folder)
    return folder


POLICY = """\
name: made-up
resource_ref: docker.docker-network-tor
policy_type: action.concurrency
parameters:
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


def copy(name: str, to: str) -> Break:
    return lambda pack: shutil.copy(pack / name, pack / to)


def resize(pack: Path) -> None:
    icon = bytearray((pack / "icon.png").read_bytes())
    icon[16:24] = struct.pack(">II", 64, 65)
    (pack / "icon.png").write_bytes(icon)


def failures(pack: Path) -> List[str]:
    return [
        f"{check.name}: {problem}" for check, problems in checks.run(pack) for problem in problems
    ]


def test_a_pack_that_holds_them_all(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures(pack) == []
    assert main([str(pack)]) == 0
    shown = capsys.readouterr().out
    assert all(check.name in shown for check in checks.CHECKS)
    assert "failed" not in shown


WAYS = [
    ("files that every pack has", "README.md is not there", remove("README.md")),
    ("licence", "LICENSE does not say 'Apache License'", write("LICENSE", "MIT License")),
    ("licence", "LICENSE: No such file or directory", remove("LICENSE")),
    ("Python compiles", "actions/vdx_edit.py: ", write("actions/vdx_edit.py", "def run(:\n")),
    ("YAML can be read", "rules/x.yaml: ", write("rules/x.yaml", "a: [\n")),
    ("YAML can be read", "docs/x.yml: ", write("docs/x.yml", "a: 1\n---\nb: 2\n")),
    ("JSON can be read", "docs/x.json: ", write("docs/x.json", "{'a': 1}")),
    ("pack.yaml, config", "'version' is a required", replace("pack.yaml", "version: 0", "vers: 0")),
    ("pack.yaml, config", "'secrt' was unexp", write("config.schema.yaml", "a: {secrt: true}")),
    ("everything registers", "not of type", replace("rules/engine_lost.yaml", "true", "'yes'")),
    ("everything registers", "'x' was unexp", replace("aliases/tor_plan.yaml", "\nack:", "\nx:")),
    (
        "everything registers",
        "'x' was unexp",
        replace("policies/made_up.yaml", "name", "x: 1\nname"),
    ),
    ("everything registers", "rules/ has", copy("rules/engine_lost.yaml", "rules/again.yml")),
    ("everything registers", "actions/ has", copy("actions/vdx.undo.yaml", "actions/again.yaml")),
    ("everything registers", "triggers/ has", copy("triggers/made_up.yaml", "triggers/b.yaml")),
    ("everything registers", "policies/ has", copy("policies/made_up.yaml", "policies/b.yaml")),
    ("everything registers", "two of the name", copy("aliases/tor_plan.yaml", "aliases/b.yaml")),
    ("everything registers", "entry_point", remove("actions/vdx_edit.py")),
    (
        "what is named is there",
        "docker.engine-back: there is no action chatops.post",
        replace("rules/engine_back.yaml", "chatops.post_message", "chatops.post"),
    ),
    (
        "what is named is there",
        "docker.tor-doctor: there is no action docker.nurse",
        replace("aliases/tor_doctor.yaml", "docker.doctor", "docker.nurse"),
    ),
    (
        "what is named is there",
        "docker.made-up: there is no action docker.nurse",
        replace("policies/made_up.yaml", "docker.docker-network-tor", "docker.nurse"),
    ),
    (
        "example as it is",
        "channel",
        replace("docker.yaml.example", "channel: docker", "channel: 5"),
    ),
    ("example as it is", "No such file", remove("docker.yaml.example")),
    (
        "what is named is there",
        "docker.tor-plan: docker.plan has no parameter where",
        replace("aliases/tor_plan.yaml", "{{ switch }}", "{{ where }}"),
    ),
    (
        "what is named is there",
        "docker.tor-apply: docker.reconcile has no parameter dry",
        replace("aliases/tor_apply.yaml", "dry_run:", "dry:"),
    ),
    (
        "what is named is there",
        "docker.engine-back: chatops.post_message has no parameter colour",
        replace("rules/engine_back.yaml", "    channel:", "    colour: red\n    channel:"),
    ),
    ("example, case by case", "case 1: ", replace("docker.yaml.example", "unix:///", "http:///")),
    (
        "example, case by case",
        "case 2: ",
        replace("docker.yaml.example", "switch: tor2", "switch: t9"),
    ),
    ("example, case by case", "case 3: ", replace("docker.yaml.example", "# save_c", "# sav_c")),
    ("example, case by case", "no cases", replace("docker.yaml.example", "## case", "# case")),
    ("icon of 64 by 64", "icon.png is 64 by 65 pixels", resize),
    ("icon of 64 by 64", "icon.png is no PNG", write("icon.png", "GIF89a")),
    ("version as in CHANGES.md", "CHANGES.md begins with", write("CHANGES.md", "## 9.0.0\n")),
    ("version as in CHANGES.md", "CHANGES.md begins with nothing", write("CHANGES.md", "# None\n")),
]


@pytest.mark.parametrize(("name", "said", "change"), WAYS, ids=[f"{n}-{s}" for n, s, _ in WAYS])
def test_what_is_wrong_is_found(pack: Path, name: str, said: str, change: Break) -> None:
    change(pack)
    found = failures(pack)
    assert any(one.startswith(name) and said in one for one in found), found
    assert not any(str(pack) in one for one in found)


def test_what_is_wrong_is_shown(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resize(pack)
    assert main([str(pack)]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"icon of 64 by 64 +failed", shown)
    assert "icon of 64 by 64: icon.png is 64 by 65 pixels" in shown


def test_every_check_is_made_to_fail_here() -> None:
    assert all(any(check.name.startswith(name) for name, _, _ in WAYS) for check in checks.CHECKS)


def test_older_versions_are_below_newer_ones(pack: Path) -> None:
    own = (pack / "CHANGES.md").read_text(encoding="utf-8")
    (pack / "CHANGES.md").write_text(own + "\n## 9.9.9\n", encoding="utf-8")
    assert any("above 9.9.9" in problem for problem in files.version(pack))


def test_links_are_not_followed_and_what_is_hidden_is_left_out(pack: Path) -> None:
    write(".hidden/broken.py", "(")(pack)
    seen = [path.relative_to(pack) for path in files.of_kind(pack, ".py")]
    assert Path("lib/docker_tor/text.py") in seen
    assert not any(
        path.parts[0] == ".hidden" or path.parts[:2] == ("actions", "lib") for path in seen
    )


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


def test_this_pack_holds_them() -> None:
    assert failures(PACK) == []
