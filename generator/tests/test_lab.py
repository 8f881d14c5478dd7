"""The walk of docs/generator.md: a pack made from lab/yang, and `st2 run` of it, in the lab."""

import logging
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List

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

PAGE = PACK / "docs" / "generator.md"
BLOCKS = re.findall(
    r"^<!-- of a generated pack -->\n```sh\n(.*?)^```$",
    PAGE.read_text(encoding="utf-8"),
    re.M | re.S,
)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]
RUNS = [line for line in LINES if line.startswith("st2 run ")]
PASSWORD = "a password of the lab"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (line,) = (one for one in LINES if one not in RUNS)
    words = shlex.split(line)
    assert words[0] == ".venv/bin/python"
    out = tmp_path_factory.mktemp("walk") / "vdx"
    words = [str(out) if word == "/tmp/vdx" else word for word in words]
    done = subprocess.run([sys.executable, *words[1:]], cwd=PACK, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    with Switch(password=PASSWORD, rbridge_ids=(21,)) as running:
        yield running


@pytest.fixture(scope="module")
def st2(pack: Path, switch: Switch) -> Iterator[StackStorm]:
    device = {
        "name": "tor1",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": "{{ st2kv.system.vdx_password }}",
        "host_key": switch.host_key,
    }
    with StackStorm(pack, {"devices": [device]}) as running:
        running.datastore.set("vdx_password", PASSWORD, secret=True)
        yield running


def given(st2: StackStorm, line: str) -> Dict[str, Any]:
    """The parameters of a line, as the command makes them."""
    _, _, ref, *words = shlex.split(line)
    known = st2.pack.actions[ref].parameters
    pairs = (word.split("=", 1) for word in words)
    return {name: params.cast(value, known[name]) for name, value in pairs}


def test_the_walk(st2: StackStorm, switch: Switch) -> None:
    empty = switch.running.xml()
    shown: List[str] = []
    for line in RUNS:
        done = st2.wait(st2.run(line.split()[2], given(st2, line)).id)
        assert done.status == "succeeded", (line, done.result)
        result = done.result["result"]
        assert "dry_run" in line or "get_config" in line or result["changed"] is True, (
            line,
            result,
        )
        shown.append(switch.cli("show ip int brief"))
    assert any("172.16.112.1" in one for one in shown)
    assert switch.running.xml() == empty


def test_the_page_names_every_option() -> None:
    text = PAGE.read_text(encoding="utf-8")
    options = {
        option
        for action in command.parser()._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }
    assert len(options) > 8
    for option in options:
        assert option in text, option


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
    made = yaml.safe_load((pack / "actions" / f"{name}.yaml").read_text())["parameters"]
    assert keys(made) <= set(EDITS[name])
    deletes = [
        {one for one in parameters if one.startswith("delete_")}
        for parameters in (EDITS[name], made)
    ]
    assert deletes[0] <= deletes[1] - NOT_IN_OURS
    required = {one for one, schema in EDITS[name].items() if schema.get("required")}
    assert required - {"host"} == keys(made)
