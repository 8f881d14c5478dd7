"""From what a VLAN is to what it should be: steps that a switch accepts, and the way back."""

import itertools

import pytest
from docker_tor.common import validators
from docker_tor.common.errors import SegmentConflict
from docker_tor.switch import edit, plan
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.nos import edits
from docker_tor.switch.plan import Goal
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx

VLAN = 112
RBRIDGES = (21, 22)
# Subnets that are in each other's way: the one has to go before the other comes.
IPV4 = (
    (("172.16.112.1/24", "172.16.112.9/24", "172.16.112.254/24"),),
    (("10.112.0.1/16", "10.112.9.9/16"), ("10.112.9.1/24", "10.112.9.2/24"), ("10.112.9.1/16",)),
    (("192.0.2.0/31",), ("192.0.2.1/31",)),
    (("198.51.100.9/30", "198.51.100.10/30"),),
)
IPV6 = ((("fd00:112::1/64",), ("fd00:112::2/64",)), (("fd00:113::1/64",),), (("2001:db8::1/127",),))


def some_of(places):
    """Addresses of at most one subnet of each place, in any order."""
    none = st.just([])
    each = (
        none | st.one_of(*(st.permutations(hosts).flatmap(some_first) for hosts in subnets))
        for subnets in places
    )
    return (
        st.tuples(*each)
        .flatmap(lambda found: st.permutations([*itertools.chain(*found)]))
        .map(tuple)
    )


def some_first(hosts):
    return st.integers(1, len(hosts)).map(lambda most: hosts[:most])


