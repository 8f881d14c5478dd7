"""Many networks at once towards one switch that has few sessions and answers slowly.

All are right in the end, no run has failed, and none is lost: as one workflow each, and as batches.
No policy limits them: the actions wait for their turn.
"""

from typing import List

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="workflows need orquesta")

from world import World, made, started

MANY = 100
CHAIN, BATCH = "docker.docker-network-tor", "docker.docker-network-tor-batch"
LATENCY = 0.02
"""Seconds that each RPC takes longer."""
VLANS = range(200, 200 + MANY)

pytestmark = pytest.mark.slow


def burst(world: World) -> List[str]:
    """All networks, as fast as the engine makes them; what the runs of workflows were, once all of
    them have succeeded."""
    world.switch.faults.latency = LATENCY
    for vlan in VLANS:
        subnet = f"172.20.{vlan - 200}.0/24"
        world.engine.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[subnet])

    def there() -> bool:
        return all(world.present(vlan) for vlan in VLANS)

    assert world.until(there)
    runs = [run for run in world.st2.executions(parent=None) if run.action.ref in (CHAIN, BATCH)]
    assert {world.ended(run).status for run in runs} == {"succeeded"}
    for vlan in VLANS:
        assert world.present(vlan) == made(vlan, f"172.20.{vlan - 200}.1/24")
    assert len(world.st2.messages) == len(runs)
    return [run.action.ref for run in runs]


def test_a_workflow_each() -> None:
    with started(sensors=True, batch_above=10_000) as world:
        assert burst(world) == [CHAIN] * MANY


def test_batches() -> None:
    with started(sensors=True, batch_above=3) as world:
        runs = burst(world)
        assert BATCH in runs
        assert len(runs) < MANY / 2
