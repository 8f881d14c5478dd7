"""What the engines call for right now, asked of each anew: well, ill, slow, away or changed."""

import threading
from dataclasses import replace

import pytest
from compared import network
from docker_tor.common.errors import EngineDenied, EngineRefused, EngineUnreachable
from docker_tor.config.settings import SwitchConfig, parse
from docker_tor.desired.holds import Doubt
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.reconcile import discovery

PLAIN = {"host": "h", "username": "u", "password": "p"}
NOTHING = LastApplied({}, frozenset())


def settings(**engines):
    """Engines by name, each with its URL or its whole entry; two switches."""
    entries = []
    for name, given in engines.items():
        uplinks = [{"parent": "eth0", "switch": "tor1"}]
        entry = given if isinstance(given, dict) else {"url": given, "uplinks": uplinks}
        entries.append({"name": name, **entry})
    switches = [
        {**PLAIN, "name": "tor1", "rbridge_id": 21},
        {**PLAIN, "name": "tor2", "host": "h2", "rbridge_id": 22},
    ]
    return parse({"engines": entries, "switches": switches})


def listed(vlan, parent="eth0", created="", **ipam):
    return {
        "Id": f"{vlan:064x}",
        "Name": f"net{vlan}",
        "Driver": "macvlan",
        "Created": created,
        "Options": {"parent": f"{parent}.{vlan}"},
        "IPAM": {"Config": [{"Subnet": f"10.1.{vlan}.0/24", **ipam}]},
    }


def book(*networks):
    segments = [
        Segment("tor1", 21, one.vlan, "h", tuple(one.addresses), (one,)) for one in networks
    ]
    return LastApplied({one.key: one for one in segments}, frozenset())


def take(answers, dispatched=NOTHING, given=None):
    """A survey of engines that answer so, or raise what they are given to raise."""

    def ask(engine):
        answer = answers[engine.name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    given = given or settings(**{name: f"unix:///{name}.sock" for name in answers})
    return discovery.discover(given, dispatched, ask)


AWAY = EngineUnreachable("it does not answer", where="unix:///host2.sock")


def test_what_all_engines_call_for():
    found = take({"host1": [listed(112)], "host2": [listed(112), listed(113)]})
    assert set(found.segments) == {("tor1", 21, 112), ("tor1", 21, 113)}
    both = found.segments["tor1", 21, 112]
    assert [one.engine for one in both.networks] == ["host1", "host2"]
    assert (found.rejected, found.unreached, found.believed) == ([], {}, frozenset())


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (EngineUnreachable("it does not answer", where="unix:///x"), "unix:///x: it does not"),
        (EngineRefused("it answers with status 500"), "it answers with status 500"),
        (EngineDenied("nobody is let in"), "nobody is let in"),
        (ValueError("out of the blue"), "unexpected ValueError: out of the blue"),
        (RecursionError("and deep"), "unexpected RecursionError: and deep"),
    ],
)
def test_an_engine_that_cannot_be_asked_has_what_the_ledger_says(trouble, said):
    """It hides none of the others, whatever its trouble is."""
    dispatched = book(network(112, engine="host2"), network(113), network(114))
    found = take({"host1": [listed(114)], "host2": trouble}, dispatched)
    # host1 answers: what it had and has no longer is gone.
    assert set(found.segments) == {("tor1", 21, 112), ("tor1", 21, 114)}
    assert found.believed == {("tor1", 21, 112)}
    assert list(found.unreached) == ["host2"]
    assert said in found.unreached["host2"]


def test_a_segment_that_one_engine_still_has_is_not_only_believed():
    dispatched = book(network(112, engine="host2"))
    found = take({"host1": [listed(112)], "host2": AWAY}, dispatched)
    (segment,) = found.segments.values()
    assert [one.engine for one in segment.networks] == ["host1", "host2"]
    assert found.believed == frozenset()


def test_an_engine_that_is_away_keeps_its_addresses_from_others():
    """What it has, as far as anybody knows, was there first."""
    dispatched = book(network(112, engine="host2"))
    rival = listed(200)
    rival["IPAM"]["Config"] = [{"Subnet": "10.1.112.0/25"}]
    found = take({"host1": [rival], "host2": AWAY}, dispatched)
    assert set(found.segments) == {("tor1", 21, 112)}
    (refusal,) = found.rejected
    assert refusal.network["name"] == "net200"
    assert "overlaps" in str(refusal.error)


def test_a_renamed_engine_keeps_its_networks():
    """Asked under its new name it lists them; not asked, they stay as they were applied."""
    dispatched = book(network(112, engine="old-name"))
    found = take({"host1": [listed(112)]}, dispatched)
    assert [one.engine for one in found.segments["tor1", 21, 112].networks] == ["host1"]
    away = take({"host1": AWAY}, dispatched)
    assert set(away.segments) == away.believed == {("tor1", 21, 112)}
    given = settings(host1="unix:///host1.sock")
    tor1 = given.switch("tor1")
    # Nothing on that switch can be called an orphan meanwhile.
    assert away.unreached_of(given, tor1) == ["host1"]


