"""What the tests of the workflows share: StackStorm with the pack, and a switch that can be made to
fail.

`started` brings them up; the fixture `world` is one switch, as the article has it, for a test to
break. After each test no password may be found in anything that StackStorm shows.
"""

import contextlib
import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from conftest import PACK
from docker_tor import ledger
from docker_tor.intent import Segment
from docker_tor.networks import Network

from lab.engine import Engine
from lab.stackstorm import Announcement, Event, Execution, Message, StackStorm
from lab.switch import Faults, Switch, SwitchError, payloads, rules, state
from lab.switch.faults import Verdict

CHAIN = "docker.docker-network-tor"
REMOVE = "docker.docker-network-tor-remove"
BATCH = "docker.docker-network-tor-batch"
WORKFLOWS = (CHAIN, REMOVE, BATCH)
POST = "chatops.post_message"
PASSWORD = "Pa55-0f-the-sw1tch"
OTHER_PASSWORD = "0ther-Pa55-that-is-wr0ng"
SECRETS = (PASSWORD, OTHER_PASSWORD)
WAIT = 300.0
"""Seconds after which a run that has not ended never will."""
PATIENCE = 480
"""Seconds for which a run tries again: 8 minutes."""
PAUSES = (0.01, 0.05)
"""Seconds of the first pause between tries, and of the longest, that tests wait."""

EVENT: Dict[str, Any] = {
    "action": "create",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "addresses": ["172.16.112.1/24"],
    "rbridge": 21,
    "host": "127.0.0.1",
    "channel": "docker",
    "switch": "vdx",
    "networks": [
        {
            "id": "f" * 64,
            "name": "dockernetwork112",
            "engine": "host1",
            "driver": "macvlan",
            "parent": "eth0.112",
        }
    ],
}
BY_HAND: Dict[str, Any] = {
    "host": "vdx",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "rbridge_id": 21,
    "channel": "docker",
}
EVERYTHING: Dict[str, Any] = {
    "addresses": ["172.16.112.1/24", "172.16.212.1/24", "fd00:112::1/64"],
}
"""Beside BY_HAND: a Ve with more than one address."""
EDITS = (
    ("add_ve_interface", "VLAN"),
    ("add_global_ve_int", "global Ve"),
    ("set_ve_ip", "172.16.112.1/24"),
    ("set_ve_ip", "172.16.212.1/24"),
    ("set_ve_ip", "fd00:112::1/64"),
    ("no_shut_ve", "no shutdown"),
    ("no_shut_ve_global", "global no shutdown"),
)
"""The chain's edits of EVERYTHING: the task of each, and what it changes."""
TASKS = tuple(dict.fromkeys(task for task, _ in EDITS))
"""The article's five tasks."""
CHANGES = tuple(change for _, change in EDITS)
MADE = (*CHANGES[:3], *CHANGES[5:])
"""What the tasks change where the Ve has one address."""

AS_IT_WAS = "The switch is as it was."
NOT_KNOWN = "Whether the switch took its edits is not known"
TELLS = "The next reconcile tells, and puts it right."
"""The end of a message about what is not known."""
ENDS = frozenset({"close-session", "kill-session"})


