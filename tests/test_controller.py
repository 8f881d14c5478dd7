"""What has been dispatched, brought in line with what the engines have."""

import json
import logging

from docker_tor.common.datastore import Store
from docker_tor.config import reload
from docker_tor.config import settings as config
from docker_tor.controller import controller, lease, triggers
from docker_tor.desired import holds, last_applied
from docker_tor.engine.listing import Listing

SWITCH = {
    "host": "10.254.4.105",
    "username": "u",
    "password": "p",
    "rbridge_id": 21,
    "name": "tor1",
}


def settings(*engines):
    return config.parse(
        {
            "engines": [{"name": name, "url": f"unix:///{name}.sock"} for name in engines],
            "switches": [SWITCH],
            # What goes all at once without a word is test_holds_sensor's.
            "mass_removal_hold": 0,
        }
    )


def listed(*vlans, subnet="172.16.{vlan}.0/24", gateway=None):
    shown = []
    for vlan in vlans:
        ipam = {"Subnet": subnet.format(vlan=vlan)}
        if gateway:
            ipam["Gateway"] = gateway
        shown.append(
            {
                "Id": f"{vlan:064x}",
                "Name": f"net{vlan}",
                "Driver": "macvlan",
                "Options": {"parent": f"eth0.{vlan}"},
                "IPAM": {"Config": [ipam]},
            }
        )
    return shown


class World:
    """StackStorm as the controller sees it: triggers, a datastore, a log; each can be made to
    fail."""

    def __init__(self, *engines, value=None):
        self.value = value
        self.values = {}
        self.dispatched = []
        self.broken_store = self.broken_bus = False
        self.lease_value = None
        self.pulses = []
        self.now = 1000.0
        self.log = logging.getLogger("test_controller")
        self.engines = engines or ("host1",)
        self.settings = None
        self.restart()

    def restart(self):
        if getattr(self, "lease", None):
            self.lease.release()
        self.lease = lease.Lease(Store(self.get_lease, self.set_lease), sleep=lambda _seconds: None)
        self.controller = self.another()

    def another(self, held=None):
        """A controller of a sensor that runs in this world."""
        stores = controller.Stores(
            Store(self.get, self.set),
            Store(lambda: None, self.set_pulse),
            *(self.store(name) for name in (holds.NAME, holds.RELEASED)),
        )
        return controller.Controller(
            self.settings or settings(*self.engines),
            self.dispatch,
            stores,
            held or self.lease,
            log=self.log,
            clock=lambda: 1795449840.8 + (self.now - 1000.0),
            monotonic=lambda: self.now,
        )

    def store(self, name):
        return Store(
            lambda: self.values.get(name), lambda text: self.values.__setitem__(name, text)
        )

    def get_lease(self):
        return self.lease_value

    def set_lease(self, text):
        self.lease_value = text

    def set_pulse(self, text):
        self.pulses.append(json.loads(text))

    def dispatch(self, trigger):
        if self.broken_bus:
            raise OSError("the message bus is away")
        payload = trigger.payload
        if trigger.name == triggers.NETWORK_EVENT:
            self.dispatched.append((payload["action"], payload["vlan"]))
        elif trigger.name == triggers.NETWORK_REFUSED:
            self.dispatched.append(("refused", payload["network"]["name"]))
        elif trigger.name == triggers.NETWORK_BATCH:
            self.dispatched += [(one["action"], one["vlan"]) for one in payload["segments"]]
        else:
            self.dispatched.append((payload["state"], payload["engine"]))

    def get(self):
        if self.broken_store:
            raise OSError("the datastore is away")
        return self.value

    def set(self, text):
        if self.broken_store:
            raise OSError("the datastore is away")
        self.value = text

    def take(self):
        found, self.dispatched = self.dispatched, []
        return found


def test_each_change_is_dispatched_once():
    world = World()
    world.controller.listed("host1", listed(112, 113), 0.0)
    assert world.controller.news.is_set()
    assert world.controller.settle()
    assert world.take() == [("create", 112), ("create", 113)]
    world.controller.listed("host1", listed(113, 112), 0.0)
    assert world.controller.settle()
    assert world.take() == []
    world.controller.listed("host1", listed(113), 0.0)
    world.controller.settle()
    assert world.take() == [("destroy", 112)]


