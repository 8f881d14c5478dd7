"""A real Docker Engine that starts without its disk, and one that prunes its networks: what it has
not said is not believed at once, and what it has said is."""

import time
from typing import Iterator, List

import network_events_sensor
import pytest
from docker_tor.common import datastore
from docker_tor.config import settings
from docker_tor.controller import holding
from docker_tor.desired import holds, ledger
from docker_tor.reconcile import discovery

from lab.real.dockerd import Dockerd, missing

from .following import SWITCH, Following, Said, create, said
from .parts import need

VLANS = range(10, 16)


@pytest.fixture
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=[f"eth0.{vlan}" for vlan in VLANS]) as running:
        yield running


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "PATIENCE", 0.2)
    monkeypatch.setattr(network_events_sensor, "LOOK_IN", 0.1)


def destroyed(*vlans: int) -> List[Said]:
    return [said("destroy", vlan) for vlan in vlans]


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


def release(sensor: Following, engine: Dockerd) -> None:
    """As `docker.reconcile` does it: what the engine does not list now."""
    engines = [{"name": "host1", "url": engine.url}]
    config = settings.parse({"engines": engines, "switches": [SWITCH]})
    known = ledger.load(datastore.reader(sensor.service))
    doubts = holds.load(sensor.service.get_value(holds.NAME, local=False))
    found = discovery.discover(config, known, doubts=doubts, chosen=lambda _segment, _network: True)
    text = holds.release({}, found.released, time.time())
    sensor.service.set_value(holds.RELEASED, text, local=False)


def test_an_engine_that_starts_without_its_disk(engine: Dockerd) -> None:
    for vlan in VLANS:
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
        sensor.wait_for(lambda: sensor.said() == [*before, *destroyed(10)])
        swap_disks(engine)
        sensor.wait_for(lambda: sensor.engines() == ["held", "released", "held"])
        assert sensor.said() == [*before, *destroyed(10)]
        # A sensor that starts meanwhile goes on with that.
        sensor.stop()
        sensor.start()
        create(engine, 10)
        sensor.wait_for(lambda: sensor.said()[-1].action == "create")
        assert sensor.said()[:-1] == [*before, *destroyed(10)]
        release(sensor, engine)
        sensor.wait_for(lambda: sensor.engines() == ["held", "released"] * 2)
        assert set(sensor.said()[-5:]) == set(destroyed(*VLANS[1:]))
        assert sensor.wait_until_right(engine) == {10: ("10.0.10.1/24",)}


def test_all_networks_are_pruned(engine: Dockerd) -> None:
    for vlan in VLANS:
        create(engine, vlan)
    with Following(host1=engine.url) as sensor:
        sensor.wait_until_right(engine)
        engine.docker("network", "prune", "-f")
        assert sensor.wait_until_right(engine) == {}
        assert sensor.engines() == []
