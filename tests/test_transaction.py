"""Runs on whole segments at a switch that is not as good as it should be."""

import re
from unittest import mock

import pytest
from docker_tor.common.errors import (
    SegmentConflict,
    SessionLost,
    SwitchRefused,
)
from docker_tor.switch import plan, transaction
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.plan import Goal
from in_process import NAME, Vdx, meddling
from ves import goal

from lab.switch import payloads

GOAL = goal(112, 21, "172.16.112.1/24", "fd00:112::1/64")
MADE = Vlan(NAME, True, {21: GOAL.ve})
REMOVAL = Goal(112, 21, remove=True)


def bring(vdx, *goals, before=None, edited=lambda _config: False):
    with vdx.device(meddling(edited)) as device:
        return transaction.bring(device, goals, before)


def goals(*vlans):
    return [goal(vlan, 21, f"10.{vlan}.0.1/24") for vlan in vlans]


def test_what_has_been_done_is_told_as_it_goes():
    lines = []
    with Vdx().device() as device:
        transaction.bring(device, goals(112, 113, 114), progress=lines.append)
    assert lines == [
        "add VLAN 112 named 'Docker Network' and 2 more",
        "add global Ve 112 and 2 more",
        "add 10.112.0.1/24 to Ve 112 on rbridge 21 and 2 more",
        "no shutdown of Ve 112 on rbridge 21 and 2 more",
        "no shutdown of global Ve 112 and 2 more",
    ]


def test_what_was_planned_is_not_planned_again():
    vdx = Vdx()
    with vdx.device() as device:
        changes = plan.change_set(device.driver, device.vlan(112), GOAL)
        with mock.patch.object(plan, "target", wraps=plan.target) as target:
            (outcome,) = transaction.bring(device, [GOAL], planned=[changes])
    assert (outcome.error, vdx.vlans[112]) == (None, MADE)
    # That is the look at what came of it.
    assert [call.args[1] for call in target.call_args_list] == [MADE]


def test_a_switch_that_takes_edits_one_by_one_is_not_asked_twice():
    vdx = Vdx()
    refused = []

    def edited(config):
        if len(set(re.findall(r"<(?:gve-)?name>(\d+)<", config))) > 1:
            refused.append(config)
            raise SwitchRefused("one at a time", tag="operation-failed")
        return False

    many = [
        goal(vlan, 21, f"10.{vlan % 250}.0.1/24")
        for vlan in range(112, 112 + 2 * transaction.MOST_IN_ONE + 2)
    ]
    outcomes = bring(vdx, *many, edited=edited)
    assert [outcome.error for outcome in outcomes] == [None] * len(many)
    assert {vlan for vlan, have in vdx.vlans.items() if have.in_service} == {
        one.vlan for one in many
    }
    assert len(refused) == 1


def test_a_switch_that_accepts_what_it_does_not_keep():
    vdx = Vdx()
    swallowed = []

    def edited(config):
        swallowed.append("fd00:112" in config)
        return swallowed[-1]

    outcome, other = bring(vdx, GOAL, *goals(113), edited=edited)
    assert isinstance(outcome.error, SwitchRefused)
    assert "accepts the edits for Ve 112 and does not keep them. Look at" in str(outcome.error)
    assert (outcome.changed, list(outcome.rest.left), list(vdx.vlans)) == (False, [], [113])
    assert (other.error, vdx.vlans[113].in_service) == (None, True)
    assert sum(swallowed) == transaction.PASSES


def test_what_a_switch_took_of_edits_that_it_refused_as_one_was_done_by_the_run():
    """It stops at the first that it does not take, and keeps those before that."""
    vdx = Vdx()
    bring(vdx, *goals(112, 113))
    vdx.edit(payloads.shutdown(21, 112), payloads.shutdown(21, 113))

    def edited(config):
        if "<name>113<" in config:
            if "<name>112<" in config:
                vdx.edit(payloads.shutdown(21, 112, False))
            raise SwitchRefused("never", tag="operation-failed")
        return False

    good, bad = bring(vdx, *goals(112, 113), edited=edited)
    assert (good.error, vdx.vlans[112].ves[21].shut) == (None, False)
    assert (good.changed, good.did) == (True, ["no shutdown of Ve 112 on rbridge 21"])
    assert (str(bad.error), bad.changed) == ("never.", False)


@pytest.mark.parametrize("back", [False, True])
def test_what_somebody_else_takes_away_first_is_gone(back):
    vdx = Vdx()
    bring(vdx, GOAL)

    def edited(config):
        if "delete" in config and "<vlan " in config:
            vdx.edit(payloads.vlan(112, delete=True))
        return False

    if back:
        (outcome,) = take_back(vdx, {112: ABSENT}, GOAL, edited=edited)
    else:
        (outcome,) = bring(vdx, REMOVAL, edited=edited)
    assert (outcome.error, 112 in vdx.vlans) == (None, False)
    assert "remove VLAN 112" not in outcome.did
    assert "remove global Ve 112" in outcome.did


