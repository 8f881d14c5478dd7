"""Many networks at once towards one switch that has few sessions and answers slowly.

All are right in the end, no run has failed, and none is lost: as one workflow each, and as batches.
No policy limits them: the actions wait for their turn. DOCKER_TOR_BURST says how many; .ci/run asks
for 100.
"""

import contextlib
import os
from collections import Counter
from typing import Any, Dict, Iterator

import pytest
from conftest import PACK

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from lab.engine import Engine
from lab.rig import PASSWORD, config
from lab.stackstorm import StackStorm
from lab.switch import Faults, Switch, rules

MANY = int(os.environ.get("DOCKER_TOR_BURST", "20"))
SESSIONS = 16
LATENCY = 0.02
"""Seconds that each RPC takes longer."""
DEADLINE = 600.0

CHAIN = "docker.docker-network-tor"
BATCH = "docker.docker-network-tor-batch"


class World:
    """An engine, a StackStorm that follows it, and the switch."""

    def __init__(self, engine: Engine, st2: StackStorm, switch: Switch) -> None:
        self.engine = engine
        self.st2 = st2
        self.switch = switch

    def in_service(self) -> Dict[int, str]:
        """The VLANs of the burst that are wholly right, with their addresses."""
        tree = self.switch.running.tree
        ves = rules.ves(rules.rbridges(tree)["21"])
        shut = {key for key, ve in rules.global_ves(tree).items() if "global-ve-shutdown" in ve}
        return {
            int(key): " ".join(rules.ipv4(ve))
            for key, ve in ves.items()
            if int(key) >= 200 and key not in shut and "shutdown" not in ve
        }

    def runs(self, ref: str) -> "Counter[str]":
        """How many runs of a workflow there are of each status."""
        return Counter(run.status for run in self.st2.executions(action=ref))


@contextlib.contextmanager
def world(tmp_path: Any, batch_above: int) -> Iterator[World]:
    with Switch(
        max_sessions=SESSIONS, faults=Faults(latency=LATENCY), password=PASSWORD
    ) as switch, Engine(unix=str(tmp_path / "docker.sock")) as engine:
        settings = config({"name": "lab", "url": engine.unix_url}, switch)
        with StackStorm(PACK, {**settings, "batch_above": batch_above}) as st2:
            # What reconcile would put right is to be right without it.
            st2.set_rule("docker.reconcile", False)
            st2.datastore.set("vdx_password", PASSWORD, secret=True)
            st2.start_sensors()
            yield World(engine, st2, switch)


def test_a_workflow_each(tmp_path: Any) -> None:
    with world(tmp_path, 10_000) as lab:
        wanted = burst(lab)
        assert lab.st2.until(lambda: lab.runs(CHAIN)["succeeded"] == MANY, DEADLINE), lab.runs(
            CHAIN
        )
        assert lab.in_service() == wanted
        assert lab.runs(CHAIN) == {"succeeded": MANY}
        assert len(lab.st2.messages) == MANY


def test_batches(tmp_path: Any) -> None:
    with world(tmp_path, 3) as lab:
        wanted = burst(lab)
        assert lab.st2.until(lambda: lab.in_service() == wanted, DEADLINE), lab.in_service()
        runs = [run for run in lab.st2.executions(parent=None) if run.action.ref in (CHAIN, BATCH)]
        for run in runs:
            assert lab.st2.wait(run.id, DEADLINE).status == "succeeded"
        assert 1 <= len(runs) < MANY / 2
        assert len(lab.st2.messages) == len(runs)


def burst(lab: World) -> Dict[int, str]:
    """All networks, as fast as the engine makes them."""
    for number in range(MANY):
        lab.engine.create(
            f"n{number}",
            driver="macvlan",
            parent=f"eth0.{200 + number}",
            subnets=[f"172.20.{number}.0/24"],
        )
    return {200 + number: f"172.20.{number}.1/24" for number in range(MANY)}
