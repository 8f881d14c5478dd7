"""docker.reconcile and docker.plan at the lab's switches: what a run does to them, and to the ports
to the hosts, all told.

What is missing or wrong is decided, and tested, in `compare`; what is told, in `report`.
"""

from types import SimpleNamespace

import pytest
from direct import AFTER
from docker_tor.common import parallel
from docker_tor.desired import port_records
from docker_tor.reconcile import repair
from reconciling import World, edits, listed, segments, standings, vlans

from lab.switch import payloads
from lab.switch.faults import NOT_READY


@pytest.fixture
def world():
    with World().ready() as made:
        yield made


def test_what_is_missing_is_added_in_one_session_on_every_switch(world):
    world.answers = {"host1": [listed(112), listed(113)], "host2": [listed(112)]}
    fine, result = world.reconcile(since=world.now - 10)
    assert fine
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (21, 113): ["10.1.113.1/24"]}
    assert segments(world.tor2) == {(23, 112): ["10.1.112.1/24"]}
    assert {rpc.session_id for rpc in world.tor1.rpcs} == {1}
    # Two VLANs take no more edits than one.
    assert edits(world.tor1) == edits(world.tor2) == 5
    assert (result["changed"], result["counts"]) == (True, {"missing": 3})
    assert ([one["channel"] for one in result["posts"]], result["seconds"]) == (["network"], 10.0)
    assert result["message"].startswith("Reconcile: \n- Ve 112 on rbridge 21 of tor1 is in service")
    assert "execution 5f1" in result["message"]
    assert result["table"].endswith("\n3 added")


def test_a_second_run_sends_no_edit_and_says_nothing(world):
    world.answers["host1"] = [listed(112, "10.1.112.0/24", "10.2.0.0/24", "fd00:112::/64")]
    world.have(200)
    world.reconcile()
    fine, result = world.reconcile(only_differences=True)
    assert (fine, result["changed"], result["message"], result["posts"]) == (True, False, "", [])
    assert result["counts"] == {"in sync": 1, "orphan, waiting": 1}
    assert standings(result) == {(200, 21): "orphan, waiting"}
    asked = [rpc.operation for rpc in world.tor1.rpcs]
    assert asked == ["get-config", "get-config", "close-session"]


def test_what_a_switch_warns_of_is_shown_and_the_repair_stands(world):
    world.answers["host1"] = [listed(112)]
    warning = (
        b"<rpc-error><error-tag>operation-failed</error-tag>"
        b"<error-severity>warning</error-severity><error-message>mind</error-message></rpc-error>"
    )
    world.tor1.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
    fine, result = world.reconcile()
    assert (fine, result["switches"][0]["warnings"]) == (True, ["operation-failed: mind"])
    assert vlans(world.tor1) == [112]


def test_each_channel_is_told_once_what_is_about_its_switches(world):
    tor1, tor2 = world.raw["switches"]
    world.more.update(switches=[{**tor1, "channel": "tor1"}, tor2], chat_route="errbot")

    def told():
        result = world.reconcile()[1]
        assert {one["route"] for one in result["posts"]} <= {"errbot"}
        return {one["channel"]: one["message"] for one in result["posts"]}

    world.answers = {"host1": [listed(112)], "host2": [listed(112)]}
    first = told()
    assert list(first) == ["tor1", "network"]
    assert " of tor1 is in service" in first["tor1"]
    assert " of tor2 is in service" in first["network"]
    assert not any("\n" in message for message in first.values())
    # Something is wrong elsewhere: that is no news for those of tor1.
    for switch, channel in ((world.tor1, "tor1"), (world.tor2, "network")):
        switch.edit(payloads.vlan(112, name="not ours"))
        assert list(told()) == [channel]
    assert told() == {}


def test_a_change_by_hand_is_for_the_rule_to_tell(world):
    world.answers["host1"] = [listed(112)]
    by_hand = {"execution_id": "", "asked_by": "mary <!here>", "asked_in": "ops"}
    assert world.reconcile(**by_hand, dry_run=True)[1]["by_hand"] is False
    result = world.reconcile(**by_hand)[1]
    assert result["by_hand"] is True
    (post,) = result["posts"]
    assert post["message"].endswith(", asked for by mary ??here?)")
    # It has its answer there.
    for channel in ("network", "#Network "):
        world.fresh()
        result = world.reconcile(**{**by_hand, "asked_in": channel})[1]
        assert (result["changed"], result["posts"], result["by_hand"]) == (True, [], False)
    result = world.reconcile(**by_hand)[1]
    assert (result["changed"], result["by_hand"]) == (False, False)


def test_looking_sends_no_edit_whatever_there_is_to_do(world):
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112)]
    world.have(200)
    was, kept = world.tor1.running, dict(world.values)
    for given in (None, "false"):
        fine, result = world.reconcile(dry_run=given)
        assert (fine, result["counts"]) == (True, {"missing": 1, "orphan": 1})
        assert {what for _, what in world.seen} == {"hello", "get-config", "close-session"}
        assert (result["message"], world.tor1.running, world.values) == ("", was, kept)


