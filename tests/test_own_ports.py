"""From which ports a VLAN may be taken, and what is recorded once a run has ended."""

import pytest
from docker_tor.common.errors import SwitchRefused
from docker_tor.desired.port_records import Change
from docker_tor.switch import own_ports
from docker_tor.switch.model import Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome
from docker_tor.switch.trunk import Port
from hypothesis import given
from hypothesis import strategies as st

A, B, C = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2, 3))
REMOVE = Goal(112, 21, remove=True)
UPDATE = Goal(112, 21, ports=(B,), ports_gone=(A, C))


@pytest.mark.parametrize(
    ("goals", "recorded", "needed", "gone"),
    [
        # With a VLAN that goes wholly goes all that is recorded.
        ([REMOVE], {112: {A, B}, 113: {C}}, {}, [(A, B)]),
        ([REMOVE._replace(ports_gone=(A,))], {112: {A, B}}, {}, [(A, B)]),
        ([REMOVE._replace(ports_gone=(A,))], {}, {}, [()]),
        # Where others are on the VLAN, only what was asked for.
        ([REMOVE._replace(keep_vlan=True)], {112: {A, B}}, {}, [()]),
        ([REMOVE._replace(keep_vlan=True, ports_gone=(A, C))], {112: {A, B}}, {}, [(A,)]),
        ([UPDATE], {112: {A, B}}, {}, [(A,)]),
        ([Goal(112, 21, ports=(B,))], {112: {A, B}}, {}, [()]),
        # What another segment needs stays.
        ([REMOVE], {112: {A, B}}, {112: {B}, 113: {A}}, [(A,)]),
        ([UPDATE], {112: {A, C}}, {112: {C}}, [(A,)]),
        ([REMOVE, Goal(112, 22, ports=(A,))], {112: {A, B}}, {}, [(B,), ()]),
        ([UPDATE._replace(ports_gone=(A, B))], {112: {A, B}}, {}, [(A,)]),
    ],
)
def test_the_ports_that_a_vlan_is_taken_from(goals, recorded, needed, gone):
    limited = own_ports.limited(goals, recorded, needed)
    assert [goal.ports_gone for goal in limited] == gone
    assert [goal._replace(ports_gone=()) for goal in limited] == [
        goal._replace(ports_gone=()) for goal in goals
    ]
    # An undoing finds the same by what was looked at.
    looked_at = {port: Port() for goal in limited for port in (*goal.ports, *goal.ports_gone)}
    assert own_ports.looked_at(goals, {112: Vlan(ports=looked_at)}) == limited


PORTS = st.frozensets(st.sampled_from([A, B, C]))
GOALS = st.builds(
    Goal,
    st.sampled_from([112, 113]),
    st.sampled_from([21, 22]),
    remove=st.booleans(),
    keep_vlan=st.booleans(),
    ports=PORTS.map(tuple),
    ports_gone=PORTS.map(tuple),
)


@given(
    goals=st.lists(GOALS),
    recorded=st.dictionaries(st.sampled_from([112, 113]), PORTS),
    needed=st.dictionaries(st.sampled_from([112, 113]), PORTS),
)
def test_a_vlan_is_never_taken_from_a_port_that_is_not_recorded_or_that_somebody_needs(
    goals, recorded, needed
):
    for goal in own_ports.limited(goals, recorded, needed):
        assert {*goal.ports_gone} <= recorded.get(goal.vlan, frozenset())
        others = [one.ports for one in goals if one.vlan == goal.vlan]
        assert not {*goal.ports_gone} & needed.get(goal.vlan, frozenset()).union(*others)


@pytest.mark.parametrize(
    ("changed", "added", "forgotten"),
    [
        ({"added_to": (B,), "removed_from": (A,)}, (B,), {A, C}),
        # Undone again; C is forgotten, since the VLAN was not there.
        ({"added_to": (A,), "removed_from": (B,)}, (A,), {B, C}),
        # Whatever went wrong, what is there is recorded.
        ({"error": SwitchRefused("no"), "added_to": (B,)}, (B,), {C}),
    ],
)
def test_what_is_there_is_recorded_and_what_was_taken_or_is_gone_is_forgotten(
    changed, added, forgotten
):
    before = Vlan(ports={A: Port(vlans=frozenset({112})), B: Port(), C: Port()})
    outcome = Outcome(UPDATE, before, ["something"], **changed)
    assert own_ports.records([outcome]) == [Change(112, added, frozenset(forgotten))]
