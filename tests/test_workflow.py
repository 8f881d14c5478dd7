"""The chain as StackStorm runs it: the pack's own rules, workflow and actions, on the lab's switch.

One StackStorm for all tests; each test finds the switch as the article's has it and may break it.
After each, no password may be found in anything that StackStorm shows.
"""

import json
from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

import pytest
from conftest import PACK

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from docker_tor import config, errors, intent, networks, triggers

from lab.stackstorm import Announcement, Event, Execution, Message, RequestError, StackStorm
from lab.switch import Faults, Switch, SwitchError, payloads, rules
from lab.switch.faults import Verdict

WORKFLOW = "docker.docker-network-tor"
POST = "chatops.post_message"
PASSWORD = "Pa55-0f-the-sw1tch"
OTHER_PASSWORD = "0ther-Pa55-that-is-wr0ng"
SECRETS = (PASSWORD, OTHER_PASSWORD)

EVENT = {
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
BY_HAND = {
    "host": "127.0.0.1",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "rbridge_id": 21,
    "channel": "docker",
}

EVERYTHING = {
    **BY_HAND,
    "addresses": ["172.16.112.1/24", "172.16.212.1/24", "fd00:112::1/64"],
}
EDITS = (
    ("add_ve_interface", "VLAN"),
    ("add_global_ve_int", "global Ve"),
    ("set_ve_ip", "172.16.112.1/24"),
    ("add_ve_secondary_ip", "172.16.212.1/24"),
    ("add_ve_ipv6", "fd00:112::1/64"),
    ("no_shut_ve", "no shutdown"),
    ("no_shut_ve_global", "global no shutdown"),
)
"""The tasks of EVERYTHING that edit, and what each has changed when it has."""
TASKS = tuple(task for task, _ in EDITS)
CHANGES = tuple(change for _, change in EDITS)

NOTHING = "This run changed nothing."
UNKNOWN = "Whether the switch took the edit is not known; run it again."


class Refusing(Faults):
    """Faults that also refuse the n-th edit from now with an error of the test's own."""

    def refuse(self, nth: int, *refusals: SwitchError) -> None:
        """Arm it."""
        self.__dict__["armed"] = (nth, refusals)

    def clear(self) -> None:
        super().clear()
        self.__dict__.pop("armed", None)

    def judge(self, operation: str, session_rpc: int) -> Verdict:
        """As the base class; called once for each RPC, by the switch's one thread."""
        verdict = super().judge(operation, session_rpc)
        if operation == "edit-config" and "armed" in self.__dict__:
            nth, refusals = self.__dict__.pop("armed")
            if nth == 1:
                return Verdict(errors=refusals)
            self.refuse(nth - 1, *refusals)
        return verdict


class Run(NamedTuple):
    """A workflow that has completed, its tasks in order, and what was told meanwhile."""

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
    def message(self) -> str:
        """The one message."""
        (message,) = self.messages
        assert message.channel == "docker"
        return message.message

    def of(self, task: str) -> List[Dict[str, Any]]:
        """The results of a task's actions."""
        return [item.result["result"] for item in self.tasks if item.task == task]


class World:
    """The StackStorm, its switch, and everything that was told."""

    def __init__(self, st2: StackStorm, switch: Switch, faults: Refusing) -> None:
        self.st2 = st2
        self.switch = switch
        self.faults = faults

    def run(self, **parameters: Any) -> Run:
        """`st2 run docker.docker-network-tor`, to its end."""
        told = len(self.st2.messages)
        return self._run(self.st2.run(WORKFLOW, {**BY_HAND, **parameters}), told)

    def dispatch(self, trigger: str, payload: Dict[str, Any]) -> List[Run]:
        """Dispatch a trigger as the sensor would; the workflows that rules have started with it, to
        their end."""
        told, known = len(self.st2.messages), {found.id for found in self.st2.executions()}
        instance = self.st2.dispatch(trigger, payload)
        assert instance is not None, "the payload's schema refuses it"
        assert self.st2.until(lambda: instance.status == "processed", 30), instance
        roots = [found for found in self.st2.executions(parent=None) if found.id not in known]
        for found in roots:
            self.st2.wait(found.id, 60)
        return [self._run(found, told) for found in roots if found.action.ref == WORKFLOW]

    def told(self, trigger: str, payload: Dict[str, Any]) -> Message:
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
            primary = [text for text, node in rules.ipv4(ve).items() if "secondary" not in node]
            found += primary + [text for text in rules.ipv4(ve) if text not in primary]
            found += list(rules.ipv6(ve))
            found += [] if "shutdown" in ve else ["no shutdown"]
        if global_ve is not None and "global-ve-shutdown" not in global_ve:
            found.append("global no shutdown")
        return found

    def have(self, *addresses: str) -> None:
        """Put the segment 172.16.112.1/24 on the switch as a run would, with further addresses."""
        self.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", "Docker Network"))
        for text in addresses:
            self.switch.edit(payloads.address(21, 112, text, secondary=":" not in text))

    def edits(self) -> int:
        """How many edits the switch was sent."""
        return sum(rpc.operation == "edit-config" for rpc in self.switch.rpcs)

    def _run(self, execution: Execution, told: int) -> Run:
        self.st2.wait(execution.id, 60)
        return Run(execution, self.st2.children(execution.id), self.st2.messages[told:])


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


def docker_yaml(switch: Switch) -> Dict[str, Any]:
    """One switch under two names, of which the second has another password."""
    return {
        "engines": [{"name": "host1", "url": "unix:///nowhere/docker.sock"}],
        "switches": [
            entry(switch, "vdx", "{{ st2kv.system.vdx_password }}"),
            entry(switch, "stale", "{{ st2kv.system.old_password }}"),
        ],
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


@pytest.fixture(scope="module")
def shared() -> Iterator[Tuple[World, Shown]]:
    told: List[Event] = []
    faults = Refusing()
    with Switch(password=PASSWORD, rbridge_ids=(21, 22), faults=faults) as switch:
        with StackStorm(PACK, docker_yaml(switch), on_event=told.append) as st2:
            st2.datastore.set("vdx_password", PASSWORD, secret=True)
            st2.datastore.set("old_password", OTHER_PASSWORD, secret=True)
            shown = Shown(st2, told)
            yield World(st2, switch, faults), shown
    assert secrets_in(shown.news()) == []


@pytest.fixture
def world(shared: Tuple[World, Shown], caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    world, shown = shared
    world.faults.clear()
    world.switch.reload()
    world.switch.forget_rpcs()
    yield world
    assert secrets_in(shown.news() + caplog.text) == []


def failed(run: Run, task: str, *said: str, changed: Tuple[str, ...] = ()) -> str:
    """A run that failed at `task`, said so once, and told truthfully what it had changed before."""
    assert run.execution.status == "failed"
    assert run.names[-2:] == (task, "notify_fail")
    assert [item.status for item in run.tasks[-2:]] == ["failed", "succeeded"]
    assert run.output == {"changed": list(changed), "failed_task": task}
    result = run.of(task)[-1]
    vlan, rbridge, host = (run.execution.parameters[key] for key in ("vlan", "rbridge_id", "host"))
    start = f"Ve {vlan} on rbridge {rbridge} of {host} could NOT be put in service: "
    assert run.message.startswith(f"{start}{task} failed: {result['error']}")
    for text in (*said, result["remedy"]):
        assert text
        assert text in run.message
    before = f"Before that, this run changed, and left: {', '.join(changed)}."
    assert (before in run.message) == bool(changed)
    nothing = not changed and result["changed"] is False
    assert (NOTHING in run.message) == nothing
    assert ("changed nothing" in run.message) == nothing
    return run.message


# What succeeds.


def test_the_articles_six_tasks_and_their_inputs(world: World) -> None:
    (run,) = world.dispatch(triggers.NETWORK_EVENT, EVENT)
    login = {"host": "127.0.0.1", "username": None, "password": None}
    told = "Ve 112 on rbridge 21 of 127.0.0.1 is in service with 172.16.112.1/24."
    expected = [
        (
            "add_ve_interface",
            "docker.vdx.interface_vlan_interface_vlan_vlan_name",
            {
                **login,
                "name": "112",
                "rbridge_id": 21,
                "subnet": "172.16.112.1/24",
                "addresses": ["172.16.112.1/24"],
            },
        ),
        (
            "add_global_ve_int",
            "docker.vdx.interface_vlan_interface_ve_gve_name",
            {**login, "gve_name": "112"},
        ),
        (
            "set_ve_ip",
            "docker.vdx.rbridge_id_interface_ve_ip_ip_config_address_address",
            {**login, "rbridge_id": 21, "name": "112", "address": "172.16.112.1/24"},
        ),
        (
            "no_shut_ve",
            "docker.vdx.rbridge_id_interface_ve_shutdown",
            {**login, "rbridge_id": 21, "name": "112", "delete_shutdown": True},
        ),
        (
            "no_shut_ve_global",
            "docker.vdx.interface_vlan_interface_ve_global_ve_shutdown",
            {**login, "gve_name": "112", "delete_global_ve_shutdown": True},
        ),
        ("notify_success", POST, {"channel": "docker", "message": told}),
    ]
    assert [(task.task, task.action.ref, task.parameters) for task in run.tasks] == expected
    assert [task.status for task in run.tasks] == ["succeeded"] * 6
    assert all(result["changed"] is True for task in TASKS for result in run.of(task))
    assert run.execution.status == "succeeded"
    assert run.output["failed_task"] is None
    assert run.output["changed"] == world.present()
    assert run.message == told
    row = ["Ve", "112", "172.16.112.1", "default-vrf", "up", "up"]
    shown = world.switch.cli("show ip int brief").splitlines()
    assert row in [line.split() for line in shown]
    assert "Docker Network" in world.switch.cli("show vlan brief")


def test_twice_is_as_good_as_once(world: World) -> None:
    world.have()
    before = world.switch.running
    (run,) = world.dispatch(triggers.NETWORK_EVENT, EVENT)
    assert run.execution.status == "succeeded"
    assert run.names == (*TASKS[:3], *TASKS[5:], "notify_success")
    assert [result["changed"] for task in TASKS for result in run.of(task)] == [False] * 5
    assert run.output == {"changed": [], "failed_task": None}
    assert run.message == (
        "Ve 112 on rbridge 21 of 127.0.0.1 is in service with 172.16.112.1/24 (it was already)."
    )
    assert world.switch.running == before
    assert world.edits() == 0


def test_by_hand_with_and_without_a_login(world: World) -> None:
    run = world.run(host="stale", username="admin", password=PASSWORD)
    assert run.execution.status == "succeeded", run.messages
    shown = run.execution.to_dict()["parameters"]
    assert (shown["username"], shown["password"]) == ("admin", "********")
    # What the search of every test would find if it were not masked.
    assert secrets_in(json.dumps(run.execution.to_dict(show_secrets=True))) == [PASSWORD]
    run = world.run()
    assert run.output == {"changed": [], "failed_task": None}
    assert run.message.endswith(" (it was already).")
    run = world.run(host="stale")
    failed(run, "add_ve_interface", "refuses user 'admin' or the password", "docker.yaml")


def test_dual_stack_and_several_subnets(world: World) -> None:
    addresses = [
        "172.16.112.1/24",
        "172.16.212.1/24",
        "172.16.213.254/24",
        "fd00:112::1/64",
        "fd00:113::1/64",
    ]
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, "addresses": addresses})
    assert run.names == (
        *TASKS[:3],
        *["add_ve_secondary_ip"] * 2,
        *["add_ve_ipv6"] * 2,
        *TASKS[5:],
        "notify_success",
    )
    expected = ["VLAN", "global Ve", *addresses, "no shutdown", "global no shutdown"]
    assert run.output["changed"] == expected
    assert world.present() == expected
    assert run.message.endswith(f" is in service with {', '.join(addresses)}.")
    shown = world.switch.cli("show running-config rbridge-id 21 interface Ve 112")
    assert "ip address 172.16.112.1/24\n" in shown
    assert "ip address 172.16.213.254/24 secondary\n" in shown


def test_ipv6_alone(world: World) -> None:
    event = {**EVENT, "subnet": "", "addresses": ["fd00:112::1/64"]}
    (run,) = world.dispatch(triggers.NETWORK_EVENT, event)
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*TASKS[:2], "add_ve_ipv6", *TASKS[5:], "notify_success")
    assert world.present() == run.output["changed"]
    assert run.message.endswith(" is in service with fd00:112::1/64.")