def test_the_plan_is_what_reconcile_then_does(world):
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112), listed(113), listed(114)]

    def as_found():
        world.fresh()
        world.have(113, "10.1.113.9/24")
        world.have(200)
        world.tor1.edit(payloads.vlan(114, "Theirs"))
        return world.tor1.running

    was = as_found()
    fine, planned = world.plan()
    found = {one["vlan"]: one["standing"] for one in planned["plan"]}
    assert (fine, found) == (True, {112: "missing", 113: "drifted", 200: "orphan"})
    assert world.tor1.running == was
    assert "tor1: VLAN 113, drifted\n interface Vlan 113" in planned["diff"]
    assert "-  ip address 10.1.113.9/24\n+  ip address 10.1.113.1/24" in planned["diff"]
    world.reconcile()
    done = world.tor1.running
    as_found()
    world.tor1.edit(*(xml for one in planned["plan"] for xml in one["xml"]))
    assert world.tor1.running == done


# Switches that cannot be reached, and sessions that end.


@pytest.mark.parametrize(("dry_run", "changed"), [(False, None), (True, False)])
def test_what_takes_too_long_may_have_changed_a_switch(world, monkeypatch, dry_run, changed):
    def late(jobs, *, seconds):
        assert seconds == repair.SECONDS
        return [parallel.Progress() for _ in jobs]

    monkeypatch.setattr(repair, "parallel", SimpleNamespace(run=late))
    fine, result = world.reconcile(dry_run=dry_run)
    assert (fine, result["changed"]) == (False, changed)
    assert "not done within 480 s" in result["switches"][0]["error"]


def test_what_breaks_off_too_often_is_told_and_finished_by_the_next_run(world):
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112), listed(113)]
    world.have(113, "10.1.113.9/24")
    world.have(200)
    for number in (6, 9, 12):
        world.at(number, AFTER)
    fine, result = world.reconcile()
    # Something was done, and nobody can say what.
    assert (fine, result["changed"]) == (False, None)
    assert "tor1 could not be put right: 10.0.0.1:22: the session ended" in result["message"]
    assert world.slept == [2.0, 4.0]
    fine, result = world.reconcile()
    assert fine
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (21, 113): ["10.1.113.1/24"]}
    assert "could not be put right" not in result["message"]


def test_what_breaks_off_before_any_edit_has_changed_nothing(world):
    world.answers["host1"] = [listed(112)]
    world.tor1.faults.set(refuse=NOT_READY, operations=frozenset({"edit-config"}))
    fine, result = world.reconcile()
    assert (fine, result["changed"]) == (False, False), result["message"]
    assert "tor1 could not be put right" in result["message"]


def test_the_running_config_is_saved_once_if_it_was_changed(world):
    def saves(save, *networks, **given):
        world.more["save_config"] = save
        world.answers["host1"] = [listed(vlan) for vlan in networks]
        world.reconcile(**given)
        return [rpc.operation for rpc in world.tor1.rpcs if "bna" in rpc.operation]

    assert saves(False, 112, 113) == saves(True, 112, 113) == []
    assert saves(True, 112, 114, dry_run=True) == []
    assert saves(True, 112, 114) == ["bna-config-cmd", "bna-config-cmd-status"]
    assert world.tor1.startup == world.tor1.running
    assert not any("bna" in rpc.operation for rpc in world.tor2.rpcs)


def test_a_user_who_may_not_edit_is_no_login_that_is_refused(world):
    """Once the user has the role, all is well without anybody's doing."""
    world.answers["host1"] = [listed(112)]
    edit = frozenset({"edit-config"})
    world.tor1.faults.set(refuse="access-denied: not this user", operations=edit)
    fine, result = world.reconcile()
    assert (fine, result["switches"][0]["kind"]) == (False, "AuthenticationFailed")
    assert "does not let this user" in result["message"]
    world.tor1.faults.clear()
    assert world.reconcile()[0]
    assert vlans(world.tor1) == [112]


# Ports to the hosts.

A, B = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2))
LAG = "Port-channel 10"


@pytest.fixture
def wired(world):
    """Network 112 is to be on port A."""
    world.ports = [A]
    world.answers["host1"] = [listed(112)]
    return world


