"""`python -m lab`, and the commands of lab/README.md."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

import requests
from rich.console import Console

from lab import __main__ as program
from lab import client, screens
from lab.rig import Rig, rig
from lab.screens import Screens
from lab.switch import Switch

PACK = Path(__file__).resolve().parents[2]
README = (PACK / "lab" / "README.md").read_text()
WAIT = 60.0


def blocks(language: str) -> List[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def commands(start: str) -> List[str]:
    """Those that begin so and do not say that they need something."""
    return [line for line in COMMANDS if line.startswith(start) and "# needs " not in line]


def run(*words: str, **environment: str) -> str:
    """Runs a command to its end; what it said."""
    done = subprocess.run(
        words,
        cwd=PACK,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up_says_how_to_talk_to_each_part() -> None:
    ports = [part for name in ("tcp", "ssh", "st2") for part in (f"--{name}-port", "0")]
    with subprocess.Popen(
        [sys.executable, "-m", "lab", "up", *ports, "--fault=refuse_sessions"],
        cwd=PACK,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default"},
        stdout=subprocess.PIPE,
        text=True,
    ) as up:

        def until(text: str) -> str:
            said = ""
            for line in up.stdout or ():
                said += line
                if text in line:
                    return said
            raise AssertionError(said)

        try:
            said = until("Ctrl-C ends the lab")
            assert re.search(r"docker -H tcp://\S+:\d+ network create .* dockernetwork112\n", said)
            assert re.search(r"ssh -p \d+ admin@127\.0\.0\.1 show ip int brief\n", said)
            (url,) = re.findall(r"export ST2_API_URL=(\S+)", said)
            body = {
                "action": "docker.vdx.interface_vlan_interface_ve_gve_name",
                "parameters": {"host": "127.0.0.1", "gve_name": "112"},
            }
            requests.post(f"{url}/executions", json=body, timeout=WAIT).raise_for_status()
            # The switch gives no NETCONF session.
            until("gve_name failed")
            up.send_signal(signal.SIGINT)
            assert up.wait(WAIT) == 0
        finally:
            up.kill()


def test_what_cannot_be_done_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def said(*arguments: str) -> Tuple[int, str]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            return program.main(list(arguments)), out.getvalue()

    assert said("up", "--fault", "drop_rpc=0") == (
        1,
        "fault drop_rpc=0: 0 is not in 1 - 1000000\n",
    )
    assert said("up", "--neighbour", "TenGigabitEthernet 21/0/2") == (
        1,
        "'TenGigabitEthernet 21/0/2' is no neighbour: write it as in 'PORT=HOST,INTERFACE'\n",
    )
    with Switch() as taken:
        status, text = said("up", "--ssh-port", str(taken.port), "--st2-port", "0")
    assert (status, "--tcp-port, --ssh-port and --st2-port choose other" in text) == (1, True)


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("", f"{screens.NO_CLIENT}\nthe lab's own\n"),
        ("echo cannot >&2; exit 3", "({st2} fails: cannot)\nthe lab's own\n"),
        # Somebody's own token is for a StackStorm of theirs.
        (
            'echo "[red]$1[/red] $2 $3 $ST2_API_URL$ST2_AUTH_TOKEN"',
            "[red]execution[/red] get 1 http://x/v1\n",
        ),
    ],
)
def test_the_articles_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, shown: str
) -> None:
    st2 = tmp_path / "st2"
    st2.write_text(f"#!/bin/sh\n{script}\n")
    st2.chmod(0o755)
    monkeypatch.setattr(client, "find", lambda: str(st2) if script else None)
    monkeypatch.setattr(Screens, "_own", lambda screens, _run: screens.say("the lab's own"))
    monkeypatch.setenv("ST2_AUTH_TOKEN", "somebody's")
    out = io.StringIO()
    lab: Any = SimpleNamespace(api_url="http://x/v1")
    run: Any = SimpleNamespace(id="1")
    Screens(Console(file=out, width=200, highlight=False), lab).execution(run)
    assert out.getvalue() == f"\n$ st2 execution get 1\n{shown.format(st2=st2)}"


# What the README says.


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    with rig() as lab:
        yield lab


def test_every_command_is_run_here_or_says_what_it_needs() -> None:
    known = ("make ", "docker ", "export ", "st2 ")
    assert [line for line in COMMANDS if not line.startswith(known) and "# needs" not in line] == []
    # What they do is run by CI, and by the tests of the commands that they start.
    for line in commands("make "):
        run("make", "-n", line.split()[1])


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command")
def test_docker(lab: Rig) -> None:
    for line in commands("docker "):
        run(*shlex.split(line.replace("tcp://127.0.0.1:2375", lab.docker_host)))


ALL_IN_ONE_PROCESS = """
import json, sys
from st2client.shell import Shell
for words in json.loads(sys.argv[1]):
    try:
        assert not Shell().run(words), words
    except SystemExit as left:
        assert not left.code, words
"""


@pytest.mark.skipif(
    not client.HELPER.is_file(), reason="there is no st2 command: `make st2client` gets it"
)
def test_st2(lab: Rig) -> None:
    # Something for `last` to be.
    lab.st2.wait(lab.st2.run("core.noop").id, WAIT)
    lines = json.dumps([shlex.split(line)[1:] for line in commands("st2 ")])
    environment = {"ST2_API_URL": lab.api_url, "TERM": "dumb", "PYTHONWARNINGS": "ignore"}
    python = str(client.HELPER.parent / "python")
    assert run(python, "-c", ALL_IN_ONE_PROCESS, lines, **environment)


def test_python() -> None:
    for block in blocks("python"):
        names: Dict[str, object] = {}
        exec(compile(block, "lab/README.md", "exec"), names)
        assert {"Switch", "Engine"} & set(names)