def test_an_update_adds_what_is_new(world: World) -> None:
    world.have()
    addresses = ["172.16.112.1/24", "172.16.212.1/24", "fd00:112::1/64"]
    event = {**EVENT, "action": "update", "addresses": addresses}
    (run,) = world.dispatch(triggers.NETWORK_EVENT, event)
    assert run.execution.status == "succeeded", run.messages
    assert run.output["changed"] == addresses[1:]
    assert world.present() == list(CHANGES)


def test_another_rbridge_of_the_fabric(world: World) -> None:
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, "rbridge": 22})
    assert run.execution.status == "succeeded", run.messages
    assert "on rbridge 22 of" in run.message
    assert world.present(rbridge=22) == [*CHANGES[:3], *CHANGES[5:]]
    assert world.present(rbridge=21) == ["VLAN", "global Ve", "global no shutdown"]


# What starts nothing.


def test_a_destroy_does_nothing_yet(world: World) -> None:
    world.have()
    before, told = world.switch.running, len(world.st2.messages)
    assert world.dispatch(triggers.NETWORK_EVENT, {**EVENT, "action": "destroy"}) == []
    assert world.switch.running == before
    assert len(world.st2.messages) == told


def test_a_disabled_rule_does_nothing(world: World) -> None:
    world.st2.set_rule("docker.network-trigger", False)
    try:
        assert world.dispatch(triggers.NETWORK_EVENT, EVENT) == []
    finally:
        world.st2.set_rule("docker.network-trigger", True)
    assert world.present() == []
    assert list(world.switch.rpcs) == []


