"""From the real docker command on a real Docker Engine to all five edits on the switch."""

import pytest

from lab.real.dockerd import Dockerd, missing

from .parts import need

pytest.importorskip("orquesta", reason="the lab's StackStorm needs orquesta")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

from lab.rig import rig

SIX = [
    "add_ve_interface",
    "add_global_ve_int",
    "set_ve_ip",
    "no_shut_ve",
    "no_shut_ve_global",
    "notify_success",
]


def test_the_articles_own_line() -> None:
    need(missing())
    line = "network create --driver=macvlan --subnet=172.16.112.0/24 -o parent=eth0.112"
    with Dockerd(parents=("eth0.112",)) as dockerd, rig(docker_host=dockerd.url) as lab:
        dockerd.docker(*line.split(), "dockernetwork112")
        assert lab.st2.until(lambda: bool(lab.st2.messages), 60.0)
        (run,) = lab.st2.executions(action="docker.docker-network-tor")
        assert lab.st2.wait(run.id, 60.0).status == "succeeded"
        children = lab.st2.children(run.id)
        row = ["Ve", "112", "172.16.112.1", "default-vrf", "up", "up"]
        assert row in [line.split() for line in lab.switch.cli("show ip int brief").splitlines()]
        (message,) = lab.st2.messages
    assert [(task.task, task.status) for task in children] == [(name, "succeeded") for name in SIX]
    assert all(task.result["result"]["changed"] for task in children[:5])
    assert "in service with 172.16.112.1/24" in message.message
