"""The real `st2` command, asked for the lab's StackStorm, where it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Optional, Sequence

HELPER = Path(__file__).resolve().parents[1] / ".venv-st2" / "bin" / "st2"
"""Where `make st2client` puts it."""

TIMEOUT = 60.0


class ClientFailed(RuntimeError):
    """It has not ended with 0; the text is what it says to that."""


def find() -> Optional[str]:
    """The `st2` command: that of `make st2client`, else the PATH's; None where there is none."""
    return str(HELPER) if HELPER.is_file() else shutil.which("st2")


def run(
    client: str, url: str, arguments: Sequence[str], *, width: int = 140, colour: bool = False
) -> str:
    """What `st2 ARGUMENTS` prints about the StackStorm at `url`, in tables of so many columns.

    Raises ClientFailed.
    """
    # Nothing of somebody's own: their tokens and ~/.st2/config are for a StackStorm of theirs.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "ST2_API_URL": url,
        "ST2_CLI_SKIP_CONFIG": "1",
        "COLUMNS": str(width),
        "TERM": "xterm" if colour else "dumb",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(  # noqa: S603  # the lab's own arguments
        [client, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise ClientFailed((done.stdout + done.stderr).strip())
    return done.stdout
