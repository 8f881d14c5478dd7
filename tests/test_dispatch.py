"""What is dispatched alone and what in a batch, and what becomes of what StackStorm would drop."""

import logging

import pytest
from docker_tor.common.errors import PayloadRefused, SegmentConflict
from docker_tor.config import settings
from docker_tor.config.settings import Chat
from docker_tor.controller import triggers
from docker_tor.controller.debounce import BURST
from docker_tor.controller.dispatch import Bursts, Dispatcher, refusal
from docker_tor.controller.triggers import Trigger
from docker_tor.desired.segments import CREATE, DESTROY, UPDATE, Change, Segment
from docker_tor.engine.networks import Network, Rejection
from listed import ves
from test_debounce import Clock

CHAT = Chat("docker", "chatops")
CONFIG = settings.parse({})

LOG = logging.getLogger("test_dispatch")


def change(vlan, switch="tor1", action=CREATE, *addresses):
    return Change(action, Segment(switch, 21, vlan, "h", ves(*addresses), ()))


def several(switch, *vlans):
    return [change(vlan, switch) for vlan in vlans]


def grouped(bursts, changes):
    """The groups: a switch and a VLAN that is alone, or a switch and a batch's VLANs."""
    found = []
    for group in bursts.groups(changes):
        (switch,) = {one.segment.switch for one in group.changes}
        vlans = [one.segment.vlan for one in group.changes]
        if group.alone:
            (vlans,) = vlans
        found.append((switch, vlans))
    return found


def test_few_are_alone_and_more_or_what_follows_soon_is_a_batch():
    clock = Clock()
    bursts = Bursts(3, 4, clock)
    nine = [("a", [1, 2, 3, 4]), ("a", [5, 6, 7, 8]), ("a", [9])]
    # Nothing was dispatched of what was only grouped.
    assert grouped(bursts, several("a", *range(1, 10))) == nine
    assert grouped(bursts, several("a", 1, 2, 3)) == [("a", 1), ("a", 2), ("a", 3)]
    assert grouped(Bursts(0, 4, clock), several("a", 1)) == [("a", [1])]
    for _ in range(2):
        bursts.dispatched("a")
        clock.now += BURST - 0.1
        both = [*several("a", 2), *several("b", 2)]
        assert grouped(bursts, both) == [("a", [2]), ("b", 2)]
    clock.now += 0.1
    assert grouped(bursts, several("a", 3)) == [("a", 3)]


# The triggers.


def test_a_change_alone():
    addresses = ["fd00::1/64", "172.16.112.1/24", "10.0.0.1/24"]
    trigger = triggers.network_event(change(112, "tor1", CREATE, *addresses), CHAT)
    assert (trigger.name, trigger.trace_tag) == ("docker.NetworkEvent", "tor1/21/112")
    assert trigger.payload == {
        "action": "create",
        "vlan": 112,
        "subnet": "172.16.112.1/24",
        "addresses": addresses,
        "rbridge": 21,
        "host": "h",
        "channel": "docker",
        "route": "chatops",
        "switch": "tor1",
        "platform": "nos",
        "networks": [],
        "ports": [],
    }


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (CREATE, {"ports": ["Te 2"]}),
        (UPDATE, {"ports": ["Te 2"], "ports_gone": ["Te 1"]}),
        # Another segment may need the rest of them.
        (DESTROY, {"ports": ["Te 1"]}),
    ],
)
def test_the_ports_of_a_change(action, said):
    one = Network("a", "a", "host1", "macvlan", "eth0.112", 112, frozenset(), ports=("Te 2",))
    segment = change(112).segment._replace(networks=(one,))
    changed = Change(action, segment, () if action == CREATE else ("Te 1",))
    payload = triggers.network_event(changed, CHAT).payload
    batched = triggers.network_batch([changed], CHAT).payload["segments"][0]
    for found in (payload, batched):
        assert {name: found[name] for name in found if name.startswith("ports")} == said


