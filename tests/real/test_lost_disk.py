"""A real Docker Engine that starts without its disk, and one that prunes its networks: what it has
not said is not believed at once, and what it has said is."""

from typing import Iterator

import network_events_sensor
import pytest
from docker_tor.controller import holding

from lab.real.dockerd import Dockerd, missing

from .following import Following, create, said
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
        sensor.wait_for(lambda: sensor.said() == [*before, said("destroy", 10)])
        swap_disks(engine)
        sensor.wait_for(lambda: sensor.engines() == ["held", "released", "held"])
        # A sensor that starts meanwhile goes on with that.
        sensor.stop()
        sensor.start()
        create(engine, 10)
        sensor.wait_for(lambda: sensor.said()[-1].action == "create")
        assert sensor.said()[:-1] == [*before, said("destroy", 10)]


def test_all_networks_are_pruned(engine: Dockerd) -> None:
    for vlan in VLANS:
        create(engine, vlan)
    with Following(host1=engine.url) as sensor:
        sensor.wait_until_right(engine)
        engine.docker("network", "prune", "-f")
        assert sensor.wait_until_right(engine) == {}
        assert sensor.engines() == []
