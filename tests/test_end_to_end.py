"""From what starts a workflow to the switch and to what the team reads: one of each kind.

The pack's own rules, workflows and actions run on the lab's StackStorm, each action in a process of
its own. What is decided on the way is tested where it is decided: the tasks in test_workflows, the
edits and their undoing in test_transaction, the messages in test_messages, the tries in test_retry.
"""

import itertools
import re
from typing import Any, Dict, Iterator, List, Optional

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="workflows need orquesta")

import hostile
from docker_tor.common.errors import ConfigError
from docker_tor.config import settings
from docker_tor.config.settings import Chat
from docker_tor.controller import triggers
from docker_tor.desired import assembly, segments
from docker_tor.engine import listing, networks
from docker_tor.notify.answers import DANGER, GOOD, WARNING
from world import EVENT, NETWORK, PASSWORD, WAIT, World, made, started

from lab.engine import Engine
from lab.stackstorm import Message, RequestError
from lab.switch import Faults, payloads

CHAIN = "docker.docker-network-tor"
REMOVE = "docker.docker-network-tor-remove"
RECONCILE = "docker.docker-network-tor-reconcile"
TASKS = ["add_ve_interface", "add_global_ve_int", "set_ve_ip", "no_shut_ve", "no_shut_ve_global"]
LAST = "allow_vlan_on_ports"
PORT = "TenGigabitEthernet 21/0/1"
BY_HAND = {"host": "vdx", "vlan": 112, "subnet": "172.16.112.1/24", "rbridge_id": 21}
TOLD = "Ve 112 on rbridge 21 of vdx is in service with 172.16.112.1/24"
AS_IT_WAS = "The switch is as it was."


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with started() as world:
        yield world


@pytest.fixture
def world(shared: World) -> World:
    shared.reset()
    return shared


# The chain.


def test_a_network_comes_by_the_articles_six_tasks_and_goes_by_one(world: World) -> None:
    before = world.switch.running
    run = world.followed()
    assert (run.status, run.names) == ("succeeded", [*TASKS, "notify_success"]), run.messages
    assert run.output == {"changed": True}
    assert world.present() == made()
    row = ["Ve", "112", "172.16.112.1", "default-vrf", "up", "up"]
    assert row in [line.split() for line in world.switch.cli("show ip int brief").splitlines()]
    assert run.message == f"{TOLD} for dockernetwork112."
    (message,) = run.messages
    assert message.extra is not None
    assert message.extra["slack"]["color"] == "good"
    assert message.extra["slack"]["footer"] == f"execution {run.execution.id}"
    assert run.tasks[0].to_dict()["parameters"]["run"] == "********"
    again = world.followed()
    assert again.message == f"{TOLD} for dockernetwork112 (it was already)."
    gone = world.followed(action="destroy")
    assert (gone.execution.action.ref, gone.names) == (REMOVE, ["apply", "notify_success"])
    assert gone.message.endswith("removed, since no network uses it: dockernetwork112 is gone.")
    assert world.switch.running == before


def test_by_hand_as_in_the_article(world: World) -> None:
    run = world.run(CHAIN, **BY_HAND, channel="ops", username="admin", password=PASSWORD)
    assert run.status == "succeeded", run.messages
    assert run.message == f"{TOLD}."
    assert run.messages[0].channel == "ops"
    shown = run.execution.to_dict()["parameters"]
    assert (shown["username"], shown["password"]) == ("admin", "********")
    # What the search of every test would find if it were not masked.
    assert PASSWORD in str(run.execution.parameters)


def test_the_port_to_the_host_carries_the_vlan(world: World) -> None:
    """One that carried it before goes on to, and one that is no trunk stops all of it."""
    theirs = "Port-channel 10"
    world.switch.edit(payloads.vlans_on(theirs, "100-199"))
    run = world.followed(ports=[PORT, theirs])
    assert run.names == [*TASKS, LAST, "notify_success"], run.messages
    assert (world.present(), world.carrying()) == (made(), [PORT, theirs])
    run = world.followed(action="update", ports=[f"{PORT}1"], ports_gone=[PORT])
    assert (run.status, run.names) == ("failed", ["add_ve_interface", "undo", "notify_fail"])
    assert f"{PORT}1 is not there" in run.message
    assert world.carrying() == [PORT, theirs]
    run = world.followed(action="destroy", ports=[PORT, theirs])
    assert (world.present(), world.carrying()) == ([], [theirs]), run.messages