def test_what_else_is_told():
    both = [change(112), change(113, "tor1", DESTROY, "fd00::1/64")]
    batch = triggers.network_batch(both, CHAT)
    segments = batch.payload.pop("segments")
    of_switch = {"switch": "tor1", "host": "h", **CHAT._asdict()}
    assert batch == Trigger("docker.NetworkBatch", of_switch, "tor1/112/113/2")
    assert [(one["action"], one["vlan"], one["subnet"]) for one in segments] == [
        ("create", 112, ""),
        ("destroy", 113, ""),
    ]
    network = {"id": "a" * 64, "name": "web", "engine": "host1"}
    rejection = Rejection(network, SegmentConflict("it overlaps"), "web and more")
    why = {"reason": "it overlaps.", "kind": "SegmentConflict"}
    assert triggers.network_refused(rejection, CHAT) == Trigger(
        "docker.NetworkRefused", {"network": network, **why, **CHAT._asdict()}, "a" * 64
    )
    assert triggers.engine_event("host1", "back", "why", 1.26, CHAT) == Trigger(
        "docker.EngineEvent",
        {"engine": "host1", "state": "back", "reason": "why", "seconds": 1.3, **CHAT._asdict()},
        "host1",
    )


# What StackStorm would drop.


class World:
    """A StackStorm that refuses the VLANs of `bad`, and that knows what it was given."""

    def __init__(self, *bad):
        self.bad = bad
        self.taken = []
        self.out = Dispatcher(self.dispatch, Bursts(3, 256, lambda: 0.0), LOG)

    def dispatch(self, trigger):
        assert trigger.payload["channel"] == "docker"
        vlans = [one["vlan"] for one in trigger.payload.get("segments", [trigger.payload])]
        for vlan in vlans:
            if vlan in self.bad:
                raise PayloadRefused(f"{vlan} is too much", where=trigger.trace_tag)
        self.taken.append(vlans if trigger.name == triggers.NETWORK_BATCH else vlans[0])

    def send(self, *vlans):
        self.out.begin()
        changes = several("tor1", *vlans)
        return [one.segment.vlan for one in self.out.changes(changes, CONFIG)]


def test_one_that_is_refused_keeps_no_other_back_and_is_told_once(caplog):
    world = World(2, 6)
    assert (world.send(1, 2), world.out.refused, world.taken) == ([1], True, [1])
    # Soon after: batches, which go without those that are refused.
    assert (world.send(2, 3), world.taken[1:]) == ([3], [[3]])
    assert world.send(*range(1, 9)) == [1, 3, 4, 5, 7, 8]
    assert (world.send(1), world.out.refused) == ([1], False)
    assert world.send(2) == []
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert [message.rpartition(": ")[2] for message in caplog.messages] == [
        f"{vlan} is too much." for vlan in (2, 6, 2)
    ]


def test_what_is_no_change_of_a_segment_is_sent_and_told_alike(caplog):
    trigger = triggers.engine_event("host1", "lost", "why", 0, CHAT)
    given = []

    def refuse(trigger):
        given.append(trigger)
        if len(given) > 1:
            raise PayloadRefused("no", where=trigger.name)

    out = Dispatcher(refuse, Bursts(3, 256, lambda: 0.0), LOG)
    assert (out.send(trigger), given) == (True, [trigger])
    for _ in range(2):
        out.begin()
        assert (out.send(trigger), out.refused) == (False, True)
    assert caplog.messages == ["not dispatched: docker.EngineEvent: no."]


class Invalid(Exception):
    """As jsonschema's ValidationError."""

    def __init__(self, message, *path):
        super().__init__("On instance: all of it")
        self.message = message
        self.absolute_path = path


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Invalid("4095 is too much", "segments", 1, "vlan"), "for its segments.1.vlan: 4095 is t"),
        (Invalid("'x' was unexpected"), "for its payload: 'x' was unexpected. Register"),
        (ValueError("it doesn't exist in the database"), "for its payload: it doesn't exist in"),
        (OSError("away"), None),
        (RuntimeError("x"), None),
        (KeyError("x"), None),
    ],
)
def test_what_stackstorm_refuses_is_told_with_its_field(error, says):
    found = refusal(Trigger("docker.NetworkBatch", {}, "tor1/1/2/2"), error)
    if says is None:
        assert found is None
    else:
        assert str(found).startswith("docker.NetworkBatch for tor1/1/2/2: StackStorm would drop it")
        assert says in str(found)
        assert "st2ctl reload --register-all" in str(found)
