"""docker.reconcile and docker.plan at the lab's switches: what a run does to them, all told.

What is missing or wrong is decided, and tested, in `compare`; what is told, in `report`.
"""

import pytest
from direct import AFTER, BEFORE
from reconciling import NAME, World, edits, listed, segments, standings, vlans

from lab.switch import Switch, payloads
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
    assert fine
    assert (result["changed"], result["message"], result["posts"]) == (False, "", [])
    assert result["counts"] == {"in sync": 1, "orphan, waiting": 1}
    assert standings(result) == {(200, 21): "orphan, waiting"}
    asked = [rpc.operation for rpc in world.tor1.rpcs]
    assert asked == ["get-config", "get-config", "close-session"]


def with_a_channel(world, name="tor1"):
    """Switch tor1 has a channel of its own."""
    first, second = world.raw["switches"]
    world.more.update(switches=[{**first, "channel": name}, second], chat_route="errbot")


def told_in(result):
    return {one["channel"]: one["message"] for one in result["posts"]}


def test_a_switch_that_has_a_channel_is_told_of_there(world):
    with_a_channel(world)
    world.answers = {"host1": [listed(112)], "host2": [listed(112)]}
    result = world.reconcile()[1]
    assert {one["route"] for one in result["posts"]} == {"errbot"}
    assert {one["extra"]["slack"]["color"] for one in result["posts"]} == {"good"}
    told = told_in(result)
    assert list(told) == ["tor1", "network"]
    for channel, switch in (("tor1", "tor1"), ("network", "tor2")):
        assert f" of {switch} is in service" in told[channel]
        assert len(told[channel].splitlines()) == 1
    assert result["message"] == "\n".join(told.values())
    assert result["by_hand"] is False


def test_what_is_wrong_is_told_once_in_each_channel(world):
    with_a_channel(world)
    world.answers["host1"] = [listed(112)]
    world.tor1.edit(payloads.vlan(112, name="not ours"))
    assert list(told_in(world.reconcile()[1])) == ["tor1"]
    # Something else is wrong elsewhere: that is no news for those of tor1.
    world.answers["host2"] = [listed(113)]
    world.tor2.edit(payloads.vlan(113, name="not ours"))
    assert list(told_in(world.reconcile()[1])) == ["network"]
    assert told_in(world.reconcile()[1]) == {}
    world.tor1.edit(payloads.vlan(112, delete=True))
    world.answers["host1"] = []
    assert list(told_in(world.reconcile()[1])) == ["tor1"]


def test_a_change_by_hand_is_for_the_rule_to_tell(world):
    world.answers["host1"] = [listed(112)]
    by_hand = {"execution_id": "", "asked_by": "mary <!here>", "asked_in": "ops"}
    assert world.reconcile(**by_hand, dry_run=True)[1]["by_hand"] is False
    result = world.reconcile(**by_hand)[1]
    assert result["by_hand"] is True
    ends = ", asked for by mary ??here?)"
    assert [one["message"].endswith(ends) for one in result["posts"]] == [True]
    # It has its answer there.
    for channel in ("network", "#Network "):
        world.fresh()
        result = world.reconcile(**{**by_hand, "asked_in": channel})[1]
        assert (result["changed"], result["posts"], result["by_hand"]) == (True, [], False)
    result = world.reconcile(**by_hand)[1]
    assert (result["changed"], result["by_hand"]) == (False, False)


@pytest.mark.parametrize("given", [None, *({"dry_run": one} for one in (True, None, "false"))])
def test_looking_sends_no_edit_whatever_there_is_to_do(world, given):
    world.more = {"orphan_grace": 0}
    world.answers = {"host1": [listed(112), listed(113)], "host2": []}
    world.have(112, "10.1.112.9/24")
    world.have(200)
    was, kept = world.tor1.running, dict(world.values)
    fine, result = world.plan() if given is None else world.reconcile(**given)
    assert (fine, result["counts"]) == (True, {"missing": 1, "drifted": 1, "orphan": 1})
    assert {operation for _, operation in world.seen} == {"hello", "get-config", "close-session"}
    assert not result.get("message")
    assert (world.tor1.running, world.values) == (was, kept)


