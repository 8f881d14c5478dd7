"""What has been dispatched, brought in line with what the engines have.

A `World` is a StackStorm as the controller sees it. Its `hear` hands in an engine's list, settles,
and returns what was dispatched thereupon.
"""

import json
import logging

import pytest
from docker_tor.common.errors import PayloadRefused
from docker_tor.config import reload, settings
from docker_tor.controller import controller, flapping, heartbeat, lease, repeated, triggers
from docker_tor.desired import ledger
from listed import network
from records import Datastore

SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}
START = 1795449840.8
K112, K113 = ("tor1", 21, 112), ("tor1", 21, 113)


def listed(*vlans, **pool):
    """What an engine lists that has a network on each of these VLANs."""
    return [
        {
            **network(f"net{vlan}", f"eth0.{vlan}", {"Subnet": f"172.16.{vlan}.0/24", **pool}),
            "Id": f"{vlan:064x}",
        }
        for vlan in vlans
    ]


def engine(name, **more):
    return {"name": name, "url": f"unix:///{name}.sock", **more}


HOST1, HOST2 = engine("host1"), engine("host2")


class World:
    """A message bus, a datastore and a clock. Either may be broken, and the bus refuses some VLANs,
    networks and engines."""

    def __init__(self, *engines, **raw):
        self.datastore, self.leases = Datastore(), Datastore()
        self.sent = []
        self.broken_bus = False
        self.refused = frozenset()
        self.now = 1000.0
        # What goes all at once without a word is test_holding's.
        self.raw = {"switches": [SWITCH], "mass_removal_hold": 0, **raw}
        self.raw.setdefault("engines", [engine(name) for name in engines or ("host1",)])
        self.controller, self.lease = self.sensor()

    def sensor(self):
        """Another sensor that runs in this world."""
        held = lease.Lease(self.leases.store("lease"), sleep=lambda _seconds: None)
        made = controller.Controller(
            settings.parse(self.raw),
            lambda trigger: self.dispatch(trigger),
            self.datastore.store,
            held,
            log=logging.getLogger("test_controller"),
            clock=lambda: START + (self.now - 1000.0),
            monotonic=lambda: self.now,
        )
        return made, held

    def restart(self, **raw):
        """The sensor ends, and another one starts; docker.yaml may be another one meanwhile."""
        self.lease.release()
        self.raw.update(raw)
        self.controller, self.lease = self.sensor()

    def configure(self, *engines, **raw):
        """docker.yaml changes while the sensor runs; what is dispatched thereupon."""
        self.raw.update(engines=engines, **raw)
        self.controller.configure(settings.parse(self.raw))
        return self.settle()

    def dispatch(self, trigger):
        if self.broken_bus:
            raise OSError("the message bus is away")
        payload = trigger.payload
        if trigger.name == triggers.NETWORK_REFUSED:
            told = [("refused", payload["network"]["name"])]
        elif trigger.name == triggers.ENGINE_EVENT:
            told = [(payload["state"], payload["engine"])]
        else:
            told = [(one["action"], one["vlan"]) for one in payload.get("segments", [payload])]
        if {what for _, what in told} & self.refused:
            raise PayloadRefused("no", where=trigger.trace_tag)
        self.sent += told

    def hear(self, *vlans, engine="host1", **more):
        return self.hear_list(listed(*vlans, **more), engine)

    def hear_list(self, listing, engine="host1"):
        self.controller.listed(engine, listing, self.now)
        return self.settle()

    def settle(self, after=0.0):
        self.now += after
        assert self.controller.settle()
        return self.take()

    def fails(self):
        """Nothing can be dispatched, or kept."""
        assert not self.controller.settle()
        return self.take()

    def take(self):
        """What was dispatched, batches as their changes."""
        found, self.sent = self.sent, []
        return found

    @property
    def applied(self):
        return ledger.load(self.datastore.values.get)

    @property
    def beat(self):
        return json.loads(self.datastore.values[heartbeat.NAME])


def creates(*vlans):
    return [("create", vlan) for vlan in vlans]


def destroys(*vlans):
    return [("destroy", vlan) for vlan in vlans]


