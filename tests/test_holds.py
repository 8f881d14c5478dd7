"""Which removals are not believed at once: the rule, and over any history of an engine."""

import json
import math
from typing import Any, Dict, FrozenSet, List, Set

import pytest
from docker_tor.controller import holding
from docker_tor.desired import holds
from docker_tor.desired.holds import Doubt, Listed
from docker_tor.engine.networks import Network
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

HOLD = 900.0
NOW = 1795449840.0


def network(
    number: int, parent: int = 0, engine: str = "host1", driver: str = "macvlan"
) -> Network:
    vlan = parent or number
    addresses = frozenset({f"10.0.{vlan}.1/24"})
    return Network(f"{number:064x}", f"n{number}", engine, driver, f"eth0.{vlan}", vlan, addresses)


def networks(*numbers: int) -> List[Network]:
    return [network(number) for number in numbers]


def ids(*numbers: int) -> FrozenSet[str]:
    return frozenset(f"{number:064x}" for number in numbers)


def judge(had: List[Network], lists: List[Network], doubt: Doubt = holds.NO_DOUBT, **more: Any):
    listed = Listed(frozenset(one.id for one in lists), lists, more.pop("at", NOW))
    given_ = {"announced": (), "released": {}, "seconds": HOLD, "now": NOW, **more}
    return holds.judge(had, listed, doubt, **given_)


@pytest.mark.parametrize(
    ("had", "dropped", "held"),
    [
        (0, 0, False),
        (1, 1, True),
        (2, 1, False),
        (5, 5, True),
        (6, 5, False),
        (10, 5, False),
        (10, 6, True),
        (12, 6, False),
        (13, 7, True),
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


def test_what_was_announced_goes_and_does_not_count():
    had = networks(*range(1, 301))
    told = {one.id for one in had}
    assert judge(had, [], announced=told).held == {}
    assert set(judge(had, [], announced=told - ids(7)).held) == set()
    assert len(judge(had, [], announced=[one.id for one in had[:149]]).held) == 151
    assert len(judge(had, [], announced=[one.id for one in had[:150]]).held) == 0


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


def test_a_clock_that_was_set_back_holds_for_no_longer_than_anew():
    before = Doubt(1, 0, {next(iter(ids(1))): NOW + 5000})
    assert list(judge(networks(1), [], before).held.values()) == [NOW]


def test_what_is_back_stays_and_the_rest_is_held_on():
    had = networks(*range(1, 21))
    before = judge(had, [])
    after = judge(had, had[:19], before, now=NOW + 60)
    assert set(after.held) == ids(20)
    assert after.gone == frozenset()


def test_what_goes_missing_during_a_hold_is_held_for_as_long():
    had = networks(*range(1, 21))
    after = judge(had, [], judge(had, had[15:]), now=NOW + 60)
    assert sorted(set(after.held.values())) == [NOW, NOW + 60]
    assert len(after.held) == 20


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
    found = holds.judge(had, Listed(ids(1, 2), (), NOW), Doubt(2, 0, {}), (), {}, HOLD, NOW)
    assert found == Doubt(2, 2, {}, frozenset())


DOUBTS = st.dictionaries(
    st.text(),
    st.builds(
        Doubt,
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.dictionaries(st.text(), st.floats(0, 1e12)),
        st.frozensets(st.text()),
    ),
)


@given(DOUBTS)
def test_what_is_kept_comes_back_as_it_was(doubts):
    assert holds.load(holds.dump(doubts)) == doubts


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), st.floats(0, 1e12), min_size=1)))
def test_what_is_released_comes_back_as_it_was(released):
    text = holds.release(released, {}, 0.0)
    assert holds.released(text) == released


def test_a_release_adds_to_those_of_the_last_day():
    first = holds.release({}, {"host1": ["a", "b"]}, NOW)
    second = holds.release(holds.released(first), {"host1": ["b"], "host2": ["c"]}, NOW + 10)
    assert holds.released(second) == {
        "host1": {"a": NOW, "b": NOW + 10},
        "host2": {"c": NOW + 10},
    }
    third = holds.release(holds.released(second), {}, NOW + holds.KEPT + 5)
    assert holds.released(third) == {"host1": {"b": NOW + 10}, "host2": {"c": NOW + 10}}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        "[]",
        "{}",
        '{"engines": []}',
        '{"engines": {"a": 1}}',
        '{"engines": {"a": {"had": 1}}}',
        '{"engines": {"a": {"had": 1e999, "lists": 0, "held": {}, "gone": []}}}',
        '{"engines": {"a": {"had": 1, "lists": 0, "held": [1], "gone": []}}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_such_value_is_forgotten(text):
    assert holds.load(text) == {}


@pytest.mark.parametrize("text", [None, "", "x", "[]", '{"engines": {"a": 1}}', "[" * 100_000])
def test_what_releases_nothing(text):
    assert holds.released(text) == {}


def test_a_moment_that_is_none_is_forgotten():
    text = '{"engines": {"a": {"had": 1, "lists": 0, "held": {"x": NaN, "y": 1}, "gone": []}}}'
    assert holds.load(text)["a"].held == {"y": 1.0}


