"""From what a VLAN is to what it should be: steps that a switch accepts, and the way back."""

import pytest
from docker_tor import edit, plan, state, vdx
from docker_tor.plan import Goal
from docker_tor.state import ABSENT, Ve, Vlan
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx

VLAN = 112
RBRIDGES = (21, 22)
# Two hosts of one network are in each other's way: the one has to go before the other comes.
IPV4 = (
    ("172.16.112.1/24", "172.16.112.254/24"),
    ("10.112.0.1/16", "10.112.9.1/24"),
    ("192.0.2.1/31",),
    ("198.51.100.9/30",),
)
IPV6 = (("fd00:112::1/64", "fd00:112::2/64"), ("fd00:113::1/64",), ("2001:db8::1/127",))


def some_of(networks, most):
    """At most one address of each of some networks, in any order."""
    one_each = st.tuples(*(st.sampled_from((None, *network)) for network in networks))
    return one_each.flatmap(
        lambda found: st.permutations([one for one in found if one is not None])
    ).map(lambda found: tuple(found[:most]))


VES = st.builds(Ve, some_of(IPV4, 3), some_of(IPV6, 2), st.booleans(), st.just(())).map(
    lambda ve: ve._replace(
        ipv4=ve.ipv4[:1] + tuple(sorted(ve.ipv4[1:], key=state.order)),
        ipv6=tuple(sorted(ve.ipv6, key=state.order)),
    )
)
VLANS = st.one_of(
    st.just(ABSENT),
    st.just(Vlan(NAME)),
    st.builds(
        Vlan,
        st.just(NAME),
        st.booleans(),
        st.dictionaries(st.sampled_from(RBRIDGES), VES, max_size=2),
    ),
)
"""What the pack may find of a VLAN of its own, and leave of it."""
GOALS = st.one_of(
    st.tuples(st.sampled_from(RBRIDGES), VES).map(lambda of: Goal(VLAN, of[0], of[1].addresses)),
    st.sampled_from((0, *RBRIDGES)).map(lambda rbridge: Goal(VLAN, rbridge, remove=True)),
)


def carry_out(vdx_, have, want):
    """Do the steps one by one on a switch, which refuses none of them; what there is after each."""
    states = []
    for step in plan.diff(VLAN, have, want):
        vdx_.edit(edit.payload(vdx.render(step.edit, step.parameters)))
        states.append(on(vdx_))
    return states


def on(vdx_):
    return vdx_.vlans.get(VLAN, ABSENT)


@settings(max_examples=200, deadline=None)
@given(have=VLANS, want=VLANS)
def test_a_switch_accepts_every_step_and_ends_as_wanted(have, want):
    vdx_ = Vdx()
    carry_out(vdx_, ABSENT, have)
    assert on(vdx_) == have
    carry_out(vdx_, have, want)
    assert on(vdx_) == want


@given(vlan=VLANS)
def test_what_is_as_it_should_be_needs_no_step(vlan):
    assert plan.diff(VLAN, vlan, vlan) == []


@settings(max_examples=200, deadline=None)
@given(before=VLANS, goal=GOALS)
def test_wherever_a_run_ends_there_is_a_way_back(before, goal):
    """Also from the middle of the way back."""
    wanted = plan.target(before, goal, NAME)
    steps = len(plan.diff(VLAN, before, wanted))
    for cut in range(steps + 1):
        vdx_ = Vdx()
        carry_out(vdx_, ABSENT, before)
        for step in plan.diff(VLAN, before, wanted)[:cut]:
            vdx_.edit(edit.payload(vdx.render(step.edit, step.parameters)))
        now = on(vdx_)
        for middle in carry_out(vdx_, now, plan.revert(now, before, wanted)):
            assert same(plan.revert(middle, before, wanted), before)
        assert on(vdx_) == before


def same(one, other):
    return plan.diff(VLAN, one, other) == plan.diff(VLAN, other, one) == []


@given(before=VLANS, goal=GOALS)
def test_a_run_that_did_nothing_has_nothing_to_take_back(before, goal):
    assert same(plan.revert(before, before, plan.target(before, goal, NAME)), before)
