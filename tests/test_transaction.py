"""Runs on whole segments at a switch that is not as good as it should be."""

import re

import pytest
from docker_tor.common.errors import (
    MalformedReply,
    SegmentConflict,
    SessionLost,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
)
from docker_tor.switch import plan, transaction
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.plan import Goal

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx
from ves import goal, ve

from lab.switch import payloads
from lab.switch.faults import NOT_READY

GOAL = goal(112, 21, "172.16.112.1/24", "fd00:112::1/64")
MADE = Vlan(NAME, True, {21: GOAL.ve})
REMOVAL = Goal(112, 21, remove=True)
EDITS = frozenset({"edit-config"})


class Odd(Meddler):
    """A session of which `edited` is asked before each edit (true: it is swallowed)."""

    def __init__(self, session, edited=lambda _config: False):
        super().__init__(session)
        self._edited = edited

    def edit_config(self, config):
        if not self._edited(config):
            self._session.edit_config(config)


def bring(vdx, *goals, before=None, **odd):
    with vdx.device(lambda session: Odd(session, **odd)) as device:
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


def test_what_was_planned_is_not_planned_again(monkeypatch):
    vdx = Vdx()
    planned = []
    target = plan.target

    def counted(driver, have, wanted):
        planned.append(have)
        return target(driver, have, wanted)

    monkeypatch.setattr(plan, "target", counted)
    with vdx.device() as device:
        changes = plan.change_set(device.driver, device.vlan(112), GOAL)
        (outcome,) = transaction.bring(device, [GOAL], planned=[changes])
    assert (outcome.error, vdx.vlans[112]) == (None, MADE)
    # The second time is the look at what came of it.
    assert planned == [ABSENT, MADE]


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


def test_of_edits_that_are_refused_together_the_good_ones_are_made():
    vdx = Vdx(seed=True)
    bad = goal(113, 21, "10.10.10.9/24")
    outcomes = bring(vdx, *goals(112), bad, *goals(114))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), SwitchRefused, type(None)]
    assert [(outcome.changed, list(outcome.rest.left)) for outcome in outcomes] == [
        (True, []),
        (False, []),
        (True, []),
    ]
    assert 113 not in vdx.vlans
    assert vdx.vlans[112].in_service
    assert vdx.vlans[114].in_service


def test_a_switch_that_accepts_what_it_does_not_keep():
    vdx = Vdx()
    swallowed = []

    def edited(config):
        swallowed.append("fd00:112" in config)
        return swallowed[-1]

    outcome, other = bring(vdx, GOAL, *goals(113), edited=edited)
    assert isinstance(outcome.error, SwitchRefused)
    assert "accepts the edits for Ve 112 and does not keep them" in str(outcome.error)
    assert (outcome.changed, list(outcome.rest.left), list(vdx.vlans)) == (False, [], [113])
    assert (other.error, vdx.vlans[113].in_service) == (None, True)
    assert sum(swallowed) == transaction.PASSES


class Rounding(Odd):
    """A switch that makes another address of the one that is sent."""

    def edit_config(self, config):
        other = config.replace("172.16.112.1/24", "172.16.112.1/16")
        super().edit_config(config if "delete" in config else other)


def test_a_switch_that_keeps_something_else():
    """It is not ours to take away, and yet the switch is not as it was."""
    vdx = Vdx()
    with vdx.device(Rounding) as device:
        (outcome,) = transaction.bring(device, [GOAL])
    assert "does not keep them" in str(outcome.error)
    assert vdx.vlans == {112: Vlan(NAME, True, {21: ve("172.16.112.1/16", shut=True)})}
    assert (list(outcome.rest.left), outcome.changed) == ([], True)
    assert outcome.rest.stays == [
        "shut global Ve 112",
        "remove 172.16.112.1/16 from Ve 112 on rbridge 21",
        "remove Ve 112 on rbridge 21",
        "remove global Ve 112",
        "remove VLAN 112",
    ]


def test_what_is_refused_as_missing_is_told_so():
    vdx = Vdx()

    def edited(config):
        if "fd00:112" in config:
            raise SwitchRefused("no such protocol", tag="data-missing")
        return False

    (outcome,) = bring(vdx, GOAL, edited=edited)
    assert (str(outcome.error), vdx.vlans) == ("no such protocol.", {})


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


def test_what_somebody_else_takes_away_first_is_gone():
    vdx = Vdx()
    bring(vdx, GOAL)

    def edited(config):
        if "delete" in config and "<vlan " in config:
            vdx.edit(payloads.vlan(112, delete=True))
        return False

    (outcome,) = bring(vdx, REMOVAL, edited=edited)
    assert (outcome.error, 112 in vdx.vlans) == (None, False)
    assert "remove VLAN 112" not in outcome.did
    assert "remove global Ve 112" in outcome.did


def test_taking_back_leaves_alone_what_no_try_has_told_of():
    vdx = Vdx()
    bring(vdx, GOAL)
    vdx.forget()
    (outcome,) = take_back(vdx, {113: ABSENT}, GOAL, *goals(113))
    assert (outcome.goal.vlan, outcome.error, vdx.edits) == (113, None, 0)
    assert vdx.vlans == {112: MADE}


def test_taking_back_where_the_vlan_never_was_ours():
    vdx = Vdx(seed=True)
    was = vdx.running
    before = {20: vdx.vlans[20]}
    (outcome,) = take_back(vdx, before, Goal(20, 21, GOAL.addresses))
    assert (outcome.error, list(outcome.did), vdx.running) == (None, [], was)


