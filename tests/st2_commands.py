"""Lines of the `st2` command: looked at without running them, and run by the real client."""

import json
import os
import shlex
import subprocess
from typing import Any, List, NamedTuple, Tuple

from lab import client
from lab.stackstorm import params

VALUES = ("docker_tor.segments", "docker_tor.heartbeat", "docker_tor.lease", "docker_tor.reconcile")

_DRIVER = """
import contextlib, io, json, sys, time
from st2client.shell import Shell
sleep = time.sleep
# It asks every two seconds whether an execution has ended.
time.sleep = lambda seconds: sleep(min(seconds, 0.1))
for line in sys.stdin:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = Shell().run(json.loads(line))
        except SystemExit as left:
            status = left.code or 0
    print(json.dumps([status, out.getvalue()]), flush=True)
"""


class Wrong(Exception):
    """A line that StackStorm would not take; the text says why."""


def check(pack: Any, line: str) -> None:
    """Raises Wrong where a line names what is not there, or gives an action what it has not."""
    words = shlex.split(line)
    of, verb, *rest = words[1:]
    if of == "run":
        _check_run(pack, verb, rest)
    elif of == "rule":
        _in(rest[0], pack.rules)
    elif of == "key":
        _in(rest[0], (*VALUES, "vdx_password"))
    elif of == "sensor":
        _in(rest[0], pack.sensors)
    elif of == "action":
        _in(rest[0], pack.actions)
    elif (of, verb) not in {
        ("execution", "list"),
        ("execution", "get"),
        ("execution", "cancel"),
        ("action-alias", "match"),
        ("pack", "install"),
        ("pack", "remove"),
    }:
        raise Wrong(f"no test knows `st2 {of} {verb}`")


def _in(name: str, known: Any) -> None:
    if name not in known:
        raise Wrong(f"there is no {name}")


def _check_run(pack: Any, ref: str, rest: List[str]) -> None:
    _in(ref, pack.actions)
    action = pack.actions[ref]
    words = rest[: rest.index("-k")] if "-k" in rest else rest
    given = dict(word.split("=", 1) for word in words)
    for name, value in given.items():
        of = action.parameters.get(name)
        if of is None or of.get("immutable"):
            raise Wrong(f"{ref} has no parameter {name}")
        try:
            params.cast(value, of)
        except Exception as error:  # noqa: BLE001  # whatever it is, StackStorm refuses it
            raise Wrong(f"{ref}: {name} is {value!r}: {error}") from None
    for name, of in action.parameters.items():
        if of.get("required") and "default" not in of and name not in given:
            raise Wrong(f"{ref} needs {name}")


class Answer(NamedTuple):
    """What the command ended with, and what it printed."""

    status: int
    text: str


class Client:
    """The real st2 command, kept running: to start it takes longer than what it does."""

    def __init__(self, url: str) -> None:
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("ST2_")},
            "ST2_API_URL": url,
            "ST2_CLI_SKIP_CONFIG": "1",
            "TERM": "dumb",
            "COLUMNS": "140",
            "NO_PROXY": "127.0.0.1",
        }
        environment.pop("PYTHONPATH", None)
        environment.pop("PYTHONWARNINGS", None)
        self._process = subprocess.Popen(
            [str(client.HELPER.parent / "python"), "-c", _DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, line: str) -> Answer:
        """Run `st2 ...`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(shlex.split(line)[1:]) + "\n")
        self._process.stdin.flush()
        status, text = json.loads(self._process.stdout.readline())
        return Answer(status, text)

    def close(self) -> Tuple[str, None]:
        return self._process.communicate()