def test_the_same_list_again_is_no_news():
    world = World()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    world.controller.listed("host1", listed(112), 0.0)
    assert not world.controller.news.is_set()


def test_changed_addresses_are_an_update():
    world = World()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    world.controller.listed("host1", listed(112, gateway="172.16.112.254"), 0.0)
    world.controller.settle()
    assert world.take() == [("create", 112), ("update", 112)]


def test_a_restarted_sensor_repeats_nothing():
    world = World()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    world.take()
    world.restart()
    world.controller.listed("host1", listed(112, 113), 0.0)
    world.controller.settle()
    assert world.take() == [("create", 113)]


def test_networks_removed_while_the_sensor_was_down_are_found():
    world = World()
    world.controller.listed("host1", listed(112, 113), 0.0)
    world.controller.settle()
    world.take()
    world.restart()
    world.controller.listed("host1", listed(113), 0.0)
    world.controller.settle()
    assert world.take() == [("destroy", 112)]


def test_an_engine_that_has_not_been_heard_keeps_its_networks():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.listed("host2", listed(112, 113), 0.0)
    world.controller.settle()
    world.take()
    world.restart()
    world.controller.listed("host1", [], 0.0)
    world.controller.settle()
    assert world.take() == []
    world.controller.listed("host2", listed(113), 0.0)
    world.controller.settle()
    assert world.take() == [("destroy", 112)]


def test_an_engine_that_was_renamed_loses_nothing():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.take()
    world.engines = ("renamed", "host2")
    world.restart()
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.controller.listed("renamed", listed(112), 0.0)
    world.controller.settle()
    assert world.take() == []


def test_a_renamed_engines_networks_stay_where_they_were_plugged_in():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.take()
    raw = {
        "engines": [
            {
                "name": "renamed",
                "url": "unix:///x",
                "uplinks": [{"parent": "eth0", "switch": "tor1"}],
            },
            {
                "name": "host2",
                "url": "unix:///y",
                "uplinks": [{"parent": "bond0", "switch": "tor2"}],
            },
        ],
        "switches": [SWITCH, {**SWITCH, "name": "tor2", "host": "10.254.4.106"}],
    }
    world.settings = config.parse(raw)
    world.restart()
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    assert world.take() == []
    world.controller.listed("renamed", listed(112), 0.0)
    world.controller.settle()
    assert world.take() == []


def test_an_engine_and_a_switch_that_were_taken_out_are_gone():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.take()
    raw = {
        "engines": [{"name": "new", "url": "unix:///x"}],
        "switches": [{**SWITCH, "name": "tor2"}],
    }
    world.settings = config.parse(raw)
    world.restart()
    world.controller.settle()
    assert world.take() == [("destroy", 112), ("refused", "net112")]


def test_an_engine_that_was_taken_out_of_the_configuration_is_gone():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.take()
    world.engines = ("host2",)
    world.restart()
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    assert world.take() == [("destroy", 112)]


def test_changes_wait_for_the_datastore(caplog):
    world = World()
    world.broken_store = True
    world.controller.listed("host1", listed(112), 0.0)
    with caplog.at_level(logging.INFO):
        assert not world.controller.settle()
        assert not world.controller.settle()
        assert world.take() == []
        world.broken_store = False
        assert world.controller.settle()
    assert world.take() == [("create", 112)]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_datastore_that_fails_after_the_dispatch_repeats_nothing():
    world = World()

    def dispatch(trigger):
        World.dispatch(world, trigger)
        world.broken_store = True

    world.dispatch = dispatch
    world.restart()
    world.controller.listed("host1", listed(112), 0.0)
    assert not world.controller.settle()
    assert not world.controller.settle()
    world.broken_store = False
    assert world.controller.settle()
    assert world.take() == [("create", 112)]
    assert last_applied.load(world.value).segments.keys() == {("tor1", 21, 112)}


def test_changes_wait_for_the_message_bus():
    world = World()
    world.broken_bus = True
    world.controller.listed("host1", listed(112, 113), 0.0)
    assert not world.controller.settle()
    world.broken_bus = False
    assert world.controller.settle()
    assert world.take() == [("create", 112), ("create", 113)]