class Scripted(Faults):
    """Faults that also let a test act on an RPC that it picks.

    `at(n, act)` has `act` called when the n-th RPC from now arrives, and `at(n, act, operation)`
    when the n-th of that operation does; the RPC gets the verdict that it returns, if it returns
    one. Sessions being closed are not counted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["script"] = []

    def at(
        self, nth: int, act: Callable[[], Optional[Verdict]], operation: Optional[str] = None
    ) -> None:
        """Arm it; several may be armed at once."""
        with self._lock:
            self.__dict__["script"].append([nth, operation, act])

    def refuse(self, nth: int, *refusals: SwitchError) -> None:
        """Refuse the n-th edit."""
        self.at(nth, lambda: Verdict(errors=refusals), "edit-config")

    def refuse_from(self, nth: int, *refusals: SwitchError, times: int = 64) -> None:
        """Refuse the n-th edit and those that follow."""
        for number in range(times):
            self.refuse(nth + number, *refusals)

    def lose_from(self, nth: int, drop: str = "before") -> None:
        """Lose the n-th RPC, and the switch with it: no session is given any more."""

        def lose() -> Verdict:
            self.refuse_sessions = True
            return Verdict(drop=drop)

        self.at(nth, lose)

    def clear(self) -> None:
        super().clear()
        self.__dict__["script"] = []

    def judge(self, operation: str, session_rpc: int) -> Verdict:
        """As the base class; called once for each RPC, by the switch's one thread."""
        verdict = super().judge(operation, session_rpc)
        if operation in ENDS:
            return verdict
        due: List[Callable[[], Optional[Verdict]]] = []
        with self._lock:
            script = self.__dict__["script"]
            for entry in [entry for entry in script if entry[1] in (None, operation)]:
                entry[0] -= 1
                if entry[0] == 0:
                    script.remove(entry)
                    due.append(entry[2])
        for act in due:
            verdict = act() or verdict
        return verdict