VES = st.builds(Ve, some_of(IPV4), some_of(IPV6), st.booleans(), st.just(())).map(
    lambda ve: ve._replace(
        ipv4=validators.by_subnet(ve.ipv4), ipv6=tuple(sorted(ve.ipv6, key=validators.order))
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
    st.sampled_from(RBRIDGES).map(lambda rbridge: Goal(VLAN, rbridge)),
    st.sampled_from(RBRIDGES).map(lambda rbridge: Goal(VLAN, rbridge, remove=True, keep_vlan=True)),
)


def carry_out(vdx_, have, want):
    """Do the steps one by one on a switch, which refuses none of them; what there is after each."""
    states = []
    for step in plan.diff(VLAN, have, want):
        vdx_.edit(edit.payload(edits.render(step.edit, step.parameters)))
        states.append(on(vdx_))
    return states


def on(vdx_):
    return vdx_.vlans.get(VLAN, ABSENT)


@settings(max_examples=100)
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


@settings(max_examples=100)
@given(before=VLANS, goal=GOALS)
def test_wherever_a_run_ends_there_is_a_way_back(before, goal):
    """Also from the middle of the way back."""
    wanted = plan.target(before, goal, NAME)
    steps = len(plan.diff(VLAN, before, wanted))
    for cut in range(steps + 1):
        vdx_ = Vdx()
        carry_out(vdx_, ABSENT, before)
        for step in plan.diff(VLAN, before, wanted)[:cut]:
            vdx_.edit(edit.payload(edits.render(step.edit, step.parameters)))
        now = on(vdx_)
        for middle in carry_out(vdx_, now, plan.revert(now, before, wanted)):
            assert same(plan.revert(middle, before, wanted), before)
        assert on(vdx_) == before


def same(one, other):
    return plan.diff(VLAN, one, other) == plan.diff(VLAN, other, one) == []


@given(before=VLANS, goal=GOALS)
def test_a_run_that_did_nothing_has_nothing_to_take_back(before, goal):
    assert same(plan.revert(before, before, plan.target(before, goal, NAME)), before)


@given(before=VLANS, goal=GOALS, other=VES)
def test_what_somebody_else_did_on_another_rbridge_meanwhile_stays(before, goal, other):
    wanted = plan.target(before, goal, NAME)
    elsewhere = next(rbridge for rbridge in (31, 32) if rbridge != goal.rbridge)
    now = Vlan(NAME, wanted.in_service or False, {**wanted.ves, elsewhere: other})
    back = plan.revert(now, before, wanted)
    assert back.ves == {**before.ves, elsewhere: other}
    assert back.name == NAME
    assert back.in_service is not None


OLD, NEW, THEIRS = "172.16.112.1/24", "192.168.112.1/24", "192.0.2.1/24"
SEGMENT = Vlan(NAME, True, {21: Ve((OLD,))})


def updated(**changed):
    """The segment after its address was changed, and somebody else has changed something."""
    return Vlan(NAME, True, {21: Ve((NEW,))._replace(**changed)})


@pytest.mark.parametrize(
    ("now", "back"),
    [
        # An address, a description, a shutdown of somebody else's.
        (updated(ipv4=(NEW, THEIRS)), Ve((OLD, THEIRS))),
        (updated(ipv6=("fd00::1/64",)), Ve((OLD,), ("fd00::1/64",))),
        (updated(others=("description",)), Ve((OLD,), others=("description",))),
        (updated(shut=True), Ve((OLD,), shut=True)),
        # What we made is gone already, and the old one is there again.
        (updated(ipv4=(THEIRS,)), Ve((OLD, THEIRS))),
        (updated(ipv4=(OLD,)), Ve((OLD,))),
        # They took the whole Ve away.
        (Vlan(NAME, True), None),
    ],
)
def test_what_somebody_else_changed_meanwhile_stays(now, back):
    wanted = plan.target(SEGMENT, Goal(VLAN, 21, (NEW,)), NAME)
    assert plan.revert(now, SEGMENT, wanted).ves.get(21) == back


def test_a_new_ve_that_carries_something_of_somebody_elses_stays_without_what_is_ours():
    wanted = plan.target(ABSENT, Goal(VLAN, 21, (NEW,)), NAME)
    for theirs in (Ve((NEW, THEIRS)), Ve((NEW,), others=("description",))):
        back = plan.revert(Vlan(NAME, True, {21: theirs}), ABSENT, wanted)
        left = tuple(one for one in theirs.ipv4 if one != NEW)
        assert back == Vlan(NAME, True, {21: Ve(left, shut=True, others=theirs.others)})


def test_a_vlan_that_somebody_else_renamed_keeps_its_name():
    wanted = plan.target(ABSENT, Goal(VLAN, 21, (NEW,)), NAME)
    assert plan.revert(wanted._replace(name="Theirs"), ABSENT, wanted) == Vlan("Theirs")


def test_a_global_ve_that_somebody_else_made_or_shut_stays_so():
    """Where the run had no business with it."""
    two = Vlan(NAME, True, {21: Ve((OLD,)), 22: Ve((OLD,))})
    wanted = plan.target(two, Goal(VLAN, 21, remove=True), NAME)
    assert wanted == Vlan(NAME, True, {22: Ve((OLD,))})
    back = plan.revert(wanted._replace(in_service=False), two, wanted)
    assert back == two._replace(in_service=False)
    bare = Vlan(NAME)
    gone = plan.target(bare, Goal(VLAN, 21, remove=True), NAME)
    assert plan.revert(Vlan(NAME, False), bare, gone) == Vlan(NAME, False)


def test_what_is_to_come_about():
    have = Vlan(NAME, False, {21: Ve((OLD,), shut=True, others=("description",)), 22: Ve()})
    want = plan.target(have, Goal(VLAN, 21, (NEW, "fd00::1/64", THEIRS)), NAME)
    ve = Ve((THEIRS, NEW), ("fd00::1/64",), False, ("description",))
    assert want == Vlan(NAME, True, {21: ve, 22: Ve()})
    assert plan.target(ABSENT, Goal(VLAN, 21, (NEW,)), NAME) == Vlan(NAME, True, {21: Ve((NEW,))})


def test_what_is_to_go():
    two = Vlan(NAME, True, {21: Ve((OLD,)), 22: Ve((OLD,))})
    assert plan.target(two, Goal(VLAN, 21, remove=True), NAME).ves == {22: Ve((OLD,))}
    assert plan.target(two, Goal(VLAN, 0, remove=True), NAME) == ABSENT
    assert plan.target(SEGMENT, Goal(VLAN, 21, remove=True), NAME) == ABSENT
    # Nobody's Ve is left on it.
    assert plan.target(Vlan(NAME), Goal(VLAN, 21, remove=True), NAME) == ABSENT
    assert plan.target(ABSENT, Goal(VLAN, 21, remove=True), NAME) == ABSENT
    # Another rbridge's is.
    assert plan.target(SEGMENT, Goal(VLAN, 22, remove=True), NAME) == SEGMENT


LAYER_2 = Goal(VLAN, 21)
"""Without any address: the VLAN alone."""


def test_a_layer_2_segment_has_its_vlan_and_no_ve():
    assert plan.target(ABSENT, LAYER_2, NAME) == Vlan(NAME)
    assert plan.target(Vlan(NAME), LAYER_2, NAME) == Vlan(NAME)
    assert plan.target(SEGMENT, LAYER_2, NAME) == Vlan(NAME)
    # A global Ve that nobody stands on.
    assert plan.target(Vlan(NAME, False), LAYER_2, NAME) == Vlan(NAME)
    # One that another rbridge's stands on.
    two = Vlan(NAME, True, {21: Ve((OLD,)), 22: Ve((OLD,))})
    assert plan.target(two, LAYER_2, NAME) == Vlan(NAME, True, {22: Ve((OLD,))})
    assert plan.target(Vlan(NAME), Goal(VLAN, 21, (NEW,)), NAME) == Vlan(
        NAME, True, {21: Ve((NEW,))}
    )
    more = Vlan(NAME, True, {21: Ve(others=("vrrp",))})
    with pytest.raises(SegmentConflict, match="carries vrrp"):
        plan.target(more, LAYER_2, NAME)
    steps = plan.diff(VLAN, SEGMENT, plan.target(SEGMENT, LAYER_2, NAME))
    assert [step.does for step in steps][-2:] == [
        "remove Ve 112 on rbridge 21",
        "remove global Ve 112",
    ]


def test_a_vlan_that_other_segments_are_on_stays():
    gone = Goal(VLAN, 21, remove=True, keep_vlan=True)
    assert plan.target(SEGMENT, gone, NAME) == Vlan(NAME)
    assert plan.target(Vlan(NAME), gone, NAME) == Vlan(NAME)
    assert plan.target(ABSENT, gone, NAME) == ABSENT
    with pytest.raises(SegmentConflict, match="other segments of the same fabric"):
        plan.target(SEGMENT, gone._replace(rbridge=0), NAME)


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Servers", "is named 'Servers'"),
        ("", "has no name"),
        ("docker network", "is named .docker network."),
    ],
)
def test_a_vlan_of_somebody_else_is_left_alone(name, told, remove):
    goal = Goal(VLAN, 21, () if remove else (NEW,), remove=remove, force=remove)
    with pytest.raises(SegmentConflict, match=told) as refused:
        plan.target(Vlan(name, True, {21: Ve()}), goal, NAME)
    assert "name this one 'Docker Network'" in refused.value.remedy