def test_the_plan_is_what_reconcile_then_does(world):
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112), listed(113), listed(114)]
    world.have(113, "10.1.113.9/24")
    world.have(200)
    world.tor1.edit(payloads.vlan(114, "Theirs"))
    fine, planned = world.plan()
    assert fine
    assert [(one["vlan"], one["standing"]) for one in planned["plan"]] == [
        (112, "missing"),
        (113, "drifted"),
        (200, "orphan"),
    ]
    assert "tor1: VLAN 113, drifted\n interface Vlan 113" in planned["diff"]
    assert "-  ip address 10.1.113.9/24\n+  ip address 10.1.113.1/24" in planned["diff"]
    assert "-interface Vlan 200" in planned["diff"]
    other = Switch(rbridge_ids=(21, 22))
    other.edit(*payloads.segment(21, 113, "10.1.113.9/24", NAME))
    other.edit(*payloads.segment(21, 200, "10.1.200.1/24", NAME))
    other.edit(payloads.vlan(114, "Theirs"))
    other.edit(*(xml for one in planned["plan"] for xml in one["xml"]))
    world.reconcile()
    assert world.tor1.running == other.running


def test_what_a_switch_warns_of_is_shown_and_the_repair_stands(world):
    world.answers["host1"] = [listed(112)]
    warning = (
        b"<rpc-error><error-tag>operation-failed</error-tag>"
        b"<error-severity>warning</error-severity><error-message>mind</error-message></rpc-error>"
    )
    world.tor1.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
    fine, result = world.reconcile()
    (switch,) = [one for one in result["switches"] if one["switch"] == "tor1"]
    assert (fine, switch["warnings"]) == (True, ["operation-failed: mind"])
    assert vlans(world.tor1) == [112]


def test_an_rbridge_that_another_entry_of_the_same_fabric_is_for_is_left_to_it(world):
    """In a fabric each switch shows all rbridges."""
    raw = world.raw
    raw["switches"][1].update(host="10.0.0.1")
    raw["engines"][0]["uplinks"] = raw["engines"][0]["uplinks"][:1]
    raw["engines"][1]["uplinks"][0]["rbridge_id"] = 22
    world.more = {**raw, "orphan_grace": 0}
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    assert world.reconcile()[0]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (22, 113): ["10.1.113.1/24"]}
    assert world.reconcile()[1]["counts"] == {"in sync": 2}
    world.answers["host2"] = []
    assert world.reconcile()[0]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}


# Switches that cannot be reached, and sessions that end.


def test_a_dead_switch_hides_no_other(world):
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    del world.direct.switches["10.0.0.1"]
    fine, result = world.reconcile()
    assert not fine
    assert segments(world.tor2) == {(23, 113): ["10.1.113.1/24"]}
    first, second = result["switches"]
    assert (first["switch"], first["kind"], first["where"]) == (
        *("tor1", "SwitchUnreachable"),
        "10.0.0.1:22",
    )
    assert second == {"switch": "tor2"}
    assert "tor1 could not be put right: 10.0.0.1:22: no NETCONF session" in result["message"]
    assert "Ve 113 on rbridge 23 of tor2 is in service" in result["message"]
    assert world.slept == [2.0, 4.0]
    # Told once.
    assert world.reconcile()[1]["message"] == ""
    world.direct.switches["10.0.0.1"] = world.tor1
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1)) == (True, {(21, 112): ["10.1.112.1/24"]})