class Run(NamedTuple):
    """A workflow that has completed, its tasks in order, and what it told."""

    execution: Execution
    tasks: List[Execution]
    messages: List[Message]

    @property
    def output(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.execution.result["output"]
        return found

    @property
    def names(self) -> Tuple[str, ...]:
        return tuple(str(task.task) for task in self.tasks)

    @property
    def told(self) -> Message:
        """The one message, whose end says which run it is of."""
        (message,) = self.messages
        assert message.channel == "docker"
        assert message.message.endswith(f" s, execution {self.execution.id})")
        return message

    @property
    def message(self) -> str:
        """The one message's text, without how long it took and the execution."""
        return self.told.message.rpartition(" (")[0]

    @property
    def color(self) -> str:
        """The color of the message's attachment."""
        assert self.told.extra is not None
        return str(self.told.extra["slack"]["color"])

    @property
    def again(self) -> Dict[str, int]:
        """How often the action of each task tried again, by what it has printed."""
        printed = {str(task.task): str((task.result or {}).get("stderr")) for task in self.tasks}
        found = {task: text.count(" failed, the next is in ") for task, text in printed.items()}
        return {task: times for task, times in found.items() if times}

    def of(self, task: str) -> List[Dict[str, Any]]:
        """The results of a task's actions; one that died without has an empty one."""
        found = [(item.result or {}).get("result") for item in self.tasks if item.task == task]
        return [item if isinstance(item, dict) else {} for item in found]


class World:
    """One switch of a StackStorm, under the name that docker.yaml has for it."""

    def __init__(
        self, st2: StackStorm, switch: Switch, name: str, engine: Optional[Engine] = None
    ) -> None:
        self.st2 = st2
        self.switch = switch
        self.name = name
        self._engine = engine
        self._as_made = switch.running

    @property
    def faults(self) -> Scripted:
        """The switch's faults."""
        assert isinstance(self.switch.faults, Scripted)
        return self.switch.faults

    @property
    def engine(self) -> Engine:
        """The Docker Engine whose eth0 leads to the switch, where there is one."""
        assert self._engine is not None
        return self._engine

    def reset(self) -> None:
        """The switch as the article has it, and no network anywhere."""
        self.faults.clear()
        self.switch.restore(self._as_made)
        self.switch.forget_rpcs()
        for network in self._engine.networks() if self._engine else ():
            if network["Driver"] == "macvlan":
                self.engine.remove(network["Id"])

    def reconcile(self) -> Dict[str, Any]:
        """The next reconcile of this switch, a sensor having seen what the engine has."""
        found = self.st2.run("docker.reconcile", {"switch": self.name, "dry_run": False})
        result: Dict[str, Any] = self.st2.wait(found.id, WAIT).result["result"]
        return result

    def start(self, workflow: str = CHAIN, /, **parameters: Any) -> Execution:
        """`st2 run --async`."""
        wanted = {"host": self.name} if workflow == BATCH else {**BY_HAND, "host": self.name}
        if workflow == REMOVE:
            del wanted["subnet"]
        return self.st2.run(workflow, {**wanted, **parameters})

    def run(self, workflow: str = CHAIN, /, **parameters: Any) -> Run:
        """`st2 run`, to its end."""
        return self.ended(self.start(workflow, **parameters))

    def ended(self, execution: Execution) -> Run:
        """The run of a workflow, once it has ended."""
        self.st2.wait(execution.id, WAIT)
        tasks = self.st2.children(execution.id)
        own = {task.id for task in tasks}
        return Run(execution, tasks, [m for m in self.st2.messages if m.execution_id in own])

    def dispatch(self, trigger: str, payload: Dict[str, Any]) -> List[Run]:
        """Dispatch a trigger as the sensor would; the workflows that rules have started with it, to
        their end."""
        known = {found.id for found in self.st2.executions()}
        instance = self.st2.dispatch(trigger, payload)
        assert instance is not None, "the payload's schema refuses it"
        assert self.st2.until(lambda: instance.status == "processed", WAIT), instance
        roots = [found for found in self.st2.executions(parent=None) if found.id not in known]
        for found in roots:
            self.st2.wait(found.id, WAIT)
        return [self.ended(found) for found in roots if found.action.ref in WORKFLOWS]

    def posted(self, trigger: str, payload: Dict[str, Any]) -> Message:
        """Dispatch a trigger whose rule tells the team; what it told."""
        told = len(self.st2.messages)
        assert self.dispatch(trigger, payload) == []
        (message,) = self.st2.messages[told:]
        return message

    def present(self, vlan: int = 112, rbridge: int = 21) -> List[str]:
        """What the switch has of a chain's changes, in their order."""
        tree, key = self.switch.running.tree, str(vlan)
        ve = rules.ves(rules.rbridges(tree)[str(rbridge)]).get(key)
        global_ve = rules.global_ves(tree).get(key)
        found = ["VLAN"] if key in rules.vlans(tree) else []
        found += ["global Ve"] if global_ve is not None else []
        if ve is not None:
            found += state.ordered_ipv4(rules.ipv4(ve)) + list(rules.ipv6(ve))
            found += [] if "shutdown" in ve else ["no shutdown"]
        if global_ve is not None and "global-ve-shutdown" not in global_ve:
            found.append("global no shutdown")
        return found

    def have(self, *addresses: str, vlan: int = 112, rbridge: int = 21) -> None:
        """Put the segment 172.16.112.1/24 on the switch as a run would, with further addresses."""
        first = f"172.16.{vlan}.1/24"
        self.switch.edit(*payloads.segment(rbridge, vlan, first, "Docker Network"))
        self.switch.edit(*payloads.addresses(rbridge, vlan, first, *addresses)[1:])

    def edits(self) -> int:
        """How many edits the switch was sent."""
        return self.rpcs("edit-config")

    def rpcs(self, *operations: str) -> int:
        """How many RPCs of these operations the switch was sent; of all if none is named."""
        return sum(rpc.operation in operations or not operations for rpc in self.switch.rpcs)

    def saves(self) -> int:
        """How often the running config was to be saved."""
        return self.rpcs("bna-config-cmd")

    def uses(self, *vlans: int, rbridge: int = 21) -> None:
        """Have the sensor know of a network on each of these VLANs, and of no other."""
        segments = [_segment(self.switch, self.name, vlan, rbridge) for vlan in vlans]
        book = ledger.Ledger({segment.key: segment for segment in segments}, frozenset())
        self.st2.datastore.set(ledger.NAME, ledger.dump(book))


def _segment(switch: Switch, name: str, vlan: int, rbridge: int) -> Segment:
    address = f"172.16.{vlan}.1/24"
    network = Network(
        id="f" * 64,
        name=f"dockernetwork{vlan}",
        engine="host1",
        driver="macvlan",
        parent=f"eth0.{vlan}",
        vlan=vlan,
        addresses=frozenset({address}),
    )
    return Segment(name, rbridge, vlan, switch.host, (address,), (network,))


def segment(vlan: int, action: str = "create", **more: Any) -> Dict[str, Any]:
    """A segment of the trigger docker.NetworkBatch."""
    network = {**EVENT["networks"][0], "name": f"dockernetwork{vlan}", "parent": f"eth0.{vlan}"}
    addresses = more.pop("addresses", [f"172.16.{vlan}.1/24"])
    return {
        "action": action,
        "vlan": vlan,
        "subnet": next((address for address in addresses if ":" not in address), ""),
        "addresses": addresses,
        "rbridge": 21,
        "networks": [network],
        **more,
    }


def name_of(number: int) -> str:
    """What docker.yaml calls the switch."""
    return f"vdx{number or ''}"


def entry(switch: Switch, name: str, password: str) -> Dict[str, Any]:
    """A switch's entry in docker.yaml."""
    return {
        "name": name,
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": password,
        "rbridge_id": 21,
        "host_key": switch.host_key,
    }


def docker_yaml(switches: Sequence[Switch], **more: Any) -> Dict[str, Any]:
    """The switches as vdx, vdx1, vdx2 ...; the first also as `stale`, with another password."""
    ours = "{{ st2kv.system.vdx_password }}"
    entries = [entry(switch, name_of(number), ours) for number, switch in enumerate(switches)]
    stale = entry(switches[0], "stale", "{{ st2kv.system.old_password }}")
    return {
        "engines": [{"name": "host1", "url": "unix:///nowhere/docker.sock"}],
        "switches": [*entries, stale],
        **more,
    }


def secrets_in(text: str) -> List[str]:
    """Those passwords that the text holds."""
    return [secret for secret in SECRETS if secret in text]


class Shown:
    """All that StackStorm shows to those who may not see secrets, each thing once."""

    def __init__(self, st2: StackStorm, events: List[Event]) -> None:
        self._st2 = st2
        self._events = events
        self._seen: Set[int] = set()

    def news(self) -> str:
        """What there is since the last time."""
        st2 = self._st2
        found: List[Any] = [*st2.executions(), *st2.trigger_instances, *st2.rule_enforcements]
        found += [*st2.announcements, *self._events]
        new = [item for item in found if id(item) not in self._seen]
        self._seen.update(id(item) for item in new)
        return json.dumps([_shown(item) for item in new], default=str)


def _shown(item: Any) -> Any:
    if isinstance(item, Event):
        return item.data
    return dict(item.payload) if isinstance(item, Announcement) else item.to_dict()


class Lab(NamedTuple):
    """A StackStorm with its switches, and what it has shown."""

    st2: StackStorm
    worlds: List[World]
    shown: Shown
    pack: Path


@contextlib.contextmanager
def hasty(patience: int = PATIENCE) -> Iterator[Path]:
    """The pack with short pauses between tries, and less patience for tests that wear it out."""
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "docker"
        kept = shutil.ignore_patterns(".*", "tests", "lab", "generator", "docs", "__pycache__")
        shutil.copytree(PACK, pack, symlinks=True, ignore=kept)
        retry = pack / "lib" / "docker_tor" / "retry.py"
        change(retry, "SHORTEST, LONGEST = 1.0, 60.0", f"SHORTEST, LONGEST = {PAUSES}")
        change(retry, f"PATIENCE = {PATIENCE}.0", f"PATIENCE = {patience}.0")
        for name in ("docker-network-tor", "docker-network-tor-segments"):
            change(pack / "workflows" / f"{name}.yaml", f"+ {PATIENCE}", f"+ {patience}")
        yield pack


def change(path: Path, old: str, new: str) -> None:
    """Replace a text of a file that is there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new), encoding="utf-8")


@contextlib.contextmanager
def started(
    switches: int = 1,
    *,
    patience: int = PATIENCE,
    spoil: Callable[[Path], None] = lambda _pack: None,
    engines: bool = False,
    max_sessions: int = 16,
    settings: Optional[Dict[str, Any]] = None,
    **options: Any,
) -> Iterator[Lab]:
    """A StackStorm with so many switches, and with `engines` an engine for each; `settings` are
    more of docker.yaml, `options` those of StackStorm; `spoil` may change its copy of the pack. No
    password may have been shown at its end."""
    told: List[Event] = []
    with contextlib.ExitStack() as stack:
        pack = stack.enter_context(hasty(patience))
        spoil(pack)
        made = [
            stack.enter_context(
                Switch(
                    password=PASSWORD,
                    rbridge_ids=(21, 22),
                    faults=Scripted(),
                    max_sessions=max_sessions,
                )
            )
            for _ in range(switches)
        ]
        docks = [
            stack.enter_context(Engine(tcp=("127.0.0.1", 0))) for _ in (made if engines else ())
        ]
        followed = [
            {
                "name": f"host{number}",
                "url": engine.tcp_url,
                "uplinks": [{"parent": "eth0", "switch": name_of(number)}],
            }
            for number, engine in enumerate(docks)
        ]
        configured = docker_yaml(
            made, **{**({"engines": followed} if engines else {}), **(settings or {})}
        )
        st2 = stack.enter_context(StackStorm(pack, configured, told.append, **options))
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        st2.datastore.set("old_password", OTHER_PASSWORD, secret=True)
        # It would put right, every five minutes, what a test has broken.
        st2.set_rule("docker.reconcile", False)
        worlds = [
            World(st2, switch, name_of(number), docks[number] if docks else None)
            for number, switch in enumerate(made)
        ]
        lab = Lab(st2, worlds, Shown(st2, told), pack)
        yield lab
    assert secrets_in(lab.shown.news()) == []


def in_parallel(
    worlds: Sequence[World], jobs: Sequence[Any], work: Callable[[World, Any], Any]
) -> Dict[Any, Any]:
    """The result of each job, done on whichever world is free, which is reset first."""
    waiting, done = list(jobs), {}
    guard = threading.Lock()
    errors: List[BaseException] = []

    def serve(world: World) -> None:
        while True:
            with guard:
                if not waiting or errors:
                    return
                job = waiting.pop(0)
            try:
                world.reset()
                result = work(world, job)
            except BaseException as error:  # noqa: BLE001  # told in the test's own thread
                errors.append(error)
                return
            with guard:
                done[job] = result

    threads = [threading.Thread(target=serve, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return done


def failed(run: Run, *said: str, back: str = AS_IT_WAS, doing: str = "put in service") -> str:
    """A run of one segment that failed, told it once, and said what is left; its message."""
    assert run.execution.status == "failed"
    assert run.names[-1] == "notify_fail"
    given = {"vlan": 112, "rbridge_id": 21, **run.execution.parameters}
    vlan, rbridge, host = (given[key] for key in ("vlan", "rbridge_id", "host"))
    start = f"Ve {vlan} on rbridge {rbridge} of {host} could NOT be {doing}"
    assert run.message.startswith(start)
    for text in said:
        assert text in run.message
    assert run.message.endswith(back)
    return run.message


def undone(run: Run, task: str, *said: str, back: str = AS_IT_WAS) -> str:
    """A run of the chain that failed at `task`, by what its action returned, and was undone."""
    result = run.of(task)[-1]
    message = failed(run, result["error"], result["remedy"], *said, back=back)
    assert run.names[-3:] == (task, "undo", "notify_fail")
    assert run.output == {"changed": False}
    assert run.tasks[-2].status == "succeeded"
    assert run.color == "warning"
    return message
