"""No VLAN of others ever goes from a port: a switch that replaces lists, and lost sessions."""

import re

import pytest
from bench import LAG, OTHERS, SINGLES, Bench
from docker_tor.common.errors import SwitchRefused, VlansRemoved
from docker_tor.switch import trunk
from docker_tor.switch.trunk import Port
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import Meddler, meddling

from lab.switch import payloads
from lab.switch.faults import AFTER, BEFORE


def test_vlans_of_others_are_put_back_at_once_and_no_other_port_is_edited():
    """Of several goals, all have failed."""
    bench = Bench(appends=False)
    bench.allow(LAG, {44})
    was = bench.switch.running
    sent = []
    goals = [bench.on(bench.trunk, LAG), bench.on(LAG, vlan=113)]
    outcomes = bench.bring(*goals, spoilt=meddling(sent.append))
    assert not any("port-channel" in config for config in sent)
    for outcome in outcomes:
        assert isinstance(outcome.error, VlansRemoved)
        assert f"VLANS OF OTHERS WERE REMOVED FROM {bench.trunk} AND PUT BACK." in str(
            outcome.error
        )
        assert (outcome.added_to, outcome.changed) == ((), False)
    assert bench.switch.running == was


def test_what_is_refused_together_is_found_out_one_by_one():
    bench = Bench(appends=False)
    was = bench.switch.running

    def one_at_a_time(config):
        if "<add>112-113</add>" in config:
            raise SwitchRefused("one at a time", tag="operation-failed")

    goals = [bench.on(bench.trunk), bench.on(bench.trunk, vlan=113)]
    outcomes = bench.bring(*goals, spoilt=meddling(one_at_a_time))
    assert all(isinstance(outcome.error, VlansRemoved) for outcome in outcomes)
    assert bench.switch.running == was


def test_what_such_a_switch_does_not_take_back_is_ours_and_told():
    """The idle port had no list to lose, and `remove` does nothing there."""
    bench = Bench(appends=False)
    outcome = bench.one(bench.on(bench.trunk, bench.idle))
    assert isinstance(outcome.error, VlansRemoved)
    assert list(outcome.rest.left) == [f"remove VLAN 112 from {bench.idle}"]
    assert outcome.added_to == (bench.idle,)
    assert bench.lists(bench.trunk) == OTHERS


def test_vlans_that_cannot_be_put_back_are_told():
    """The switch appends, but loses others' VLANs with the first that is added, and then refuses
    what is put back: all of a list that is longer than the model has it, in parts."""
    bench, sent = Bench(others=SINGLES), []
    bench.one(bench.on(LAG))

    def lose(config):
        found = re.findall("<add>(.*?)</add>", config)
        if found and sent:
            sent.extend(found)
            raise SwitchRefused("not now", tag="operation-failed")
        sent.extend(found)
        for part in trunk.split(bench.lists(bench.trunk)) if found else ():
            gone = payloads.vlans_on(bench.trunk, trunk.printed(part), "remove")
            bench.switch.edit(gone)

    outcome = bench.one(bench.on(bench.trunk, ports_gone=(LAG,)), spoilt=meddling(lose))
    assert isinstance(outcome.error, VlansRemoved)
    lists = trunk.printed(SINGLES)
    left = f"allow VLANs {lists} on {bench.trunk} again"
    told = f"REMOVED FROM {bench.trunk} AND COULD NOT BE PUT BACK ({left})"
    assert told in str(outcome.error)
    assert [len(text) for text in sent] == [3, *[249] * 8, len(lists)]
    # Nor is it asked to add what was removed before.
    assert list(outcome.rest.left) == [f"allow VLAN 112 on {LAG}", left]
    assert (outcome.changed, outcome.removed_from) == (True, (LAG,))


@pytest.mark.parametrize("name", ["TenGigabitEthernet </name>", "x", "Port-channel &amp;", "Te 1"])
def test_a_port_that_a_task_was_handed_may_be_called_anything(name):
    bench = Bench()
    bench.one(bench.on(bench.trunk))
    before = {112: bench.switch.vlans[112]._replace(ports={name: Port(vlans=frozenset({112, 5}))})}
    was = bench.switch.running
    (outcome,) = bench.take_back(bench.on(ports_gone=(name,)), before=before)
    assert (outcome.error, bench.switch.running) == (None, was)
    assert list(outcome.rest.stays) == [f"allow VLAN 112 on {name}"]