def test_a_sensor_that_dies_between_ledger_and_dispatch_dispatches_when_it_lives_again():
    world = World()
    world.broken_bus = True
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    assert json.loads(world.value)["pending"] == [["tor1", 21, 112]]
    world.broken_bus = False
    world.restart()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    assert world.take() == [("create", 112)]


def test_what_was_dispatched_is_remembered_when_it_has_gone():
    world = World()
    for vlans in ((112, 113), (113,), ()):
        world.controller.listed("host1", listed(*vlans), 0.0)
        world.controller.settle()
    at = 1795449840.8
    assert last_applied.load(world.value).retired == {("tor1", 21, 112): at, ("tor1", 21, 113): at}
    world.restart()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    kept = last_applied.load(world.value)
    assert kept.retired == {("tor1", 21, 113): at}
    assert kept.dispatched == {("tor1", 21, 112), ("tor1", 21, 113)}


def test_what_a_sensor_was_dispatching_when_it_died_counts_as_dispatched():
    world = World()
    world.broken_bus = True
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    assert last_applied.load(world.value).dispatched == {("tor1", 21, 112)}
    world.broken_bus = False
    world.restart()
    world.controller.listed("host1", listed(113), 0.0)
    world.controller.settle()
    assert world.take() == [("create", 113)]
    assert last_applied.load(world.value).dispatched == {("tor1", 21, 112), ("tor1", 21, 113)}


def test_the_ledger_of_version_0_2_0_is_taken_over():
    world = World()
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    old = {key: value for key, value in json.loads(world.value).items() if key != "retired"}
    world.value = json.dumps(old)
    assert last_applied.load(world.value).dispatched == {("tor1", 21, 112)}


def test_a_refusal_is_told_once_and_again_when_it_comes_back():
    world = World()
    for listing in (listed(4000), listed(4000, 112), [], listed(4000)):
        world.controller.listed("host1", listing, 0.0)
        world.controller.settle()
    assert world.take() == [
        ("refused", "net4000"),
        ("create", 112),
        ("destroy", 112),
        ("refused", "net4000"),
    ]


def test_a_restarted_sensor_repeats_no_refusal():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(4000), 0.0)
    world.controller.settle()
    world.restart()
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    world.controller.listed("host1", listed(4000), 0.0)
    world.controller.settle()
    assert world.take() == [("refused", "net4000")]


def test_refusals_wait_for_the_datastore():
    world = World()
    world.broken_store = True
    world.controller.listed("host1", listed(4000), 0.0)
    assert not world.controller.settle()
    assert world.take() == []
    world.broken_store = False
    world.controller.settle()
    assert world.take() == [("refused", "net4000")]


def test_the_version_of_a_list_decides_whether_a_gateway_is_there():
    world = World()
    world.controller.listed("host1", Listing(listed(112), "1.52"), 0.0)
    world.controller.settle()
    assert world.take() == [("create", 112)]
    (segment,) = last_applied.load(world.value).segments.values()
    assert segment.addresses == ()
    world.controller.listed("host1", Listing(listed(112), "1.51"), 0.0)
    world.controller.settle()
    assert world.take() == [("update", 112)]
    world.controller.listed("host1", Listing(listed(112), "1.52"), 0.0)
    world.controller.settle()
    assert world.take() == [("update", 112)]


def test_networks_that_are_passed_over_stand_in_the_ledger_with_the_reason():
    world = World("host1", "host2")
    (untagged,) = listed(112)
    untagged["Options"] = {"parent": "vlan112"}
    bridge = {**untagged, "Id": "b" * 64, "Driver": "bridge"}
    world.controller.listed("host1", [untagged, bridge], 0.0)
    world.controller.settle()
    ((engine, network, why),) = last_applied.load(world.value).ignored
    assert (engine, network) == ("host1", untagged["Id"])
    assert "vlan112 carries no tag" in why
    # It stays as long as its engine is not heard.
    world.restart()
    world.controller.listed("host2", [], 0.0)
    world.controller.settle()
    assert last_applied.load(world.value).ignored
    world.controller.listed("host1", [bridge], 0.0)
    world.controller.settle()
    assert not last_applied.load(world.value).ignored
    assert world.take() == []


