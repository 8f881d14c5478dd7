"""Starts and kills the processes of actions and sensors."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

STANDINS = Path(__file__).resolve().parents[1] / "standins"


def start(
    script: str,
    arguments: Sequence[str],
    socket: Path,
    *,
    path: Sequence[Path] = (),
    environment: Optional[Mapping[str, str]] = None,
    **streams: Any,
) -> "subprocess.Popen[str]":
    """Run a script of this folder. Of the lab it finds nothing but the stand-ins and the socket;
    `path` are further folders that it imports from. Raises OSError."""
    own = {
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in (*path, STANDINS)),
        "LAB_STACKSTORM_SOCKET": str(socket),
    }
    return subprocess.Popen(  # noqa: S603  # the lab's own command
        [sys.executable, "-u", str(Path(__file__).with_name(script)), *arguments],
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **(environment or {}), **own},
        cwd=str(socket.parent),
        start_new_session=True,
        **streams,
    )


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill a process, with everything that it has started and that has not left its group."""
    # It may have ended by itself.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
