"""Reconcile as StackStorm runs it: by the timer's rule, one at a time, told once; and by hand.

The pack's own rule, policy, workflow and actions, in the lab's StackStorm, on the lab's switch and
engine. The timer's clock goes on only when it is told to.
"""

import json
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest
from conftest import PACK

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from docker_tor import memory

from lab.engine import Engine
from lab.stackstorm import Execution, Message, StackStorm
from lab.switch import Faults, Switch, payloads, rules
from lab.switch.faults import Verdict

WORKFLOW = "docker.docker-network-tor-reconcile"
EVERY = 300.0
WAIT = 60.0
PASSWORD = "Pa55-0f-the-sw1tch"
OTHER_PASSWORD = "0ther-Pa55-that-is-wr0ng"


class Clock:
    """The timer's; goes on only when told."""

    def __init__(self) -> None:
        self.time = 0.0
        self._ended = False
        self._changed = threading.Condition()
        self._waits = 0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: Optional[float]) -> bool:
        with self._changed:
            until = None if seconds is None else self.time + seconds
            self._waits += 1
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._ended or (until is not None and self.time >= until)
            )
            return self._ended

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Once the timers wait, until they have fired and wait again."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._waits > 0, WAIT)
            seen = self._waits
            self.time += seconds
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._waits > seen, WAIT)


class Held(Faults):
    """A switch that can be held up in the middle of whatever it is asked."""

    def hold(self) -> "Tuple[threading.Event, threading.Event]":
        """From now on it waits at the next RPC: told by the first event, ended by the second."""
        held, go_on = threading.Event(), threading.Event()
        self.__dict__["at"] = (held, go_on)
        return held, go_on

    def judge(self, operation: str, session_rpc: int) -> Verdict:
        """As the base class."""
        held, go_on = self.__dict__.pop("at", (None, None))
        if held and go_on:
            held.set()
            assert go_on.wait(WAIT)
        return super().judge(operation, session_rpc)


class World:
    """StackStorm, its switch and its engine."""

    def __init__(
        self, st2: StackStorm, switch: Switch, faults: Held, engine: Engine, clock: Clock
    ) -> None:
        self.st2 = st2
        self.switch = switch
        self.faults = faults
        self.engine = engine
        self.clock = clock

    def tick(self) -> Execution:
        """Five minutes pass; the workflow that has begun by then."""
        known = {one.id for one in self.st2.executions(action=WORKFLOW)}
        self.clock.advance(EVERY)

        def begun() -> List[Execution]:
            found = self.st2.executions(action=WORKFLOW)
            return [one for one in found if one.id not in known]

        assert self.st2.until(lambda: len(begun()) == 1, WAIT)
        return begun()[0]

    def reconciled(self) -> Tuple[Execution, List[Message]]:
        """Five minutes pass; the workflow that ran, and what was told meanwhile."""
        told = len(self.st2.messages)
        done = self.st2.wait(self.tick().id, WAIT)
        return done, self.st2.messages[told:]

    def by_hand(self, ref: str, **parameters: Any) -> Execution:
        return self.st2.wait(self.st2.run(ref, parameters).id, WAIT)

    def in_service(self) -> List[int]:
        tree = self.switch.running.tree
        ves = rules.ves(rules.rbridges(tree)["21"])
        return [int(key) for key in ves if "shutdown" not in ves[key] and len(key) == 3]

    def edits(self) -> int:
        return sum(rpc.operation == "edit-config" for rpc in self.switch.rpcs)


def entry(switch: Switch) -> Dict[str, Any]:
    """The switch's in docker.yaml."""
    return {
        "name": "tor1",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": "{{ st2kv.system.password }}",
        "rbridge_id": 21,
        "host_key": switch.host_key,
    }


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    faults, clock = Held(), Clock()
    socket = tmp_path_factory.mktemp("engine") / "docker.sock"
    with Switch(password=PASSWORD, faults=faults) as switch, Engine(unix=str(socket)) as engine:
        docker_yaml: Dict[str, Any] = {
            "engines": [{"name": "host1", "url": engine.unix_url}],
            "switches": [entry(switch)],
            "channel": "network",
        }
        with StackStorm(PACK, docker_yaml, timer_clock=clock) as st2:
            yield World(st2, switch, faults, engine, clock)