def test_each_change_is_dispatched_once():
    world = World("host1", "host2")
    assert world.hear(112, 113, 4000) == [*creates(112, 113), ("refused", "net4000")]
    assert world.hear(4000, 113, 112) == []
    assert world.hear(113, 4000) == destroys(112)
    assert world.hear(113, Gateway="172.16.113.254") == [("update", 113)]
    world.controller.listed("host1", listed(113, Gateway="172.16.113.254"), 0.0)
    assert not world.controller.news.is_set()
    # What is rejected is told again when it has been away.
    assert world.hear(113, 4000) == [("update", 113), ("refused", "net4000")]
    # A restarted sensor repeats nothing, and finds what has changed meanwhile.
    world.restart()
    assert world.hear(engine="host2") == []
    assert world.hear(114, 4000) == [*destroys(113), *creates(114)]


# A StackStorm with outages.


@pytest.mark.parametrize("vlans", [(112, 113), ()])
@pytest.mark.parametrize("place", ["the datastore", "the message bus"])
def test_changes_and_rejections_wait_for_stackstorm(place, vlans, caplog):
    world = World()
    world.hear()
    away = place == "the datastore"
    world.datastore.away, world.broken_bus = away, not away
    world.controller.listed("host1", listed(*vlans, 4000), 0.0)
    world.controller.lost("host1", "away")
    world.controller.back("host1", 2.0)
    with caplog.at_level(logging.INFO):
        assert world.fails() == world.fails() == []
        world.datastore.away = world.broken_bus = False
        news = [("lost", "host1"), ("back", "host1")]
        assert world.settle() == [*creates(*vlans), ("refused", "net4000"), *news]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert (world.settle(), world.applied.pending) == ([], set())


def test_a_sensor_that_dies_while_it_dispatches():
    """Nobody knows whether it has: so it counts as dispatched, and may be dispatched again."""
    world = World()
    world.broken_bus = True
    world.controller.listed("host1", listed(112, 113), 0.0)
    world.fails()
    assert (world.applied.pending, world.applied.segments) == ({K112, K113}, {})
    world.broken_bus = False
    world.restart()
    assert world.hear(113) == creates(113)
    assert world.applied.dispatched == {K112, K113}
    assert world.applied.retired == {K112: START}


# What StackStorm would drop.


def test_a_network_that_is_made_and_rejected_again_and_again_is_told_twice_and_at_the_end():
    world = World()
    (bad,) = listed(4000)
    told = []
    for made in range(6):
        world.hear()
        told += world.hear_list([{**bad, "Id": f"{made:064x}"}])
        world.now += 1.0
    assert told == [("refused", "net4000")] * 2
    world.hear()
    world.broken_bus = True
    world.now += repeated.SOON
    assert world.fails() == []
    world.broken_bus = False
    assert world.settle() == [("refused", "net4000")]
    assert world.settle(repeated.SOON) == []


def test_what_is_refused_does_not_count_as_dispatched_and_keeps_nothing_back(caplog):
    world = World(batch_above=2)
    world.refused = {113, "net4000", "host1"}
    world.controller.lost("host1", "away")
    assert sorted(world.hear(112, 113, 114, 115, 4000)) == creates(112, 114, 115)
    assert (K113 in world.applied.segments, world.applied.pending) == (False, set())
    # Others go on; it is tried again without any news, and dispatched as soon as that works.
    assert world.hear(112, 113, 114, 115, 116, 4000) == creates(116)
    assert world.settle() == []
    assert len(caplog.messages) == 3
    world.refused = frozenset()
    # What is told of engines is given up.
    assert world.settle() == [*creates(113), ("refused", "net4000")]
    assert world.settle() == []


def test_an_engine_that_comes_and_goes_is_told_once_and_when_it_is_over():
    world = World()
    for _ in range(5):
        world.controller.lost("host1", "why")
        world.controller.back("host1", 1.0)
        assert world.controller.settle()
    assert world.take() == [("lost", "host1"), ("back", "host1"), ("lost", "host1")]
    assert world.settle(flapping.SOON) == [("back", "host1")]


# When, and another docker.yaml.