def test_what_nobody_can_bring_back_is_told_with_what_to_do():
    vdx = Vdx()
    bring(vdx, GOAL)
    had = MADE._replace(ves={21: MADE.ves[21]._replace(others=("mtu",))})
    (outcome,) = take_back(vdx, {112: had}, REMOVAL._replace(force=True))
    left = "bring back mtu of Ve 112 on rbridge 21 (only its name is known)"
    assert outcome.rest.left == [left]
    assert f"the pack did not configure all that was there: {left}." in str(outcome.error)


def test_taking_back_leaves_alone_what_is_not_the_runs():
    vdx = Vdx(seed=True)
    bring(vdx, GOAL)
    was, before = vdx.running, {113: ABSENT, 20: vdx.vlans[20]}
    vdx.forget_rpcs()
    # No try has told of VLAN 112, 113 is as it was, and 20 never was ours.
    found = take_back(vdx, before, GOAL, *goals(113), Goal(20, 21, GOAL.addresses))
    assert [(one.goal.vlan, one.error, list(one.did)) for one in found] == [
        (113, None, []),
        (20, None, []),
    ]
    assert (vdx.running, vdx.edits) == (was, 0)


def test_taking_back_goes_on_after_a_refusal_and_tells_what_is_left():
    vdx = Vdx()
    both = [GOAL, *goals(113)]
    bring(vdx, *both)
    refused = []

    def edited(config):
        if "<gve-name>112<" in config:
            refused.append(config)
            raise SwitchRefused("not now", tag="operation-failed")
        return False

    before = dict.fromkeys((112, 113), ABSENT)
    stuck, free = take_back(vdx, before, *both, edited=edited)
    assert isinstance(stuck.error, SwitchRefused)
    assert stuck.rest.left == ["shut global Ve 112", "remove global Ve 112", "remove VLAN 112"]
    assert "remove Ve 112 on rbridge 21" in stuck.did
    assert (free.error, free.rest.left) == (None, [])
    assert vdx.vlans == {112: Vlan(NAME, True)}
    # Twice each: it is tried again as long as anything is taken.
    assert len(refused) == 4


def test_of_a_segment_that_failed_no_more_is_asked_for():
    """Of addresses that are somebody else's the second is not tried by itself."""
    vdx = Vdx(seed=True)
    was = vdx.running
    sent = []
    bad = goal(112, 21, "172.16.112.1/24", "10.10.10.7/24", "10.10.20.7/24")
    (outcome,) = bring(vdx, bad, edited=sent.append)
    assert "10.10.10.7/24 overlaps with a previously configured" in str(outcome.error)
    assert sum("10.10.20.7" in config for config in sent) == 1
    assert vdx.running == was


def broken(vdx, kind, *goals):
    """Run into an error; what there was before."""
    before = {}
    with pytest.raises(kind):
        bring(vdx, *goals, before=before)
    return before


@pytest.mark.parametrize("number", [3, 7])
def test_what_an_earlier_try_did_was_done_by_the_run(number):
    """Also where all is done already: it was this run that did it."""
    vdx = Vdx()
    vdx.faults.set(drop_rpc=number, drop="after")
    before = broken(vdx, SessionLost, GOAL)
    vdx.faults.clear()
    (outcome,) = bring(vdx, GOAL, before=before)
    assert outcome.changed
    assert (outcome.before, len(outcome.did)) == (ABSENT, 6)
    assert outcome.did[0] == "add VLAN 112 named 'Docker Network'"
    (outcome,) = bring(vdx, GOAL, before={112: MADE})
    assert not outcome.changed


def test_what_a_retry_finds_to_be_a_conflict_is_taken_back():
    vdx = Vdx()
    bring(vdx, GOAL)
    vdx.faults.set(drop_rpc=3, drop="after")
    before = broken(vdx, SessionLost, REMOVAL)
    vdx.faults.clear()
    assert vdx.vlans[112].in_service is False
    vdx.edit(payloads.vlan(112, "Mine"))
    (outcome,) = bring(vdx, REMOVAL, before=before)
    assert isinstance(outcome.error, SegmentConflict)
    assert list(outcome.rest.left) == []
    assert vdx.vlans[112] == MADE._replace(name="Mine")


def take_back(vdx, before, *goals, edited=lambda _config: False):
    with vdx.device(meddling(edited)) as device:
        return transaction.take_back(device, goals, before)
