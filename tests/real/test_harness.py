"""That what starts a private dockerd and a private netconfd leaves nothing, however it ends."""

import contextlib
import os
import pwd
import shutil
import socket
from pathlib import Path
from typing import List

import pytest

from lab.real import dockerd, netconfd
from lab.real.dockerd import Dockerd, DockerdError
from lab.real.netconfd import Netconfd
from lab.real.sshd import SshdError

from .parts import need

CREATE = ("network", "create", "-d", "macvlan", "-o", "parent=eth0.112", "net112")


def running_in(folder: Path) -> List[str]:
    """The command lines of processes that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(folder) in command:
                found.append(command)
    return found


def assert_no_dockerd(engine: Dockerd) -> None:
    assert not engine.folder.exists()
    assert not Path("/run/netns", engine.namespace).exists()
    assert not running_in(engine.folder)
    assert str(engine.folder) not in Path("/proc/self/mountinfo").read_text()


def test_nothing_is_left_of_a_dockerd() -> None:
    need(dockerd.missing())
    with Dockerd(parents=["docker-tor.7"]) as engine:
        assert engine.running
        assert not Path("/sys/class/net/docker-tor.7").exists()
        assert os.readlink(f"/proc/{engine.pid}/ns/net") != os.readlink("/proc/self/ns/net")
    assert not engine.running
    assert_no_dockerd(engine)
    engine.close()


def test_nothing_is_left_of_a_dockerd_that_does_not_start() -> None:
    need(dockerd.missing())
    engine = Dockerd(options=["--no-such-option"])
    with pytest.raises(DockerdError, match="no-such-option"), engine:
        pytest.fail("it started")
    assert_no_dockerd(engine)


def test_nothing_is_left_of_a_dockerd_that_is_killed() -> None:
    need(dockerd.missing())
    with contextlib.suppress(ZeroDivisionError), Dockerd() as engine:
        engine.kill()
        raise ZeroDivisionError
    assert_no_dockerd(engine)


def test_networks_survive_stop_and_kill() -> None:
    need(dockerd.missing())
    with Dockerd(parents=["eth0.112"]) as engine:
        network = engine.docker(*CREATE).stdout.strip()
        for end in (engine.stop, engine.kill):
            end()
            with pytest.raises(OSError):  # noqa: PT011  # whichever of them: nobody answers
                engine.request("GET", "/_ping")
            engine.start()
            shown = engine.docker("network", "inspect", "-f", "{{.Id}}", "net112")
            assert shown.stdout.strip() == network
        with pytest.raises(DockerdError, match="already exists"):
            engine.docker(*CREATE)


def test_nothing_is_left_of_a_netconfd() -> None:
    need(netconfd.missing())
    server = Netconfd()
    with server:
        assert pwd.getpwnam(server.username).pw_shell == "/bin/sh"
        assert running_in(server.folder)
        port = server.port
    assert_no_netconfd(server)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, port), 20)
    server.close()


def test_nothing_is_left_of_a_netconfd_that_does_not_start() -> None:
    need(netconfd.missing())
    server = Netconfd(sshd_options=["NoSuchKeyword yes"])
    with pytest.raises(SshdError, match="NoSuchKeyword"), server:
        pytest.fail("sshd took a keyword that it does not have")
    assert_no_netconfd(server)


def assert_no_netconfd(server: Netconfd) -> None:
    assert not server.folder.exists()
    assert not running_in(server.folder)
    with pytest.raises(KeyError):
        pwd.getpwnam(server.username)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "dockerd" else tool)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    expected = ["dockerd is not on PATH", "a private dockerd needs root"]
    assert dockerd.missing.__wrapped__() == expected