def test_it_waits_while_changes_keep_coming():
    world = World(debounce=1.5)
    world.configure(HOST1, debounce=0.25, removal_grace=30)
    assert world.controller.wait == 0.0
    for vlan in range(112, 120):
        world.controller.listed("host1", listed(vlan), 0.0)
        assert world.controller.wait == 0.25
        world.now += 0.2
    # The list is the same: nothing has changed.
    world.controller.listed("host1", listed(119), 0.0)
    assert world.controller.wait == pytest.approx(0.05)
    assert world.settle(0.2) == creates(119)
    assert world.controller.wait == 0.0
    assert world.hear() == []
    assert world.settle(29.9) == []
    assert world.settle(0.1) == destroys(119)


def test_before_there_is_a_configuration_nothing_is_touched():
    world = World()
    world.hear(112)
    kept, engines = world.applied, world.raw["engines"]
    world.restart(engines=[])
    assert world.settle() == []
    assert (world.applied, world.beat["engines"]) == (kept, {})
    world.controller.configure(settings.parse({}), "no Docker Engine is configured")
    assert world.settle() == []
    assert world.beat["trouble"] == "no Docker Engine is configured"
    assert world.configure(*engines) == []
    assert world.hear(113) == [*destroys(112), *creates(113)]
    assert world.beat["trouble"] == ""


@pytest.mark.parametrize(
    ("switches", "uplinks", "told"),
    [
        ([{**SWITCH, "host": "h2"}], [], [("update", 112), ("update", 113)]),
        ([{**SWITCH, "username": "x", "password": "y"}], [], []),
        ([{**SWITCH, "vlans": "112"}], [], [*destroys(113), ("refused", "net113")]),
        ([{**SWITCH, "name": "tor2"}], [], destroys(112, 113) + creates(112, 113)),
        # At once, before the engine is listed again.
        (
            [SWITCH, {**SWITCH, "name": "tor2", "host": "h2"}],
            [{"parent": "eth0", "switch": "tor2"}],
            destroys(112, 113) + creates(112, 113),
        ),
    ],
)
def test_switches_that_change(switches, uplinks, told):
    world = World()
    world.hear(112, 113)
    assert world.configure(engine("host1", uplinks=uplinks), switches=switches) == told
    assert world.settle() == []


# Several sensors, and the heartbeat.


def test_of_two_sensors_one_dispatches():
    world = World()
    other, _ = world.sensor()
    for one in (world.controller, other):
        one.listed("host1", listed(112), 0.0)
        one.lost("host1", "away")
        assert one.settle()
    assert world.take() == [*creates(112), ("lost", "host1")]
    other.listed("host1", listed(113), 0.0)
    assert other.settle()
    assert world.take() == []
    # It takes up another docker.yaml, too.
    other.configure(settings.parse({**world.raw, "engines": [HOST2]}))
    world.controller.retire()
    assert other.settle()
    assert world.take() == []
    other.listed("host2", listed(112, 113), 0.0)
    assert other.settle()
    assert world.take() == creates(113)


def test_a_lease_that_cannot_be_released_runs_out(caplog):
    world = World()
    world.hear()
    world.lease.release = lambda: 1 / 0
    with caplog.at_level(logging.INFO):
        world.controller.retire()
    assert caplog.messages == ["the lease was not released: ZeroDivisionError: division by zero"]


def test_the_heartbeat():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112, 113), 999.25)
    world.controller.lost("host2", "it answers 403 to /events")
    world.settle()
    assert world.beat == {
        "version": 1,
        "at": START,
        "engines": {
            "host1": {"state": "following", "last_contact": START, "networks": 2, "lag": 0.75},
            "host2": {"state": "lost", "last_contact": None, "networks": None, "lag": None},
        },
        "config": reload.mark(settings.parse(world.raw)),
        "trouble": "",
    }
    # A list that works while the stream does not brings no engine back: chat was told it is lost.
    world.controller.listed("host2", listed(112), 999.0)
    world.settle(29.9)
    assert world.beat["at"] == START
    world.settle(0.1)
    pulse = world.beat["engines"]["host2"]
    assert (world.beat["at"], pulse["state"], pulse["networks"]) == (START + 30, "lost", 1)
    world.controller.back("host2", 31.0)
    world.settle(30)
    assert world.beat["engines"]["host2"]["state"] == "following"
