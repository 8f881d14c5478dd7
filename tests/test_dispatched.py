"""What this installation has dispatched, and when it forgets it."""

from dataclasses import replace
from typing import Dict, FrozenSet, Set

import pytest
from docker_tor.desired import last_applied
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.reconcile import dispatched
from docker_tor.reconcile.memory import Memory, dump, load
from docker_tor.switch.model import Ve, Vlan
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

NAME = "Docker Network"
NOW = 100_000.0
K112 = ("tor1", 21, 112)
GONE: Dict[str, FrozenSet] = {"tor1": frozenset()}


def book(*segments, pending=(), retired=None):
    found = {key: Segment(*key, "h", (), ()) for key in segments}
    return LastApplied(found, frozenset(), frozenset(pending), retired or {})


def test_what_a_switch_has():
    have = {
        112: Vlan(NAME, True, {21: Ve(), 22: Ve()}),
        113: Vlan(NAME),
        114: Vlan("Servers", True, {21: Ve()}),
        115: Vlan(),
    }
    assert dispatched.present(have, NAME) == {(21, 112), (22, 112), (0, 113)}


@pytest.mark.parametrize(
    "kept",
    [book(K112), book(pending=[K112]), book(retired={K112: 1.0})],
    ids=["dispatched", "being dispatched", "to go"],
)
def test_the_ledger_remembers(kept):
    assert dispatched.remembered(kept, Memory()) == {K112}
    assert dispatched.remembered(book(), Memory(added=frozenset({K112}))) == {K112}
    assert dispatched.remembered(book(), Memory()) == set()


def test_a_removal_that_is_dispatched_again_is_remembered_again():
    forgotten = Memory(gone={K112: 1.0})
    assert dispatched.remembered(book(retired={K112: 1.0}), forgotten) == set()
    assert dispatched.remembered(book(retired={K112: 2.0}), forgotten) == {K112}
    assert dispatched.remembered(book(K112), forgotten) == {K112}


@pytest.mark.parametrize(
    ("key", "is_ours"),
    [
        (K112, True),
        (("tor1", 0, 112), True),
        (("tor1", 22, 112), False),
        (("tor1", 0, 113), False),
        (("tor2", 21, 112), False),
        (("tor2", 0, 112), False),
    ],
)
def test_a_vlan_without_a_ve_is_any_rbridges(key, is_ours):
    assert dispatched.is_ours(key, {K112}) is is_ours


def test_what_may_be_added_is_remembered_unless_it_is_already():
    kept = Memory(added=frozenset({("tor1", 21, 1)}))
    found = dispatched.with_added(book(K112), kept, [K112, ("tor1", 21, 113)])
    assert found.added == {("tor1", 21, 1), ("tor1", 21, 113)}
    assert dispatched.with_added(book(K112), kept, [K112]) is kept


@pytest.mark.parametrize(
    ("seen", "wanted", "forgotten"),
    [
        (GONE, (), True),
        ({}, (), False),
        ({"tor2": frozenset()}, (), False),
        (GONE, (K112,), False),
        ({"tor1": frozenset({(21, 112)})}, (), False),
        ({"tor1": frozenset({(0, 112)})}, (), False),
        ({"tor1": frozenset({(22, 112), (21, 113)})}, (), True),
    ],
)
def test_what_is_forgotten(seen, wanted, forgotten):
    for kept, memory in (
        (book(retired={K112: NOW}), Memory()),
        (book(), Memory(added=frozenset({K112}))),
    ):
        after = dispatched.without_gone(kept, memory, wanted, seen)
        assert (dispatched.remembered(kept, after) == set()) is forgotten
        # And for good.
        again = dispatched.without_gone(kept, after, wanted, {})
        assert dispatched.remembered(kept, again) == dispatched.remembered(kept, after)


def test_what_is_forgotten_takes_no_room_for_ever():
    kept = Memory(gone={K112: 1.0, ("tor1", 21, 113): 1.0}, added=frozenset({K112}))
    after = dispatched.without_gone(book(K112, retired={("tor1", 21, 113): 2.0}), kept, (), {})
    assert (after.gone, after.added) == ({}, frozenset())


class Installation(RuleBasedStateMachine):
    """A sensor, runs that carry out what it has dispatched or fail, reconcile without grace, and
    somebody else, who makes segments under the same name on the same switch."""

    VLANS = st.integers(1, 2)

    @initialize()
    def start(self) -> None:
        self.now = 1000.0
        self.kept = book()
        self.memory = Memory()
        self.wanted: Set[int] = set()
        self.mine: Set[int] = set()
        self.others: Set[int] = set()

    @rule(vlan=VLANS, carried_out=st.booleans())
    def create(self, vlan: int, carried_out: bool) -> None:
        """A network comes, and the sensor dispatches."""
        if vlan in self.others:
            return
        key = ("tor1", 21, vlan)
        self.wanted.add(vlan)
        retired = {one: at for one, at in self.kept.retired.items() if one != key}
        segments = {**self.kept.segments, key: Segment(*key, "h", (), ())}
        self.kept = replace(self.kept, segments=segments, retired=retired)
        if carried_out:
            self.mine.add(vlan)

    @rule(vlan=VLANS, carried_out=st.booleans())
    def destroy(self, vlan: int, carried_out: bool) -> None:
        """It goes, and the sensor dispatches."""
        if vlan not in self.wanted:
            return
        key = ("tor1", 21, vlan)
        self.wanted.discard(vlan)
        self.now += 1.0
        segments = {one: it for one, it in self.kept.segments.items() if one != key}
        retired = {**self.kept.retired, key: self.now}
        self.kept = replace(self.kept, segments=segments, retired=retired)
        if carried_out:
            self.mine.discard(vlan)

    @rule(vlan=VLANS)
    def somebody_else(self, vlan: int) -> None:
        """Makes a segment that reconcile has seen the switch without."""
        known = dispatched.remembered(self.kept, self.memory)
        if vlan not in self.mine and ("tor1", 21, vlan) not in known:
            self.others.add(vlan)

    @rule(vlan=VLANS)
    def somebody_elses_goes(self, vlan: int) -> None:
        self.others.discard(vlan)

    @rule()
    def restart(self) -> None:
        """All of it comes back from the datastore."""
        self.kept = last_applied.load(last_applied.dump(self.kept))
        self.memory = load(dump(self.memory))

    @rule()
    def reconcile(self) -> None:
        wanted = {("tor1", 21, vlan) for vlan in self.wanted}
        self.memory = dispatched.with_added(self.kept, self.memory, wanted)
        known = dispatched.remembered(self.kept, self.memory)
        seen = {"tor1": frozenset((21, vlan) for vlan in self.mine | self.others)}
        for vlan in self.mine - self.wanted:
            assert dispatched.is_ours(("tor1", 21, vlan), known), "it is left for ever"
        for vlan in self.others:
            assert not dispatched.is_ours(("tor1", 21, vlan), known), "it is not ours to remove"
        self.mine = set(self.wanted)
        self.memory = dispatched.without_gone(self.kept, self.memory, wanted, seen)

    @rule()
    def what_has_gone_is_soon_forgotten(self) -> None:
        """Once it has been seen twice: before it was removed, and after."""
        self.reconcile()
        self.reconcile()
        known = dispatched.remembered(self.kept, self.memory)
        assert known == {("tor1", 21, vlan) for vlan in self.wanted}


TestInstallation = Installation.TestCase
TestInstallation.settings = budget(max_examples=60, stateful_step_count=40, deadline=None)