def test_an_action_that_is_killed_is_undone_as_far_as_it_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch takes the second edit after a lost reply; of the third nobody is there to hear."""
    before, edits, judge = world.switch.running, itertools.count(1), Faults.judge

    def killing(self: Faults, operation: str) -> Any:
        if operation == "edit-config" and next(edits) == 3:
            (running,) = (one for one in world.st2.executions(status="running") if one.task)
            assert world.st2.kill(running)
        return judge(self, operation)

    monkeypatch.setattr(Faults, "judge", killing)
    world.switch.faults.set(operations=frozenset({"edit-config"}), drop_rpc=2, drop="after")
    run = world.followed()
    assert (run.status, run.output) == ("failed", {"changed": False})
    assert run.names == [*TASKS[:3], "undo", "notify_fail"]
    assert "Try 1 failed, the next is in " in run.tasks[1].result["stderr"]
    assert "was killed (signal 9)" in run.message
    assert run.message.endswith(AS_IT_WAS)
    assert world.switch.running == before


# Whole segments.


def segment(vlan: int, *addresses: str) -> Dict[str, Any]:
    """One of a batch."""
    network = {**NETWORK, "name": f"net{vlan}", "parent": f"eth0.{vlan}"}
    subnet = next(iter(addresses), "")
    given = {"action": "create", "vlan": vlan, "rbridge": 21, "networks": [network]}
    return {**given, "subnet": subnet, "addresses": [*addresses]}


def test_a_batch_goes_by_one_session_and_a_bad_one_is_undone_by_itself(world: World) -> None:
    # The seed's Ve 10 has an address there.
    refused = segment(113, "10.10.10.9/24")
    segments = [segment(112, "172.16.112.1/24"), refused, segment(114, "172.16.114.1/24")]
    batch: Dict[str, Any] = {"switch": "vdx", "host": "127.0.0.1", "channel": "docker"}
    batch["segments"] = [*segments, segment(115)]
    (run,) = world.dispatch("docker.NetworkBatch", batch)
    assert (run.status, run.names) == ("failed", ["apply", "notify_fail"])
    assert run.message.startswith(
        "4 segments of vdx: 3 in service (net112, net114, net115), 1 failed (net113).\n- Ve 113 on"
    )
    assert "10.10.10.1/24 of interface Ve 10" in run.message
    states = {one["vlan"]: one["state"] for one in run.output["segments"]}
    assert states == {113: "failed", **dict.fromkeys((112, 114, 115), "in service")}
    found = [world.present(vlan) for vlan in (112, 113, 114, 115)]
    assert found == [made(112), [], made(114), ["VLAN"]]
    assert len({rpc.session_id for rpc in world.switch.rpcs}) == 1


# Reconcile.


def test_a_reconcile_puts_right_what_is_missing_and_tells_once_what_is_wrong(world: World) -> None:
    world.engine.create("net112", "macvlan", "eth0.112", ["172.16.112.0/24"])
    run = world.run(RECONCILE)
    assert (run.status, run.names) == ("succeeded", ["reconcile", "notify"])
    assert run.output == {"changed": True, "counts": {"missing": 1}}
    assert run.message == f"Reconcile: {TOLD} for net112."
    assert world.present() == made()
    run = world.run(RECONCILE)
    assert (run.names, run.output["counts"]) == (["reconcile"], {"in sync": 1})
    # The seed's Ve 10 has that address.
    world.engine.create("net113", "macvlan", "eth0.113", ["10.10.10.0/24"])
    run = world.run(RECONCILE)
    assert (run.status, run.names) == ("failed", ["reconcile", "notify_fail"])
    assert "Ve 113 on rbridge 21 of vdx could NOT be put in service" in run.message
    run = world.run(RECONCILE)
    assert (run.status, run.messages) == ("failed", [])
    world.engine.remove("net113")
    run = world.run(RECONCILE)
    assert (run.status, run.message) == ("succeeded", "Reconcile: All is as it should be again.")


# What a rule tells by itself.


CHAT = Chat("ops", "errbot")
REFUSED = networks.Rejection(NETWORK, ConfigError("it may not"))


@pytest.mark.parametrize(
    ("state", "told", "color"),
    [
        ("lost", "host1 is lost, and its networks stay as they are: why.", DANGER),
        ("back", "host1 is back after 12.3 s. why.", GOOD),
        ("held", "host1 and its networks: why.", WARNING),
        ("released", "host1 and its networks: why.", GOOD),
        (
            "",
            "network dockernetwork112 on eth0.112 of engine host1 is refused: it may not.",
            WARNING,
        ),
    ],
)
def test_what_a_rule_tells(world: World, state: str, told: str, color: str) -> None:
    trigger, what = triggers.network_refused(REFUSED, CHAT), "Docker"
    if state:
        trigger, what = triggers.engine_event("host1", state, "why.", 12.34, CHAT), "Docker Engine"
    before = len(world.st2.messages)
    world.dispatch(trigger.name, trigger.payload)
    (message,) = world.st2.messages[before:]
    expected = ("ops", "errbot", f"{what} {told}")
    assert (message.channel, message.route, message.message) == expected
    assert message.extra is not None
    assert message.extra["color"] == color


# Names, and input that would be executed.

READS_A_SECRET = "<% st2kv('system.vdx_password', decrypt => true) %>"
LIVE = re.compile(r"\{\{|\{%|\{#|<%|<!|<@|<h|@here")


def test_hostile_names_are_told_and_do_nothing(world: World) -> None:
    """From what an engine lists, by the chain, a batch and a rule's own message."""
    switch = {"name": "vdx", "host": "127.0.0.1", "username": "u", "password": "p"}
    engine = {"name": "host1", "url": "unix:///x"}
    config = settings.parse({"engines": [engine], "switches": [{**switch, "rbridge_id": 21}]})
    item: Dict[str, Any] = {"Driver": "macvlan", "Options": {"parent": "eth0.112"}}
    item["IPAM"] = {"Config": [{"Subnet": "172.16.112.0/24"}]}
    listed = [{**item, "Id": f"{n:064x}", "Name": name} for n, name in enumerate(hostile.NAMES)]
    seen = listing.observe("host1", listed)
    desired = assembly.assemble(config, {"host1": seen}, ())
    (change,) = segments.changes({}, desired.segments)
    other = change._replace(segment=change.segment._replace(vlan=113, addresses=()))
    ipam = {"Config": [{"Subnet": "172.16.112.0/24", "Gateway": READS_A_SECRET}]}
    (rejection,) = listing.observe("host1", [{**listed[0], "IPAM": ipam}]).rejected
    for trigger in (
        triggers.network_event(change, CHAT),
        triggers.network_batch([change, other], CHAT),
        triggers.network_refused(rejection, CHAT),
    ):
        before = len(world.st2.messages)
        (run,) = world.dispatch(trigger.name, trigger.payload)
        assert run.status == "succeeded", run.execution.result
        (message,) = world.st2.messages[before:]
        assert not LIVE.search(f"{message.message} {message.extra}")