def test_a_network_is_taken_up_when_what_was_in_its_way_has_gone():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112, gateway="172.16.112.1"), 0.0)
    world.controller.listed("host2", listed(112, gateway="172.16.112.9"), 0.0)
    world.controller.settle()
    assert sorted(world.take()) == [("create", 112), ("refused", "net112")]
    world.controller.listed("host1", [], 0.0)
    world.controller.settle()
    assert world.take() == [("update", 112)]


def test_engines_lost_and_back_are_told_in_order_and_wait_for_the_bus():
    world = World()
    world.controller.lost("host1", "it went away")
    world.controller.back("host1", 2.34)
    world.broken_bus = True
    assert not world.controller.settle()
    world.broken_bus = False
    assert world.controller.settle()
    assert world.take() == [("lost", "host1"), ("back", "host1")]


def test_news_of_engines_is_bounded():
    world = World(*(f"e{number}" for number in range(controller.MOST_NEWS + 5)))
    for engine in world.engines:
        world.controller.back(engine, 1.0)
    world.controller.settle()
    told = world.take()
    assert len(told) == controller.MOST_NEWS
    assert told[0] == ("back", "e5")


def test_networks_on_a_segment_are_kept_in_the_ledger():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112), 0.0)
    world.controller.settle()
    world.controller.listed("host2", listed(112), 0.0)
    world.controller.settle()
    (segment,) = last_applied.load(world.value).segments.values()
    assert [network.engine for network in segment.networks] == ["host1", "host2"]
    assert world.take() == [("create", 112)]


def test_a_ledger_that_is_broken_dispatches_nothing():
    world = World(value="nonsense")
    world.controller.listed("host1", listed(112), 0.0)
    assert not world.controller.settle()
    assert world.take() == []


def test_of_two_sensors_one_dispatches():
    world = World()
    rival = lease.Lease(Store(world.get_lease, world.set_lease), sleep=lambda _seconds: None)
    other = world.another(rival)
    for one in (world.controller, other):
        one.listed("host1", listed(112), 0.0)
        one.lost("host1", "away")
        assert one.settle()
    assert world.take() == [("create", 112), ("lost", "host1")]
    world.controller.listed("host1", listed(113), 0.0)
    other.listed("host1", listed(113), 0.0)
    assert other.settle()
    assert world.take() == []
    world.lease.release()
    assert other.settle()
    assert world.take() == [("destroy", 112), ("create", 113)]
    assert world.controller.settle()
    assert world.take() == []


def test_the_heartbeat():
    world = World("host1", "host2")
    world.controller.listed("host1", listed(112, 113), 999.25)
    world.controller.lost("host2", "away")
    world.controller.settle()
    assert world.pulses == [
        {
            "version": 1,
            "at": 1795449840.8,
            "engines": {
                "host1": {
                    "state": "following",
                    "last_contact": 1795449840.8,
                    "networks": 2,
                    "lag": 0.75,
                },
                "host2": {"state": "lost", "last_contact": None, "networks": None, "lag": None},
            },
            "config": reload.mark(settings("host1", "host2")),
            "trouble": "",
        }
    ]
    world.controller.settle()
    assert len(world.pulses) == 1
    world.now += 30
    world.controller.settle()
    assert len(world.pulses) == 2


def test_the_heartbeat_says_of_an_engine_what_chat_was_told():
    """A list that works while the stream does not brings no engine back."""
    world = World()
    states = []
    for news in (
        lambda sensor: sensor.listed("host1", listed(112), 999.0),
        lambda sensor: sensor.lost("host1", "it answers 403 to /events"),
        lambda sensor: sensor.listed("host1", listed(112, 113), 999.0),
        lambda sensor: sensor.back("host1", 31.0),
    ):
        news(world.controller)
        world.now += 30
        world.controller.settle()
        (pulse,) = world.pulses[-1]["engines"].values()
        states.append((pulse["state"], pulse["networks"]))
    assert states == [("following", 1), ("lost", 1), ("lost", 2), ("following", 2)]
    assert [what for what, _ in world.take()] == ["create", "lost", "create", "back"]
