"""A network between sensor and engine that stalls, cuts and refuses, and comes back.

The engine itself is well all the time, and its users go on using it.
"""

import json
from typing import Iterator

import pytest
from docker_tor.engine import api as engine_module
from docker_tor.engine import watcher

from lab.real.dockerd import Dockerd, missing

from .following import Following, create, remove, said
from .parts import need
from .proxy import Proxy

VLANS = range(10, 20)


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=[f"eth0.{vlan}" for vlan in VLANS]) as running:
        yield running


@pytest.fixture
def proxy(engine: Dockerd) -> Iterator[Proxy]:
    for vlan in (10, 11):
        create(engine, vlan)
    with Proxy(str(engine.socket)) as running:
        yield running
    for network in json.loads(engine.request("GET", "/networks").body):
        engine.request("DELETE", f"/networks/{network['Id']}")


FIRST = [said("create", 10), said("create", 11)]


def test_a_stream_that_goes_half_open(
    engine: Dockerd, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for the events to meet the stream that is deaf, and not the one after it.
    monkeypatch.setattr(engine_module, "SILENCE", 3.0)
    with Following(host1=proxy.url) as sensor:
        sensor.wait_until_right(engine)
        proxy.stall("/events", to_come=False)
        create(engine, 12)
        remove(engine, 10)
        sensor.wait_until_right(engine)
        assert sorted(sensor.said()[2:]) == [said("create", 12), said("destroy", 10)]
        assert proxy.swallowed
        # To subscribe again was enough: nobody was told that the engine is lost.
        assert sensor.engines() == []
        assert sensor.alive


def test_connections_that_all_go_half_open(
    engine: Dockerd, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "SILENCE", 1.0)
    monkeypatch.setattr(engine_module, "LIST_TIMEOUT", 1.0)
    with Following(host1=proxy.url) as sensor:
        sensor.wait_until_right(engine)
        proxy.stall()
        create(engine, 12)
        remove(engine, 10)
        sensor.wait_until_told_of("lost")
        create(engine, 13)
        proxy.recover()
        sensor.wait_until_told_of("lost", "back")
        sensor.wait_until_right(engine)
        assert sorted(sensor.said()[2:]) == [
            said("create", 12),
            said("create", 13),
            said("destroy", 10),
        ]
        assert sensor.engines() == ["lost", "back"]
        assert proxy.swallowed
        assert sensor.alive


def test_a_stream_that_is_cut_in_the_middle_of_an_event(engine: Dockerd, proxy: Proxy) -> None:
    with Following(host1=proxy.url) as sensor:
        sensor.wait_until_right(engine)
        proxy.cut(60, "/events")
        create(engine, 12)
        sensor.wait_until_told_of("lost", "back")
        sensor.wait_until_right(engine)
        assert sensor.said() == [*FIRST, said("create", 12)]


def test_a_list_that_is_cut(engine: Dockerd, proxy: Proxy) -> None:
    with Following(host1=proxy.url) as sensor:
        sensor.wait_until_right(engine)
        proxy.cut(300, "/networks")
        remove(engine, 10)
        sensor.wait_until_told_of("lost", "back")
        sensor.wait_until_right(engine)
        assert sensor.said() == [*FIRST, said("destroy", 10)]


def test_an_engine_that_is_away_keeps_what_it_had(engine: Dockerd, proxy: Proxy) -> None:
    with Following(host1=proxy.url, host2=engine.url) as sensor:
        sensor.wait_until_right(engine)
        proxy.refuse()
        sensor.wait_until_told_of("lost")
        # host2 is the same engine by another way: here alone the networks are seen to go.
        remove(engine, 10)
        create(engine, 12)
        sensor.wait_for(lambda: said("create", 12) in sensor.said())
        assert said("destroy", 10) not in sensor.said()
        proxy.recover()
        sensor.wait_until_told_of("lost", "back")
        sensor.wait_until_right(engine)
        assert sensor.said()[-1] == said("destroy", 10)
        assert sensor.refused() == []


def test_streams_that_are_cut_again_and_again(engine: Dockerd, proxy: Proxy) -> None:
    """As some proxies do with the idle ones: what changes is seen, and nobody is told of a cut."""
    with Following(lost_after=watcher.LOST_AFTER, host1=proxy.url) as sensor:
        sensor.wait_until_right(engine)
        for vlan in (12, 13, 14):
            proxy.cut(1, "/events")
            create(engine, vlan)
            sensor.wait_until_right(engine)
        assert sensor.said() == [*FIRST, *(said("create", vlan) for vlan in (12, 13, 14))]
        assert sensor.engines() == []
        assert [sensor.logged(level, "") for level in ("warning", "error")] == [0, 0]