def test_an_expression_in_an_event_starts_nothing(world: World) -> None:
    """Orquesta would execute it."""
    assert world.dispatch("docker.NetworkEvent", {**EVENT, "channel": READS_A_SECRET}) == []
    assert len(world.st2.trigger_instances[-1].failures) == 1
    with pytest.raises(RequestError, match="does not match"):
        world.st2.run(CHAIN, {**BY_HAND, "channel": READS_A_SECRET})


# What an operator asks, at a command line and in chat.


@pytest.fixture(scope="module")
def followed() -> Iterator[World]:
    """The sensor follows the engine, which has two networks: one has an attack for a name."""
    with started(sensors=True, port=PORT) as world:
        world.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])
        name = "\n".join(hostile.NAMES)
        world.engine.create(name, parent="eth0.113", subnets=["172.16.113.0/24"])
        assert world.until(lambda: len(world.st2.messages) >= 1)
        assert world.until(
            lambda: (world.present(112), world.present(113)) == (made(112), made(113))
        )
        assert world.until(lambda: world.carrying(112) == world.carrying(113) == [PORT])
        yield world
        world.engine.remove("net112")
        assert world.told("net112 is gone")
        assert (world.present(), world.carrying(112), world.carrying(113)) == ([], [], [PORT])


def asked(world: World, ref: str, **parameters: Any) -> Dict[str, Any]:
    run = world.run(f"docker.{ref}", **parameters)
    assert run.status == "succeeded", run.execution.result
    return dict(run.execution.result["result"])


