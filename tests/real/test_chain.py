"""From the real docker command on a real Docker Engine to all five edits on the switch."""

import json
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
    with Dockerd(parents=("eth0.112", "eth0.113", "bond0.200", "eth0")) as running:
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


def test_a_network_without_a_gateway_is_a_layer_2_segment(dockerd: Dockerd, lab: Lab) -> None:
    before = lab.rig.switch.running
    options = ("--internal", "--subnet=172.16.113.0/24", "-o", "parent=eth0.113")
    dockerd.docker("network", "create", "-d", "macvlan", *options, "silent")
    try:
        (run,) = lab.wait_for_runs(1)
        children = lab.rig.st2.children(run["id"])
        assert [task.task for task in children] == ["add_ve_interface", "notify_success"]
        assert "Docker Network" in lab.rig.switch.cli("show vlan brief")
        assert "113" not in lab.rig.switch.cli("show ip int brief")
        assert "without a Ve" in lab.rig.st2.messages[0].message
    finally:
        dockerd.docker("network", "rm", "silent")
    st2 = lab.rig.st2
    assert st2.until(lambda: len(st2.messages) == 2, 60)
    assert "VLAN 113 of vdx is removed" in st2.messages[1].message
    assert lab.rig.switch.running == before


def test_ipvlan_dual_stack_and_bridge(dockerd: Dockerd, lab: Lab) -> None:
    made = []
    try:
        for name, *options in (
            ("br", "-d", "bridge", "--subnet=172.30.0.0/24"),
            ("untagged", "-d", "macvlan", "--subnet=172.31.0.0/24", "-o", "parent=eth0"),
            (
                "dual",
                *("-d", "ipvlan", "--ipv6", "--subnet=172.16.113.0/24"),
                *("--subnet=fd00:113::/64", "-o", "parent=eth0.113"),
            ),
            (
                "several",
                *("-d", "macvlan", "--subnet=172.16.200.0/24", "--subnet=172.16.201.0/24"),
                *("--gateway=172.16.200.254", "-o", "parent=bond0.200"),
            ),
        ):
            dockerd.docker("network", "create", *options, name)
            made.append(name)
        runs = lab.wait_for_runs(2)
    finally:
        for name in made:
            dockerd.docker("network", "rm", name)
    assert [run["status"] for run in runs] == ["succeeded"] * 2
    cli = lab.rig.switch.cli
    dual = cli("show running-config rbridge-id 21 interface Ve 113")
    assert "ip address 172.16.113.1/24" in dual
    assert "ipv6 address fd00:113::1/64" in dual
    several = cli("show running-config rbridge-id 21 interface Ve 200")
    assert "ip address 172.16.200.254/24\n" in several
    assert "ip address 172.16.201.1/24\n" in several
    assert "no shutdown" in several
    told = json.dumps([event.data for event in lab.events if event.kind == "trigger_instance"])
    assert "Refused" not in told
