"""What the tests from end to end share: the pack in a StackStorm, a switch and a Docker Engine.

    with started() as world:
        run = world.run("docker.docker-network-tor", host="vdx", vlan=112, ...)
        run.names, run.message
        world.present(112)

Nothing happens by itself: the sensor is started where a test says so, and the rule of the timer is
off. At the end no password may be found in anything that StackStorm has shown.
"""

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from conftest import PACK
from docker_tor.desired import last_applied, ledger, port_records
from docker_tor.reconcile import memory

from lab.engine import Engine
from lab.rig import config
from lab.stackstorm import Event, Execution, Message, StackStorm
from lab.switch import Switch, addresses, nos, ports

PASSWORD = "Pa55-0f-the-sw1tch"
WAIT = 120.0
"""Seconds after which what has not come about never will."""
NETWORK = {
    "id": "f" * 64,
    "name": "dockernetwork112",
    "engine": "host1",
    "driver": "macvlan",
    "parent": "eth0.112",
}
EVENT: Dict[str, Any] = {
    "action": "create",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "addresses": ["172.16.112.1/24"],
    "rbridge": 21,
    "host": "127.0.0.1",
    "channel": "docker",
    "switch": "vdx",
    "networks": [NETWORK],
}
"""The payload of docker.NetworkEvent for the article's network."""


class Run(NamedTuple):
    """A workflow that has ended, its tasks in order, and what it told."""

    execution: Execution
    tasks: List[Execution]
    messages: List[Message]

    @property
    def status(self) -> str:
        return str(self.execution.status)

    @property
    def names(self) -> List[str]:
        return [str(task.task) for task in self.tasks]

    @property
    def output(self) -> Any:
        return self.execution.result["output"]

    @property
    def message(self) -> str:
        """The text of the one message, without how long it took and the execution."""
        (message,) = self.messages
        assert message.message.endswith(f" s, execution {self.execution.id})")
        return message.message.rpartition(" (")[0]

    def result(self, task: str) -> Dict[str, Any]:
        """What the action of a task returned."""
        (found,) = (one.result["result"] for one in self.tasks if one.task == task)
        return dict(found)


class World(NamedTuple):
    """StackStorm with the pack, the switch that docker.yaml calls `vdx`, and the engine `lab`."""

    st2: StackStorm
    switch: Switch
    engine: Engine

    def run(self, ref: str, **parameters: Any) -> Run:
        """`st2 run`, to its end."""
        return self.ended(self.st2.run(ref, parameters))

    def ended(self, execution: Execution) -> Run:
        """An execution, once it has ended."""
        self.st2.wait(execution.id, WAIT)
        tasks = self.st2.children(execution.id)
        ids = {task.id for one in tasks for task in (one, *self.st2.children(one.id))}
        return Run(execution, tasks, [one for one in self.st2.messages if one.execution_id in ids])

    def dispatch(self, trigger: str, payload: Dict[str, Any]) -> List[Run]:
        """Dispatch a trigger as the sensor would; what the rules start with it, to its end."""
        known = {one.id for one in self.st2.executions()}
        instance = self.st2.dispatch(trigger, payload)
        assert self.until(lambda: instance.status == "processed")
        begun = [one for one in self.st2.executions(parent=None) if one.id not in known]
        return [self.ended(one) for one in begun]

    def followed(self, **event: Any) -> Run:
        """The one run that an event of the article's network starts."""
        (run,) = self.dispatch("docker.NetworkEvent", {**EVENT, **event})
        return run

    def until(self, holds: Callable[[], bool]) -> bool:
        return self.st2.until(holds, WAIT)

    def told(self, text: str) -> bool:
        """Whether the team is told it, sooner or later."""
        return self.until(lambda: any(text in one.message for one in self.st2.messages))

    def present(self, vlan: int = 112, rbridge: int = 21) -> List[str]:
        """What the switch has of a segment, in the order in which it comes."""
        tree, key = self.switch.running.tree, str(vlan)
        ve = nos.ves(nos.rbridges(tree)[str(rbridge)]).get(key)
        global_ve = nos.global_ves(tree).get(key)
        found = ["VLAN"] if key in nos.vlans(tree) else []
        found += ["global Ve"] if global_ve is not None else []
        if ve is not None:
            found += addresses.primaries_first(nos.addresses_of(ve))
            found += [] if "shutdown" in ve else ["no shutdown"]
        if global_ve is not None and "global-ve-shutdown" not in global_ve:
            found.append("global no shutdown")
        return found

    def carrying(self, vlan: int = 112) -> List[str]:
        """The ports that carry a VLAN."""
        return [
            name for name, port in ports.each(self.switch.running.tree) if ports.carries(port, vlan)
        ]

    def reset(self) -> None:
        """The switch as the article has it, no network anywhere, and nothing remembered."""
        self.switch.faults.clear()
        self.switch.reload()
        self.switch.forget_rpcs()
        for network in self.engine.networks():
            if network["Driver"] == "macvlan":
                self.engine.remove(network["Id"])
        self.st2.datastore.set(ledger.NAME, last_applied.dump(last_applied.LastApplied()))
        self.st2.datastore.set(memory.NAME, memory.dump(memory.Memory()))
        for name in self.st2.datastore.items(f"{port_records.NAME}."):
            self.st2.datastore.delete(name)


def made(vlan: int = 112, *addresses: str) -> List[str]:
    """All of a segment: what `present` finds of one that is in service."""
    own = addresses or (f"172.16.{vlan}.1/24",)
    return ["VLAN", "global Ve", *own, "no shutdown", "global no shutdown"]


@contextlib.contextmanager
def started(
    *, sensors: bool = False, port: Optional[str] = None, **settings: Any
) -> Iterator[World]:
    """All of it; `port` is where the engine's eth0 is plugged in, and `settings` are more of
    docker.yaml."""
    events: List[Event] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        switch = stack.enter_context(Switch(password=PASSWORD, rbridge_ids=(21, 22)))
        engine = stack.enter_context(Engine(f"unix://{folder}/docker.sock"))
        entry: Dict[str, Any] = {"name": "lab", "url": engine.url}
        if port:
            entry["uplinks"] = [{"parent": "eth0", "switch": "vdx", "ports": [port]}]
        docker_yaml = {**config(entry, switch), **settings}
        st2 = stack.enter_context(StackStorm(PACK, docker_yaml, events.append))
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        # It would put right, every five minutes, what a test has broken.
        st2.set_rule("docker.reconcile", False)
        if sensors:
            st2.start_sensors()
        yield World(st2, switch, engine)
        shown: List[Any] = [one.to_dict() for one in st2.executions()]
        shown += [vars(one) for one in (*st2.trigger_instances, *st2.messages)]
    shown += [event.data for event in events]
    assert PASSWORD not in json.dumps(shown, default=str)
