"""What every driver promises to plan, transaction and rollback: the same runs on each kind.

Each edit of a run is refused once, and its session is cut once before and once after each RPC: a
segment is made whole, or it is as it was. Nowhere else is a run cut at every RPC.
"""

import functools
import itertools

import bench as benches
import pytest
from bench import KINDS
from docker_tor.common.errors import SegmentConflict, SwitchRefused
from docker_tor.switch.model import ABSENT, Vlan
from in_process import NAME, at_edit
from ves import ve

from lab.switch.faults import AFTER, BEFORE

BY_CANDIDATE = ("nos by candidate", "openconfig by candidate")
"""Nothing of that is the driver's."""

FIRST, SECOND, SIX = "172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64"
THREE = (FIRST, SECOND, SIX)
BESIDE = "172.16.113.1/24"
RUNS = {
    "create with two subnets": ((), (FIRST, SECOND)),
    "create with a secondary address": ((), (FIRST, "172.16.112.9/24")),
    "create with IPv6 alone": ((), (SIX,)),
    "change of address": ((FIRST,), ("172.16.112.254/24",)),
    "change to the former secondary": ((FIRST, "172.16.112.9/24"), ("172.16.112.9/24",)),
    "second subnet deleted": (THREE, (FIRST,)),
    "remove": (THREE, None),
    "remove a VLAN alone": ([], None),
    "layer 2": ((), []),
    "layer 2 where there was a Ve": ((FIRST, SIX), []),
    "create with ports": ((), (FIRST,), (), (0, 1)),
    "a port more": ((FIRST,), (FIRST,), (0,), (0, 1)),
    "another port": ((FIRST,), (FIRST,), (0,), (1,)),
    "remove with a port": ((FIRST,), None, (1,), ()),
    "layer 2 with a port": ((), [], (), (1,)),
}
"""The addresses before (an empty list: the VLAN alone; an empty tuple: nothing), and those to
reach (None: remove). Then the trunks that carry the VLAN before, and those that are to."""
SEVERAL = {
    "create, update, remove": lambda of: (
        [of.goal(114, "172.16.114.1/24"), of.goal(115, "172.16.115.1/24")],
        [
            of.removal(115),
            of.goal(112, *THREE),
            of.goal(114, "172.16.114.9/24", "fd00:114::1/64"),
            of.goal(116, "172.16.116.1/24"),
        ],
    ),
    "an address moves to another VLAN": lambda of: (
        [of.goal(112, *THREE)],
        [of.removal(112), of.goal(114, *THREE)],
    ),
    "two VLANs swap their addresses": lambda of: (
        [of.goal(112, FIRST), of.goal(114, SECOND)],
        [of.goal(112, SECOND), of.goal(114, FIRST)],
    ),
    "ports alone": lambda of: (
        [of.goal(112, FIRST, ports=of.trunks[:1])],
        [of.goal(112, ports=of.trunks[1:], ports_gone=of.trunks[:1], ports_only=True)],
    ),
    "two segments on a port, and a removal": lambda of: (
        [of.goal(115, "172.16.115.1/24", ports=of.trunks)],
        [
            of.goal(112, FIRST, ports=of.trunks[:1]),
            of.goal(114, "172.16.114.1/24", ports=of.trunks[:1]),
            of.removal(115, ports_gone=of.trunks[1:]),
        ],
    ),
}
ON_RBRIDGES = {
    "create on two rbridges": lambda of: (
        [],
        [of.goal(112, *THREE), of.goal(114, "172.16.114.1/24"), of.goal(112, *THREE, rbridge=22)],
    ),
    "remove one of two rbridges": lambda of: (
        [of.goal(112, *THREE), of.goal(112, FIRST, rbridge=22)],
        [of.removal(112)],
    ),
    "remove all of a VLAN": lambda of: (
        [of.goal(112, *THREE), of.goal(112, FIRST, rbridge=22)],
        [of.removal(112, rbridge=0)],
    ),
    "an address moves from a second rbridge": lambda of: (
        [of.goal(112, FIRST), of.goal(112, FIRST, rbridge=22)],
        [of.removal(112), of.removal(112, rbridge=22), of.goal(114, FIRST, rbridge=22)],
    ),
}
"""What there is before, and the goals."""


