"""Which mass removals are not believed at once; and what is held from one list to the next, as the
controller dispatches it."""

import pytest
from docker_tor.config import settings
from docker_tor.controller import holding
from docker_tor.desired import holds
from docker_tor.desired.by_engine import ByEngine
from docker_tor.desired.holds import Doubt
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network, Observed
from docker_tor.reconcile import discovery
from test_controller import START, World, destroys

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


# From one list to the next.


def applied(those):
    """A segment with these networks."""
    return Segment("tor1", 21, 112, "h", (), tuple(those))


def test_no_more_is_remembered_than_there_is_room_for():
    sensor = holding.Holding()
    for number in range(holding.MOST_REMOVED + 5):
        sensor.removed("host1", str(number), 1.0)
    assert len(sensor._removed["host1"]) == holding.MOST_REMOVED
    assert "4" not in sensor._removed["host1"]


@pytest.mark.parametrize(
    ("removed", "lists", "at", "free", "why"),
    [
        ((1, 2), (), 60, False, "told"),
        ((), (1, 2), 60, False, "back"),
        ((), (), HOLD, False, "over"),
        ((), (), 60, True, "released"),
    ],
)
def test_people_are_told_why_a_hold_ends(removed, lists, at, free, why):
    sensor, both = holding.Holding(), networks(1, 2)

    def news(lists, at, released=None):
        seen = {"host1": observed(*lists, at=NOW + at, since=NOW + at)}
        return sensor.judge(ByEngine([applied(both)]), ["host1"], seen, released, HOLD, NOW + at)[1]

    assert news([], 0) == []
    ((_, state, reason, seconds),) = news([], holding.PATIENCE)
    assert (state, seconds) == ("held", HOLD)
    assert "It lists 0 of the 2 networks that it had" in reason
    for one in removed:
        sensor.removed("host1", network(one).id, NOW + 60)
    released = holds.release({}, {"host1": [one.id for one in both]}, NOW + 1) if free else None
    ((_, state, reason, seconds),) = news(networks(*lists), at, released)
    assert (state, reason, seconds) == ("released", holding.WHY[why], at)
    assert news(networks(*lists), at) == []


# What the controller dispatches.

VLANS = range(100, 140)


class Doubtful(World):
    """A world whose engines are not believed at once; each list is asked for a second later."""

    def __init__(self, *engines, **raw):
        super().__init__(*engines, mass_removal_hold=HOLD, **raw)

    def hear_list(self, listing, engine="host1"):
        self.now += 1
        return super().hear_list(listing, engine)

    def gone(self, *vlans):
        for vlan in vlans:
            self.controller.removed("host1", f"{vlan:064x}")

    @property
    def held(self):
        return holds.load(self.datastore.values.get(holds.NAME))


@pytest.fixture
def world():
    made = Doubtful()
    assert len(made.hear(*VLANS)) == len(VLANS)
    return made


def test_everything_gone_is_held_and_told_once_and_a_restarted_sensor_goes_on(world):
    # What is announced, and listed after that, is not gone: a swarm's network of which the last
    # container has left this node.
    world.gone(*VLANS)
    assert world.hear(*VLANS) == []
    assert world.hear() == []
    assert world.held == {}
    assert world.settle(holding.PATIENCE) == [("held", "host1")]
    assert len(world.held["host1"].held) == len(VLANS)
    before = world.held
    world.restart()
    for _ in range(9):
        assert world.settle(HOLD / 10) == []
        assert world.hear() == []
    assert (world.held, len(world.applied.segments)) == (before, len(VLANS))
    world.settle(HOLD / 10)
    assert world.hear() == [*destroys(*VLANS), ("released", "host1")]


def test_a_person_releases_what_is_held(world):
    world.hear()
    world.settle(holding.PATIENCE)
    world.datastore.values[holds.RELEASED] = holds.release(
        {}, {"host1": [f"{vlan:064x}" for vlan in VLANS[:10]]}, START + world.now - 1000
    )
    assert world.settle() == destroys(*VLANS[:10])
    assert len(world.held["host1"].held) == len(VLANS) - 10
    assert world.settle(HOLD / 2) == []


def test_what_is_announced_after_the_list_goes_then_and_nobody_hears_of_a_hold(world):
    assert world.hear() == []
    world.gone(*VLANS)
    assert world.controller.news.is_set()
    assert world.settle() == destroys(*VLANS)
    assert world.settle(holding.PATIENCE) == []
    assert holds.NAME not in world.datastore.values


def test_an_engine_that_is_taken_out_takes_its_hold_along():
    world = Doubtful("host1", "host2")
    world.hear(112, 113)
    world.hear(engine="host2")
    world.hear()
    assert world.settle(holding.PATIENCE) == [("held", "host1")]
    both = world.raw["engines"]
    world.restart(engines=both[1:])
    assert world.hear(engine="host2") == destroys(112, 113)
    assert world.held == {}
    assert not world.controller._holding.waiting
    # Should it ever be back, nobody hears of that hold.
    assert world.configure(*both) == []
    assert world.hear(112) == [("create", 112)]


def test_reconcile_knows_of_what_goes_but_waits_for_its_grace():
    world = Doubtful(removal_grace=3600)
    world.hear(112, 113)
    world.gone(112, 113)
    assert world.hear() == []
    book, doubts = world.applied, holds.load(world.datastore.values[holds.NAME])
    assert len(book.segments) == 2
    found = discovery.discover(settings.parse(world.raw), book, lambda _engine: [], doubts)
    assert (found.segments, found.unreached, found.held) == ({}, {}, {})
    assert discovery.discover(settings.parse(world.raw), book, lambda _engine: []).held != {}
    assert world.settle(3600) == destroys(112, 113)
    assert world.held == {}
