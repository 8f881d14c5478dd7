"""What was last applied, in the datastore: a value for each switch, and one for the rest."""

import json

import pytest
from docker_tor.common.errors import DatastoreUnreadable
from docker_tor.desired import last_applied, ledger
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import CREATE, Change
from test_last_applied import K112, K113, segment

OTHER = ("tor/1", None, 112)
REJECTED = ("host1", "a" * 64, "because")


def applied(**more):
    return LastApplied(
        {K112: segment(K112, "web"), OTHER: segment(OTHER, "db")},
        {REJECTED},
        {K113},
        {("tor2", 21, 113): 1.5},
        **more,
    )


def test_the_one_value_of_version_0_4_0_is_taken_over():
    values = {ledger.NAME: last_applied.dump(applied())}
    found = ledger.load(values.get)
    assert found == applied()
    ledger.Writer().save(found, values.__setitem__)
    assert sorted(values) == [
        *("docker_tor.applied.tor1", "docker_tor.applied.tor2", "docker_tor.applied.tor_2F1"),
        "docker_tor.segments",
    ]
    assert json.loads(values[ledger.NAME])["segments"] == []
    again = ledger.load(values.get)
    assert again == applied()
    assert again.unsaved == set()


@pytest.fixture
def kept():
    """What is kept, and what is written of it from now on, by name."""
    values = {}
    found, writer = applied(unsaved={"tor1", "tor2", "tor/1"}), ledger.Writer()
    writer.save(found, values.__setitem__)

    def save():
        written = {}
        writer.save(found, written.__setitem__)
        values.update(written)
        assert ledger.load(values.get) == found
        return list(written)

    return found, save


def test_only_what_has_changed_is_written(kept):
    found, save = kept
    assert save() == []
    found.record(Change(CREATE, segment(K113, "new")), 7.0)
    assert save() == ["docker_tor.applied.tor1"]
    found.pend([OTHER])
    assert save() == ["docker_tor.applied.tor_2F1", "docker_tor.applied.tor1"]
    found.rejected.clear()
    found.unsaved.add(last_applied.REST)
    assert save() == ["docker_tor.segments"]
    # Of a switch that is new, the name is written after its value.
    found.record(Change(CREATE, segment(("tor3", 21, 112), "x")), 8.0)
    assert save() == ["docker_tor.applied.tor3", "docker_tor.segments"]


def test_what_cannot_be_written_is_written_later(kept):
    found, save = kept
    found.pend([])
    found.record(Change(CREATE, segment(OTHER, "new")), 7.0)

    def fail(name, _text):
        if "tor_2F1" not in name:
            raise OSError("the datastore is away")

    with pytest.raises(OSError, match="away"):
        ledger.Writer().save(found, fail)
    assert found.unsaved == {"tor1"}
    found.unsaved.add("tor/1")
    assert save() == ["docker_tor.applied.tor_2F1", "docker_tor.applied.tor1"]


@pytest.mark.parametrize(("text", "why"), [(None, "it is gone"), ("{", "is no ledger")])
def test_a_switch_whose_value_is_lost_is_not_taken_for_an_empty_one(text, why):
    values = {ledger.NAME: last_applied.dump(LastApplied(switches={"tor1"}))}
    values[ledger.name_of("tor1")] = text
    with pytest.raises(DatastoreUnreadable, match=why) as caught:
        ledger.load(values.get)
    assert "docker_tor.applied.tor1" in str(caught.value)