def test_an_engine_that_is_not_configured_any_more_calls_for_nothing():
    found = take({"host1": []}, book(network(112, engine="sold")))
    assert (found.segments, found.unreached) == ({}, {})


def test_which_switches_an_unreached_engine_may_have_networks_on():
    away = {"host1": AWAY, "host2": AWAY, "host3": AWAY, "host4": []}
    to = {"url": "unix:///x.sock"}
    given = settings(
        host1={**to, "uplinks": [{"parent": "eth0", "switch": "tor1"}]},
        host2={
            **to,
            "uplinks": [
                {"parent": "eth0", "switch": "tor2"},
                {"parent": "eth1", "switch": "tor1", "rbridge_id": 23},
            ],
        },
        host3={**to, "uplinks": []},
        host4={**to, "uplinks": [{"parent": "eth0", "switch": "tor2"}]},
    )
    found = take(away, given=given)
    assert found.unreached_of(given, given.switch("tor1")) == ["host1", "host2", "host3"]
    assert found.unreached_of(given, given.switch("tor2")) == ["host2", "host3"]


def test_an_engine_that_does_not_answer_in_time(monkeypatch):
    """The others' answers are not held up, and what it says later is not heard."""
    release = threading.Event()

    def ask(engine):
        if engine.name == "slow":
            release.wait(30)
        return [listed(112 if engine.name == "slow" else 113)]

    monkeypatch.setattr(discovery, "SECONDS", 0.05)
    given = settings(host1="unix:///a.sock", slow="unix:///b.sock")
    try:
        found = discovery.discover(given, book(network(112, engine="slow")), ask)
    finally:
        release.set()
    assert found.unreached == {"slow": "unix:///b.sock: it did not answer within 0.05 s."}
    assert found.believed == {("tor1", 21, 112)}
    assert set(found.segments) == {("tor1", 21, 112), ("tor1", 21, 113)}


# Lists that are not believed.


def test_an_engine_that_has_dropped_all_it_had_is_as_good_as_unreached():
    dispatched = book(network(112), network(113), network(114, engine="host2"))
    found = take({"host1": [listed(115)], "host2": [listed(114)]}, dispatched)
    assert {vlan for *_, vlan in found.segments} == {112, 113, 114, 115}
    assert found.believed == {("tor1", 21, 112), ("tor1", 21, 113)}
    assert found.held == {"host1": {network(112).id, network(113).id}}
    assert "It lists 0 of the 2 networks that it had" in found.unreached["host1"]
    assert list(found.unreached) == ["host1"]
    assert found.unreached_of(
        settings(host1="unix:///x"),
        SwitchConfig("tor1", "h", 22, "u", "p", 21, "", None, None),
    ) == ["host1"]


@pytest.mark.parametrize(
    ("given", "doubts", "held"),
    [
        ({}, {}, True),
        ({"mass_removal_hold": 0}, {}, False),
        # The sensor has heard of the removal, or given up.
        ({}, {"host1": Doubt(gone=frozenset({network(112).id}))}, False),
    ],
)
def test_what_is_not_held(given, doubts, held):
    engines = [{"name": "host1", "url": "unix:///x"}]
    switches = [{**PLAIN, "name": "tor1", "rbridge_id": 21}]
    parsed = parse({"engines": engines, "switches": switches, **given})
    found = discovery.discover(parsed, book(network(112)), lambda _engine: [], doubts)
    assert (found.held != {}, found.unreached != {}) == (held, held)


def test_what_the_sensor_holds_is_held_though_the_rest_is_back():
    doubts = {"host1": Doubt(3, 0, {network(vlan).id: 0.0 for vlan in (112, 113, 114)})}
    given = settings(host1="unix:///x")
    dispatched = book(*(network(vlan) for vlan in (112, 113, 114)))
    found = discovery.discover(
        given, dispatched, lambda _engine: [listed(112), listed(113)], doubts
    )
    assert found.held == {"host1": {network(114).id}}


def test_what_is_being_taken_away_is_not_held():
    dispatched = replace(book(network(112)), pending={("tor1", 21, 112)})
    assert take({"host1": []}, dispatched).held == {}


def test_what_a_person_chooses_is_released():
    found = discovery.discover(
        settings(host1="unix:///x"),
        book(network(112), network(113)),
        lambda _engine: [],
        chosen=lambda segment, one: (segment.vlan, one.name) == (112, "net112"),
    )
    assert found.released == {"host1": {network(112).id}}
    assert found.held == {"host1": {network(113).id}}
    assert set(found.segments) == {("tor1", 21, 113)}