def test_what_is_announced_before_anybody_knew_of_it_is_remembered_until_a_later_list():
    """It was made and removed while an older list was being settled."""
    sensor, (one,) = holding.Holds(), networks(1)

    def held(known: List[Network], since: float) -> List[Network]:
        listed = Listed(frozenset(), (), NOW, since)
        return sensor.judge(known, {"host1": listed}, None, HOLD, NOW)[0]

    sensor.announced("host1", one.id, 10.0)
    assert held([], since=5.0) == []
    assert held([one], since=20.0) == []
    # What nobody ever had is forgotten with the first list that was asked for later.
    sensor.announced("host1", one.id, 30.0)
    assert held([], since=40.0) == []
    assert held([one], since=50.0) == [one]


class Engine(RuleBasedStateMachine):
    """An engine, its users, the disk that it loses, and a sensor that settles now and then, dies,
    and goes on with what the datastore has."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.numbers = iter(range(1, 10_000))
        self.truth: Dict[str, Network] = {}
        self.ledger: Dict[str, Network] = {}
        self.told: Set[str] = set()
        self.released: Dict[str, Dict[str, float]] = {}
        self.missing_since: Dict[str, float] = {}
        self.kept = ""
        self.listed = Listed(frozenset(), (), self.now, self.now)
        self.sensor = holding.Holds()
        self.people: List[str] = []
        self.stays: Set[str] = set()

    @rule(count=st.integers(1, 12))
    def create(self, count):
        """Networks are made."""
        for _ in range(count):
            made = network(next(self.numbers))
            self.truth[made.id] = made

    @rule(data=st.data(), announced=st.booleans())
    def remove(self, data, announced):
        """Networks go: with an event each that is heard, or without."""
        for one in data.draw(st.sets(st.sampled_from(sorted(self.truth) or [""]), max_size=20)):
            if self.truth.pop(one, None) and announced:
                self.told.add(one)
                self.sensor.announced("host1", one, self.now)

    @rule()
    def lose_the_disk(self):
        """It starts again without any of them; they are not gone for good."""
        self.disk, self.truth = dict(self.truth), {}

    @rule()
    def find_the_disk(self):
        """What was lost, and not removed, is there again."""
        disk = getattr(self, "disk", {})
        self.truth.update({one: net for one, net in disk.items() if one not in self.told})
        self.disk = {}

    @rule()
    def list(self):
        """The engine is listed."""
        self.now += 0.1
        self.listed = Listed(frozenset(self.truth), tuple(self.truth.values()), self.now, self.now)
        self.sensor.listed("host1", self.listed)

    @rule(seconds=st.sampled_from([1.0, holding.PATIENCE, 60.0, HOLD - 1, HOLD, 2 * HOLD]))
    def wait(self, seconds):
        """Time goes by."""
        self.now += seconds

    @rule(data=st.data())
    def release(self, data):
        """A person lets some of what is held go."""
        held = sorted(set(self.ledger) - self.listed.ids)
        chosen = data.draw(st.sets(st.sampled_from(held or [""])))
        text = holds.release(self.released, {"host1": chosen}, self.now)
        self.released = holds.released(text)

    @rule()
    def restart(self):
        """The sensor dies; the next one lists anew, and has heard no events."""
        self.sensor = holding.Holds()
        self.sensor.load(self.kept)
        self.told = set()
        self.stays = {one for doubt in holds.load(self.kept).values() for one in doubt.held}
        self.list()

    @rule()
    def settle(self):
        """The sensor compares, and dispatches."""
        held, news = self.sensor.judge(
            list(self.ledger.values()),
            {"host1": self.listed},
            holds.release(self.released, {}, self.now),
            HOLD,
            self.now,
        )
        stays = {one.id for one in held}
        before, had = dict(self.missing_since), set(self.ledger)
        missing = had - self.listed.ids
        self.missing_since = {one: before.get(one, self.now) for one in missing}
        self.check(had, missing, stays)
        self.ledger = {**{one.id: one for one in held}, **{n.id: n for n in self.listed.wanted}}
        self.people += [one.state for one in news]
        self.sensor.save(list(self.ledger.values()), self.keep)

    def check(self, had, missing, stays):
        """What was said is never held; of what was not, no mass goes before its time."""
        assert stays <= missing
        assert not stays & self.told, "it was announced"
        silent = missing - self.told
        gone = silent - stays
        free = self.released.get("host1", {})
        early = {
            one
            for one in gone
            if self.listed.at - self.missing_since[one] < HOLD
            and free.get(one, -math.inf) < self.missing_since[one]
        }
        assert not (early and holds.too_many(len(had), len(silent))), "it went too early"
        assert not early & self.stays, "it was held, and went before its time"
        self.stays = stays

    def keep(self, text):
        """The datastore."""
        self.kept = text
        assert json.loads(text)["version"] == 1

    @invariant()
    def people_are_told_once(self):
        """Held and released by turns, as one is told of the other."""
        assert all(one != other for one, other in zip(self.people, self.people[1:]))


TestEngine = Engine.TestCase
TestEngine.settings = hypothesis_settings(max_examples=200, stateful_step_count=40, deadline=None)