@pytest.fixture
def world(shared: World, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """No network, the switch as the article has it, nothing remembered."""
    shared.faults.clear()
    shared.st2.datastore.set("password", PASSWORD, secret=True)
    shared.st2.datastore.set(memory.NAME, memory.dump(memory.Memory()))
    shared.switch.reload()
    shared.switch.forget_rpcs()
    known = {one.id for one in shared.st2.executions()}
    yield shared
    for network in shared.engine.networks():
        if network["Driver"] == "macvlan":
            shared.engine.remove(network["Id"])
    new = [one.to_dict() for one in shared.st2.executions() if one.id not in known]
    shown = json.dumps(new, default=str) + caplog.text
    assert PASSWORD not in shown
    assert OTHER_PASSWORD not in shown


def test_the_timer_puts_right_what_is_missing_and_says_so_once(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    done, (message,) = world.reconciled()
    assert (done.status, done.result["output"]) == (
        *("succeeded",),
        {"changed": True, "counts": {"missing": 1}},
    )
    assert [task.task for task in world.st2.children(done.id)] == ["reconcile", "notify"]
    assert world.in_service() == [112]
    assert message.channel == "network"
    assert message.message.startswith(
        "Reconcile: Ve 112 on rbridge 21 of tor1 is in service with 10.1.112.1/24 for net112. ("
    )
    assert message.message.endswith(f"execution {done.id})")
    assert message.extra["slack"]["color"] == "good"
    sent = world.edits()
    assert sent == 5
    done, messages = world.reconciled()
    assert done.status == "succeeded"
    assert done.result["output"] == {"changed": False, "counts": {"in sync": 1}}
    assert (messages, world.edits()) == ([], sent)


def test_with_no_configuration_yet_it_ends_well_and_says_so() -> None:
    clock = Clock()
    with StackStorm(PACK, {}, timer_clock=clock) as st2:
        clock.advance(EVERY)
        assert st2.until(lambda: len(st2.executions(action=WORKFLOW)) == 1, WAIT)
        done = st2.wait(st2.executions(action=WORKFLOW)[0].id, WAIT)
        (task,) = st2.children(done.id)
        assert done.status == "succeeded", done.result
        assert done.result["output"] == {"changed": False, "counts": {}}
        said = task.result["result"]["table"]
        assert said == "Nothing to reconcile yet: no Docker Engine is configured."
        assert st2.messages == []


def test_two_stackstorms_on_one_switch_leave_each_others_segments_alone(
    world: World, tmp_path: Path
) -> None:
    """One name for their VLANs, no grace; each has engines and a datastore of its own."""
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    world.by_hand("docker.reconcile", dry_run=False)
    socket = str(tmp_path / "docker.sock")
    with Engine(unix=socket) as engine:
        raw = {
            "engines": [{"name": "host2", "url": engine.unix_url}],
            "switches": [entry(world.switch)],
            "orphan_grace": 0,
        }
        with StackStorm(PACK, raw, timer_clock=Clock()) as other:
            other.datastore.set("password", PASSWORD, secret=True)

            def reconciled() -> Dict[str, int]:
                run = other.run("docker.reconcile", {"dry_run": False})
                result: Dict[str, Any] = other.wait(run.id, WAIT).result["result"]
                return dict(result["counts"])

            engine.create("net113", "macvlan", "eth0.113", ["10.1.113.0/24"])
            assert reconciled() == {"missing": 1, "orphan, reported": 1}
            assert sorted(world.in_service()) == [112, 113]
            engine.remove("net113")
            assert reconciled() == {"orphan": 1, "orphan, reported": 1}
    assert world.in_service() == [112]


def test_drift_is_repaired(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    world.reconciled()
    world.switch.edit(payloads.shutdown(21, 112))
    _, (message,) = world.reconciled()
    assert "Repaired: no shutdown of Ve 112 on rbridge 21." in message.message
    assert world.in_service() == [112]


def test_an_orphan_waits_and_is_remembered_in_the_datastore(world: World) -> None:
    world.switch.edit(*payloads.segment(21, 200, "10.1.200.1/24", "Docker Network"))
    done, messages = world.reconciled()
    assert (done.result["output"]["counts"], messages) == ({"orphan, waiting": 1}, [])
    seen = memory.load(world.st2.datastore.get(memory.NAME)).orphans
    assert list(seen) == [("tor1", 21, 200)]
    # Its grace is over by now.
    since = memory.Memory({key: at - 601 for key, at in seen.items()}, added=frozenset(seen))
    world.st2.datastore.set(memory.NAME, memory.dump(since))
    _, (message,) = world.reconciled()
    assert "Ve 200 on rbridge 21 of tor1 is removed." in message.message
    assert world.in_service() == []


def test_a_failure_is_told_once_and_when_it_is_over(world: World) -> None:
    world.st2.datastore.set("password", OTHER_PASSWORD, secret=True)
    done, (message,) = world.reconciled()
    assert done.status == "failed"
    tasks = [(task.task, task.status) for task in world.st2.children(done.id)]
    assert tasks == [("reconcile", "failed"), ("notify_fail", "succeeded")]
    assert "tor1 could not be put right: 127.0.0.1" in message.message
    assert "the switch has refused user 'admin' or the password" in message.message
    assert message.extra["slack"]["color"] == "warning"
    # The same again fails again, and is not told again.
    done, messages = world.reconciled()
    assert (done.status, messages) == ("failed", [])
    world.st2.datastore.set("password", PASSWORD, secret=True)
    done, (message,) = world.reconciled()
    assert done.status == "succeeded"
    assert message.message.startswith("Reconcile: All is as it should be again.")
    assert message.extra["slack"]["color"] == "good"


def test_a_refused_segment_fails_the_run_and_is_told_once(world: World) -> None:
    """The seed's Ve 10 has that address."""
    world.engine.create("net113", "macvlan", "eth0.113", ["10.10.10.0/24"])
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    done, (message,) = world.reconciled()
    assert done.status == "failed"
    assert "Ve 113 on rbridge 21 of tor1 could NOT be put in service" in message.message
    assert "Ve 112 on rbridge 21 of tor1 is in service" in message.message
    done, messages = world.reconciled()
    assert (done.status, messages, world.in_service()) == ("failed", [], [112])


def test_a_reconcile_that_comes_while_one_runs_is_canceled(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    held, go_on = world.faults.hold()
    try:
        first = world.tick()
        assert held.wait(WAIT)
        second = world.tick()
        assert world.st2.until(lambda: second.status == "canceled", WAIT)
        assert first.status == "running"
    finally:
        go_on.set()
    assert world.st2.wait(first.id, WAIT).status == "succeeded"
    assert world.st2.children(second.id) == []
    assert world.in_service() == [112]
    # The next one runs.
    assert world.reconciled()[0].status == "succeeded"


def test_a_reconcile_whose_process_is_killed_is_finished_by_the_next(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    held, go_on = world.faults.hold()
    told = len(world.st2.messages)
    try:
        first = world.tick()
        assert held.wait(WAIT)
        (task,) = world.st2.children(first.id)
        assert world.st2.container.kill(task)
    finally:
        go_on.set()
    assert world.st2.wait(first.id, WAIT).status == "failed"
    assert world.st2.messages[told:] == []
    done, (message,) = world.reconciled()
    assert (done.status, world.in_service()) == ("succeeded", [112])
    assert "Ve 112 on rbridge 21 of tor1 is in service" in message.message


def test_by_hand_it_only_looks(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    done = world.by_hand("docker.reconcile")
    found = done.result["result"]
    assert (done.status, found["dry_run"], found["changed"]) == ("succeeded", True, False)
    assert "net112  10.1.112.1/24  -           missing" in found["table"]
    assert (world.edits(), world.in_service()) == (0, [])
    done = world.by_hand("docker.reconcile", network="net112", switch="tor1", dry_run=False)
    assert (done.status, done.result["result"]["changed"]) == ("succeeded", True)
    assert world.in_service() == [112]


def test_a_plan(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
    done = world.by_hand("docker.plan", network="net112")
    found = done.result["result"]
    assert done.status == "succeeded"
    assert "+interface Vlan 112\n+ name Docker Network\n" in found["diff"]
    (one,) = found["plan"]
    assert len(one["xml"]) == 5
    assert "interface Vlan 112" in one["cli"]
    assert world.edits() == 0
    done = world.by_hand("docker.plan", network="nonesuch")
    assert (done.status, done.result["result"]["kind"]) == ("failed", "InvalidValue")