# What fails.


@pytest.mark.parametrize("nth", range(len(EDITS)), ids=TASKS)
def test_a_session_lost_before_or_after_the_edit(world: World, nth: int) -> None:
    """The pack cannot tell the two apart, and does not claim to."""
    task, applied = TASKS[nth], nth % 2
    world.faults.set(
        operations=frozenset({"edit-config"}),
        drop_rpc=nth + 1,
        drop="after" if applied else "before",
    )
    run = world.run(**EVERYTHING)
    failed(run, task, "the session ended in the middle of an RPC", UNKNOWN, changed=CHANGES[:nth])
    (result,) = run.of(task)
    assert result["changed"] is None
    assert result["family"] == "transient"
    assert world.present() == list(CHANGES[: nth + applied])


@pytest.mark.parametrize("drop", ["before", "after"])
def test_run_again_after_a_lost_session_makes_it_whole(world: World, drop: str) -> None:
    world.faults.set(operations=frozenset({"edit-config"}), drop_rpc=1, drop=drop)
    world.run()
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    made = [*CHANGES[:3], *CHANGES[5:]]
    assert run.output["changed"] == made[1 if drop == "after" else 0 :]
    assert world.present() == made


@pytest.mark.parametrize(
    ("nth", "tag", "said", "kind", "family"),
    [
        (1, "access-denied", "%Error: role", "AuthenticationFailed", "operator"),
        (2, "operation-failed", "%Error: NODE_IS_NOT_READY", "SwitchNotReady", "transient"),
        (4, "in-use", "%Error: locked", "SwitchBusy", "transient"),
        (7, "invalid-value", "%Error: no such thing", "SwitchRefused", "permanent"),
    ],
)
def test_the_nth_edit_is_refused(
    world: World, nth: int, tag: str, said: str, kind: str, family: str
) -> None:
    world.faults.refuse(nth, SwitchError(tag, said))
    run = world.run(**EVERYTHING)
    task, changed = TASKS[nth - 1], CHANGES[: nth - 1]
    failed(run, task, f"{tag}: {said}", changed=changed)
    (result,) = run.of(task)
    assert (result["changed"], result["kind"], result["family"]) == (False, kind, family)
    assert world.present() == list(changed)


