"""What lab/README.md says: every command in it is run here, or says that it needs something."""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from lab import client
from lab.rig import Rig, rig
from lab.switch import knobs
from lab.switch.faults import _KNOBS

PACK = Path(__file__).resolve().parents[1]
README = (PACK / "lab" / "README.md").read_text()
WAIT = 60.0


def blocks(language: str) -> List[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def commands(start: str) -> List[str]:
    """Those that begin so and do not say that they need something."""
    return [line for line in COMMANDS if line.startswith(start) and "# needs " not in line]


DRIVER = """
import contextlib, io, json, sys
from st2client.shell import Shell
results = []
for words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            status = Shell().run(words)
        except SystemExit as left:
            status = left.code or 0
    results.append((status, out.getvalue()))
print(json.dumps(results))
"""
"""Runs lines of the st2 command in one process: to start it takes longer than what it does."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    with rig() as lab:
        assert lab.engine is not None
        lab.engine.wait_for_readers(1, WAIT)
        yield lab


def shell(line: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", line],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PACK), **environment},
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )


def test_every_command_is_run_here_or_says_what_it_needs() -> None:
    run = ("make demo", "make lab", "docker ", "export ", "st2 ", "python -m lab")
    known = [line for line in COMMANDS if line.startswith(run) or "# needs " in line]
    assert known == COMMANDS
    assert len(COMMANDS) > 15


def test_make_knows_its_targets() -> None:
    # What they do is run by CI, and by the tests of the commands that they start.
    for line in COMMANDS:
        if line.startswith("make "):
            done = shell(f"make -n {line.split()[1]}", PACK)
            assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command")
def test_docker(lab: Rig, tmp_path: Path) -> None:
    for line in commands("docker "):
        done = shell(line.replace("tcp://127.0.0.1:2375", lab.docker_host), tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(
    not client.HELPER.is_file(), reason="there is no st2 command: `make st2client` gets it"
)
def test_st2(lab: Rig, tmp_path: Path) -> None:
    # Something for `last` to be, which can be run again.
    lab.st2.wait(lab.st2.run("core.noop").id, WAIT)
    [export] = [line for line in COMMANDS if line.startswith("export ")]
    lines = [shlex.split(line)[1:] for line in commands("st2 ")]
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    python = client.HELPER.parent / "python"
    exported = export.replace("http://127.0.0.1:9101/v1", lab.api_url)
    given = shlex.quote(json.dumps(lines))
    done = shell(f"{exported} && {python} {driver} {given}", tmp_path, TERM="dumb", COLUMNS="140")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) == len(lines)
    for line, (status, said) in zip(lines, results):
        assert status == 0, (line, said)
        assert said.strip(), line


def interrupt(line: str, cwd: Path) -> str:
    """Start it, wait until it has said something, and interrupt it; what it said."""
    words = line.split()
    assert words[0] == "python"
    process = subprocess.Popen(
        [sys.executable, *words[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PACK), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(WAIT) == 0, (line, first, rest)
            return first + rest
        finally:
            process.kill()


PARTS = [*commands("python -m lab.switch"), *commands("python -m lab.engine")]


@pytest.mark.parametrize("line", PARTS)
def test_the_parts_by_themselves(line: str, tmp_path: Path) -> None:
    anywhere = line.replace("--port 2222", "--port 0").replace("127.0.0.1:2375", "127.0.0.1:0")
    run = finish if line.endswith("--help") else interrupt
    said = run(anywhere, tmp_path)
    assert re.match(r"A VDX is at ssh://|The engine lab listens|usage: ", said)


def finish(line: str, cwd: Path) -> str:
    """Run it to its own end; what it said."""
    done = subprocess.run(
        [sys.executable, *line.split()[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PACK)},
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python() -> None:
    for block in blocks("python"):
        names: Dict[str, object] = {}
        exec(compile(block, "lab/README.md", "exec"), names)
        assert "Switch" in names


def test_the_table_has_every_knob() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|", README, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(_KNOBS) <= named


TURNED = """
    --latency 0.5 --operation lock --operation edit-config --drop-rpc 1 --drop after
    --drop-session-rpc 2 --refuse-sessions --transient NODE_IS_NOT_READY --transient-rpcs 3
    --locked --half-open --multi-error --save-polls 2 --save-fails --reply-garbage --reply-entities
"""


def test_options_turn_the_knobs() -> None:
    parser = argparse.ArgumentParser()
    knobs.add_faults(parser)
    turned = knobs.faults(parser.parse_args(TURNED.split()))
    harmless = [name for name, value in _KNOBS.items() if getattr(turned, name) == value]
    assert harmless == ["rewrite", "new_host_key"]
    assert turned.operations == {"lock", "edit-config"}
    untouched = knobs.faults(parser.parse_args([]))
    assert {name: getattr(untouched, name) for name in _KNOBS} == _KNOBS
