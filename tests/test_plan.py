"""From what a VLAN is to what it should be: steps that a switch accepts, and the way back."""

import pytest
from docker_tor.common.errors import SegmentConflict
from docker_tor.switch import plan, preview
from docker_tor.switch.model import ABSENT, NEW, Ve, Vlan, by_subnet, order
from docker_tor.switch.nos.driver import Driver
from docker_tor.switch.plan import Goal
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import NAME, Vdx
from ves import goal, ve, ves

DRIVER = Driver(NAME)
VLAN = 112
RBRIDGES = (21, 22)
# Subnets that are in each other's way: the one has to go before the other comes.
IPV4 = (
    *((), ("172.16.112.1/24",), ("172.16.112.9/24", "172.16.112.1/24", "172.16.112.254/24")),
    *(("10.112.0.1/16", "10.112.9.9/16", "192.0.2.0/31"), ("10.112.9.1/24", "10.112.9.2/24")),
    *(("10.112.9.2/24", "192.0.2.1/31"), ("10.112.9.1/16", "172.16.112.254/24")),
    *(("198.51.100.9/30", "192.0.2.0/31"), ("198.51.100.10/30", "198.51.100.9/30")),
)
IPV6 = ((), ("fd00:112::1/64",), ("fd00:112::2/64", "fd00:113::1/64"), ("2001:db8::1/127",))


def a_ve(ipv4, ipv6, shut):
    return Ve(by_subnet(ves(*ipv4)), tuple(sorted(ves(*ipv6), key=order)), shut)


VES = st.builds(a_ve, st.sampled_from(IPV4), st.sampled_from(IPV6), st.booleans())
VLANS = st.one_of(
    st.just(ABSENT),
    st.just(Vlan(NAME)),
    st.builds(
        Vlan,
        st.just(NAME),
        st.booleans(),
        st.dictionaries(st.sampled_from(RBRIDGES), VES, max_size=2),
        st.just({}),
    ),
)
"""What the pack may find of a VLAN of its own, and leave of it."""
GOALS = st.one_of(
    st.builds(
        lambda rbridge, ve: Goal(VLAN, rbridge, ve.addresses), st.sampled_from(RBRIDGES), VES
    ),
    st.sampled_from((0, *RBRIDGES)).map(lambda rbridge: Goal(VLAN, rbridge, remove=True)),
    st.sampled_from(RBRIDGES).map(lambda rbridge: Goal(VLAN, rbridge)),
    st.sampled_from(RBRIDGES).map(lambda rbridge: Goal(VLAN, rbridge, remove=True, keep_vlan=True)),
)


def carry_out(vdx_, have, want):
    """Do the steps one by one on a switch, which refuses none of them; what there is after each."""
    states = []
    for step in DRIVER.steps(VLAN, have, want):
        vdx_.edit(DRIVER.payload([step]))
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
    assert carry_out(vdx_, want, want) == []


@settings(max_examples=100)
@given(before=VLANS, goal=GOALS)
def test_wherever_a_run_ends_there_is_a_way_back(before, goal):
    """Also from the middle of the way back."""
    wanted = plan.target(DRIVER, before, goal)
    steps = len(DRIVER.steps(VLAN, before, wanted))
    for cut in range(steps + 1):
        vdx_ = Vdx()
        carry_out(vdx_, ABSENT, before)
        for step in DRIVER.steps(VLAN, before, wanted)[:cut]:
            vdx_.edit(DRIVER.payload([step]))
        now = on(vdx_)
        for middle in (now, *carry_out(vdx_, now, plan.revert(VLAN, now, before, wanted))):
            assert plan.revert(VLAN, middle, before, wanted) == before
        assert on(vdx_) == before


@given(before=VLANS, goal=GOALS, other=VES)
def test_what_somebody_else_did_on_another_rbridge_meanwhile_stays(before, goal, other):
    wanted = plan.target(DRIVER, before, goal)
    elsewhere = next(rbridge for rbridge in (31, 32) if rbridge != goal.rbridge)
    now = Vlan(NAME, wanted.in_service or False, {**wanted.ves, elsewhere: other})
    back = plan.revert(VLAN, now, before, wanted)
    assert back.ves == {**before.ves, elsewhere: other}
    assert back.name == NAME
    assert back.in_service is not None


OLD, OTHER, THEIRS, SIX = "172.16.112.1/24", "192.168.112.1/24", "192.0.2.1/24", "fd00::1/64"
SEGMENT = Vlan(NAME, True, {21: ve(OLD)})
TWO = Vlan(NAME, True, {21: ve(OLD), 22: ve(OLD)})
UPDATE = goal(VLAN, 21, OTHER)
REMOVAL = Goal(VLAN, 21, remove=True)
LAYER_2 = Goal(VLAN, 21)
"""Without any address: the VLAN alone."""


