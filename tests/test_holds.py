"""Which mass removals are not believed at once."""

import pytest
from docker_tor.desired import holds
from docker_tor.desired.holds import Doubt
from docker_tor.engine.networks import Network, Observed

HOLD = 900
NOW = 1795449840.0


def network(number, parent=0, driver="macvlan"):
    vlan = parent or number
    shown = (f"{number:064x}", f"n{number}", "host1", driver, f"eth0.{vlan}", vlan)
    return Network(*shown, frozenset())


def networks(*numbers):
    return [network(number) for number in numbers]


def ids(*numbers):
    return frozenset(f"{number:064x}" for number in numbers)


def observed(*wanted, at=NOW, since=NOW):
    """What an engine was observed to have: these networks, and nothing else."""
    return Observed([*wanted], [], [], frozenset(one.id for one in wanted), at, since)


def judge(had, lists, doubt=holds.NO_DOUBT, **more):
    seen = observed(*lists, at=more.pop("at", NOW))
    given = {"removed": (), "released": {}, "seconds": HOLD, "now": NOW, **more}
    return holds.judge(had, seen, doubt, **given)


@pytest.mark.parametrize(
    ("had", "dropped", "held"),
    [
        (1, 1, True),
        (2, 1, False),
        (6, 5, False),
        (10, 6, True),
        (300, 150, False),
        (300, 151, True),
    ],
)
def test_all_of_it_or_more_than_five_and_than_half_is_held(had, dropped, held):
    all_of_it = networks(*range(1, had + 1))
    found = judge(all_of_it, all_of_it[dropped:])
    missing = {one.id for one in all_of_it[:dropped]}
    assert set(found.held) == (missing if held else set())
    assert found.gone == (frozenset() if held else missing)
    assert (found.had, found.lists) == (had, had - dropped)
    assert judge(all_of_it, all_of_it[dropped:], seconds=0).held == {}


def test_a_hold_ends_by_itself_only_after_a_list_that_is_younger_than_its_end():
    had, held = networks(1, 2), dict.fromkeys(ids(1, 2), NOW)
    before = Doubt(2, 0, held)
    later = NOW + HOLD + 100
    assert judge(had, [], before, at=NOW + HOLD - 1, now=later).held == held
    after = judge(had, [], before, at=NOW + HOLD, now=later)
    assert (after.held, after.gone) == ({}, ids(1, 2))
    # What is gone stays so while the ledger has it, and is no part of what the engine has.
    again = judge(had, [], after, at=later, now=later)
    assert (again.had, again.held, again.gone) == (0, {}, ids(1, 2))


@pytest.mark.parametrize(("at", "stays"), [(NOW - 1, True), (NOW, False), (NOW + 1, False)])
def test_a_release_is_of_holds_that_were_there_before(at, stays):
    had = networks(1, 2)
    one, other = (item.id for item in had)
    after = judge(had, [], Doubt(2, 0, {one: NOW, other: NOW}), released={one: at}, now=NOW + 60)
    assert set(after.held) == ({one, other} if stays else {other})


def test_an_engine_that_was_made_anew_is_believed_where_it_has_networks_again():
    had = networks(*range(1, 11))
    anew = [network(100 + vlan, parent=vlan) for vlan in range(1, 7)]
    found = judge(had, anew)
    assert set(found.held) == ids(7, 8, 9, 10)
    # Not by what it had all along, on another parent or of another driver.
    sibling = network(99, parent=7)
    assert set(judge([*had, sibling], [sibling]).held) == ids(*range(1, 11))
    assert set(judge(had, [network(100, parent=7, driver="ipvlan")]).held) == ids(*range(1, 11))


def test_nothing_is_a_networks_that_is_listed_in_whatever_form():
    """Its label, its options and its subnets may be others: then it is not wanted, but there."""
    had = networks(1, 2)
    found = holds.judge(had, observed()._replace(ids=ids(1, 2)), Doubt(2, 0, {}), (), {}, HOLD, NOW)
    assert found == Doubt(2, 2, {}, frozenset())


def test_a_release_adds_to_those_of_the_last_day():
    first = holds.release({}, {"host1": ["a", "b"]}, NOW)
    second = holds.release(holds.released(first), {"host1": ["b"], "host2": ["c"]}, NOW + 10)
    assert holds.released(second) == {
        "host1": {"a": NOW, "b": NOW + 10},
        "host2": {"c": NOW + 10},
    }
    third = holds.release(holds.released(second), {}, NOW + holds.KEPT + 5)
    assert holds.released(third) == {"host1": {"b": NOW + 10}, "host2": {"c": NOW + 10}}


def test_what_was_announced_goes_and_does_not_count():
    had = networks(*range(1, 301))
    told = [one.id for one in had]
    assert {count: len(judge(had, [], removed=told[:count]).held) for count in (149, 150, 300)} == {
        149: 151,
        150: 0,
        300: 0,
    }