def test_edits_of_one_kind_go_out_together():
    vdx = Vdx()
    many = [
        Goal(vlan, 21, (f"10.{vlan}.0.1/24",)) for vlan in range(100, 100 + transaction.MOST_IN_ONE)
    ]
    assert not any(outcome.error for outcome in bring(vdx, *many))
    assert vdx.operations == ["get-config", *["edit-config"] * 5, "get-config"]
    vdx.forget()
    assert not any(outcome.changed for outcome in bring(vdx, *many))
    assert vdx.operations == ["get-config"]


def test_what_is_still_true_is_not_read_again():
    """Not what somebody has read before, and not what no edit has touched."""
    vdx = Vdx()
    with vdx.device() as device:
        device.read([112, 113])
        transaction.bring(device, [GOAL, *goals(113, 114)])
        transaction.bring(device, goals(113))
        assert vdx.operations.count("get-config") == 3
        assert device.read([112, 114, 115])[112] == MADE
    assert vdx.operations.count("get-config") == 4


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


def just_before(vdx, text, *configs):
    """Somebody else does `configs` just before an edit that holds `text`; once."""
    left = list(configs)

    def edited(config):
        if text in config:
            vdx.edit(*left)
            left.clear()
        return False

    return edited


def test_what_somebody_else_undoes_meanwhile_is_done_again():
    vdx = Vdx()
    edited = just_before(vdx, "global-ve-shutdown", payloads.shutdown(21, 112))
    (outcome,) = bring(vdx, GOAL, edited=edited)
    assert outcome.error is None
    assert vdx.vlans[112] == MADE
    assert outcome.did.count("no shutdown of Ve 112 on rbridge 21") == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"refuse": NOT_READY}, SwitchNotReady),
        ({"refuse": "in-use: locked", "operations": EDITS}, SwitchBusy),
        ({"drop_rpc": 3, "drop": "after"}, SessionLost),
        ({"rewrite": lambda sent: sent.replace(b"<ok/>", b"<")}, MalformedReply),
    ],
)
def test_what_may_pass_ends_the_try_and_the_next_goes_on(fault, kind):
    vdx = Vdx()
    other = goal(113, 21, "10.113.0.1/24")
    bring(vdx, other._replace(addresses=("192.0.2.1/24",)))
    was = vdx.vlans[113]
    vdx.faults.set(**fault)
    before = broken(vdx, kind, GOAL, other)
    assert before == ({} if kind is SwitchNotReady else {112: ABSENT, 113: was})
    vdx.faults.clear()
    outcomes = bring(vdx, GOAL, other, before=before)
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert vdx.vlans == {112: MADE, 113: Vlan(NAME, True, {21: other.ve})}


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


def take_back(vdx, before, *goals, **odd):
    with vdx.device(lambda session: Odd(session, **odd)) as device:
        return transaction.take_back(device, goals, before)


def refusing(text, times):
    """Refuses an edit that holds `text`, so many times."""
    refused = []

    def edited(config):
        if text in config and len(refused) < times:
            refused.append(config)
            raise SwitchRefused("not now", tag="operation-failed")
        return False

    return edited


def test_taking_back_goes_on_after_a_refusal_and_tells_what_is_left():
    vdx = Vdx()
    both = [GOAL, *goals(113)]
    bring(vdx, *both)
    stuck, free = take_back(
        vdx, dict.fromkeys((112, 113), ABSENT), *both, edited=refusing("<gve-name>112<", 99)
    )
    assert isinstance(stuck.error, SwitchRefused)
    assert stuck.rest.left == ["shut global Ve 112", "remove global Ve 112", "remove VLAN 112"]
    assert "remove Ve 112 on rbridge 21" in stuck.did
    assert (free.error, free.rest.left) == (None, [])
    assert vdx.vlans == {112: Vlan(NAME, True)}


@pytest.mark.parametrize("goal", [GOAL, Goal(112, 21)], ids=["routed", "layer 2"])
@pytest.mark.parametrize("number", range(1, 6))
def test_what_another_run_does_on_another_rbridge_meanwhile_stays(goal, number):
    """Two runs on one VLAN, as the two segments of a fabric have them."""
    vdx, edits = Vdx(), []
    theirs = payloads.segment(22, 112, "192.0.2.1/24", NAME)

    def edited(config):
        edits.append(config)
        if len(edits) == number:
            vdx.edit(*theirs)
        return False

    (outcome,) = bring(vdx, goal, edited=edited)
    if len(edits) >= number:
        assert outcome.error is None
        assert vdx.vlans[112].ves[22] == ve("192.0.2.1/24")
        assert vdx.vlans[112].in_service
    assert (21 in vdx.vlans[112].ves) == (not goal.layer_2)


@pytest.mark.parametrize("late", ["<vlan ", "<gve-name>112<", "<ve nc:operation="])
def test_a_removal_whose_address_another_segment_has_by_now_comes_back_without_it(late):
    vdx = Vdx()
    bring(vdx, GOAL)
    heir = Goal(113, 21, GOAL.addresses)
    gone, comes = bring(vdx, REMOVAL, heir, edited=refusing_to_delete(late))
    assert (comes.error, vdx.vlans[113]) == (None, MADE)
    assert isinstance(gone.error, SwitchRefused)
    for address in GOAL.addresses:
        assert f"add {address} to Ve 112 on rbridge 21" in gone.rest.left
    assert gone.changed
    assert vdx.vlans[112].name == NAME
    assert not any(ve.addresses for ve in vdx.vlans[112].ves.values())


def refusing_to_delete(text):
    refused = refusing(text, 99)
    return lambda config: refused(config) if "delete" in config else False