def updated(*addresses, **more):
    """The segment after its address was changed, and somebody else has changed something."""
    return Vlan(NAME, True, {21: ve(*addresses, **more)})


@pytest.mark.parametrize(
    ("before", "goal", "now", "back"),
    [
        # An address, a description, a shutdown of somebody else's.
        (SEGMENT, UPDATE, updated(OTHER, THEIRS), updated(OLD, THEIRS)),
        (SEGMENT, UPDATE, updated(OTHER, SIX), updated(OLD, SIX)),
        (SEGMENT, UPDATE, updated(OTHER, others=("x",)), updated(OLD, others=("x",))),
        (SEGMENT, UPDATE, updated(OTHER, shut=True), updated(OLD, shut=True)),
        # What we made is gone already, and the old one is there again.
        (SEGMENT, UPDATE, updated(THEIRS), updated(OLD, THEIRS)),
        (SEGMENT, UPDATE, updated(OLD), SEGMENT),
        # They deleted the whole Ve.
        (SEGMENT, UPDATE, Vlan(NAME, True), Vlan(NAME, True)),
        # A new Ve that carries something of theirs stays, without what is ours.
        (ABSENT, UPDATE, updated(OTHER, THEIRS), updated(THEIRS, shut=True)),
        (ABSENT, UPDATE, updated(OTHER, others=("mtu",)), updated(shut=True, others=("mtu",))),
        # They have renamed the VLAN.
        (ABSENT, UPDATE, updated(OTHER)._replace(name="Theirs"), Vlan("Theirs")),
        # The global Ve was not the run's to make or to shut.
        (TWO, REMOVAL, Vlan(NAME, False, {22: ve(OLD)}), TWO._replace(in_service=False)),
        (Vlan(NAME), REMOVAL, Vlan(NAME, False), Vlan(NAME, False)),
    ],
)
def test_what_somebody_else_changed_meanwhile_stays(before, goal, now, back):
    assert plan.revert(VLAN, now, before, plan.target(DRIVER, before, goal)) == back


@pytest.mark.parametrize(
    ("have", "goal", "want"),
    [
        (ABSENT, UPDATE, updated(OTHER)),
        (
            Vlan(NAME, False, {21: ve(OLD, shut=True, others=("mtu",)), 22: Ve()}),
            goal(VLAN, 21, OTHER, SIX, THEIRS),
            Vlan(NAME, True, {21: ve(THEIRS, OTHER, SIX, others=("mtu",)), 22: Ve()}),
        ),
        # Addresses alone: the rest of the VLAN stays as it is, and a Ve that is new stays shut.
        (
            ABSENT,
            goal(VLAN, 21, OTHER, SIX, addresses_only=True),
            Vlan(None, None, {21: ve(OTHER, SIX, shut=True)}),
        ),
        (SEGMENT, goal(VLAN, 21, addresses_only=True), updated()),
        # What is to be deleted: the VLAN stays while another rbridge has a Ve on it.
        (TWO, REMOVAL, Vlan(NAME, True, {22: ve(OLD)})),
        (TWO, Goal(VLAN, 0, remove=True), ABSENT),
        (SEGMENT, REMOVAL, ABSENT),
        (ABSENT, REMOVAL, ABSENT),
        (SEGMENT, Goal(VLAN, 22, remove=True), SEGMENT),
        # Or while another segment of the fabric is on it.
        (SEGMENT, REMOVAL._replace(keep_vlan=True), Vlan(NAME)),
        (ABSENT, REMOVAL._replace(keep_vlan=True), ABSENT),
        # A layer-2 segment has its VLAN and no Ve.
        (ABSENT, LAYER_2, Vlan(NAME)),
        (Vlan(NAME, False), LAYER_2, Vlan(NAME)),
        (TWO, LAYER_2, Vlan(NAME, True, {22: ve(OLD)})),
        # A switch without rbridges.
        (Vlan(NAME, True, {None: ve(OTHER)}), Goal(VLAN, None, remove=True), ABSENT),
    ],
)
def test_what_a_goal_makes_of_a_vlan(have, goal, want):
    assert plan.target(DRIVER, have, goal) == want


@pytest.mark.parametrize(
    ("have", "goal", "told"),
    [
        *(
            (Vlan(name, True, {21: Ve()}), goal, f"VLAN 112 is there already and {told}")
            for name, told in (("Servers", "is named 'Servers'"), ("", "has no name"))
            for goal in (UPDATE, REMOVAL._replace(force=True))
        ),
        *(
            (updated(others=("mtu", "x")), goal, "Ve 112 on rbridge 21 carries mtu, x, which this")
            for goal in (REMOVAL, Goal(VLAN, 0, remove=True), LAYER_2)
        ),
        (SEGMENT, Goal(VLAN, 0, remove=True, keep_vlan=True), "segments of the same fabric are on"),
    ],
)
def test_what_is_somebody_elses_is_left_alone(have, goal, told):
    with pytest.raises(SegmentConflict) as conflict:
        plan.target(DRIVER, have, goal)
    assert told in str(conflict.value)
    assert conflict.value.remedy
    if "carries" in told:
        assert 21 not in plan.target(DRIVER, have, goal._replace(force=True)).ves