def busy(world):
    """Something to add, to repair, and to remove, on both rbridges."""
    world.more = {"orphan_grace": 0, "save_config": True}
    second = {**listed(113, parent="eth1"), "Id": "e" * 64}
    world.answers["host1"] = [listed(112), listed(113), second, listed(114)]
    world.have(113, "10.1.113.9/24")
    world.have(114)
    world.tor1.edit(payloads.shutdown(21, 114))
    world.have(200)
    world.tor1.edit(payloads.ve(22, 200), payloads.address(22, 200, "10.1.113.1/24"))


RIGHT = {
    (21, 112): ["10.1.112.1/24"],
    (21, 113): ["10.1.113.1/24"],
    (21, 114): ["10.1.114.1/24"],
    (22, 113): ["10.1.113.1/24"],
}


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("operation", ["edit-config", "bna-config-cmd"])
def test_a_session_that_is_cut_is_taken_up_again_and_all_of_it_is_told(world, operation, when):
    """In the middle of the edits, or at the save. At each RPC: test_transaction_cuts."""
    busy(world)
    _, whole = world.reconcile()
    rpcs = [name for host, name in world.seen if host == "10.0.0.1"]
    cuts = [number for number, name in enumerate(rpcs, 1) if name == operation]
    world.fresh()
    busy(world)
    world.at(cuts[len(cuts) // 2], when)
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1), result["changed"]) == (True, RIGHT, True)
    if operation == "edit-config":
        assert result["message"] == whole["message"]
        assert world.tor1.startup == world.tor1.running
    else:
        lines = result["message"].split("\n")
        assert lines[1].startswith("- the running config of tor1 is NOT saved: 10.0.0.1:22")
        assert lines[2:] == whole["message"].split("\n")[1:]
    assert world.reconcile()[1]["counts"] == {"in sync": 4}
    assert edits(world.tor1) == 0


def test_what_breaks_off_too_often_is_told_and_finished_by_the_next_run(world):
    busy(world)
    for number in (6, 10, 14):
        world.at(number, AFTER)
    fine, result = world.reconcile()
    assert not fine
    # Something was done, and nobody can say what.
    assert result["changed"] is None
    assert "tor1 could not be put right: 10.0.0.1:22: the session ended" in result["message"]
    assert world.slept == [2.0, 4.0]
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1)) == (True, RIGHT)
    assert "could not be put right" not in result["message"]


def test_what_breaks_off_before_any_edit_has_changed_nothing(world):
    busy(world)
    edit = frozenset({"edit-config"})
    world.tor1.faults.set(refuse=NOT_READY, operations=edit)
    fine, result = world.reconcile()
    assert (fine, result["changed"]) == (False, False), result["message"]
    assert "tor1 could not be put right" in result["message"]


def test_what_the_switch_refuses_is_undone_and_the_others_stand(world):
    world.answers["host1"] = [listed(112), listed(113, "10.10.10.0/24"), listed(114)]
    fine, result = world.reconcile()
    assert not fine
    # 10.10.10.1 is that of the seed's Ve 10.
    assert sorted(segments(world.tor1)) == [(21, 112), (21, 114)]
    assert sorted(vlans(world.tor1)) == [112, 114]
    (failed,) = (one for one in result["findings"] if one["vlan"] == 113)
    assert (failed["kind"], failed["did"], failed["left"]) == ("SwitchRefused", [], [])
    assert "Ve 113 on rbridge 21 of tor1 could NOT be put in service" in result["message"]
    assert "The switch is as it was." in result["message"]
    fine, result = world.reconcile()
    assert (fine, result["message"], result["changed"]) == (False, "", False)


def test_the_running_config_is_saved_once_if_it_was_changed(world):
    world.answers["host1"] = [listed(112), listed(113)]
    world.reconcile()
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.more["save_config"] = True
    world.reconcile()
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.answers["host1"] = [listed(112), listed(114)]
    world.reconcile(dry_run=True)
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.reconcile()
    assert [rpc.operation for rpc in world.tor1.rpcs if "bna" in rpc.operation] == [
        *("bna-config-cmd", "bna-config-cmd-status")
    ]
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
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}
