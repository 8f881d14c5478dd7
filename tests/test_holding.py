"""What is held from one list to the next, and as the controller dispatches it."""

import pytest
from docker_tor.config import settings
from docker_tor.controller import holding
from docker_tor.desired import holds
from docker_tor.desired.by_engine import ByEngine
from docker_tor.desired.segments import Segment
from docker_tor.reconcile import discovery
from test_controller import START, World, destroys
from test_holds import HOLD, NOW, network, networks, observed


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
