"""What the engines call for right now, asked of each anew: well, ill, slow, away or changed."""

import threading
from dataclasses import replace

import pytest
from compared import applied, network, segment
from docker_tor.common.errors import EngineDenied, EngineRefused, EngineUnreachable
from docker_tor.config.settings import parse
from docker_tor.desired.holds import Doubt
from docker_tor.reconcile import discovery
from reconciling import listed

K112, K113 = (("tor1", 21, vlan) for vlan in (112, 113))
ON_2 = segment(112, engine="host2")
SOLD = segment(114, engine="sold")
AWAY = EngineUnreachable("it does not answer", where="unix:///host2.sock")


def settings(uplinks, **more):
    """Engines with uplinks to these (switch and rbridge); two switches."""
    engines = [
        {
            "name": name,
            "url": f"unix:///{name}.sock",
            "uplinks": [
                {"parent": f"eth{number}", "switch": switch, "rbridge_id": rbridge}
                for number, (switch, rbridge) in enumerate(leads_to)
            ],
        }
        for name, leads_to in uplinks.items()
    ]
    plain = {"username": "u", "password": "p"}
    switches = [{**plain, "name": name, "host": f"h-{name}"} for name in ("tor1", "tor2")]
    return parse({"engines": engines, "switches": switches, **more})


BOTH = {"host1": [("tor1", 21)], "host2": [("tor1", 21)]}


def take(answers, *dispatched, given=None, **more):
    """A survey of engines that list these, or raise what they are given to raise."""

    def ask(engine):
        answer = answers[engine.name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return discovery.discover(
        given or settings(dict.fromkeys(answers, BOTH["host1"])),
        applied(*dispatched),
        ask,
        **more,
    )


def test_what_all_engines_call_for():
    # What an engine that is not configured any more had is called for by nobody.
    found = take({"host1": [listed(112)], "host2": [listed(112), listed(113)]}, SOLD)
    assert set(found.segments) == {K112, K113}
    assert [one.engine for one in found.segments[K112].networks] == ["host1", "host2"]
    assert (found.rejected, found.unreached, found.believed) == ([], {}, frozenset())


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (AWAY, "unix:///host2.sock: it does not answer"),
        (EngineRefused("it answers with status 500"), "it answers with status 500"),
        (EngineDenied("nobody is let in"), "nobody is let in"),
        (RecursionError("and deep"), "unexpected RecursionError: and deep"),
    ],
)
def test_an_engine_that_cannot_be_asked_has_what_the_ledger_says(trouble, said):
    """It hides none of the others, whatever its trouble is."""
    # host1 answers: what it had and has no longer is gone, and what it still has is sure.
    both = segment(114)._replace(networks=(network(114), network(114, engine="host2")))
    had = (ON_2, segment(113), both)
    found = take({"host1": [listed(114)], "host2": trouble}, *had)
    assert set(found.segments) == {K112, ("tor1", 21, 114)}
    assert found.believed == {K112}
    assert list(found.unreached) == ["host2"]
    assert said in found.unreached["host2"]


def test_a_renamed_engine_keeps_its_networks():
    """Asked under its new name it lists them; not asked, they stay as they were applied."""
    before = segment(112, engine="old-name")
    found = take({"host1": [listed(112)]}, before)
    assert [one.engine for one in found.segments[K112].networks] == ["host1"]
    away = take({"host1": AWAY}, before)
    assert set(away.segments) == away.believed == {K112}


def test_which_switches_an_unreached_engine_may_have_networks_on():
    """Nothing there can be called an orphan meanwhile."""
    given = settings(
        {**BOTH, "host2": [("tor2", 22), ("tor1", 23)], "host3": [], "host4": [("tor2", 22)]}
    )
    found = take({"host1": AWAY, "host2": AWAY, "host3": AWAY, "host4": []}, given=given)
    assert found.unreached_of(given, given.switch("tor1")) == ["host1", "host2", "host3"]
    assert found.unreached_of(given, given.switch("tor2")) == ["host2", "host3"]


def test_an_engine_that_does_not_answer_in_time(monkeypatch):
    """The others' answers are not held up, and what it says later is not heard."""
    release = threading.Event()

    def ask(engine):
        if engine.name == "host2":
            release.wait(30)
        return [listed(112 if engine.name == "host2" else 113)]

    monkeypatch.setattr(discovery, "SECONDS", 0.05)
    try:
        found = discovery.discover(settings(BOTH), applied(ON_2), ask)
    finally:
        release.set()
    assert found.unreached == {"host2": "unix:///host2.sock: it did not answer within 0.05 s."}
    assert (found.believed, set(found.segments)) == ({K112}, {K112, K113})


# Lists that are not believed.


def test_an_engine_that_has_dropped_all_it_had_is_as_good_as_unreached():
    had = (segment(112), segment(113), segment(114, engine="host2"))
    given = {"host1": [listed(115)], "host2": [listed(114)]}
    found = take(given, *had)
    assert {vlan for *_, vlan in found.segments} == {112, 113, 114, 115}
    assert found.believed == {K112, K113}
    assert found.held == {"host1": {network(112).id, network(113).id}}
    assert list(found.unreached) == ["host1"]
    assert "It lists 0 of the 2 networks that it had" in found.unreached["host1"]
    # But for what a person chooses.
    found = take(
        given, *had, chosen=lambda segment, one: (segment.vlan, one.name) == (112, "net112")
    )
    assert found.released == {"host1": {network(112).id}}
    assert found.held == {"host1": {network(113).id}}
    assert {vlan for *_, vlan in found.segments} == {113, 114, 115}


def test_what_is_not_held():
    for more in (
        {"given": settings(BOTH, mass_removal_hold=0)},
        # The sensor has heard of the removal, or given up.
        {"doubts": {"host1": Doubt(gone=frozenset({network(112).id}))}},
    ):
        found = take({"host1": [], "host2": []}, segment(112), **more)
        assert (found.held, found.unreached) == ({}, {})
    pending = replace(applied(segment(112)), pending={K112})
    assert discovery.discover(settings(BOTH), pending, lambda _engine: []).held == {}
