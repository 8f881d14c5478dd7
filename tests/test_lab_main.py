"""`python -m lab`, as a person starts it."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

import requests
from rich.console import Console

from lab import __main__ as program
from lab import client, screens
from lab.switch import Switch

PACK = Path(__file__).resolve().parents[1]
WAIT = 30.0


class Program:
    """A command of the lab in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.said: List[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lab", *arguments],
            cwd=PACK,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default"},
        )

    def until(self, pattern: str) -> "re.Match[str]":
        """Read on until a line has the pattern."""
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            assert line, self.said
            self.said.append(line)
            found = re.search(pattern, line)
            if found:
                return found

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(WAIT)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()


def run_main(*arguments: str) -> Tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            return program.main(list(arguments)), out.getvalue()
        except SystemExit as left:
            return int(left.code or 0), out.getvalue()


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


UP = [
    "--docker-host",
    "--tcp-port",
    "--ssh-port",
    "--st2-port",
    "--max-sessions",
    "--idle-timeout",
    "--last-vlan",
    "--host-key-file",
    "--latency",
    "--operation",
    "--drop-rpc",
    "--drop-session-rpc",
    "--drop",
    "--refuse-sessions",
    "--transient",
    "--transient-rpcs",
    "--locked",
    "--half-open",
    "--multi-error",
    "--save-polls",
    "--save-fails",
    "--reply-garbage",
    "--reply-entities",
]


@pytest.mark.parametrize(
    ("command", "knobs"),
    [
        ((), ["demo", "up", "python -m lab.switch"]),
        (("demo",), ["--docker-host"]),
        (
            ("up",),
            [
                "--docker-host",
                "--tcp-port",
                "--ssh-port",
                "--st2-port",
                "--max-sessions",
                "--idle-timeout",
                "--last-vlan",
                "--host-key-file",
                "--latency",
                "--operation",
                "--drop-rpc",
                "--drop-session-rpc",
                "--drop",
                "--refuse-sessions",
                "--transient",
                "--transient-rpcs",
                "--locked",
                "--half-open",
                "--multi-error",
                "--save-polls",
                "--save-fails",
                "--reply-garbage",
                "--reply-entities",
            ],
        ),
    ],
)
def test_help_shows_each_knob(command: Tuple[str, ...], knobs: List[str]) -> None:
    status, said = run_main(*command, "--help")
    assert status == 0
    assert [knob for knob in knobs if not re.search(rf"{knob}(?![\w-])", said)] == []


def test_up_says_how_to_talk_to_each_part() -> None:
    ports = [part for name in ("tcp", "ssh", "st2") for part in (f"--{name}-port", "0")]
    with Program("up", *ports, "--refuse-sessions") as up:
        url = up.until(r"export ST2_API_URL=(\S+)$").group(1)
        up.until(r"st2 execution list$")
        up.until(r"st2 run docker\.docker-network-tor host=127\.0\.0\.1 vlan=113 ")
        up.until(r"st2 action-alias execute 'tor networks'$")
        up.until("Ctrl-C ends the lab")
        said = "".join(up.said)
        assert re.search(
            r"docker -H tcp://127\.0\.0\.1:\d+ network create .* dockernetwork112\n", said
        )
        assert re.search(r"ssh -p \d+ admin@127\.0\.0\.1 show ip int brief\n", said)
        assert re.search(r"ssh -p \d+ admin@127\.0\.0\.1 -s netconf\n", said)
        rules = requests.get(f"{url}/rules", timeout=WAIT).json()
        assert "docker.network-trigger" in [rule["ref"] for rule in rules]
        body = {
            "action": "docker.vdx.interface_vlan_interface_ve_gve_name",
            "parameters": {"host": "127.0.0.1", "gve_name": "112"},
        }
        asked = requests.post(f"{url}/executions", json=body, timeout=WAIT).json()
        # The knob has been turned: the switch gives no NETCONF session.
        deadline = time.monotonic() + WAIT
        while asked["status"] not in ("succeeded", "failed", "timeout"):
            assert time.monotonic() < deadline
            asked = requests.get(f"{url}/executions/{asked['id']}", timeout=WAIT).json()
        assert asked["status"] == "failed"
        assert up.interrupt() == 0


def test_what_cannot_be_done_is_said_in_a_line() -> None:
    status, said = run_main("up", "--drop-rpc", "0")
    assert (status, said) == (1, "drop_rpc is 0, neither None nor a count from 1\n")


def test_ports_that_are_taken() -> None:
    with Switch() as taken:
        status, said = run_main("up", "--ssh-port", str(taken.port), "--st2-port", "0")
    assert status == 1
    assert "--tcp-port, --ssh-port and --st2-port choose others" in said


# The article's screen.


def screen(lab: "object") -> Tuple[str, bool]:
    out = io.StringIO()
    console = Console(file=out, width=140, highlight=False)
    done = screens.st2(console, lab, ["execution", "get", "1"])  # type: ignore[arg-type]  # a part
    return out.getvalue(), done


class Part:
    """So much of a lab as the client needs."""

    api_url = "http://127.0.0.1:1/v1"


def test_without_the_client_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "find", lambda: None)
    assert screen(Part()) == ("", False)


def test_a_client_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "st2"
    broken.write_text("#!/bin/sh\necho cannot >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(client, "find", lambda: str(broken))
    assert screen(Part()) == (f"({broken} fails: cannot)\n", False)


def test_what_the_client_prints_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "st2"
    program.write_text('#!/bin/sh\necho "[red]$1[/red] $2 $ST2_API_URL"\n')
    program.chmod(0o755)
    monkeypatch.setattr(client, "find", lambda: str(program))
    assert screen(Part()) == ("[red]execution[/red] get http://127.0.0.1:1/v1\n", True)