class Bench(benches.Bench):
    """A switch with a segment of its own on VLAN 113, and a VLAN of others on two trunks."""

    def __init__(self, kind):
        super().__init__(kind, others={44})
        self.trunks = (self.trunk, self.lag)
        self.allow(self.lag, {44})
        self.bring(self.goal(113, BESIDE))
        self.switch.save()

    def start(self, name):
        """As before the run; the run's goals."""
        self.switch.restart()
        several = {**SEVERAL, **ON_RBRIDGES}
        had, goals = several[name](self) if name in several else self._one(*RUNS[name])
        self.bring(*had)
        self.switch.forget_rpcs()
        return goals

    def _one(self, had, wanted, had_on=(), on=()):
        had_on, on = (tuple(self.trunks[at] for at in places) for places in (had_on, on))
        more = {"ports": on, "ports_gone": tuple({*had_on} - {*on})}
        end = self.removal(112, **more) if wanted is None else self.goal(112, *wanted, **more)
        there = had or had == []
        return [self.goal(112, *had, ports=had_on)] if there else [], [end]

    @property
    def there(self):
        """All VLANs, and all that is on the trunks' lists."""
        return self.switch.vlans, {name: self.lists(name) for name in self.trunks}

    def of(self, goal, there):
        """What is there of a goal: its Ve, and the ports of its VLAN."""
        vlans, lists = there
        return vlans.get(goal.vlan, ABSENT).ves.get(goal.rbridge), self.carrying(goal.vlan, lists)

    def carrying(self, vlan, lists):
        return {name for name in self.trunks if vlan in lists[name]}

    def has(self, goal, there):
        """Whether all is as the goal has it."""
        have, on = there[0].get(goal.vlan, ABSENT), self.carrying(goal.vlan, there[1])
        if on & {*goal.ports_gone} or not on >= {*goal.ports}:
            return False
        if goal.ports_only:
            return True
        if goal.remove:
            return not (have.ves.keys() & {goal.rbridge} if goal.rbridge != 0 else have.ves)
        if goal.layer_2:
            return have.name == NAME and goal.rbridge not in have.ves
        return (have.name, have.in_service, have.ves[goal.rbridge]) == (NAME, True, goal.ve)

    def tells(self, outcomes, was, now):
        """Records go by which ports the outcomes say that have got the VLAN, and have lost it."""
        for vlan in {outcome.goal.vlan for outcome in outcomes}:
            had, has = self.carrying(vlan, was[1]), self.carrying(vlan, now[1])
            of = [outcome for outcome in outcomes if outcome.goal.vlan == vlan]
            assert {name for outcome in of for name in outcome.added_to} == has - had
            assert {name for outcome in of for name in outcome.removed_from} == had - has

    def whole_or_as_it_was(self, outcomes, was):
        """Each goal is reached, or its segment is as it was; or else what is left is told: an
        address cannot come back that another segment has by now. Whether there was an error."""
        now = self.there
        self.tells(outcomes, was, now)
        reached = [outcome.goal for outcome in outcomes if outcome.error is None]
        taken = {(one.rbridge, address) for one in reached for address in one.addresses}
        for outcome in outcomes:
            if outcome.error is None:
                assert self.has(outcome.goal, now)
                continue
            assert isinstance(outcome.error, SwitchRefused)
            had, ports = self.of(outcome.goal, was)
            if had and any((outcome.goal.rbridge, one) in taken for one in had.addresses):
                assert outcome.rest.left
            else:
                assert self.of(outcome.goal, now) == (had, ports)
                assert list(outcome.rest.left) == []
        if not reached:
            assert now == was
        return len(reached) < len(outcomes)


_bench = functools.lru_cache(maxsize=None)(Bench)


@pytest.fixture(params=[*KINDS, *BY_CANDIDATE], name="bench")
def fixture_bench(request):
    bench = _bench(request.param)
    bench.switch.restart()
    return bench


CASES = [
    *itertools.product(KINDS, (*RUNS, *SEVERAL)),
    *itertools.product(BY_CANDIDATE, ("change of address", "another port", "remove")),
    *itertools.product(["nos"], ON_RBRIDGES),
]
runs = pytest.mark.parametrize(("bench", "name"), CASES, indirect=["bench"])


@runs
def test_a_run_ends_with_what_is_wanted_and_a_second_one_sends_nothing(bench, name):
    goals = bench.start(name)
    was = bench.there
    outcomes = bench.bring(*goals)
    done = bench.there
    assert [outcome.error for outcome in outcomes] == [None] * len(goals)
    assert all(bench.has(one, done) for one in goals)
    # The last Ve has taken the VLAN with it.
    assert all(done[0][one.vlan].ves for one in goals if one.remove and one.vlan in done[0])
    bench.tells(outcomes, was, done)
    assert sum(len(outcome.did) for outcome in outcomes) >= bench.switch.edits > 0
    assert done[0][113] == was[0][113]
    assert all(44 in vlans for vlans in done[1].values())
    bench.switch.forget_rpcs()
    for outcome in bench.bring(*goals):
        assert (outcome.error, list(outcome.did), bench.switch.edits) == (None, [], 0)
    assert bench.there == done


