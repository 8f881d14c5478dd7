"""Networks as people make them on a real Docker Engine, and what the sensor and the chain make of
what it lists."""

from typing import Iterator

import pytest

from lab.real.dockerd import Dockerd, missing

from .following import Following
from .parts import need

PARENTS = ("eth0", "vlan10", "eth0.20.200", *(f"eth0.{vlan}" for vlan in range(50, 60)))


@pytest.fixture
def engine() -> Iterator[Dockerd]:
    need(missing())
    with Dockerd(parents=PARENTS) as running:
        yield running


def test_what_a_real_engine_lists(engine: Dockerd) -> None:
    for number, (parent, *options) in enumerate(
        (
            ("eth0.50", "--internal", "--subnet=10.50.0.0/24", "--gateway=10.50.0.1"),
            ("eth0.51", "--subnet=10.51.0.0/24", "--subnet=fd00:51::/64"),
            ("eth0.52", "--ipv6", "--subnet=10.52.0.0/24", "--subnet=fd00:52::/64"),
            ("eth0.53", "--subnet=10.53.0.1/24", "--gateway=10.53.0.1"),
            ("eth0.55", "--subnet=10.55.0.0/24", "--label=docker_tor=false"),
            ("eth0.56", "--subnet=10.56.0.0/24", "--label=docker_tor=perhaps"),
            ("eth0.57", "--subnet=10.57.0.0/24", "--ip-range=10.57.0.128/25"),
            ("eth0.20.200", "--subnet=10.20.0.0/24"),
            ("vlan10", "--subnet=10.10.0.0/24"),
            ("eth0", "--subnet=10.11.0.0/24"),
        )
    ):
        engine.docker(
            "network", "create", "-d", "macvlan", "-o", f"parent={parent}", *options, f"n{number}"
        )
    l3 = ("-d", "ipvlan", "-o", "parent=eth0.58", "-o", "ipvlan_mode=l3")
    engine.docker("network", "create", *l3, "--subnet=10.58.0.0/24", "routed")
    expected = {
        10: ("10.10.0.1/24",),
        50: (),
        51: ("10.51.0.1/24",),
        52: ("10.52.0.1/24", "fd00:52::1/64"),
        53: ("10.53.0.1/24",),
        57: ("10.57.0.128/24",),
    }
    engine_settings = {
        "engines": [
            {
                "name": "host1",
                "url": engine.url,
                "uplinks": [{"parent": "vlan10", "vlan": 10, "switch": "tor1"}],
            }
        ]
    }
    with Following(engine_settings, host1=engine.url) as sensor:
        sensor.wait_for(lambda: len(sensor.refused()) == 3)
        assert sensor.switch() == expected
        reasons = "\n".join(sorted(sensor.refused()))
        for reason in ("QinQ", "mode l3, which its host routes", "neither on nor off"):
            assert reason in reasons
        before = len(sensor.said())
        # It shows gateways that it has chosen itself from now on.
        engine.restart()
        sensor.wait_until_told_of("lost", "back", seconds=60)
        engine.docker("network", "rm", "n0")
        sensor.wait_for(lambda: len(sensor.said()) > before)
        assert [said[:2] for said in sensor.said()[before:]] == [("destroy", 50)]
        assert len(sensor.refused()) == 3
