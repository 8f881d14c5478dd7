"""That the harness around a private dockerd keeps its promises: up, down, and nothing left."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, List

import pytest

from lab.real import dockerd as harness
from lab.real.dockerd import Dockerd, DockerdError, missing

from .parts import need

CREATE = (
    "network",
    "create",
    "--driver=macvlan",
    "--subnet=172.16.112.0/24",
    "-o",
    "parent=eth0.112",
    "dockernetwork112",
)


@pytest.fixture
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=["eth0.112"]) as running:
        yield running


def in_namespace(name: str) -> List[str]:
    found = subprocess.run(
        ["ip", "netns", "pids", name], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def namespaces() -> str:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    return listed.stdout


def assert_nothing_is_left(engine: Dockerd) -> None:
    assert not engine.folder.exists()
    assert engine.namespace not in namespaces()
    assert not in_namespace(engine.namespace)
    assert str(engine.folder) not in Path("/proc/self/mountinfo").read_text()


def test_nothing_is_left() -> None:
    need(missing())
    with Dockerd(parents=["docker-tor.7"]) as engine:
        assert engine.running
        assert not Path("/sys/class/net/docker-tor.7").exists()
        assert engine.namespace in namespaces()
        assert os.readlink(f"/proc/{engine.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        assert str(engine.pid) in in_namespace(engine.namespace)
    assert not engine.running
    assert_nothing_is_left(engine)
    engine.close()


def test_nothing_is_left_after_a_start_that_fails() -> None:
    need(missing())
    engine = Dockerd(options=["--no-such-option"])
    with pytest.raises(DockerdError, match="no-such-option"), engine:
        pytest.fail("it started")
    assert_nothing_is_left(engine)


def test_nothing_is_left_after_a_test_that_fails() -> None:
    need(missing())
    engine = Dockerd()

    def fail() -> None:
        with engine:
            engine.kill()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert_nothing_is_left(engine)


def test_the_article_s_line_survives_stop_and_kill(engine: Dockerd) -> None:
    if not shutil.which("docker"):
        need(["docker is not on PATH"])
    network = engine.docker(*CREATE).stdout.strip()
    for end in (engine.stop, engine.kill):
        end()
        assert not engine.running
        with pytest.raises(OSError):  # noqa: PT011  # whichever of them: nobody answers
            engine.request("GET", "/_ping")
        engine.start()
        shown = engine.docker("network", "inspect", "-f", "{{.Id}}", "dockernetwork112")
        assert shown.stdout.strip() == network
    engine.restart()
    with pytest.raises(DockerdError, match="already exists"):
        engine.docker(*CREATE)
    assert engine.docker(*CREATE, check=False).returncode == 1
    with pytest.raises(DockerdError, match="already"):
        engine.start()
    assert "API listen on" in engine.log()


def test_parents_can_be_added_later(engine: Dockerd) -> None:
    engine.add_parent("ens192.42")
    body = b'{"Name":"n","Driver":"ipvlan","Options":{"parent":"ens192.42"}}'
    assert engine.request("POST", "/networks/create", body).status == 201
    with pytest.raises(DockerdError, match="exists"):
        engine.add_parent("ens192.42")


def test_the_environment_does_not_lead_the_cli_astray(
    engine: Dockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("docker"):
        need(["docker is not on PATH"])
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_API_VERSION", "1.12")
    assert engine.docker("version", "-f", "{{.Client.APIVersion}}").stdout.strip() == "1.41"


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "dockerd" else tool)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    expected = ["dockerd is not on PATH", "a private dockerd needs root"]
    assert missing.__wrapped__() == expected


def test_a_machine_without_namespaces_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(
            command, 1, "", "mount failed: Operation not permitted\n"
        )

    monkeypatch.setattr(shutil, "which", lambda tool: tool)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(harness, "_run", refused)
    (said,) = missing.__wrapped__()
    assert said.endswith("an ifb device: mount failed: Operation not permitted")
