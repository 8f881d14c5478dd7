"""What the real parts have in common: programs are found, servers are started and waited for, and
all that a part is made of goes with it."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence, TypeVar

PATIENCE = 60.0
"""Seconds for a server to get ready, or to be gone."""
POLL = 0.02

_P = TypeVar("_P", bound="Part")


class PartFailed(Exception):
    """A real part did not do as asked; where it is a server, with the end of its log."""


def find(program: str) -> str:
    """Its path, looked for where root's programs are, too; empty if there is none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(program, path=path) or ""


def lacking(*programs: str) -> List[str]:
    """The programs that this machine lacks, a sentence each; and that of not being root."""
    lacks = [f"{name} is not installed" for name in programs if not find(name)]
    return lacks if os.geteuid() == 0 else [*lacks, "it needs root"]


def run(
    *command: str, given: str = "", check: bool = True, env: Optional[Mapping[str, str]] = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end. Raises PartFailed where it fails and `check` is true."""
    try:
        done = subprocess.run(  # noqa: S603  # the command is the lab's own
            [find(command[0]), *command[1:]],
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env=env,
        )
    except subprocess.TimeoutExpired as error:
        raise PartFailed(str(error)) from None
    if check and done.returncode:
        raise PartFailed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done


def wait(lacks: Callable[[], str]) -> None:
    """Ask what is lacking until nothing is. Raises PartFailed with what still is in the end."""
    deadline = time.monotonic() + PATIENCE
    while lack := lacks():
        if time.monotonic() > deadline:
            raise PartFailed(f"after {PATIENCE:.0f} s: {lack}")
        time.sleep(POLL)


class Process:
    """A server. It is started, and `ready` is asked until it says so; `log` takes what it says.

    `more` are further arguments of Popen. Raises PartFailed where it ends or does not get ready.
    """

    def __init__(
        self, command: Sequence[str], log: Path, ready: Callable[[], bool], **more: Any
    ) -> None:
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                [find(command[0]), *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                **more,
            )
        self.pid = self._process.pid

        def unready() -> str:
            if not self.alive:
                raise PartFailed(f"{command[0]} ended at once:\n{self._tail()}")
            return "" if ready() else f"{command[0]} is not ready:\n{self._tail()}"

        try:
            wait(unready)
        except BaseException:
            self.end()
            raise

    @property
    def alive(self) -> bool:
        """A zombie does not live."""
        return self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal, unless it has ended, and wait for its end."""
        if self.alive:
            self._process.send_signal(how)
            self.wait()

    def wait(self) -> None:
        """Wait for its end. Raises PartFailed."""
        wait(lambda: f"it does not end:\n{self._tail()}" if self.alive else "")

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


class Part:
    """A context manager around a real part: `begin` makes it, in a temporary folder, and tells
    `owned` what undoes that. Leaving undoes all of it, and so does a `begin` that fails."""

    def __init__(self) -> None:
        self.folder = Path()
        self.owned = contextlib.ExitStack()

    def begin(self) -> None:
        """Make the part."""
        raise NotImplementedError

    def __enter__(self: _P) -> _P:
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="docker-tor-"))
            self.owned.callback(shutil.rmtree, self.folder)
            self.begin()
        except BaseException:
            self.owned.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.owned.close()
