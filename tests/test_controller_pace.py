"""Bursts and removals of networks, as the controller dispatches them."""

import json

import pytest
from docker_tor.config import settings as config
from docker_tor.controller import triggers
from docker_tor.controller.debounce import BURST
from test_controller import SWITCH, World, listed

ENGINE = {"name": "host1", "url": "unix:///x"}


class Paced(World):
    """A world whose configuration sets the pace; a batch is dispatched as its segments."""

    def __init__(self, switches=(SWITCH,), uplinks=(), **raw):
        engine = {**ENGINE, **({"uplinks": uplinks} if uplinks else {})}
        settings = config.parse(
            {"engines": [engine], "switches": switches, "mass_removal_hold": 0, **raw}
        )
        super().__init__("host1")
        self.settings = settings
        self.restart()

    def dispatch(self, trigger):
        if trigger.name != triggers.NETWORK_BATCH or self.broken_bus:
            super().dispatch(trigger)
            return
        segments = trigger.payload["segments"]
        self.dispatched.append([(one["action"], one["vlan"]) for one in segments])

    def hear(self, *vlans, **more):
        self.controller.listed("host1", listed(*vlans, **more), 0.0)
        assert self.controller.settle()
        return self.take()


def creates(*vlans):
    return [("create", vlan) for vlan in vlans]


def destroys(*vlans):
    return [("destroy", vlan) for vlan in vlans]


def test_beyond_a_few_changes_go_out_as_one_batch():
    world = Paced(batch_above=2)
    assert world.hear(112, 113) == creates(112, 113)
    # Soon after: a batch, however few.
    assert world.hear(112, 113, 114) == [creates(114)]
    world.now += BURST
    assert world.hear(112, 113, 114, 115, 116, 117) == [creates(115, 116, 117)]
    world.now += BURST
    assert world.hear(118) == [[*destroys(112, 113, 114, 115, 116, 117), *creates(118)]]
    world.now += BURST
    assert world.hear(119) == [*destroys(118), *creates(119)]


def test_even_one_is_a_batch_where_none_is_shown_by_itself():
    world = Paced(batch_above=0)
    assert world.hear(112) == [creates(112)]
    world.now += BURST
    assert world.hear() == [destroys(112)]


def test_what_did_not_go_out_is_no_burst():
    world = Paced(batch_above=1)
    world.broken_bus = True
    world.controller.listed("host1", listed(112), 0.0)
    assert not world.controller.settle()
    world.broken_bus = False
    assert world.controller.settle()
    assert world.take() == creates(112)


def test_a_batch_holds_no_more_than_a_trigger_may():
    world = Paced(batch_above=2)
    found = listed(*range(100, 100 + triggers.MOST_IN_BATCH + 2))
    for number, network in enumerate(found):
        subnet = f"10.{number >> 8}.{number & 255}.0/24"
        network["IPAM"] = {"Config": [{"Subnet": subnet}]}
    world.controller.listed("host1", found, 0.0)
    assert world.controller.settle()
    first, second = world.take()
    assert (len(first), len(second)) == (triggers.MOST_IN_BATCH, 2)


def test_a_batch_that_the_bus_does_not_take_is_dispatched_once():
    world = Paced(batch_above=2)
    world.broken_bus = True
    world.controller.listed("host1", listed(112, 113, 114), 0.0)
    assert not world.controller.settle()
    pending = {vlan for _, _, vlan in json.loads(world.value)["pending"]}
    assert pending == {112, 113, 114}
    world.broken_bus = False
    assert world.controller.settle()
    assert world.controller.settle()
    assert world.take() == [creates(112, 113, 114)]
    assert json.loads(world.value)["pending"] == []


