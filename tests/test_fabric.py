"""A VLAN goes only with its last segment on any rbridge of the fabric, by whatever entry."""

import itertools

import pytest
from direct import Direct
from docker_tor.config import settings
from docker_tor.desired import last_applied
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.switch import fabric, model
from docker_tor.switch.nos import running_config
from docker_tor.switch.plan import Goal
from segment_lab import NAME, PASSWORD, TOR1, Lab

from lab.switch import Switch

ROUTED, LAYER_2 = ("172.16.112.1/24",), ()


def entry(name, host, rbridge):
    return {**TOR1, "name": name, "host": host, "rbridge_id": rbridge}


def segment(switch="tor1", rbridge=21, vlan=112, addresses=LAYER_2, ports=()):
    network = Network("a" * 64, "web", "host1", "macvlan", f"eth0.{vlan}", vlan, frozenset())
    return Segment(switch, rbridge, vlan, "10.0.0.1", addresses, (network._replace(ports=ports),))


class Fabric(Lab):
    """Switches, the entries that lead to them, and what the sensor has dispatched."""

    def __init__(self, entries, switches):
        super().__init__()
        self.raw = {"switches": entries}
        self.switches = {
            host: Switch(password=PASSWORD, rbridge_ids=rbridges)
            for host, rbridges in switches.items()
        }
        self.direct = Direct(self.switches)
        self.segments = []
        self.pending = []

    def _read(self, _name):
        segments = {one.key: one for one in self.segments}
        return last_applied.dump(
            last_applied.LastApplied(segments, frozenset(), frozenset(self.pending))
        )

    def bring(self, *segments):
        for one in segments:
            self.segments.append(one)
            assert self.apply(plain(one), host=one.switch)[0]

    def take_away(self, one, **more):
        self.segments.remove(one)
        fine, result = self.apply({**plain(one), "action": "destroy"}, host=one.switch, **more)
        assert fine, result
        return result

    def vlan(self, host="10.0.0.1", vlan=112):
        running = self.switches[host].running.element()
        return running_config.read(running).get(vlan, model.ABSENT)


def plain(one):
    return {"vlan": one.vlan, "rbridge": one.rbridge, "addresses": list(one.addresses)}


def one_entry():
    return Fabric([entry("tor1", "10.0.0.1", 21)], {"10.0.0.1": (21, 22)})


def two_entries():
    """Two entries that are one fabric: each address is answered by the same running config."""
    both = [entry("tor1", "10.0.0.1", 21), entry("tor2", "10.0.0.2", 22)]
    made = Fabric(both, {"10.0.0.1": (21, 22)})
    made.switches["10.0.0.2"] = made.switches["10.0.0.1"]
    return made


def two_switches(rbridge=22):
    both = [entry("tor1", "10.0.0.1", 21), entry("tor2", "10.0.0.2", rbridge)]
    return Fabric(both, {"10.0.0.1": (21,), "10.0.0.2": (rbridge,)})


@pytest.mark.parametrize("kinds", list(itertools.product([LAYER_2, ROUTED], repeat=2)))
@pytest.mark.parametrize(("make", "other"), [(one_entry, "tor1"), (two_entries, "tor2")])
def test_a_vlan_of_two_segments_goes_with_the_second(make, other, kinds):
    made = make()
    first, second = segment(addresses=kinds[0]), segment(other, 22, addresses=kinds[1])
    made.bring(first, second)
    made.take_away(first)
    left = made.vlan()
    assert left.name == NAME
    assert set(left.ves) == ({22} if kinds[1] else set())
    assert (left.in_service is not None) == bool(kinds[1])
    made.take_away(second)
    assert made.vlan() == model.ABSENT


@pytest.mark.parametrize("rbridge", [21, 22])
def test_switches_of_their_own_do_not_wait_for_each_other(rbridge):
    made = two_switches(rbridge)
    here = segment()
    made.bring(here, segment("tor2", rbridge))
    made.take_away(here)
    assert made.vlan() == model.ABSENT
    assert made.vlan("10.0.0.2").name == NAME


def test_two_that_go_at_the_same_time_keep_the_vlan_for_nobody():
    made = one_entry()
    first, second = segment(addresses=ROUTED), segment(rbridge=22)
    made.bring(first, second)
    shown = made.take_away(first, dry_run=True)
    assert "no interface Vlan 112" not in shown["cli"]
    assert "-rbridge-id 21" in shown["diff"].splitlines()
    made.segments = []
    gone = [{**plain(one), "action": "destroy"} for one in (first, second)]
    made.apply(*gone)
    assert made.vlan() == model.ABSENT
    made.bring(first, second)
    made.pending = [first.key, second.key]
    made.apply(gone[0])
    assert made.vlan() == model.ABSENT


def test_a_vlan_that_another_entry_uses_is_not_taken_away_whole():
    made = two_entries()
    made.bring(segment("tor2", 22, addresses=ROUTED))
    before = made.vlan()
    fine, result = made.remove(switch="tor1", vlan=112)
    assert not fine
    assert "other segments of the same fabric are on VLAN 112" in result["error"]
    assert "rbridge" in result["remedy"]
    fine, result = made.remove(switch="tor1", vlan=112, rbridge_id=21)
    assert (fine, result["changed"], made.vlan()) == (True, False, before)


def test_nobody_asks_for_the_fabric_where_it_makes_no_difference():
    made = two_switches()
    one = segment(addresses=ROUTED)
    made.bring(one, segment("tor2", 22, vlan=113))
    made.switches["10.0.0.1"].forget_rpcs()
    made.take_away(one)
    reads = [rpc for rpc in made.switches["10.0.0.1"].rpcs if rpc.operation == "get-config"]
    assert len(reads) == 2


def test_who_else_is_on_a_vlan():
    uplink = {"parent": "bond0", "switch": "tor2", "rbridge_id": 23}
    engine = {"name": "host1", "url": "unix:///x", "uplinks": [uplink]}
    config = settings.parse({"engines": [engine], **two_entries().raw})
    found = [segment(ports=("po1",)), segment("tor2", 22, ports=("po2",))]
    # A switch of its own has its own port of that name.
    found += [segment("tor2", 23, vlan=113), segment("tor2", 99, ports=("po3",))]
    who = fabric.others(config, config.switches[0], found)
    assert who == ({112: {21}}, {112: {22}, 113: {23}}, {112: {"po1", "po2"}})
    twin = config.switches[1]._replace(host=config.switches[0].host)
    same = config._replace(switches=(config.switches[0], twin))
    assert fabric.others(same, config.switches[0], found[:2]).own == {112: {21, 22}}
    gone = Goal(112, 21, remove=True)
    assert not who.keep(gone, frozenset()).keep_vlan
    assert who.keep(gone, frozenset({22})).keep_vlan
    assert not who.keep(Goal(112, 21), frozenset({22})).keep_vlan
    assert who.keep(Goal(112, 0, remove=True), frozenset()).keep_vlan