def test_a_ve_with_more_on_it_goes_only_by_force():
    more = Vlan(NAME, True, {21: Ve(others=("description", "mtu")), 22: Ve()})
    for rbridge in (21, 0):
        goal = Goal(VLAN, rbridge, remove=True)
        with pytest.raises(SegmentConflict, match="on rbridge 21 carries description, mtu"):
            plan.target(more, goal, NAME)
        assert 21 not in plan.target(more, goal._replace(force=True), NAME).ves
    assert 22 not in plan.target(more, Goal(VLAN, 22, remove=True), NAME).ves


def test_the_steps_say_what_they_do():
    steps = plan.diff(VLAN, SEGMENT, plan.target(SEGMENT, Goal(VLAN, 21, (NEW,)), NAME))
    assert [step.does for step in steps] == [
        "remove 172.16.112.1/24 from Ve 112 on rbridge 21",
        "add 192.168.112.1/24 to Ve 112 on rbridge 21",
    ]
    steps = plan.diff(VLAN, SEGMENT, ABSENT)
    assert [step.does for step in steps] == [
        "shut global Ve 112",
        "shut Ve 112 on rbridge 21",
        "remove 172.16.112.1/24 from Ve 112 on rbridge 21",
        "remove Ve 112 on rbridge 21",
        "remove global Ve 112",
        "remove VLAN 112",
    ]


@pytest.mark.parametrize("have", [ABSENT, SEGMENT, SEGMENT._replace(in_service=False)])
def test_addresses_alone(have):
    """The rest of the VLAN stays as it is, and a Ve that is new stays shut."""
    goal = Goal(VLAN, 21, (NEW, "fd00:112::1/64"), addresses_only=True)
    want = plan.target(have, goal, NAME)
    here = have.ves.get(21, Ve(shut=True))
    assert want == have._replace(ves={21: here._replace(ipv4=(NEW,), ipv6=("fd00:112::1/64",))})
    steps = plan.diff(VLAN, have, want)
    assert all("172.16.112.1" in step.does for step in steps if step.does.startswith("remove"))
    assert [step.does for step in steps if not step.does.startswith("remove")] == [
        "add 192.168.112.1/24 to Ve 112 on rbridge 21",
        "add fd00:112::1/64 to Ve 112 on rbridge 21",
    ]


def test_goals_on_one_vlan_are_worked_on_one_after_the_other():
    ten, eleven = Goal(10, 21, (OLD,)), Goal(11, 21, remove=True)
    again = ten._replace(rbridge=22)
    assert plan.rounds([ten, again, eleven]) == [[ten, eleven], [again]]
    assert plan.rounds([]) == []


def test_a_goals_addresses_by_version():
    goal = Goal(VLAN, 21, ("fd00::1/64", OLD, NEW))
    assert (goal.ipv4, goal.ipv6) == ((OLD, NEW), ("fd00::1/64",))
    assert Ve((OLD,), ("fd00::1/64",)).addresses == (OLD, "fd00::1/64")
