"""The walk of docs/generator.md, from YANG to `st2 run`, in the lab."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from conftest import PACK

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import documents
import st2_commands
from documents import GENERATED

from generator import __main__ as command
from lab import client
from lab.stackstorm import StackStorm, params
from lab.stackstorm.api import ApiServer
from lab.switch import Switch

PAGE = PACK / "docs" / "generator.md"
BLOCKS = [one for one in documents.blocks("sh", PAGE) if one.comment == GENERATED]
LINES = [line for block in BLOCKS for line in block.commands]
RUNS = [line for line in LINES if line.startswith("st2 run ")]


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    with Switch(password="password", rbridge_ids=(21,)) as running:
        yield running


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
def api() -> Iterator[ApiServer]:
    with ApiServer(0) as running:
        yield running


@pytest.fixture(scope="module")
def st2(pack: Path, switch: Switch, api: ApiServer) -> Iterator[StackStorm]:
    device = {
        "name": "tor1",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": "{{ st2kv.system.vdx_password }}",
        "host_key": switch.host_key,
    }
    with StackStorm(pack, {"devices": [device]}, api_url=api.url) as running, api.serving(running):
        running.datastore.set("vdx_password", "password", secret=True)
        yield running


def given(st2: StackStorm, line: str) -> Dict[str, Any]:
    """The parameters of a line, as the command makes them."""
    st2_commands.check(st2.pack, line)
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


@pytest.mark.usefixtures("st2")
def test_the_walk_by_the_real_client(api: ApiServer) -> None:
    if not client.HELPER.is_file():
        pytest.skip("there is no st2 command: `make st2client` gets it")
    real = st2_commands.Client(api.url)
    try:
        for line in RUNS:
            answer = real.run(line)
            assert answer.status == 0, answer.text
            assert "status: succeeded" in answer.text, answer.text
    finally:
        real.close()


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
