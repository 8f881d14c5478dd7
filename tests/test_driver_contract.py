"""What every driver promises to plan, transaction and rollback: the same runs on each kind.

A driver is one line in `KINDS`. The lab's switch of that platform answers, and refuses what is not
in its model.
"""

import functools

import pytest
from docker_tor.common.errors import SegmentConflict, SessionLost, SwitchRefused
from docker_tor.switch import model, transaction
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.nos.driver import Driver as Nos
from docker_tor.switch.openconfig.driver import Driver as Openconfig
from docker_tor.switch.plan import Goal
from docker_tor.switch.slxos.driver import Driver as Slxos

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx
from ves import goal, ve

from lab.switch import SwitchError
from lab.switch.faults import AFTER, BEFORE

KINDS = {
    "nos": (Nos, 21, "TenGigabitEthernet 21/0/1", "Port-channel 10"),
    "slxos": (Slxos, None, "Ethernet 0/1", "Port-channel 10"),
    "openconfig": (Openconfig, None, "Ethernet1", "Port-Channel10"),
}
"""Each driver, the rbridge of a Ve on such a switch, and two of its trunks."""
BY_CANDIDATE = ("nos by candidate", "openconfig by candidate")
"""Switches that have their candidate edited, and running not: nothing of that is the driver's."""