class Meeting(Meddler):
    """Something is done before one of the RPCs."""

    def __init__(self, session, number, act):
        super().__init__(session)
        self._left, self._act = number, act

    def _count(self):
        self._left -= 1
        if self._left == 0:
            self._act()

    def get_config(self, criteria):
        self._count()
        return super().get_config(criteria)

    def edit_config(self, config):
        self._count()
        super().edit_config(config)


@pytest.mark.parametrize("kind", ["nos", "slxos"])
@pytest.mark.parametrize("number", range(1, 10))
def test_two_runs_at_once_on_a_port(kind, number):
    """The other one gives the port a VLAN and takes one, before an RPC of this one."""
    bench = Bench(kind)
    bench.one(bench.on(bench.trunk, vlan=113))
    added, removed = bench.on(bench.trunk, vlan=114), bench.off(bench.trunk, vlan=113)

    def other():
        assert not any(one.error for one in bench.bring(added, removed._replace(keep_vlan=True)))

    outcome = bench.one(
        bench.on(bench.trunk), spoilt=lambda session: Meeting(session, number, other)
    )
    assert (outcome.error, outcome.added_to) == (None, (bench.trunk,))
    assert bench.lists(bench.trunk) == OTHERS | {112, 114}


def test_a_candidate_without_vlans_of_others_is_discarded():
    bench = Bench("nos by candidate", appends=False)
    was = bench.switch.running
    goals = bench.on(bench.trunk), bench.on(LAG, vlan=113), bench.on(vlan=114)
    first, second, plain = bench.bring(*goals)
    for outcome in (first, second):
        assert isinstance(outcome.error, VlansRemoved)
        assert f"an edit of {bench.trunk} would have removed VLANs of" in str(outcome.error)
        assert (outcome.changed, outcome.added_to) == (False, ())
    assert plain.error is None
    bench.one(bench.off(vlan=114))
    assert bench.switch.running == was


def test_a_candidate_that_an_undoing_takes_vlans_of_others_from_is_discarded():
    bench = Bench("nos by candidate", appends=False)
    bench.one(bench.on())
    listed = {bench.trunk: Port(vlans=OTHERS | {112})}
    before = {112: bench.switch.vlans[112]._replace(ports=listed)}
    (outcome,) = bench.take_back(bench.off(bench.trunk), before=before)
    assert isinstance(outcome.error, VlansRemoved)
    assert (bench.lists(bench.trunk), outcome.added_to) == (OTHERS, ())


@pytest.mark.parametrize("then", ["bring", "take_back"])
def test_what_a_lost_session_leaves_without_vlans_of_others_is_put_right(then):
    """The reply to the first edit of the port is lost."""
    for number in range(1, 24):
        bench = Bench(appends=False)
        was = bench.switch.running
        goals = [bench.on(bench.trunk), bench.on(bench.trunk, vlan=114)]
        _, before = bench.cut(number, AFTER, goals)
        if not OTHERS & bench.lists(bench.trunk):
            break
    assert not OTHERS & bench.lists(bench.trunk)
    outcomes = getattr(bench, then)(*goals, before=before)
    assert bench.switch.running == was
    assert all(isinstance(one.error, VlansRemoved) for one in outcomes)


CUTS = st.tuples(st.integers(1, 24), st.sampled_from([BEFORE, AFTER]))
ACTS = st.tuples(
    st.sampled_from(["bring", "remove", "back"]),
    st.sets(st.sampled_from([112, 113, 114]), min_size=1),
    CUTS,
    CUTS,
)


@settings(max_examples=100)
@given(
    st.frozensets(st.integers(1, 60) | st.sampled_from(sorted(SINGLES)), max_size=45),
    st.booleans(),
    st.sampled_from(["nos", "nos by candidate"]),
    st.lists(ACTS, max_size=4),
)
def test_whatever_is_done_to_a_port_all_vlans_of_others_are_there(others, appends, kind, acts):
    """Each run is cut twice, perhaps, and then goes on to its end. With a candidate none is gone
    even for a moment."""
    bench = Bench(kind, others=others, appends=appends)
    for what, vlans, *cuts in acts:
        make = bench.off if what == "remove" else bench.on
        goals = [make(bench.trunk, LAG, vlan=vlan) for vlan in sorted(vlans)]
        before = {}
        for number, when in cuts:
            _, before = bench.cut(number, when, goals, before)
            assert others <= bench.lists(bench.trunk) or not (appends or "candidate" in kind)
        work = bench.take_back if what == "back" else bench.bring
        work(*goals, before=before)
        assert others <= bench.lists(bench.trunk) <= others | {112, 113, 114}
        assert bench.lists(LAG) <= {112, 113, 114}
