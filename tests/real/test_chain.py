"""From the real docker command on a real Docker Engine to all five edits on the switch."""

import threading
from typing import Any, Dict, Iterator, List

import pytest

from lab.real.dockerd import Dockerd
from lab.real.dockerd import missing as dockerd_missing

from .parts import need

pytest.importorskip("orquesta", reason="the lab's StackStorm needs orquesta")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from lab.rig import Rig, rig
from lab.stackstorm import Event

WORKFLOW = "docker.docker-network-tor"
SIX = [
    "add_ve_interface",
    "add_global_ve_int",
    "set_ve_ip",
    "no_shut_ve",
    "no_shut_ve_global",
    "notify_success",
]


@pytest.fixture(scope="module")
def dockerd() -> Iterator[Dockerd]:
    need(dockerd_missing())
    with Dockerd(parents=("eth0.112",)) as running:
        yield running


class Lab:
    """The lab on the real engine, and what it has told of."""

    def __init__(self) -> None:
        self.events: List[Event] = []
        self.changed = threading.Condition()
        self.rig: Rig

    def __call__(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def runs(self) -> List[Dict[str, Any]]:
        """The workflow's runs that have ended, in order."""
        return [
            event.data
            for event in self.events
            if event.kind == "execution"
            and event.data["action"] == WORKFLOW
            and event.data["elapsed_seconds"] is not None
        ]

    def wait_for_runs(self, count: int) -> List[Dict[str, Any]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.runs()) >= count, 60), self.events
        return self.runs()


@pytest.fixture
def lab(dockerd: Dockerd) -> Iterator[Lab]:
    watched = Lab()
    with rig(watched, docker_host=dockerd.url) as running:
        watched.rig = running
        yield watched


def test_the_articles_own_line(dockerd: Dockerd, lab: Lab) -> None:
    line = "network create --driver=macvlan --subnet=172.16.112.0/24 -o parent=eth0.112"
    dockerd.docker(*line.split(), "dockernetwork112")
    try:
        (run,) = lab.wait_for_runs(1)
    finally:
        dockerd.docker("network", "rm", "dockernetwork112")
    assert run["status"] == "succeeded"
    children = lab.rig.st2.children(run["id"])
    assert [(task.task, task.status) for task in children] == [(name, "succeeded") for name in SIX]
    assert all(task.result["result"]["changed"] for task in children[:5])
    row = ["Ve", "112", "172.16.112.1", "default-vrf", "up", "up"]
    assert row in [line.split() for line in lab.rig.switch.cli("show ip int brief").splitlines()]
    (message,) = lab.rig.st2.messages
    assert "in service with 172.16.112.1/24" in message.message