FIRST, SECOND, SIX = "172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64"
BESIDE = "172.16.113.1/24"
RUNS = {
    "create": ((), (FIRST,)),
    "create with two subnets": ((), (FIRST, SECOND)),
    "create with a secondary address": ((), (FIRST, "172.16.112.9/24")),
    "create with IPv6": ((), (FIRST, SIX)),
    "create with IPv6 alone": ((), (SIX,)),
    "change of address": ((FIRST,), ("172.16.112.254/24",)),
    "change to the former secondary": ((FIRST, "172.16.112.9/24"), ("172.16.112.9/24",)),
    "second subnet": ((FIRST,), (FIRST, SECOND)),
    "second subnet deleted": ((FIRST, SECOND, SIX), (FIRST,)),
    "remove": ((FIRST, SECOND, SIX), None),
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


class Bench:
    """A switch of one kind in this process, with a segment of its own on VLAN 113, and a VLAN of
    others on its trunks."""

    def __init__(self, kind):
        make, self.rbridge, *self.trunks = KINDS[kind.partition(" ")[0]]
        self.driver = make(NAME)
        self.theirs = make("Servers")
        self.switch = Vdx((21,), driver=self.driver, candidate=kind in BY_CANDIDATE)
        self.bring(self.goal(113, BESIDE))
        for name in self.trunks:
            port = self.switch.ports[name]
            have, want = (Vlan(ports={name: one}) for one in (port, port.adding(44)))
            steps = self.driver.steps(44, have, want)
            self.switch.edit(*(self.driver.payload([step]) for step in steps))
        self.switch.save()

    def goal(self, vlan, *addresses, **more):
        return goal(vlan, self.rbridge, *addresses, **more)

    def bring(self, *goals, before=None, spoilt=lambda session: session):
        with self.switch.device(spoilt) as device:
            return transaction.bring(device, goals, before)

    def start(self, name):
        """As before the run; the run's goal, and what it is to leave."""
        had, wanted, before, after = (*RUNS[name], (), ())[:4]
        had_on, on = (tuple(self.trunks[at] for at in places) for places in (before, after))
        self.switch.restart()
        if had or had == []:
            self.bring(self.goal(112, *had, ports=had_on))
        self.switch.forget()
        ports = {"ports": on, "ports_gone": tuple({*had_on} - {*on})}
        if wanted is None:
            return Goal(112, self.rbridge, remove=True, **ports), (ABSENT, on)
        ves = {self.rbridge: ve(*wanted)} if wanted else {}
        there = Vlan(NAME, True if wanted else None, ves)
        return self.goal(112, *wanted, **ports), (there, on)

    @property
    def there(self):
        on = [name for name in self.trunks if self.switch.ports[name].lists(112)]
        return self.switch.vlans.get(112, ABSENT), tuple(on)

    @property
    def others(self):
        """What is on the trunks' lists besides."""
        return [self.switch.ports[name].vlans - {112} for name in self.trunks]

    @property
    def beside(self):
        return self.switch.vlans[113]


_bench = functools.lru_cache(maxsize=None)(Bench)


@pytest.fixture(params=[*KINDS, *BY_CANDIDATE], name="bench")
def fixture_bench(request):
    bench = _bench(request.param)
    bench.switch.restart()
    return bench


runs = pytest.mark.parametrize("name", RUNS)


@runs
def test_a_run_ends_with_what_is_wanted_and_a_second_one_sends_nothing(bench, name):
    wanted, after = bench.start(name)
    others = bench.others
    (outcome,) = bench.bring(wanted)
    assert (outcome.error, bench.there, bench.others) == (None, after, others)
    assert len(outcome.did) >= bench.switch.edits > 0
    bench.switch.forget()
    (again,) = bench.bring(wanted)
    assert (again.error, list(again.did), bench.switch.edits) == (None, [], 0)
    assert bench.beside == Vlan(NAME, True, {bench.rbridge: ve(BESIDE)})


@runs
def test_a_refused_edit_leaves_all_as_it_was(bench, name):
    """Each edit in turn."""

    class Refusing(Meddler):
        sent = 0

        def edit_config(self, config):
            self.sent += 1
            if self.sent == number:
                raise SwitchRefused("not this one", tag="operation-failed")
            super().edit_config(config)

    number, refused = 0, True
    while refused:
        number += 1
        wanted, after = bench.start(name)
        was = bench.switch.running
        (outcome,) = bench.bring(wanted, spoilt=Refusing)
        refused = outcome.error is not None
        if refused:
            assert bench.switch.running == was, number
            assert list(outcome.rest.left) == []
    assert (number > 1, bench.there) == (True, after)


@runs
@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("then", ["again", "back"])
def test_after_a_cut_at_any_rpc_a_retry_has_all_and_taking_back_nothing(bench, name, when, then):
    number, cut = 0, True
    while cut:
        number += 1
        wanted, after = bench.start(name)
        was = bench.switch.running
        before = {}
        bench.switch.faults.set(drop_rpc=number, drop=when)
        try:
            bench.bring(wanted, before=before)
            cut = False
        except SessionLost:
            pass
        bench.switch.faults.clear()
        kept = {vlan: model.from_plain(model.as_plain(have)) for vlan, have in before.items()}
        if then == "again":
            (outcome,) = bench.bring(wanted, before=kept)
            assert (outcome.error, bench.there) == (None, after), number
        elif cut:
            with bench.switch.device() as device:
                for outcome in transaction.take_back(device, [wanted], kept):
                    assert (outcome.error, list(outcome.rest.left)) == (None, []), number
            assert bench.switch.running == was, number
    assert number > 3


def test_a_foreign_vlan_is_left_alone(bench):
    steps = bench.theirs.steps(112, ABSENT, Vlan("Servers", True, {bench.rbridge: ve(FIRST)}))
    bench.switch.edit(*(bench.theirs.payload([step]) for step in steps))
    was = bench.switch.running
    for wanted in (bench.goal(112, SECOND), Goal(112, bench.rbridge, remove=True)):
        (outcome,) = bench.bring(wanted)
        assert isinstance(outcome.error, SegmentConflict)
        assert "is named 'Servers'" in str(outcome.error)
    assert bench.switch.running == was


def test_many_vlans_are_read_and_made_in_few_edits(bench):
    many = [bench.goal(vlan, f"10.1.{vlan - 200}.1/24") for vlan in range(200, 400)]
    bench.switch.forget()
    assert [outcome.error for outcome in bench.bring(*many)] == [None] * len(many)
    assert bench.switch.edits < len(many)
    found = bench.switch.vlans
    with bench.switch.device() as device:
        # One by one up to some, all there are from then on.
        for most in (250, 600):
            assert device.read(range(1, most)) == {
                vlan: found.get(vlan, ABSENT) for vlan in range(1, most)
            }
        survey = device.session.get_config(bench.driver.survey())
    names = bench.driver.read(survey)
    assert bench.driver.rbridges(survey) == {bench.rbridge} - {None}
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_switch_of_another_kind_refuses_its_edits(kind):
    bench = _bench(kind)
    bench.switch.restart()
    for other in KINDS.keys() - {kind}:
        make, rbridge, *_ = KINDS[other]
        steps = make(NAME).steps(112, ABSENT, Vlan(NAME, True, {rbridge: ve(FIRST)}))
        refused = 0
        for step in steps:
            with pytest.raises(SwitchError):
                bench.switch.edit(make(NAME).payload([step]))
            refused += 1
        assert refused == len(steps) > 3