def test_what_cannot_come_back_is_told():
    others = ("mtu", "vrrp", "igmp")
    before = Vlan(NAME, True, {22: ve(others=("ospf",)), 21: ve(others=others)})
    now = Vlan(NAME, True, {21: ve(others=("vrrp",))})
    assert plan.lost(DRIVER, VLAN, now, before, ABSENT) == [
        "bring back mtu, igmp of Ve 112 on rbridge 21 (only its name is known)",
        "bring back ospf of Ve 112 on rbridge 22 (only its name is known)",
    ]
    # What the run did not touch is not its to tell of.
    assert plan.lost(DRIVER, VLAN, now, before, before) == []


@pytest.mark.parametrize(
    ("have", "want", "does"),
    [
        (
            SEGMENT,
            ABSENT,
            [
                "shut global Ve 112",
                "shut Ve 112 on rbridge 21",
                f"remove {OLD} from Ve 112 on rbridge 21",
                "remove Ve 112 on rbridge 21",
                "remove global Ve 112",
                "remove VLAN 112",
            ],
        ),
        (
            ABSENT,
            Vlan(NAME, True, {21: ve(OLD, "172.16.112.9/24", SIX), 22: NEW}),
            [
                "add VLAN 112 named 'Docker Network'",
                "add global Ve 112",
                "add Ve 112 on rbridge 22",
                f"add {OLD} to Ve 112 on rbridge 21",
                "add 172.16.112.9/24 to Ve 112 on rbridge 21",
                f"add {SIX} to Ve 112 on rbridge 21",
                "no shutdown of Ve 112 on rbridge 21",
                "no shutdown of global Ve 112",
            ],
        ),
        # The primary address is deleted last and added first.
        (
            updated(OLD, "172.16.112.9/24", SIX),
            updated("172.16.112.9/24", OLD),
            [
                "remove 172.16.112.9/24 from Ve 112 on rbridge 21",
                f"remove {OLD} from Ve 112 on rbridge 21",
                f"remove {SIX} from Ve 112 on rbridge 21",
                "add 172.16.112.9/24 to Ve 112 on rbridge 21",
                f"add {OLD} to Ve 112 on rbridge 21",
            ],
        ),
    ],
)
def test_the_steps_in_their_order(have, want, does):
    assert [step.does for step in DRIVER.steps(VLAN, have, want)] == does


def test_goals_on_one_vlan_are_worked_on_one_after_the_other():
    ten, eleven = goal(10, 21, OLD), Goal(11, 21, remove=True)
    again = ten._replace(rbridge=22)
    assert plan.rounds([ten, again, eleven]) == [[ten, eleven], [again]]


# What a run would do, shown.


def shown(have, wanted):
    return preview.of(DRIVER, plan.change_set(DRIVER, have, wanted))


def test_a_new_segment_shown():
    many = goal(VLAN, 21, OLD, OTHER, "172.16.112.9/24", "fd00:112::1/64")
    made = shown(ABSENT, many)
    assert list(made.diff) == [
        "+interface Vlan 112",
        "+ name Docker Network",
        "+interface Ve 112",
        "+ no shutdown",
        "+rbridge-id 21",
        "+ interface Ve 112",
        "+  ip address 172.16.112.1/24",
        "+  ip address 172.16.112.9/24 secondary",
        "+  ip address 192.168.112.1/24",
        "+  ipv6 address fd00:112::1/64",
        "+  no shutdown",
    ]
    assert made.does[0] == "add VLAN 112 named 'Docker Network'"
    assert made.cli[:2] == ("interface Vlan 112", " name Docker Network")
    assert len(made.xml) == len(made.does)
    assert made.as_result() == {key: list(value) for key, value in made._asdict().items()}
    vdx = Vdx()
    vdx.edit(*made.xml)
    assert on(vdx) == Vlan(NAME, True, {21: many.ve})


def test_what_stays_is_shown_around_what_changes():
    assert list(shown(SEGMENT, UPDATE).diff) == [
        " interface Vlan 112",
        "  name Docker Network",
        " interface Ve 112",
        "  no shutdown",
        " rbridge-id 21",
        "  interface Ve 112",
        "-  ip address 172.16.112.1/24",
        "+  ip address 192.168.112.1/24",
        "   no shutdown",
    ]
    assert set(map(tuple, shown(updated(OTHER), UPDATE).as_result().values())) == {()}