def test_a_vlan_that_is_missing_on_a_port_is_put_there_and_recorded(wired):
    assert wired.reconcile()[1]["counts"] == {"missing": 1}
    assert (wired.carrying(112), wired.recorded(112)) == ([A], [A])
    assert wired.values[port_records._name("tor1", 112, A)] == "reconcile, execution 5f1"
    fine, result = wired.reconcile()
    assert (fine, result["counts"], edits(wired.tor1)) == (True, {"in sync": 1}, 0)
    assert result["table"].count("10.1.112.1/24, Te 21/0/1") == 2
    wired.tor1.edit(payloads.vlans_on(A, "112", "remove"))
    fine, planned = wired.plan()
    assert planned["plan"][0]["cli"] == [f"interface {A}", " switchport trunk allowed vlan add 112"]
    fine, result = wired.reconcile()
    assert (fine, result["counts"], wired.carrying(112)) == (True, {"drifted": 1}, [A])
    assert f"Repaired: allow VLAN 112 on {A}." in result["message"]
    assert result["findings"][0]["ports"] == [A]


def test_a_port_that_no_network_needs_any_more_goes_after_its_grace(wired):
    wired.reconcile()
    wired.tor1.edit(payloads.vlans_on(B, "112"))
    wired.ports = [LAG]
    wired.answers["host1"].append(listed(113))
    fine, result = wired.reconcile()
    assert standings(result)[112, 0] == "orphan, waiting"
    assert wired.carrying(112) == [A, B, LAG]
    wired.now += 600
    fine, result = wired.reconcile()
    assert (fine, standings(result)[112, 0]) == (True, "orphan")
    # What somebody else has allowed there stays.
    assert (wired.carrying(112), wired.recorded(112)) == ([B, LAG], [LAG])
    assert f"VLAN 112 of tor1 is no longer allowed on {A}." in result["message"]
    # If it is there again, it waits anew.
    assert wired.remember().orphans == {}
    assert wired.reconcile()[1]["counts"] == {"in sync": 2}


def test_a_port_that_the_pack_may_not_touch_any_more_stays_as_it_is(wired):
    wired.reconcile()
    wired.answers["host1"], wired.ports, wired.limits = [], [], {"ports": [B]}
    wired.more["orphan_grace"] = 0
    assert wired.reconcile()[0]
    assert (vlans(wired.tor1), wired.carrying(112), wired.recorded(112)) == ([], [A], [A])


def test_the_ports_of_two_segments_on_one_vlan(wired):
    """What somebody has allowed there is not told to be repaired every five minutes."""
    wired.tor1.edit(payloads.vlans_on(A, "112"), payloads.vlans_on(LAG, "112"))
    engine = wired.raw["engines"][0]
    engine["uplinks"][1]["ports"] = [LAG]
    wired.more["engines"] = [engine]
    second = {**listed(112, "10.2.112.0/24", parent="eth1"), "Id": "e" * 64}
    wired.answers["host1"].append(second)
    assert wired.reconcile()[1]["counts"] == {"missing": 2}
    assert wired.reconcile()[1]["counts"] == {"in sync": 2}


def test_a_port_that_is_no_trunk_stops_no_other_segment(wired):
    wired.ports = ["TenGigabitEthernet 21/0/5"]
    wired.answers["host1"].append(listed(113, parent="eth1"))
    _, result = wired.reconcile()
    assert standings(result) == {(112, 21): "conflict", (113, 22): "missing"}
    assert "TenGigabitEthernet 21/0/5 is in access mode" in result["message"]


def test_a_switch_that_replaces_lists_is_not_made_to_do_so_every_five_minutes(wired):
    wired.fresh(appends=False)
    wired.tor1.edit(payloads.vlans_on(A, "5"))
    fine, result = wired.reconcile()
    assert not fine
    assert "VLANS OF OTHERS WERE REMOVED" in result["message"]
    wired.answers["host1"].append(listed(113, parent="eth1"))
    fine, result = wired.reconcile()
    # What has no ports is done all the same.
    assert (fine, vlans(wired.tor1)) == (True, [113]), result["message"]
    assert f"allow VLAN 112 on {A}: left to a person" in result["message"]
    fine, result = wired.reconcile()
    assert (fine, result["message"], edits(wired.tor1)) == (True, "", 0)
    # By hand it is tried again.
    fine, result = wired.reconcile(execution_id=None)
    assert (fine, wired.carrying(5), wired.carrying(112)) == (False, [A], [])
    wired.tor1.edit(payloads.vlans_on(A, delete=True))
    fine, result = wired.reconcile(execution_id=None)
    assert (fine, wired.carrying(112), wired.remember().replaces) == (True, [A], frozenset())


def test_records_that_cannot_be_kept_or_read(wired):
    wired.broken = ("names",)
    fine, result = wired.reconcile()
    assert (fine, edits(wired.tor1)) == (False, 0)
    assert "no docker_tor.port.tor1.... can be listed" in result["switches"][0]["error"]
    wired.broken = ("record",)
    fine, result = wired.reconcile()
    assert (fine, wired.carrying(112), wired.recorded(112)) == (True, [A], [])
    stays = f"VLAN 112 stays allowed on {A} when its networks are gone"
    assert f"tor1: {stays}" in result["message"]
    assert result["switches"][0]["unrecorded"][0].startswith(stays)
