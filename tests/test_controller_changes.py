"""The controller where StackStorm refuses what it would dispatch, and where docker.yaml changes."""

import json

from docker_tor.common.datastore import Store
from docker_tor.common.errors import PayloadRefused
from docker_tor.config import settings, uplinks
from docker_tor.controller import lease
from docker_tor.desired import last_applied
from listed import ves
from test_controller import SWITCH, World, listed

# What StackStorm would drop.


class Strict(World):
    """A StackStorm that refuses some VLANs, and networks of some names."""

    refused = frozenset()

    def dispatch(self, trigger):
        before = len(self.dispatched)
        super().dispatch(trigger)
        if {what for _, what in self.dispatched[before:]} & self.refused:
            del self.dispatched[before:]
            raise PayloadRefused("no", where=trigger.trace_tag)

    def settle(self):
        assert self.controller.settle()
        return self.take()


def vlans(world):
    return [one["vlan"] for one in json.loads(world.value)["segments"]]


def test_what_is_refused_does_not_count_as_dispatched_and_keeps_nothing_back():
    world = Strict()
    world.refused = {113}
    world.controller.listed("host1", listed(112, 113, 114, 115, 116), 0.0)
    assert sorted(world.settle()) == [("create", vlan) for vlan in (112, 114, 115, 116)]
    assert vlans(world) == [112, 114, 115, 116]
    assert json.loads(world.value)["pending"] == []
    # Others go on; it is tried again without any news, and dispatched as soon as that works.
    world.controller.listed("host1", listed(112, 113, 114, 115, 116, 117), 0.0)
    assert world.settle() == [("create", 117)]
    assert world.settle() == []
    world.refused = frozenset()
    assert world.settle() == [("create", 113)]
    assert world.settle() == []
    assert sorted(vlans(world)) == [112, 113, 114, 115, 116, 117]


def test_an_update_or_a_removal_that_is_refused_stays_to_be_done():
    world = Strict()
    world.controller.listed("host1", listed(112, 113), 0.0)
    world.settle()
    world.refused = {112, 113}
    world.controller.listed("host1", listed(112, gateway="172.16.112.254"), 0.0)
    assert world.settle() == []
    kept = last_applied.load(world.value)
    assert [one.addresses for one in kept.segments.values()] == [
        ves("172.16.112.1/24"),
        ves("172.16.113.1/24"),
    ]
    assert kept.retired == {}
    world.refused = frozenset()
    assert sorted(world.settle()) == [("destroy", 113), ("update", 112)]


def test_news_that_are_refused_are_given_up_and_refusals_tried_again():
    world = Strict()
    world.refused = {"host1", "net4000"}
    world.controller.lost("host1", "away")
    world.controller.listed("host1", listed(4000, 112), 0.0)
    assert world.settle() == [("create", 112)]
    world.refused = frozenset()
    assert world.settle() == [("refused", "net4000")]
    assert world.settle() == []


# Another configuration while it runs.


def engine(name, **more):
    return {"name": name, "url": f"unix:///{name}.sock", **more}


class Changing(World):
    """A world whose docker.yaml changes."""

    def configure(self, *engines, switches=(SWITCH,), **more):
        # What is held is tested elsewhere.
        more.setdefault("mass_removal_hold", 0)
        raw = {"engines": list(engines), "switches": list(switches), **more}
        self.controller.configure(uplinks.require(settings.parse(raw)))

    def hear(self, engine, *vlans):
        self.controller.listed(engine, listed(*vlans), 0.0)

    def settle(self):
        assert self.controller.settle()
        return self.take()


def test_the_same_configuration_again_changes_nothing():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    world.configure(engine("host1"))
    assert world.settle() == []
    world.hear("host1", 112)
    assert not world.controller.news.is_set()


def test_before_there_is_a_configuration_nothing_is_touched():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    value = world.value
    world.lease.release()
    world.settings = settings.parse({})
    world.restart()
    assert world.settle() == []
    assert world.value == value
    assert world.pulses[-1]["engines"] == {}
    world.controller.configure(settings.parse({}), "no Docker Engine is configured")
    assert world.settle() == []
    assert world.pulses[-1]["trouble"] == "no Docker Engine is configured"
    world.configure(engine("host1"))
    assert world.settle() == []
    world.hear("host1", 113)
    assert world.settle() == [("destroy", 112), ("create", 113)]
    assert world.pulses[-1]["trouble"] == ""


