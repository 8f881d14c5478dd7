"""The command `st2` as the lab starts it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from lab import client


def test_it_is_asked_about_the_lab_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "st2"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "print(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("ST2_AUTH_TOKEN", "somebody's")
    arguments, environment = json.loads(
        client.run(str(program), "http://127.0.0.1:1/v1", ["rule", "list"], width=77)
    )
    assert arguments == ["rule", "list"]
    assert environment["ST2_API_URL"] == "http://127.0.0.1:1/v1"
    assert environment["COLUMNS"] == "77"
    assert "ST2_AUTH_TOKEN" not in environment
    assert client.run(str(program), "", [], colour=True).count('"TERM": "xterm"') == 1


def test_one_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(client.ClientFailed, match="No such file"):
        client.run(str(tmp_path / "st2"), "", [])

    def too_long(*_: Any, **__: Any) -> Any:
        raise subprocess.TimeoutExpired(["st2"], 60)

    monkeypatch.setattr(subprocess, "run", too_long)
    with pytest.raises(client.ClientFailed, match="timed out"):
        client.run("st2", "", [])


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "pack" / ".venv-st2" / "bin" / "st2"
    monkeypatch.setattr(client, "HELPER", helper)
    monkeypatch.setattr(shutil, "which", _answer(None))
    assert client.find() is None
    assert client.shown() == ".venv-st2/bin/st2"
    monkeypatch.setattr(shutil, "which", _answer("/usr/bin/st2"))
    assert client.find() == client.shown() == "/usr/bin/st2"
    helper.parent.mkdir(parents=True)
    helper.touch()
    assert client.find() == str(helper)
    assert client.shown() == ".venv-st2/bin/st2"


def _answer(value: Any) -> Callable[[str], Any]:
    return lambda _name: value