def test_the_fabric_still_forms(world: World) -> None:
    world.faults.transient = "NODE_IS_NOT_READY"
    failed(world.run(), TASKS[0], "NODE_IS_NOT_READY", "Wait until its fabric has formed.")
    assert world.present() == []


def test_another_session_holds_the_lock(world: World) -> None:
    world.faults.locked_by_other = True
    failed(world.run(), TASKS[0], "in-use", "Try again when the other session is done.")
    assert world.present() == []


def test_two_errors_in_one_reply(world: World) -> None:
    world.faults.multi_error = True
    failed(world.run(), TASKS[0], "the first of two", "the second of two")


def test_no_session_is_free(world: World) -> None:
    world.faults.refuse_sessions = True
    failed(world.run(), TASKS[0], "no NETCONF session")


def test_an_unreachable_switch(world: World) -> None:
    world.switch.stop()
    failed(world.run(), TASKS[0], "refused", "Check address and network")


@pytest.mark.parametrize("fault", ["reply_garbage", "reply_entities"])
def test_a_strange_reply_to_an_edit(world: World, fault: str) -> None:
    world.faults.set(operations=frozenset({"edit-config"}), **{fault: True})
    run = world.run()
    failed(run, TASKS[0], UNKNOWN)
    assert run.of(TASKS[0])[0]["changed"] is None
    assert world.present() == ["VLAN"]


