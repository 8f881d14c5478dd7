"""What reconcile remembers, as it is kept in the datastore."""

import json

import pytest
from docker_tor.reconcile import memory
from docker_tor.reconcile.memory import Memory


def test_memory_survives_the_datastore():
    kept = Memory(
        {("a/b", 21, 112): 1795449840.75, ("tor1", 0, 1): 0.0},
        "abc",
        {"tor1": ("5f1a", "day 7")},
        frozenset({("tor1", 21, 113), ("tor1", None, 113)}),
        {("tor1", 21, 114): 1.5, ("slx1", None, 114): 2.5},
        frozenset({"tor1"}),
    )
    assert memory.load(memory.dump(kept)) == kept
    assert json.loads(memory.dump(kept))["version"] == 1


def test_a_mark_of_version_0_2_0_is_dropped():
    """It was one short hash, which told something of the password."""
    assert memory.load('{"version": 1, "told": "x", "denied": {"tor2": "5f1a"}}') == Memory({}, "x")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[]",
        "7",
        '"x"',
        "{",
        "[" * 100_000,
        '{"orphans": []}',
        '{"orphans": {"tor1": 1}}',
        '{"orphans": {"tor1/21": 1}}',
        '{"orphans": {"tor1/x/112": 1}}',
        '{"orphans": {"tor1/21/112": null}}',
        '{"orphans": {"tor1/21/112": []}}',
        '{"orphans": {"tor1/21/112": NaN}}',
        '{"orphans": {"tor1/21/112": -Infinity}}',
        '{"orphans": {"tor1/21/112": 1' + "0" * 400 + "}}",
    ],
)
def test_what_is_no_memory_is_forgotten_so_that_orphans_wait_once_more(text):
    assert memory.load(text) == Memory()