def test_an_engine_that_is_added_is_taken_up_and_takes_nothing_away():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    world.configure(engine("host1"), engine("host2"))
    assert world.settle() == []
    world.hear("host2", 112, 113)
    assert world.settle() == [("create", 113)]


def test_an_engine_that_is_taken_out_is_gone_once_the_others_have_been_heard():
    world = Changing("host1", "host2")
    world.hear("host1", 112)
    world.hear("host2", 113)
    world.settle()
    world.configure(engine("host2", url="unix:///elsewhere"))
    assert world.settle() == []
    world.hear("host2", 113)
    assert world.settle() == [("destroy", 112)]


def test_one_that_never_had_anything_takes_nothing_with_it():
    world = Changing("host1", "tpyo")
    world.hear("host1", 112)
    world.settle()
    world.configure(engine("host1"))
    assert world.settle() == []


def test_a_renamed_engine_loses_nothing():
    world = Changing("hots1", "host2")
    world.hear("hots1", 112)
    world.hear("host2", 113)
    world.settle()
    world.configure(engine("host1"), engine("host2"))
    assert world.settle() == []
    world.hear("host1", 112)
    assert world.settle() == []
    world.hear("host1")
    assert world.settle() == [("destroy", 112)]


def test_an_engine_at_another_url_is_another_one_until_it_is_heard():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    world.configure(engine("host1", url="unix:///other.sock"))
    assert world.settle() == []
    assert world.pulses[-1]["engines"]["host1"]["state"] == "connecting"
    world.hear("host1", 113)
    assert world.settle() == [("destroy", 112), ("create", 113)]


def test_a_switch_at_another_address_gets_everything_anew():
    world = Changing("host1")
    world.hear("host1", 112, 113)
    world.settle()
    world.configure(engine("host1"), switches=[{**SWITCH, "host": "10.254.4.106"}])
    assert world.settle() == [("update", 112), ("update", 113)]
    assert world.settle() == []


def test_a_login_that_changes_is_no_change_of_a_segment():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    world.configure(engine("host1"), switches=[{**SWITCH, "username": "x", "password": "y"}])
    assert world.settle() == []


def test_an_uplink_that_leads_elsewhere_moves_its_segments():
    world = Changing("host1")
    world.hear("host1", 112)
    world.settle()
    other = {**SWITCH, "name": "tor2", "host": "10.254.4.106"}
    uplinks = [{"parent": "eth0", "switch": "tor2"}]
    world.configure(engine("host1", uplinks=uplinks), switches=[SWITCH, other])
    moved = [("destroy", 112), ("create", 112)]
    assert world.settle() == moved
    world.hear("host1", 112)
    assert world.settle() == []


def test_an_uplink_that_names_a_vlan_is_taken_up():
    world = Changing("host1")
    (untagged,) = listed(112)
    untagged["Options"]["parent"] = "vlan10"
    world.controller.listed("host1", [untagged], 0.0)
    assert world.settle() == []
    world.configure(engine("host1", uplinks=[{"parent": "vlan10", "vlan": 10, "switch": "tor1"}]))
    world.controller.listed("host1", [untagged], 0.0)
    assert world.settle() == [("create", 10)]


def test_vlans_that_are_not_allowed_any_more_go():
    world = Changing("host1")
    world.hear("host1", 112, 113)
    world.settle()
    world.configure(engine("host1"), switches=[{**SWITCH, "vlans": "112"}])
    assert world.settle() == [("destroy", 113), ("refused", "net113")]


def test_pace_and_grace_are_the_new_ones():
    world = Changing("host1")
    world.configure(engine("host1"), debounce=1.5, removal_grace=30)
    assert world.controller.wait == 1.5
    world.hear("host1", 112)
    world.settle()
    world.hear("host1")
    assert world.settle() == []
    world.configure(engine("host1"), removal_grace=0)
    assert world.settle() == [("destroy", 112)]


def test_a_standby_takes_up_a_configuration_too():
    world = Changing("host1")
    rival = lease.Lease(Store(world.get_lease, world.set_lease), sleep=lambda _seconds: None)
    other = world.another(rival)
    world.hear("host1", 112)
    world.settle()
    assert other.settle()
    other.configure(settings.parse({"engines": [engine("host2")], "switches": [SWITCH]}))
    assert other.settle()
    assert world.take() == []
    world.lease.release()
    assert other.settle()
    assert world.take() == []
    other.listed("host2", listed(112), 0.0)
    assert other.settle()
    assert world.take() == []