@pytest.mark.parametrize("fault", ["reply_garbage", "reply_entities"])
def test_a_strange_reply_to_a_read(world: World, fault: str) -> None:
    world.faults.set(**{fault: True})
    run = world.run()
    failed(run, TASKS[0])
    assert run.of(TASKS[0])[0]["changed"] is False
    assert world.edits() == 0


def test_a_vlan_that_somebody_else_made(world: World) -> None:
    before = world.switch.running
    run = world.run(vlan=10, subnet="172.16.10.1/24")
    failed(run, TASKS[0], "named 'Servers'", "not made by this pack", "Use another VLAN")
    assert world.switch.running == before
    assert world.edits() == 0


def test_an_overlapping_address(world: World) -> None:
    run = world.run(subnet="10.10.10.9/24")
    failed(run, "set_ve_ip", "overlaps 10.10.10.1/24 of interface Ve 10", changed=CHANGES[:2])
    assert world.present() == list(CHANGES[:2])


@pytest.mark.parametrize(
    ("task", "good", "already", "bad", "never"),
    [
        ("add_ve_secondary_ip", "172.16.1.1/24", "172.16.2.1/24", "10.10.20.9/24", "172.16.3.1/24"),
        ("add_ve_ipv6", "fd00:1::1/64", "fd00:2::1/64", "fd00:20::9/64", "fd00:3::1/64"),
    ],
)
def test_one_of_several_addresses_is_refused(
    world: World, task: str, good: str, already: str, bad: str, never: str
) -> None:
    """Of items that were changed, were so already, failed and were never tried."""
    world.switch.edit(payloads.address(21, 20, "fd00:20::1/64"))
    world.have(already)
    run = world.run(addresses=[good, already, bad, never])
    failed(run, task, bad, "interface Ve 20", changed=(good,))
    assert [result["changed"] for result in run.of(task)] == [True, False, False]
    assert never not in world.present()


def test_another_host_key() -> None:
    with Switch(password=PASSWORD) as switch, StackStorm(PACK, docker_yaml(switch)) as st2:
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        st2.datastore.set("old_password", OTHER_PASSWORD, secret=True)
        switch.stop()
        switch.faults.new_host_key = True
        switch.start()
        run = World(st2, switch, Refusing()).run()
        failed(run, TASKS[0], "host key", "If the switch was replaced, set host_key anew")
        assert list(switch.rpcs) == []


def test_an_action_that_dies(world: World) -> None:
    """What it did is not known, and there is no result to ask."""
    with StackStorm(PACK, docker_yaml(world.switch), python="/bin/false") as st2:
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        st2.datastore.set("old_password", OTHER_PASSWORD, secret=True)
        execution = st2.wait(st2.run(WORKFLOW, BY_HAND).id, 60)
        (message,) = st2.messages
    assert execution.status == "failed"
    assert execution.result["output"]["failed_task"] == TASKS[0]
    assert message.message.endswith(
        "add_ve_interface failed: see the execution. Whether it changed anything is not known."
    )


