"""What was last applied: as it is kept, and what it tells."""

import json

import pytest
from docker_tor.desired import last_applied
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import CREATE, DESTROY, Change, Segment
from docker_tor.engine.networks import Network
from hypothesis import given, settings
from listed import assemble, network, observe, ves
from test_listing import LISTS

K112, K113 = ("tor1", 21, 112), ("tor1", 21, 113)


def docker_network(name, vlan=112, ports=()):
    one = Network(name, name, "host1", "macvlan", f"eth0.{vlan}", vlan, frozenset())
    return one._replace(ports=ports)


def segment(key, *names, ports=()):
    networks = tuple(docker_network(name, key[2], ports) for name in names)
    return Segment(*key, "h", ves("10.0.0.1/24", "fd00::1/64"), networks)


def test_it_comes_back_as_it_was():
    kept = LastApplied(
        {K112: segment(K112, "web", ports=("Te 5", "Te 6"))},
        {("host1", "a" * 64, "because")},
        {K112, ("tor1", None, 112)},
        {("tor/1", 21, 113): 1795449840.8, ("tor/1", None, 113): 1.5},
        {("host1", "b" * 64, "no tag")},
    )
    assert last_applied.load(last_applied.dump(kept)) == kept
    assert kept.dispatched == {
        *(K112, ("tor1", None, 112)),
        *(("tor/1", 21, 113), ("tor/1", None, 113)),
    }
    assert last_applied.load(None) == last_applied.load("") == LastApplied()
    nothing = '{"version":1,"segments":[],"refused":[],"passed":[],"pending":[],"retired":[]}'
    assert last_applied.dump(LastApplied()) == nothing


@settings(max_examples=40, deadline=None)
@given(LISTS)
def test_whatever_segments_there_are_they_come_back(items):
    segments = assemble(*items, uplinks=[{"parent": "vlan7", "vlan": 7}]).segments
    kept = LastApplied(segments)
    assert last_applied.load(last_applied.dump(kept)) == kept


def test_what_is_as_usual_is_not_written():
    segments = assemble(network("a", "eth0.5", {"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.1"}))
    text = last_applied.dump(LastApplied(segments.segments))
    assert not any(name in text for name in ("chosen", "full_name", "link", "tagged", "ports"))
    ((written,),) = [one["networks"] for one in json.loads(text)["segments"]]
    assert written["addresses"] == ["10.1.0.1/24"]


def test_one_of_version_0_2_0_is_read():
    kept = json.loads(last_applied.dump(LastApplied({K112: segment(K112)})))
    old = {name: kept[name] for name in ("version", "segments", "refused", "pending")}
    assert last_applied.load(json.dumps(old)) == LastApplied({K112: segment(K112)})


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"segments":[{}]}',
        '{"segments":[1]}',
        '{"segments":[{"addresses":["x"],"networks":[]}]}',
        '{"segments":[],"refused":[],"pending":[],"retired":[["tor1",21,112]]}',
        '{"segments":[],"refused":[],"pending":[],"retired":7}',
        "[" * 9999,
    ],
)
def test_a_value_that_is_none_is_not_taken_for_an_empty_one(text):
    with pytest.raises(ValueError, match="is no ledger"):
        last_applied.load(text)


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


def test_what_is_dispatched_is_recorded():
    kept = LastApplied({K112: segment(K112)}, retired={K113: 1.0})
    kept.record(Change(DESTROY, segment(K112)), 7.0)
    kept.record(Change(CREATE, segment(K113)), 8.0)
    assert kept == LastApplied({K113: segment(K113)}, retired={K112: 7.0})


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
    assert kept.untold(desired.rejected) == []
    assert LastApplied().untold(desired.rejected) == desired.rejected
