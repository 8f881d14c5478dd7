"""A missing real part is told, and nothing is left of one that was started, however it ends."""

import contextlib
import os
import pwd
from pathlib import Path
from typing import List

import pytest

from lab.real import dockerd, netconfd
from lab.real.dockerd import Dockerd
from lab.real.netconfd import Netconfd
from lab.real.process import PartFailed

from .parts import REQUIRE, need


@pytest.mark.parametrize(
    ("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_part_skips_but_where_none_may_be_missing(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type
) -> None:
    monkeypatch.setenv(REQUIRE, required)
    need([])
    with pytest.raises(outcome, match="no engine; no root"):
        need(["no engine", "no root"])


def running_in(folder: Path) -> List[str]:
    """The command lines of processes that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(folder) in command:
                found.append(command)
    return found


def test_nothing_is_left_of_a_dockerd_that_is_killed() -> None:
    need(dockerd.missing())
    with contextlib.suppress(ZeroDivisionError), Dockerd(parents=["docker-tor.7"]) as engine:
        assert not Path("/sys/class/net/docker-tor.7").exists()
        assert os.readlink(f"/proc/{engine.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        engine.kill()
        raise ZeroDivisionError
    assert not engine.folder.exists()
    assert not Path("/run/netns", engine.namespace).exists()
    assert not running_in(engine.folder)
    assert str(engine.folder) not in Path("/proc/self/mountinfo").read_text()


def test_nothing_is_left_of_a_netconfd_that_does_not_start() -> None:
    need(netconfd.missing())
    server = Netconfd(sshd_options=["NoSuchKeyword yes"])
    with pytest.raises(PartFailed, match="NoSuchKeyword"), server:
        pytest.fail("sshd took a keyword that it does not have")
    assert not server.folder.exists()
    assert not running_in(server.folder)
    with pytest.raises(KeyError):
        pwd.getpwnam(server.username)