def test_no_password_in_the_datastore(world: World) -> None:
    with StackStorm(PACK, docker_yaml(world.switch)) as st2:
        st2.datastore.set("old_password", OTHER_PASSWORD, secret=True)
        execution = st2.wait(st2.run(WORKFLOW, BY_HAND).id, 60)
        (message,) = st2.messages
    assert execution.status == "failed"
    assert "switches[0].password: it is missing or no text." in message.message
    assert "Keep it in the datastore, encrypted" in message.message


# What nobody should send.

READS_A_SECRET = (
    "{{ st2kv.system.vdx_password | decrypt_kv }}",
    "<% st2kv('system.vdx_password', decrypt => true) %>",
)
HOSTILE = (
    "{{ st2kv.system.vdx_password }}",
    *READS_A_SECRET,
    "<% ctx() %>",
    "{% raw %}",
    "{# a comment",
    "{{{%<%<%",
    "\"'`\\",
    "one\ntwo\r\nthree\x00\x1b[31m\u202e",
    "]]>]]>",
    "<!channel> <@U1> <https://evil.example|the switch> @here",
    "x" * 6000,
    "{" * 6000,
)
LIVE = ("{{", "{%", "{#", "<%", "<!", "<@", "<h", "@here")


def harmless(text: str) -> None:
    assert len(text) < 1200
    assert text.isprintable()
    assert [mark for mark in LIVE if mark in text] == []


@pytest.mark.parametrize(
    "said",
    [
        *READS_A_SECRET,
        "{% raw %}",
        "<% ctx() %>",
        # XML has no way to say the control characters.
        " ".join(text for text in HOSTILE if len(text) < 100 and "\x00" not in text),
        "one\ntwo\r\nthree",
        "x" * 6000,
        "{" * 6000,
    ],
    ids=range(8),
)
def test_a_hostile_error_of_the_switch(world: World, said: str) -> None:
    world.faults.refuse(1, SwitchError("operation-failed", said))
    message = failed(world.run(), TASKS[0], "the switch refused: operation-failed: ")
    harmless(message)
    assert message.endswith("Look at the running config of that interface. " + NOTHING)


@pytest.mark.parametrize(
    "name", ["{{st2kv.system.vdx_password}}", "<% ctx() %>", "{% raw %}", "<!channel> \"'`]]>]]>"]
)
def test_a_hostile_name_of_a_vlan(world: World, name: str) -> None:
    world.switch.edit(payloads.vlan(112, name))
    before = world.switch.running
    message = failed(world.run(), TASKS[0], "is there already and is named ")
    harmless(message)
    assert world.switch.running == before


def listed(name: str, **changed: Any) -> Dict[str, Any]:
    """What an engine lists for a network of that name."""
    return {
        "Id": "f" * 64,
        "Name": name,
        "Driver": "macvlan",
        "Created": "2026-01-01T00:00:00Z",
        "Options": {"parent": "eth0.112"},
        "IPAM": {"Config": [{"Subnet": "172.16.112.0/24"}]},
        **changed,
    }


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_of_a_network_that_is_refused(world: World, name: str) -> None:
    ipam = {"Config": [{"Subnet": "172.16.112.0/24", "Gateway": name}]}
    _, (refusal,) = networks.read("host1", [listed(name, IPAM=ipam)])
    trigger = triggers.network_refused(refusal, "docker")
    told = world.told(trigger.name, trigger.payload)
    assert told.channel == "docker"
    assert told.message.startswith("Docker network ")
    assert " on eth0.112 of engine host1 is refused: the network's gateway is " in told.message
    assert told.message.endswith(" Create the network again with --gateway.")
    harmless(told.message)


def test_a_hostile_name_of_a_network_that_is_followed(world: World) -> None:
    (switch,) = config.parse(
        {"switches": [{"name": "vdx", "host": "127.0.0.1", "username": "u", "password": "p"}]}
    ).switches
    listing = [listed("".join(HOSTILE)), listed(HOSTILE[0], Id="e" * 64)]
    wanted, refused = networks.read("host1", listing)
    segments, conflicts = intent.segments(wanted, lambda _: (switch, 21))
    (change,) = intent.changes({}, segments)
    assert refused + conflicts == []
    trigger = triggers.network_event(change, "docker")
    (run,) = world.dispatch(trigger.name, trigger.payload)
    assert run.message == "Ve 112 on rbridge 21 of 127.0.0.1 is in service with 172.16.112.1/24."


