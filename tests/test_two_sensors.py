"""Two real sensor processes on one datastore, as two sensor containers of a StackStorm run them.

How long a lease lasts that nobody releases is tested in test_lease: here both are of one host,
where the other one sees that the process has gone.
"""

import json
import os
import signal
from typing import Any, List
from unittest import mock

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="workflows need orquesta")

import network_events_sensor
from docker_tor.controller import lease
from test_sensor import eventually
from world import WAIT, Run, World, made, started

SENSOR = "docker.NetworkEventsSensor"


def holder(world: World) -> int:
    """The process that holds the lease."""
    return int(json.loads(world.st2.datastore.get(lease.NAME) or "{}").get("pid", 0))


def told(world: World) -> List[int]:
    """The VLANs of the segments that were dispatched, in order."""
    return [
        one["vlan"]
        for instance in world.st2.trigger_instances
        for one in instance.payload.get("segments", [instance.payload])
    ]


def runs(world: World) -> List[Run]:
    """What that has started, to its end, the oldest first."""
    return [world.ended(one) for one in reversed(world.st2.executions(parent=None))]


def create(world: World, vlan: int) -> None:
    world.engine.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])


def test_one_takes_over_from_another() -> None:
    with started(sensors=True) as world:
        first = world.st2.sensors[SENSOR]
        assert eventually(lambda: holder(world) == first.pid, WAIT)
        second = world.st2.start_another(SENSOR)
        create(world, 112)
        assert world.until(lambda: told(world) == [112])

        # Killed when it has dispatched, and not yet recorded that it has.
        keep = world.st2.datastore.set

        def kill(name: str, value: str, **more: Any) -> Any:
            if told(world) == [112]:
                return keep(name, value, **more)
            os.kill(first.pid, signal.SIGKILL)
            # The other one waits, too: what was dispatched shall have been done by then.
            raise OSError("the datastore is away")

        with mock.patch.object(world.st2.datastore, "set", kill):
            create(world, 113)
            assert world.until(lambda: first.state == "dead")
            assert world.until(lambda: len(runs(world)) == 2)
            assert [run.output["changed"] for run in runs(world)] == [True, True]
        assert eventually(lambda: holder(world) == second.pid, WAIT)
        assert world.until(lambda: told(world) == [112, 113, 113])
        assert world.until(lambda: len(runs(world)) == 3)
        assert [run.output["changed"] for run in runs(world)[2:]] == [False]
        assert (world.present(112), world.present(113)) == (made(112), made(113))

        third = world.st2.start_another(SENSOR)
        with mock.patch.object(world.st2.datastore, "set", side_effect=keep) as sets:
            second.stop()
        assert mock.call(lease.NAME, "") in sets.call_args_list
        assert eventually(lambda: holder(world) == third.pid, WAIT)
        create(world, 114)
        assert world.until(lambda: told(world)[3:] == [114])
        assert (first.state, second.state) == ("dead", "stopped")


def test_another_takes_over_within_30_seconds_of_a_death() -> None:
    """A look before it sees the last record, and all the time that this may stand."""
    look = network_events_sensor.LOOK_IN
    assert look + lease.LASTS + lease.RIVALS_WRITE < 30.0
    # The holder may miss a look.
    assert lease.RENEWED_AFTER + 2 * look < lease.LASTS
