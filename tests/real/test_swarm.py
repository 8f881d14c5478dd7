"""A real swarm: networks of the whole swarm that come, are used by containers, and go.

What a node tells of such a network is misleading: a container that leaves is a "destroy", and a
manager lists none of them while its swarm is locked or its daemon shuts down.
"""

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from lab.real.dockerd import Dockerd, missing
from lab.real.process import run as command
from lab.real.process import wait

from .following import Following, Said
from .parts import need

PARENTS = ("eth0.112", "eth0.113")
IMAGE = "host"


@pytest.fixture
def manager() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=PARENTS) as engine:
        engine.docker("swarm", "init", *at("127.0.0.1"))
        yield engine


@pytest.fixture
def nodes() -> Iterator[Tuple[Dockerd, Dockerd]]:
    """A manager and a worker, with a cable between their namespaces."""
    need(missing())
    with Dockerd(parents=PARENTS) as manager, Dockerd(parents=PARENTS) as worker:
        there = ("type", "veth", "peer", "name", "up0", "netns", worker.namespace)
        command("ip", "-n", manager.namespace, "link", "add", "up0", *there)
        for node, address in ((manager, "192.0.2.1"), (worker, "192.0.2.2")):
            command("ip", "-n", node.namespace, "addr", "add", f"{address}/24", "dev", "up0")
            command("ip", "-n", node.namespace, "link", "set", "up0", "up")
        manager.docker("swarm", "init", *at("192.0.2.1"))
        token = manager.docker("swarm", "join-token", "-q", "worker").stdout.strip()
        worker.docker("swarm", "join", "--token", token, *at("192.0.2.2"), "192.0.2.1:2377")
        yield manager, worker


def at(address: str) -> Tuple[str, str]:
    return f"--advertise-addr={address}", f"--listen-addr={address}"


def configure(engine: Dockerd, vlan: int) -> None:
    """The node's own part of a swarm's network: its parent and its subnet."""
    what = (f"--subnet=172.16.{vlan}.0/24", "-o", f"parent=eth0.{vlan}", f"config{vlan}")
    engine.docker("network", "create", "--config-only", *what)


def create(engine: Dockerd, vlan: int) -> None:
    what = ("-d", "macvlan", "--scope=swarm", "--attachable")
    engine.docker("network", "create", *what, f"--config-from=config{vlan}", f"swarm{vlan}")


def run(engine: Dockerd, network: str) -> None:
    """A container on the network. It needs no image from anywhere: its /usr is the host's."""
    if not engine.docker("image", "ls", "-q", IMAGE).stdout:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name in ("bin", "lib", "lib64"):
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
                tar.addfile(link)
        path = Path(engine.folder) / "image.tar"
        path.write_bytes(archive.getvalue())
        engine.docker("import", str(path), IMAGE)
    how = ("-d", "--name=user", "--stop-signal=KILL", f"--network={network}", "-v=/usr:/usr:ro")
    engine.docker("run", *how, IMAGE, "/usr/bin/sleep", "3600")


def said(action: str, vlan: int) -> Said:
    return Said(action, vlan, (f"172.16.{vlan}.1/24",))


def told_of(engine: Dockerd, network: str) -> List[str]:
    """What the engine has told of a network since it started, such as "local destroy"."""
    reply = engine.request("GET", f"/events?since=0&until={time.time():.9f}")
    events = [json.loads(line) for line in reply.body.splitlines()]
    return [
        f"{event['scope']} {event['Action']}"
        for event in events
        if event["Type"] == "network" and event["Actor"]["Attributes"].get("name") == network
    ]


def leave(engine: Dockerd, network: str) -> None:
    """The container goes, and the engine has told so."""
    engine.docker("rm", "-f", "user")
    left = "local destroy"
    wait(lambda: "" if left in told_of(engine, network) else f"it does not tell: {left}")


def test_containers_come_to_a_swarms_network_and_leave_it(manager: Dockerd) -> None:
    with Following(manager=manager.url) as sensor:
        for vlan in (112, 113):
            configure(manager, vlan)
        create(manager, 112)
        assert sensor.wait_until_right(manager) == {112: ("172.16.112.1/24",)}
        run(manager, "swarm112")
        leave(manager, "swarm112")
        # All that the sensor did with those events, it did before what comes next.
        create(manager, 113)
        sensor.wait_until_right(manager)
        assert sensor.said() == [said("create", 112), said("create", 113)]
        manager.docker("network", "rm", "swarm112")
        assert set(sensor.wait_until_right(manager)) == {113}
        assert sensor.said()[2:] == [said("destroy", 112)]
        assert sensor.engines() == sensor.refused() == []
        found = told_of(manager, "swarm112")
    assert found[:3] == ["swarm create", "swarm update", "local create"]
    assert found[-2:] == ["local destroy", "swarm remove"]


def test_a_daemon_ends_with_a_container_on_the_network(manager: Dockerd) -> None:
    """Its container leaves, which rings the bell while its swarm is gone already."""
    configure(manager, 112)
    create(manager, 112)
    manager.docker("network", "create", "-d", "macvlan", "-o", "parent=eth0.113", "n113")
    run(manager, "swarm112")
    with Following(manager=manager.url) as sensor:
        before = sensor.wait_until_right(manager)
        manager.stop()
        sensor.wait_until_told_of("lost")
        manager.start()
        sensor.wait_until_told_of("lost", "back")
        assert sensor.wait_until_right(manager) == before
        assert sorted(sensor.said()) == [
            Said("create", vlan, addresses) for vlan, addresses in sorted(before.items())
        ]


def test_a_swarm_that_is_locked(manager: Dockerd) -> None:
    for vlan in (112, 113):
        configure(manager, vlan)
    create(manager, 112)
    manager.docker("swarm", "update", "--autolock=true")
    key = manager.docker("swarm", "unlock-key", "-q").stdout.strip()
    with Following(manager=manager.url) as sensor:
        sensor.wait_until_right(manager)
        manager.restart()
        assert "swarm112" not in manager.docker("network", "ls").stdout
        sensor.wait_until_told_of("lost")
        # A sensor that starts now knows from the datastore alone what there was.
        sensor.stop()
        sensor.start()
        sensor.wait_until_told_of("lost", "lost")
        assert sensor.said() == [said("create", 112)]
        reasons = [item["payload"]["reason"] for item in sensor.service.dispatched_triggers[1:]]
        assert "Unlock the swarm" in reasons[-1]
        body = json.dumps({"UnlockKey": key}).encode()
        assert manager.request("POST", "/swarm/unlock", body).status == 200
        create(manager, 113)
        sensor.wait_until_told_of("lost", "lost", "back")
        sensor.wait_until_right(manager)
        assert sensor.said() == [said("create", 112), said("create", 113)]


def test_a_worker_by_itself(nodes: Tuple[Dockerd, Dockerd]) -> None:
    """It has the network only while a container of its own uses it."""
    manager, worker = nodes
    for node in nodes:
        configure(node, 112)
    create(manager, 112)
    with Following(worker=worker.url) as sensor:
        worker.docker("network", "create", "-d", "macvlan", "-o", "parent=eth0.113", "n113")
        assert set(sensor.wait_until_right(worker)) == {113}
        run(worker, "swarm112")
        assert sensor.wait_until_right(worker)[112] == ("172.16.112.1/24",)
        leave(worker, "swarm112")
        assert set(sensor.wait_until_right(worker)) == {113}
        assert sensor.said()[1:] == [said("create", 112), said("destroy", 112)]
        assert sensor.engines() == sensor.refused() == []
