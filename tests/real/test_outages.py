"""A real Docker Engine that ends, is killed, hangs or loses its disk, while networks come and go.

After each, what the sensor has dispatched adds up to what `docker network inspect` shows; nothing
was said twice, nothing that stayed was said to be gone, and an outage is told once.
"""

import collections
import contextlib
import http.client
import itertools
import os
import signal
import threading
from typing import Counter, Iterator, Set

import network_events_sensor
import pytest
from docker_tor.controller import holding
from docker_tor.engine import api

from lab.real.dockerd import Dockerd, missing

from .following import Following, Said, create, remove, said, subnet
from .parts import need

STAY = range(10, 15)
"""VLANs of networks that nobody touches."""
CHURN = range(20, 30)
"""VLANs of networks that come and go all the time."""


@pytest.fixture
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=[f"eth0.{vlan}" for vlan in (*STAY, *CHURN)]) as running:
        yield running


@contextlib.contextmanager
def users(engine: Dockerd) -> Iterator[Counter[int]]:
    """People who make and remove networks quickly, in a thread, whatever the engine does; how often
    each VLAN's network was asked to be removed. What they have made stays."""
    removals: Counter[int] = collections.Counter()
    stopped = threading.Event()

    def run() -> None:
        made: Set[int] = set()
        for vlan in itertools.cycle(CHURN):
            if stopped.is_set():
                return
            try:
                if vlan in made:
                    removals[vlan] += 1
                    remove(engine, vlan)
                else:
                    # The end of a daemon in the middle of a create leaves half a network behind.
                    # Docker Engine 20.10.24 panics on it when it starts again (libnetwork's
                    # reservePools), unless the gateway was given.
                    create(engine, vlan, Gateway=subnet(vlan).replace(".0/24", ".254"))
            except (OSError, http.client.HTTPException):
                stopped.wait(0.01)
                continue
            made ^= {vlan}

    thread = threading.Thread(target=run, name="users")
    thread.start()
    try:
        yield removals
    finally:
        stopped.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_daemon_that_ends_amid_creates_and_removes(engine: Dockerd, end: str) -> None:
    for vlan in STAY:
        assert create(engine, vlan) == 201
    with Following(host1=engine.url) as sensor:
        sensor.wait_for(lambda: set(STAY) <= set(sensor.switch()))
        with users(engine) as removals:
            sensor.wait_for(lambda: len(sensor.said()) > len(STAY) + 15)
            getattr(engine, end)()
            sensor.wait_until_told_of("lost")
            before = len(sensor.said())
            engine.start()
            sensor.wait_until_told_of("lost", "back")
            sensor.wait_for(lambda: len(sensor.said()) > before + 15)
        sensor.wait_until_right(engine)
        assert sensor.engines() == ["lost", "back"]
        # Nothing that nobody removed was destroyed, and nothing more often than it was removed.
        told = collections.Counter((one.action, one.vlan) for one in sensor.said())
        for vlan in STAY:
            assert [told[action, vlan] for action in ("create", "update", "destroy")] == [1, 0, 0]
        for vlan in CHURN:
            assert told["destroy", vlan] <= removals[vlan]
            assert told["update", vlan] == 0
        assert sensor.refused() == []


def test_a_daemon_that_hangs(engine: Dockerd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections stay open and carry nothing, as to an engine that is cut off behind a proxy."""
    monkeypatch.setattr(api, "SILENCE", 1.0)
    monkeypatch.setattr(api, "LIST_TIMEOUT", 1.0)
    create(engine, 10)
    with Following(host1=engine.url) as sensor:
        sensor.wait_until_right(engine)
        os.kill(engine.pid, signal.SIGSTOP)
        sensor.wait_until_told_of("lost")
        os.kill(engine.pid, signal.SIGCONT)
        create(engine, 11)
        sensor.wait_until_told_of("lost", "back")
        sensor.wait_until_right(engine)
        assert sensor.said() == [said("create", 10), said("create", 11)]


def test_networks_come_and_go_while_the_sensor_is_down(engine: Dockerd) -> None:
    def docker_create(vlan: int, *more: str) -> None:
        parent = f"parent=eth0.{vlan}"
        engine.docker("network", "create", "-d", "macvlan", "-o", parent, *more, f"n{vlan}")

    for vlan in (10, 11, 12):
        docker_create(vlan, f"--subnet={subnet(vlan)}")
    with Following(host1=engine.url) as sensor:
        sensor.wait_until_right(engine)
        sensor.stop()
        before = len(sensor.said())
        engine.docker("network", "rm", "n10", "n11")
        docker_create(11, f"--subnet={subnet(11)}", "--gateway=10.0.11.254")
        docker_create(13, f"--subnet={subnet(13)}")
        docker_create(14, f"--subnet={subnet(14)}")
        engine.docker("network", "rm", "n14")
        # Only now do the networks show their gateways.
        engine.restart()
        sensor.start()
        sensor.wait_until_right(engine)
        assert sorted(sensor.said()[before:]) == [
            said("create", 13),
            said("destroy", 10),
            Said("update", 11, ("10.0.11.254/24",)),
        ]
        assert sensor.engines() == []


def swap_disks(engine: Dockerd) -> None:
    """Stop it, put its data aside, or back, and start it again."""
    engine.stop()
    data, aside = engine.folder / "data", engine.folder / "aside"
    found = aside if aside.exists() else None
    data.rename(engine.folder / "other")
    if found:
        found.rename(data)
    (engine.folder / "other").rename(aside)
    engine.start()


def test_an_engine_that_starts_without_its_disk(
    engine: Dockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has not said is not believed at once, and what it has said is."""
    monkeypatch.setattr(holding, "PATIENCE", 0.2)
    monkeypatch.setattr(network_events_sensor, "LOOK_IN", 0.1)
    for vlan in STAY:
        create(engine, vlan)
    with Following(lost_after=30.0, host1=engine.url) as sensor:
        sensor.wait_until_right(engine)
        before = sensor.said()
        swap_disks(engine)
        sensor.wait_for(lambda: sensor.engines() == ["held"])
        # Mounted after all: all is as it was.
        swap_disks(engine)
        sensor.wait_for(lambda: sensor.engines() == ["held", "released"])
        # What the engine says is removed goes at once.
        engine.docker("network", "rm", "n10")
        sensor.wait_for(lambda: sensor.said() == [*before, said("destroy", 10)])
        swap_disks(engine)
        sensor.wait_for(lambda: sensor.engines() == ["held", "released", "held"])
        # A sensor that starts meanwhile goes on with that.
        sensor.stop()
        sensor.start()
        create(engine, 10)
        sensor.wait_for(lambda: sensor.said()[-1].action == "create")
        assert sensor.said()[:-1] == [*before, said("destroy", 10)]
