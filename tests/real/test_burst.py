"""A burst on a real dockerd: what the sensor makes of it."""

import time
from typing import Iterator, List

import pytest
from docker_tor.controller.debounce import BURST

from lab.real.dockerd import Dockerd, missing

from .following import Following, create, remove, said
from .parts import need

VLANS = range(100, 120)
FIRST = VLANS[0] - 1
ADDRESSES = {vlan: said("create", vlan).addresses for vlan in (FIRST, *VLANS)}
SECONDS = 0.7
"""In which all of them are made: 0.5 - 0.75 s is what a dockerd takes by itself."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=[f"eth0.{vlan}" for vlan in ADDRESSES]) as engine:
        yield engine


def batches(sensor: Following) -> List[int]:
    """How many segments each batch so far has."""
    return [len(payload["segments"]) for payload in sensor.payloads("docker.NetworkBatch")]


def test_it_is_one_batch_from_its_first_network(engine: Dockerd) -> None:
    with Following({"debounce": 0.25}, host1=engine.url) as sensor:
        # It follows once it has told of something; then the switch has a quiet time.
        assert create(engine, FIRST) == 201
        sensor.wait_for(lambda: sensor.said() == [said("create", FIRST)])
        time.sleep(BURST)
        began = time.monotonic()
        for number, vlan in enumerate(VLANS):
            # Evenly spread, as they come from `docker network create` in a loop.
            time.sleep(max(began + SECONDS / len(VLANS) * number - time.monotonic(), 0))
            assert create(engine, vlan) == 201
        sensor.wait_for(lambda: sensor.switch() == ADDRESSES)
        made = batches(sensor)
        assert len(made) <= 2, made
        assert sum(made) == len(VLANS)
        for vlan in VLANS:
            assert remove(engine, vlan) == 204
        sensor.wait_for(lambda: sensor.switch() == {FIRST: ADDRESSES[FIRST]})
        assert len(batches(sensor)) - len(made) <= 2, batches(sensor)
        assert [one["vlan"] for one in sensor.payloads("docker.NetworkEvent")] == [FIRST]
