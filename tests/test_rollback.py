"""The way back: what is sent, what is left, and what a person is told of it."""

import contextlib

import pytest
from docker_tor.common.errors import SegmentConflict, SwitchRefused
from docker_tor.switch import rollback
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.nos.driver import Driver
from docker_tor.switch.rollback import Rest, State, Work
from ves import goal, ve

NAME = "Docker Network"
AS_IT_WAS = Rest([], [])
DRIVER = Driver(NAME)
GOAL = goal(112, 21, "10.1.112.1/24")
MADE = Vlan(NAME, True, {21: ve("10.1.112.1/24")})


IGNORED = "ignored"


class Switch:
    """A device that has one VLAN, and answers each edit as it is told: an error is raised, IGNORED
    is taken and not kept, and None is taken: then the VLAN goes with the last step."""

    driver = DRIVER

    def __init__(self, have, *answers):
        self.have = have
        self.answers = list(answers)
        self.sent = []

    def read(self, vlans):
        return dict.fromkeys(vlans, self.have)

    def changes(self):
        return contextlib.nullcontext()

    def edit(self, steps):
        (step,) = steps
        answer = self.answers.pop(0) if self.answers else None
        self.sent.append(step.does)
        if isinstance(answer, Exception):
            raise answer
        if answer is None and step.does == "remove VLAN 112":
            self.have = ABSENT


def undone(switch):
    work = Work(DRIVER, GOAL, ABSENT)
    rollback.undo(switch, [work])
    return work


WAY = [
    "shut global Ve 112",
    "shut Ve 112 on rbridge 21",
    "remove 10.1.112.1/24 from Ve 112 on rbridge 21",
    "remove Ve 112 on rbridge 21",
    "remove global Ve 112",
    "remove VLAN 112",
]


def test_what_is_as_it_was_needs_no_way_back():
    switch = Switch(ABSENT)
    work = undone(switch)
    assert (switch.sent, work.outcome()) == (
        [],
        rollback.Outcome(GOAL, ABSENT, [], None, AS_IT_WAS),
    )
    assert work.outcome().rest.state is State.AS_IT_WAS


def test_all_that_the_run_did_is_undone_from_the_outside_in():
    switch = Switch(MADE)
    work = undone(switch)
    assert (switch.sent, work.undone, work.left) == (WAY, WAY, [])
    assert work.outcome().rest.state is State.AS_IT_WAS


def test_what_the_switch_refuses_is_left_and_not_tried_for_ever():
    error = SwitchRefused("no", where="tor1")
    switch = Switch(MADE, *[error] * 40)
    work = undone(switch)
    assert switch.sent == WAY
    assert work.outcome().rest == Rest(WAY, [])
    assert (work.undone, work.error, work.outcome().rest.state) == ([], error, State.NOT_UNDONE)
    assert work.outcome().changed


def test_one_edit_that_is_taken_is_reason_enough_to_look_again():
    error = SwitchRefused("no", where="tor1")
    switch = Switch(MADE, *[error] * 4, IGNORED, *[error] * 40)
    undone(switch)
    assert switch.sent == WAY * 2


def test_what_the_switch_takes_and_does_not_keep_is_looked_at_so_often_and_told():
    switch = Switch(MADE, *[IGNORED] * 40)
    work = undone(switch)
    assert switch.sent == WAY * rollback.PASSES
    assert str(work.error) == (
        "the switch accepts the edits for Ve 112 and does not keep them."
        " Look at the running config of that interface."
    )
    assert work.left == WAY


def test_what_is_gone_already_is_undone_and_no_refusal():
    gone = SwitchRefused("nothing there", where="tor1", tag="data-missing")
    switch = Switch(MADE, *[gone] * 40)
    work = undone(switch)
    assert switch.sent == WAY * rollback.PASSES
    assert (work.refusal, work.undone) == (None, [])


def test_an_error_of_the_run_itself_is_the_one_that_is_told():
    first = SwitchRefused("the run's", where="tor1")
    work = Work(DRIVER, GOAL, ABSENT)
    work.error = first
    rollback.undo(Switch(MADE, *[SwitchRefused("no", where="tor1")] * 40), [work])
    assert work.error is first


@pytest.mark.parametrize(
    ("others", "left"),
    [
        (("ospf",), "bring back ospf of Ve 112 on rbridge 21 (only its name is known)"),
        (("mtu", "ospf"), "bring back mtu, ospf of Ve 112 on rbridge 21 (only its name is known)"),
    ],
)
def test_what_nobody_can_bring_back_is_told_with_what_to_do(others, left):
    had = Vlan(NAME, True, {21: ve("10.1.112.1/24", others=others)})
    deleted = GOAL._replace(addresses=(), remove=True, force=True)
    work = Work(DRIVER, deleted, had)
    rollback.undo(Switch(MADE), [work])
    assert work.left == [left]
    assert isinstance(work.error, SegmentConflict)
    assert str(work.error) == (
        f"the pack did not configure all that was there: {left}."
        " Configure it again at the switch, if it is still wanted."
    )


# Several works at once.


class Many(Switch):
    """A device with several VLANs, which takes every edit and keeps none."""

    def read(self, vlans):
        return {vlan: self.have[vlan] for vlan in vlans}

    def edit(self, steps):
        self.sent += [step.does for step in steps]


def works_of(*goals, before=ABSENT):
    """A work for each goal; those on one VLAN go on from one another."""
    works = []
    base = {}
    for one in goals:
        works.append(Work(DRIVER, one, base.get(one.vlan, before)))
        base[one.vlan] = works[-1].meant
    return works, base


def test_what_is_of_one_kind_is_undone_on_all_vlans_before_the_next():
    works, now = works_of(GOAL, goal(113, 21, "10.1.113.1/24"))
    switch = Many(now)
    rollback.undo(switch, works)
    assert switch.sent[:4] == [
        "shut global Ve 113",
        "shut global Ve 112",
        "shut Ve 113 on rbridge 21",
        "shut Ve 112 on rbridge 21",
    ]


def test_of_one_vlan_the_last_work_is_undone_first_and_the_first_from_there():
    works, now = works_of(GOAL, goal(112, 22, "10.1.112.2/24"))
    somebody = now[112]._replace(ves={**now[112].ves, 23: ve("10.9.9.1/24")})
    switch = Many({112: somebody})
    rollback.undo(switch, works)
    once = switch.sent[: len(switch.sent) // rollback.PASSES]
    assert once * rollback.PASSES == switch.sent
    assert once == [
        "shut Ve 112 on rbridge 22",
        "shut Ve 112 on rbridge 21",
        "remove 10.1.112.2/24 from Ve 112 on rbridge 22",
        "remove 10.1.112.1/24 from Ve 112 on rbridge 21",
        "remove Ve 112 on rbridge 22",
        "remove Ve 112 on rbridge 21",
    ]
    # What is somebody else's stays, and the first of the works tells of it.
    first, second = works
    assert second.stays == []
    assert first.stays == [
        "shut global Ve 112",
        "shut Ve 112 on rbridge 23",
        "remove 10.9.9.1/24 from Ve 112 on rbridge 23",
        "remove Ve 112 on rbridge 23",
        "remove global Ve 112",
        "remove VLAN 112",
    ]
