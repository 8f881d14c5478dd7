"""What was last applied: what it tells, and how it is kept, a value for each switch and one for the
rest."""

import json

import pytest
from docker_tor.common.errors import DatastoreUnreadable
from docker_tor.desired import last_applied, ledger
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import CREATE, Change, Segment
from docker_tor.engine.networks import Network
from listed import assemble, network, observe, ves

K112, K113, OTHER = ("tor1", 21, 112), ("tor1", 21, 113), ("tor/1", None, 112)


def segment(key, *names, ports=()):
    shown = [(name, name, "host1", "macvlan", f"eth0.{key[2]}", key[2]) for name in names]
    networks = tuple(Network(*one, frozenset(), ports=ports) for one in shown)
    return Segment(*key, "h", ves("10.0.0.1/24", "fd00::1/64"), networks)


KEPT = LastApplied(
    {
        key: segment(key, *names)
        for key, names in {
            K112: ("web", "db"),
            ("tor1", 22, 112): ("cache",),
            ("tor2", 21, 112): ("other",),
            K113: ("more",),
        }.items()
    }
)


@pytest.mark.parametrize(
    ("asked", "pending", "users"),
    [
        (("tor1", 112), (), ("cache", "db", "web")),
        (("tor1", 112, 21), (), ("db", "web")),
        (("tor1", 112, 23), (), ()),
        (("tor1", 114), (), ()),
        (("tor9", 112), (), ()),
        (("tor1", 112, 21), (K112,), ()),
        (("tor1", 112), (K112,), ("cache",)),
    ],
)
def test_who_uses_a_vlan(asked, pending, users):
    assert LastApplied(KEPT.segments, pending=set(pending)).users(*asked) == users


def test_what_a_sensor_was_dispatching_when_it_ended_may_have_been():
    kept = LastApplied({K112: segment(K112)}, pending={K112, K113}, retired={("t", 0, 1): 1.0})
    kept.resume(5.0)
    assert (kept.pending, kept.retired) == (set(), {("t", 0, 1): 1.0, K113: 5.0})
    assert kept.unsaved == {"tor1"}


BAD, OFF = network("bad", "eth0.4000"), network("off", "eth0")


def test_what_calls_for_no_trigger_is_noted():
    desired = assemble(BAD, network("a", "eth0.112", "10.1.0.0/24"), network("b", "eth0.113"))
    bad, gone = desired.rejected[0].key, ("host1", "x", "its cause is gone")
    others = {("host2", "x", "of an engine that was not observed"), ("host9", "x", "nor named")}
    kept = LastApplied({}, {bad, gone, *others}, ignored={gone, *others})
    seen = {"host1": observe(BAD, OFF, network("bridge", "", Driver="bridge"))}
    kept.note(desired, {K113}, seen, ["host1", "host2"])
    (off,) = [one.key for one in seen["host1"].ignored if one.may_surprise]
    first, _ = sorted(others)
    assert kept.segments == {K112: desired.segments[K112]}
    assert (kept.rejected, kept.ignored) == ({bad, first}, {off, first})
    assert kept.unsaved == {"tor1", last_applied.REST}
    assert kept.untold(desired.rejected) == []
    assert LastApplied().untold(desired.rejected) == desired.rejected


# How it is kept.


def test_what_is_as_usual_is_not_written():
    segments = assemble(network("a", "eth0.5", {"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.1"}))
    text = last_applied.dump(LastApplied(segments.segments))
    assert not any(name in text for name in ("chosen", "full_name", "link", "tagged", "ports"))
    ((written,),) = [one["networks"] for one in json.loads(text)["segments"]]
    assert written["addresses"] == ["10.1.0.1/24"]


def applied(**more):
    return LastApplied(
        {K112: segment(K112, "web", ports=("Te 5", "Te 6")), OTHER: segment(OTHER, "db")},
        {("host1", "a" * 64, "because")},
        {K113},
        {("tor2", 21, 113): 1.5, ("tor2", None, 113): 2.5},
        {("host1", "b" * 64, "no tag")},
        **more,
    )


def test_the_one_value_of_version_0_4_0_is_taken_over():
    values = {ledger.NAME: last_applied.dump(applied())}
    found = ledger.load(values.get)
    assert found == applied()
    assert found.dispatched == {K112, OTHER, K113, ("tor2", 21, 113), ("tor2", None, 113)}
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
