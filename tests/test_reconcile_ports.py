"""A reconcile and the ports to the hosts: what is missing, what nobody needs, what is recorded."""

import pytest
from docker_tor.desired import port_records
from reconciling import World, edits, listed, standings, vlans

from lab.switch import payloads

A, B, ACCESS = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2, 5))
LAG = "Port-channel 10"


@pytest.fixture
def world():
    with World().ready() as made:
        made.ports = [A]
        made.answers["host1"] = [listed(112)]
        yield made


def test_a_vlan_that_is_missing_on_a_port_is_put_there_and_recorded(world):
    assert world.reconcile()[1]["counts"] == {"missing": 1}
    assert (world.carrying(112), world.recorded(112)) == ([A], [A])
    assert world.values[port_records._name("tor1", 112, A)] == "reconcile, execution 5f1"
    fine, result = world.reconcile()
    assert (fine, result["counts"], edits(world.tor1)) == (True, {"in sync": 1}, 0)
    assert result["table"].count("10.1.112.1/24, Te 21/0/1") == 2
    world.tor1.edit(payloads.vlans_on(A, "112", "remove"))
    fine, planned = world.plan()
    assert planned["plan"][0]["cli"] == [f"interface {A}", " switchport trunk allowed vlan add 112"]
    fine, result = world.reconcile()
    assert (fine, result["counts"], world.carrying(112)) == (True, {"drifted": 1}, [A])
    assert f"Repaired: allow VLAN 112 on {A}." in result["message"]
    assert result["findings"][0]["ports"] == [A]


def test_a_port_that_no_network_needs_any_more_goes_after_its_grace(world):
    world.reconcile()
    world.tor1.edit(payloads.vlans_on(B, "112"))
    world.ports = [LAG]
    world.answers["host1"].append(listed(113))
    fine, result = world.reconcile()
    assert standings(result)[112, 0] == "orphan, waiting"
    assert world.carrying(112) == [A, B, LAG]
    world.now += 600
    fine, result = world.reconcile()
    assert (fine, standings(result)[112, 0]) == (True, "orphan")
    # What somebody else has allowed there stays.
    assert world.carrying(112) == [B, LAG]
    assert world.recorded(112) == [LAG]
    assert f"VLAN 112 of tor1 is no longer allowed on {A}." in result["message"]
    # If it is there again, it waits anew.
    assert world.remember().orphans == {}
    assert world.reconcile()[1]["counts"] == {"in sync": 2}


def test_a_port_that_the_pack_may_not_touch_any_more_stays_as_it_is(world):
    world.reconcile()
    world.answers["host1"], world.ports, world.limits = [], [], {"ports": [B]}
    world.more["orphan_grace"] = 0
    fine, _ = world.reconcile()
    assert (fine, vlans(world.tor1), world.carrying(112), world.recorded(112)) == (
        True,
        [],
        [A],
        [A],
    )


def test_a_record_of_what_is_not_there_any_more_is_forgotten(world):
    world.reconcile()
    world.answers["host1"] = []
    world.fresh()
    for later in (0, 600):
        world.now += later
        fine, result = world.reconcile()
        assert (fine, edits(world.tor1)) == (True, 0)
    assert (world.recorded(112), result["message"]) == ([], "")


def test_a_port_that_is_no_trunk_stops_no_other_segment(world):
    world.ports = [ACCESS]
    world.answers["host1"].append(listed(113, parent="eth1"))
    _, result = world.reconcile()
    assert standings(result) == {(112, 21): "conflict", (113, 22): "missing"}
    assert vlans(world.tor1) == [113]
    assert f"conflict on tor1: {ACCESS} is in access mode" in result["message"]
    assert "`switchport mode trunk`" in result["message"]


def test_a_switch_that_replaces_lists_is_not_made_to_do_so_every_five_minutes(world):
    world.fresh(appends=False)
    world.tor1.edit(payloads.vlans_on(A, "5"))
    fine, result = world.reconcile()
    assert not fine
    assert "VLANS OF OTHERS WERE REMOVED" in result["message"]
    world.answers["host1"].append(listed(113, parent="eth1"))
    fine, result = world.reconcile()
    # What has no ports is done all the same.
    assert (fine, vlans(world.tor1)) == (True, [113]), result["message"]
    assert f"allow VLAN 112 on {A}: left to a person" in result["message"]
    fine, result = world.reconcile()
    assert (fine, result["message"], edits(world.tor1)) == (True, "", 0)
    # By hand it is tried again.
    fine, result = world.reconcile(execution_id=None)
    assert (fine, world.carrying(5), world.carrying(112)) == (False, [A], [])
    world.tor1.edit(payloads.vlans_on(A, delete=True))
    fine, result = world.reconcile(execution_id=None)
    assert (fine, world.carrying(112), world.remember().replaces) == (True, [A], frozenset())


def test_what_cannot_be_recorded_is_told(world):
    world.broken = ("record",)
    fine, result = world.reconcile()
    assert (fine, world.carrying(112), world.recorded(112)) == (True, [A], [])
    assert f"tor1: VLAN 112 stays allowed on {A} when its networks are gone" in result["message"]
    assert result["switches"][0]["unrecorded"][0].startswith(f"VLAN 112 stays allowed on {A}")


def test_where_nobody_knows_what_is_recorded_the_switch_is_left_alone(world):
    world.broken = ("names",)
    fine, result = world.reconcile()
    assert (fine, edits(world.tor1)) == (False, 0)
    assert "no docker_tor.port.tor1.... can be listed" in result["switches"][0]["error"]
