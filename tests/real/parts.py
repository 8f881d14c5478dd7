"""What tests of real parts share: skipping where a part is missing, except where none may skip."""

import os
from pathlib import Path
from typing import Any, Dict, Sequence

import pytest

from lab.real import published
from lab.real.netconfd import Netconfd
from lab.real.process import PartFailed

REQUIRE = "DOCKER_TOR_REQUIRE_REAL"
"""Set to 1, this environment variable turns a skip for want of real parts into a failure; set to 0,
the tests skip whether the parts are there or not."""


def entry(server: Netconfd, **changed: Any) -> Dict[str, Any]:
    """The server as a switch of docker.yaml."""
    return {
        "name": "vdx",
        "host": server.host,
        "port": server.port,
        "username": server.username,
        "password": server.password,
        "rbridge_id": 21,
        "host_key": server.host_key,
        **changed,
    }


def need(lacks: Sequence[str]) -> None:
    """Let the test or fixture that calls go on only if nothing is missing.

    `lacks` says what this machine lacks, in words; the skip, or the failure where
    DOCKER_TOR_REQUIRE_REAL is 1, repeats it.
    """
    if os.environ.get(REQUIRE) == "0":
        pytest.skip(f"{REQUIRE} is 0")
    if not lacks:
        return
    reason = "; ".join(lacks)
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{REQUIRE} is 1, and {reason}")
    pytest.skip(reason)


def openconfig() -> Path:
    """The folder with OpenConfig's models as others have published them."""
    folder, lacks = Path(), []
    try:
        folder = published.modules(published.OPENCONFIG)
    except PartFailed as error:
        lacks.append(str(error))
    need(lacks)
    return folder
