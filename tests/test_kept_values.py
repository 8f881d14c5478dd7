"""What the pack keeps in the datastore: all of it comes back as it was, and what is no such value
is either told or as good as none.

How what was last applied is kept: test_ledger.
"""

import json

import pytest
from docker_tor.controller import container_tracker, heartbeat
from docker_tor.controller.heartbeat import Heartbeat, Pulse
from docker_tor.desired import holds, last_applied
from docker_tor.desired.holds import Doubt
from docker_tor.desired.last_applied import LastApplied
from docker_tor.reconcile import memory
from docker_tor.reconcile.memory import Memory

PULSES = {"host1": Pulse("following", 5.5, 3, 0.02), "host2": Pulse()}
DOUBTS = {"host1": Doubt(300, 7, {"a" * 64: 1795449840.8, "b": 0.1}, frozenset("xy")), "h": Doubt()}
K112 = ("tor1", 21, 112)
REMEMBERED = Memory(
    {("a/b", 21, 112): 1795449840.75, ("tor1", 0, 1): 0.0},
    "abc",
    {"tor1": ("5f1a", "day 7")},
    frozenset({K112, ("tor1", None, 113)}),
    {("tor1", 21, 114): 1.5, ("slx1", None, 114): 2.5},
    frozenset({"tor1"}),
)


@pytest.mark.parametrize(
    ("module", "value"),
    [
        (heartbeat, Heartbeat(7.25, PULSES)),
        (heartbeat, Heartbeat(7.25, PULSES, "5f1d0c2a9b7e", "it is wrong")),
        (holds, DOUBTS),
        (memory, REMEMBERED),
        (last_applied, LastApplied()),
    ],
)
def test_it_comes_back_as_it_was(module, value):
    text = module.dump(value)
    assert module.load(text) == value
    assert json.loads(text)["version"] == 1


NO_JSON = ("x", "[]", "7", "{}", "[" * 100_000)


@pytest.mark.parametrize(
    ("load", "why", "texts"),
    [
        (
            heartbeat.load,
            "is no heartbeat",
            [
                '{"at": 1}',
                '{"at": "x", "engines": {}}',
                '{"at": 1, "engines": []}',
                '{"at": 1, "engines": {"a": {}}}',
                '{"at": 1, "engines": {"a": {"state": "", "last_contact": [], "networks": 1}}}',
                '{"at":1,"engines":{"a":{"state":"","last_contact":"","networks":1,"lag":1}}}',
            ],
        ),
        (
            last_applied.load,
            "is no ledger",
            [
                '{"segments":[{}]}',
                '{"segments":[1]}',
                '{"segments":[{"addresses":["x"],"networks":[]}]}',
                '{"segments":[],"refused":[],"pending":[],"retired":[["tor1",21,112]]}',
                '{"segments":[],"refused":[],"pending":[],"retired":7}',
            ],
        ),
        (
            container_tracker.load,
            r"docker_tor\.containers is none of the pack's.*key delete",
            ['{"engines":[]}', '{"engines":{"a":5}}'],
        ),
    ],
)
def test_a_value_that_is_none_is_not_taken_for_an_empty_one(load, why, texts):
    for text in (*NO_JSON, *texts):
        with pytest.raises(ValueError, match=why):
            load(text)


@pytest.mark.parametrize(
    ("load", "nothing", "texts"),
    [
        *(
            (
                load,
                {},
                [
                    '{"engines": []}',
                    '{"engines": {"a": 1}}',
                    '{"engines": {"a": {"had": "x"}}}',
                    '{"engines": {"a": {"had": 1e999, "lists": 0, "held": {}, "gone": []}}}',
                    '{"engines": {"a": {"had": 1, "lists": 0, "held": [1], "gone": []}}}',
                ],
            )
            for load in (holds.load, holds.released)
        ),
        (
            memory.load,
            Memory(),
            [
                '{"orphans": []}',
                '{"orphans": {"tor1": 1}}',
                '{"orphans": {"tor1/x/112": 1}}',
                '{"orphans": {"tor1/21/112": null}}',
                '{"orphans": {"tor1/21/112": NaN}}',
                '{"orphans": {"tor1/21/112": 1' + "0" * 400 + "}}",
            ],
        ),
    ],
)
def test_a_value_that_is_none_is_as_good_as_none(load, nothing, texts):
    """What is held is held anew then, and orphans wait once more."""
    for text in (None, "", "null", *NO_JSON, *texts):
        assert load(text) == nothing


def test_what_is_held_is_the_same_text_in_any_order():
    """It is only written where it is another text."""
    assert holds.dump(DOUBTS) == holds.dump(dict(reversed([*DOUBTS.items()])))


def test_a_moment_that_is_none_is_forgotten():
    text = '{"engines": {"a": {"had": 1, "lists": 0, "held": {"x": NaN, "y": 1}, "gone": []}}}'
    assert holds.load(text)["a"].held == {"y": 1.0}


def test_values_of_older_versions_are_read():
    beat = json.loads(heartbeat.dump(Heartbeat(7.25, {}, "mark", "trouble")))
    del beat["config"], beat["trouble"]
    assert heartbeat.load(json.dumps(beat)) == Heartbeat(7.25, {})
    # A mark of a login was one short hash, which told something of the password: it is dropped.
    assert memory.load('{"version": 1, "told": "x", "denied": {"tor2": "5f1a"}}') == Memory({}, "x")
    book = json.loads(last_applied.dump(LastApplied()))
    del book["passed"], book["retired"]
    assert last_applied.load(json.dumps(book)) == LastApplied()