def test_it_waits_while_changes_keep_coming():
    world = Paced()
    assert world.controller.wait == 0.0
    for vlan in range(112, 120):
        world.controller.listed("host1", listed(vlan), 0.0)
        assert world.controller.wait == 0.25
        world.now += 0.2
    # The list is the same: nothing has changed.
    world.controller.listed("host1", listed(119), 0.0)
    assert world.controller.wait == pytest.approx(0.05)
    world.now += 0.2
    assert world.controller.settle()
    assert world.take() == creates(119)
    assert world.controller.wait == 0.0


@pytest.mark.parametrize("seconds", [0, 1.5])
def test_how_long_is_configured(seconds):
    world = Paced(debounce=seconds)
    world.controller.lost("host1", "away")
    assert world.controller.wait == seconds


def test_a_network_that_is_created_again_in_time_has_no_outage():
    world = Paced(removal_grace=30)
    assert world.hear(112) == creates(112)
    assert world.hear() == []
    world.now += 29
    assert world.hear(112) == []
    world.now += 30
    assert world.controller.settle()
    assert world.take() == []


def test_a_network_that_stays_away_is_removed_once_the_grace_is_over():
    world = Paced(removal_grace=30)
    world.hear(112, 113)
    assert world.hear(113) == []
    world.now += 29.9
    assert world.controller.settle()
    assert world.take() == []
    # The ledger still has it: what would remove it by hand is told that it is in use.
    assert [one["vlan"] for one in json.loads(world.value)["segments"]] == [112, 113]
    world.now += 0.1
    assert world.controller.settle()
    assert world.take() == destroys(112)
    assert [one["vlan"] for one in json.loads(world.value)["segments"]] == [113]


def test_a_network_that_comes_back_changed_is_updated_at_once():
    world = Paced(removal_grace=30)
    world.hear(112)
    world.hear()
    world.now += BURST
    assert world.hear(112, gateway="172.16.112.254") == [("update", 112)]


def test_a_newcomer_that_needs_the_addresses_does_not_wait():
    world = Paced(removal_grace=30)
    world.hear(112, subnet="10.0.0.0/24")
    assert world.hear() == []
    world.now += BURST
    assert world.hear(113, subnet="10.0.0.0/16") == [*destroys(112), *creates(113)]


def test_a_newcomer_elsewhere_releases_nothing():
    world = Paced(removal_grace=30)
    world.hear(112)
    world.now += BURST
    assert world.hear(113) == creates(113)
    world.now += 30
    assert world.controller.settle()
    assert world.take() == destroys(112)


def test_a_sensor_that_is_restarted_waits_anew():
    world = Paced(removal_grace=30)
    world.hear(112)
    world.hear()
    world.now += 29
    world.restart()
    assert world.hear() == []
    world.now += 30
    assert world.controller.settle()
    assert world.take() == destroys(112)


def test_each_switch_has_its_own_batch():
    other = {**SWITCH, "name": "tor2", "host": "10.254.4.106"}
    uplinks = [{"parent": "eth0", "switch": "tor1"}, {"parent": "bond0", "switch": "tor2"}]
    world = Paced([SWITCH, other], uplinks, batch_above=2)
    found = listed(112, 113, 114, 115)
    found[3]["Options"]["parent"] = "bond0.115"
    world.controller.listed("host1", found, 0.0)
    assert world.controller.settle()
    assert world.take() == [creates(112, 113, 114), *creates(115)]


@pytest.mark.parametrize("action", ["create", "destroy"])
def test_a_batch_tells_whose_it_is(action):
    world = Paced(batch_above=1)
    told = []
    world.dispatch = told.append
    world.restart()
    world.controller.listed("host1", listed(112, 113), 0.0)
    world.controller.settle()
    if action == "destroy":
        world.controller.listed("host1", [], 0.0)
        world.controller.settle()
    trigger = told[-1]
    assert (trigger.name, trigger.trace_tag) == (triggers.NETWORK_BATCH, "tor1/112/113/2")
    payload = trigger.payload
    assert (payload["switch"], payload["host"]) == ("tor1", SWITCH["host"])
    assert [one["action"] for one in payload["segments"]] == [action] * 2
    assert SWITCH["password"] not in payload.values()