def test_what_the_actions_of_an_operator_show(followed: World) -> None:
    for live in (False, True):
        found = asked(followed, "networks", live=live)
        shown = [(one["vlan"], one["state"]) for one in found["segments"]]
        assert shown == [(112, "current"), (113, "current")]
    (answer,) = asked(followed, "show_ve", vlan="112")["switches"]
    assert (answer["ours"], answer["ves"][0]["status"]) == (True, "up")
    assert answer["ports"] == [{"port": PORT, "added": True}]
    assert "Ve 112" in asked(followed, "vdx.get_ip_interface", host="vdx")["table"]
    vlans = asked(followed, "vdx.get_vlan_brief", host="vdx")["vlans"]
    assert [vlan["vlan_id"] for vlan in vlans] == [10, 20, 30, 112, 113]
    asked(followed, "vdx.save_config", host="vdx")
    assert followed.switch.startup == followed.switch.running
    assert asked(followed, "doctor")["failed"] == 0


@pytest.mark.parametrize(
    ("line", "sentence", "body", "color"),
    [
        ("tor networks", r"2 segments on vdx: 2 current", "net112", GOOD),
        (
            "TOR  plan net112 on VDX",
            r"VLAN 112 \(net112\) with 172\.16\.112\.1/24 on vdx, rbridge 21 is in sync",
            "",
            GOOD,
        ),
        ("tor doctor", r"None of \d+ checks failed, 2 warnings", "-> Set `vlans`", WARNING),
        ("tor remove vlan 112 on vdx", "vdx: VLAN 112 is in use by net112.*", "", DANGER),
    ],
)
def test_what_chat_answers(
    followed: World, line: str, sentence: str, body: str, color: str
) -> None:
    """A sentence, and a block of code that nothing gets out of."""
    reply = followed.st2.chat(line, timeout=WAIT)
    assert reply.message is not None, reply.failure
    assert reply.message.extra is not None
    assert reply.message.extra["color"] == color, reply.message.message
    said, *block = reply.message.message.split("\n```\n")
    assert re.fullmatch(rf"{sentence}( \(\d+\.\d s\))?\.", said.strip()), said
    assert len(block) == (2 if body else 0)
    assert body in "".join(block)
    assert not re.search(r"<[!@\w]|@\w|\{\{|\{%|<%|\{~\}", reply.message.message)


@pytest.mark.parametrize(
    ("line", "ack"),
    [
        ("tor plan", None),
        ("tor apply net112", "Bringing the switches in line with network net112: execution {}."),
        ("tor apply <@U1> on VDX", "Bringing VDX in line with network ??U1>: execution {}."),
        ("tor reconcile apply", "Bringing the switches in line with Docker: execution {}."),
        (
            "tor remove vlan 113 on vdx dry_run=true",
            "Removing VLAN 113 (dry run) from vdx: execution {}.",
        ),
    ],
)
def test_what_chat_says_at_once(followed: World, line: str, ack: Optional[str]) -> None:
    reply = followed.st2.chat(line, timeout=WAIT)
    assert reply.ack == (ack and ack.format(reply.execution.id))


def test_a_change_by_chat_is_told_to_the_team(world: World) -> None:
    """With who has asked for it."""
    assert world.run(CHAIN, **BY_HAND).status == "succeeded"
    before = len(world.st2.messages)
    reply = world.st2.chat("tor remove vlan 112", "mary <!here>", "ops", WAIT)
    assert world.present() == []
    assert reply.execution.parameters["asked_by"] == "mary <!here>"

    def told() -> List[Message]:
        return [one for one in world.st2.messages[before:] if not one.user]

    assert world.until(lambda: bool(told()))
    (message,) = told()
    assert message.channel == "docker"
    assert message.message.startswith("Ve 112 of vdx is removed. (")
    assert message.message.endswith(", asked for by mary ??here?)")
    assert message.extra is not None
    assert message.extra["slack"]["color"] == "good"


@pytest.mark.slow
def test_an_engine_without_its_disk_until_a_person_says_that_it_is_right() -> None:
    """The sensor holds what is missing, and a line in chat releases it."""
    with started(sensors=True) as world:
        world.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert world.told(f"{TOLD} for net112")
        world.engine.stop()
        with Engine(world.engine.url):
            assert world.told("and its networks: It lists 0 of the 1 network that it had")
            assert world.run(RECONCILE).status == "succeeded"
            assert world.present() == made()
            reply = world.st2.chat("tor reconcile apply", timeout=WAIT)
            assert reply.message is not None
            assert "(1 network) is released" in reply.message.message
            assert world.told("is removed, since no network uses it: net112 is gone")
            assert world.present() == []