@pytest.mark.parametrize("state", ["lost", "back"])
def test_an_engine_lost_and_back(world: World, state: str) -> None:
    for text in HOSTILE:
        reason = str(errors.EngineUnreachable(text, where="host1", remedy="Look."))
        reason = reason if state == "lost" else ""
        trigger = triggers.engine_event("host1", state, reason, 12.34, "docker")
        told = world.told(trigger.name, trigger.payload)
        assert told.channel == "docker"
        start = "Docker Engine host1 is "
        if state == "lost":
            start += f"lost, and its networks stay as they are: {reason}"
        else:
            start += "back after 12.3 s."
        assert told.message == start
        harmless(told.message)


def test_what_a_rule_puts_in_a_message_is_not_rendered(world: World) -> None:
    """Even if it came past the sensor."""
    for text in HOSTILE:
        network = {**EVENT["networks"][0], "name": text}  # type: ignore[index]  # a list it is
        refused = {"network": network, "reason": text, "kind": "X", "channel": "docker"}
        told = world.told(triggers.NETWORK_REFUSED, refused)
        assert told.message == (
            f"Docker network {text} on eth0.112 of engine host1 is refused: {text}"
        )


@pytest.mark.parametrize("text", READS_A_SECRET)
@pytest.mark.parametrize("field", ["host", "channel", "subnet"])
def test_an_expression_in_an_event_starts_nothing(world: World, field: str, text: str) -> None:
    """Orquesta would execute it."""
    assert world.dispatch(triggers.NETWORK_EVENT, {**EVENT, field: text}) == []
    assert world.st2.rule_enforcements[-1].status == "failed"
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("field", ["host", "channel", "subnet", "username", "addresses"])
def test_an_expression_given_by_hand_is_refused(world: World, field: str) -> None:
    for text in READS_A_SECRET[1], "<% ctx() %>":
        with pytest.raises(RequestError, match="does not match"):
            world.run(**{field: [text] if field == "addresses" else text})
    assert list(world.switch.rpcs) == []


# Bad input by hand.


@pytest.mark.parametrize(
    ("given", "field", "remedy"),
    [
        ({"vlan": 0}, "name is 0,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 1002}, "name is 1002,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 3963}, "name is 3963,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 4095}, "name is 4095,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"subnet": "nonsense"}, "subnet is 'nonsense',", "Write it as in "),
        ({"subnet": "172.16.112.0/24"}, "subnet is '172.16.112.0/24',", "Write it as in "),
        ({"subnet": "172.16.112.1/32"}, "subnet is '172.16.112.1/32';", "a larger subnet"),
        ({"subnet": "172.16.112.1/0"}, "subnet is '172.16.112.1/0';", "prefix lengths of 1 - 31"),
        ({"subnet": "fd00::1/64"}, "subnet is 'fd00::1/64',", "IPv4"),
        ({"subnet": "x" * 6000}, "subnet is 'xxx", "Write it as in "),
        ({"subnet": ""}, "subnet is not given", "Give it."),
        ({"addresses": ["10.0.0.0/8"]}, "addresses is '10.0.0.0/8',", "Write it as in "),
        ({"addresses": ["fd00::1/128"]}, "addresses is 'fd00::1/128';", "a larger subnet"),
        ({"rbridge_id": 240}, "rbridge_id is 240,", "1 - 239"),
        ({"host": "nowhere"}, "no switch 'nowhere' is configured", "Add the switch to docker.yaml"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(
    world: World, given: Dict[str, Any], field: str, remedy: str
) -> None:
    message = failed(world.run(**given), TASKS[0], field, remedy)
    harmless(message)
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("vlan", ["abc", "12.5", "0x70", ""])
def test_a_vlan_that_is_no_number_is_refused_by_stackstorm_itself(world: World, vlan: str) -> None:
    with pytest.raises(RequestError, match=f"invalid literal .*: '{vlan}'"):
        world.run(vlan=vlan)
    assert list(world.switch.rpcs) == []


def test_an_rbridge_that_is_not_in_the_fabric(world: World) -> None:
    """Only the switch knows."""
    run = world.run(rbridge_id=99)
    failed(run, "set_ve_ip", "rbridge-id 99 is not part of this fabric", changed=CHANGES[:2])
