"""What this installation has dispatched, and when it forgets it."""

import pytest
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.reconcile import dispatched
from docker_tor.reconcile.memory import Memory
from docker_tor.switch.model import Ve, Vlan

NAME = "Docker Network"
NOW = 100_000.0
K112 = ("tor1", 21, 112)
GONE = {"tor1": frozenset()}


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


def test_the_ledger_remembers_until_reconcile_has_seen_it_gone():
    for kept in (book(K112), book(pending=[K112]), book(retired={K112: 1.0})):
        assert dispatched.remembered(kept, Memory()) == {K112}
    assert dispatched.remembered(book(), Memory(added=frozenset({K112}))) == {K112}
    forgotten = Memory(gone={K112: 1.0})
    assert dispatched.remembered(book(), forgotten) == set()
    assert dispatched.remembered(book(retired={K112: 1.0}), forgotten) == set()
    # A removal that is dispatched again is remembered again.
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