def refusing(number):
    """A session with a switch that refuses one of the edits, counted from 1."""

    def refuse():
        raise SwitchRefused("not this one", tag="operation-failed")

    return at_edit(number, refuse)


@runs
def test_a_refused_edit_leaves_its_segment_as_it_was(bench, name):
    """Each edit in turn."""
    refused = 0
    bench.bring(*bench.start(name))
    for number in range(1, bench.switch.edits + 1):
        goals = bench.start(name)
        was = bench.there
        outcomes = bench.bring(*goals, spoilt=refusing(number))
        refused += bench.whole_or_as_it_was(outcomes, was)
    # What is refused together with others, the switch takes by itself.
    assert refused or name == "two VLANs swap their addresses"


LONGEST = ("create, update, remove", "an address moves to another VLAN", "create on two rbridges")
CUTS = [
    *((*case, then) for case in CASES for then in ("again", "back")),
    # This is no driver's.
    *itertools.product(["nos"], LONGEST, ["again, refused", "back, cut"]),
]


@pytest.mark.parametrize(("bench", "name", "then"), CUTS, indirect=["bench"])
def test_after_a_cut_at_any_rpc_a_retry_has_all_and_taking_back_nothing(bench, name, then):
    """What counts is what there was before the first try, also where the way back is cut."""
    number, cut = 0, True
    while cut:
        number += 1
        for when in (BEFORE, AFTER):
            goals = bench.start(name)
            running, was = bench.switch.running, bench.there
            cut, before = bench.cut(number, when, goals)
            if cut and then.startswith("again"):
                refused = then == "again, refused"
                spoilt = refusing(int(refused))
                outcomes = bench.bring(*goals, before=before, spoilt=spoilt)
                assert bench.whole_or_as_it_was(outcomes, was) in {refused, False}
            elif cut:
                back = functools.partial(bench.take_back, *goals, before=before)
                if then == "back, cut":
                    bench.broken_off(number // 2 + 1, when, back)
                broken = bench.there
                for outcome in (outcomes := back()):
                    assert (outcome.error, list(outcome.rest.left)) == (None, []), (number, when)
                assert bench.switch.running == running, (number, when)
                bench.tells(outcomes, broken, was)
    assert number > 3


def test_a_foreign_vlan_is_left_alone(bench):
    theirs = type(bench.driver)("Servers")
    steps = theirs.steps(112, ABSENT, Vlan("Servers", True, {bench.rbridge: ve(FIRST)}))
    bench.switch.edit(*(theirs.payload([step]) for step in steps))
    was = bench.switch.running
    bench.switch.forget_rpcs()
    for wanted in (bench.goal(112, SECOND), bench.removal(112)):
        outcome = bench.one(wanted)
        assert isinstance(outcome.error, SegmentConflict)
        assert "is named 'Servers'" in str(outcome.error)
    assert (bench.switch.running, bench.switch.edits) == (was, 0)


def test_many_vlans_are_read_and_made_in_few_edits(bench):
    many = [bench.goal(vlan, f"10.1.{vlan - 200}.1/24") for vlan in range(200, 400)]
    bench.switch.forget_rpcs()
    assert [outcome.error for outcome in bench.bring(*many)] == [None] * len(many)
    assert bench.switch.edits < len(many)
    found = bench.switch.vlans
    with bench.switch.device() as device:
        # One by one up to some, all there are from then on.
        for most in (250, 600):
            wanted = {vlan: found.get(vlan, ABSENT) for vlan in range(1, most)}
            assert device.read(range(1, most)) == wanted
        survey = device.session.get_config(bench.driver.survey())
    names = bench.driver.read(survey)
    assert bench.driver.rbridges(survey) == {*bench.rbridges} - {None}
    assert {vlan for vlan, one in names.items() if one.name == NAME} == {113, *range(200, 400)}
    assert not any(one.ves for one in names.values())


def test_what_a_person_reads(bench):
    wanted = Vlan(NAME, True, {bench.rbridge: ve(FIRST, SIX)})
    steps = bench.driver.steps(112, ABSENT, wanted)
    assert len({step.does for step in steps}) == len(steps)
    assert all("112" in step.does and bench.driver.cli([step]) for step in steps)
    shown = "\n".join(bench.driver.shown(112, wanted))
    interface = bench.driver.interface(112)
    assert all(text in shown for text in (NAME, FIRST, SIX, interface, "no shutdown"))
    assert not any(NAME in line for line in bench.driver.shown(112, wanted._replace(name=None)))
