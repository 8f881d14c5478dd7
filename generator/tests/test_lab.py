"""The walk of docs/generator.md: a pack made from lab/yang, and `st2 run` of it, in the lab."""

import logging
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from generator import __main__ as command
from lab import exchange
from lab.stackstorm import StackStorm, params
from lab.switch import Switch

PACK = Path(__file__).resolve().parents[2]

PAGE = (PACK / "docs" / "generator.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^<!-- of a generated pack -->\n```sh\n(.*?)^```$", PAGE, re.M | re.S)
LINES = [shlex.split(line) for block in BLOCKS for line in block.splitlines() if line]
RUNS = [words for words in LINES if words[:2] == ["st2", "run"]]
PASSWORD = "a password of the lab"


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    with Switch(password=PASSWORD, rbridge_ids=(21,)) as running:
        yield running


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ((python, *words),) = (line for line in LINES if line not in RUNS)
    assert python == ".venv/bin/python"
    out = tmp_path_factory.mktemp("walk") / "vdx"
    words = [str(out) if word == "/tmp/vdx" else word for word in words]
    done = subprocess.run([sys.executable, *words], cwd=PACK, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    return out


def test_the_walk(pack: Path, switch: Switch) -> None:
    login = {"username": "admin", "password": "{{ st2kv.system.vdx_password }}"}
    place = {"host": switch.host, "port": switch.port, "host_key": switch.host_key}
    empty, shown = switch.running.xml(), ""
    with StackStorm(pack, {"devices": [{"name": "tor1", **place, **login}]}) as st2:
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        for _, _, ref, *words in RUNS:
            known = st2.pack.actions[ref].parameters
            given = dict(word.split("=", 1) for word in words)
            cast = {name: params.cast(value, known[name]) for name, value in given.items()}
            done = st2.wait(st2.run(ref, cast).id)
            assert done.status == "succeeded", (ref, words, done.result)
            is_edit = "dry_run" not in given and not ref.endswith("get_config")
            assert not is_edit or done.result["result"]["changed"] is True, (ref, words)
            shown += switch.cli("show ip int brief")
    assert "172.16.112.1" in shown
    assert switch.running.xml() == empty


def test_the_page_names_every_option() -> None:
    options = {one for action in command.parser()._actions for one in action.option_strings}
    long = {one for one in options - {"--help"} if one.startswith("--")}
    assert len(long) > 8
    assert [one for one in long if one not in PAGE] == []


def test_the_exchange_s_checks(pack: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert exchange.problems(pack) == []
    assert not caplog.records


def test_a_device_that_offers_no_get_schema(
    switch: Switch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NETCONF_PASSWORD", PASSWORD)
    words = ["--from", switch.host, "--port", str(switch.port), "--username", "admin"]
    words += ["--host-key", switch.host_key, "--pack", "vdx", "--out", str(tmp_path / "vdx")]
    assert command.main(words) == 1
    assert "the device offers no get-schema" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# The pack docker's own single edits have the names, keys and delete_ parameters that the generator
# makes of lab/yang.

OWN = {
    path.stem[len("vdx.") :]: yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]
    for path in sorted((PACK / "actions").glob("vdx.*.yaml"))
}
EDITS = {name: one for name, one in OWN.items() if one.get("edit", {}).get("default") == name}
assert EDITS
NOT_IN_OURS = {"delete_rbridge_id"}
"""An rbridge is a switch of the fabric: the pack docker does not remove those."""


def keys(parameters: Dict[str, Any]) -> set:
    spec = parameters["edit"]["default"]
    return {key["parameter"] for step in spec["path"] for key in step.get("keys", ())}


@pytest.mark.parametrize("name", EDITS)
def test_our_own_edits_are_what_the_generator_makes(pack: Path, name: str) -> None:
    ours = EDITS[name]
    made = yaml.safe_load((pack / "actions" / f"{name}.yaml").read_text())["parameters"]
    assert keys(made) <= set(ours)
    deletes = [{one for one in of if one.startswith("delete_")} for of in (ours, made)]
    assert deletes[0] <= deletes[1] - NOT_IN_OURS
    assert {one for one in ours if ours[one].get("required")} - {"host"} == keys(made)
