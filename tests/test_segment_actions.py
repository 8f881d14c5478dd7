"""docker.segment.apply and .remove: what they do and return, at the lab's switch."""

import time

import pytest
from direct import AFTER, BEFORE
from docker_tor.common import retry
from docker_tor.common.errors import EngineUnreachable
from docker_tor.engine.listing import Listing
from docker_tor.reconcile import discovery
from docker_tor.switch import model
from segment_lab import (
    HOST,
    NAME,
    PASSWORD,
    RAW,
    THREE,
    TOR1,
    WARNING,
    Lab,
    destroy,
    segment,
    standing,
)
from test_controller import listed
from ves import ve

from lab.switch import payloads


@pytest.fixture
def lab():
    return Lab()


def test_create(lab):
    fine, result = lab.apply(segment(networks=[{"name": "web"}]), run={"execution_id": "abc123"})
    assert fine, result
    assert lab.vlan() == standing(*THREE)
    assert (result["host"], result["switch"], result["changed"]) == (HOST, "tor1", True)
    (row,) = result["segments"]
    assert row["did"][0] == "add VLAN 112 named 'Docker Network'"
    assert row["did"][-1] == "no shutdown of global Ve 112"
    assert {key: row[key] for key in ("vlan", "rbridge", "addresses", "state")} == {
        "vlan": 112,
        "rbridge": 21,
        "addresses": THREE,
        "state": "in service",
    }
    assert f"{len(row['did'])} edits" in result["table"]
    assert result["message"] == (
        f"Ve 112 on rbridge 21 of tor1 is in service with {', '.join(THREE)} for web."
        f" ({result['seconds']:.1f} s, execution abc123)"
    )
    assert result["extra"]["slack"]["color"] == "good"
    assert "error" not in result
    assert "unsaved" not in result


def test_destroy(lab):
    lab.apply(segment())
    fine, result = lab.apply(destroy(networks=[{"name": "web"}]))
    assert (fine, result["segments"][0]["state"]) == (True, "removed")
    assert lab.vlan() == model.ABSENT
    assert "since no network uses it: web is gone" in result["message"]
    fine, result = lab.apply(destroy())
    assert (fine, result["changed"]) == (True, False)


def test_what_is_used_again_by_now_is_kept(lab):
    lab.apply(segment(), segment(113, ["172.16.113.1/24"]))
    lab.use(112, "web")
    fine, result = lab.apply(destroy(), destroy(113))
    assert fine
    assert (lab.vlan(), lab.vlan(113)) == (standing(*THREE), model.ABSENT)
    removed, kept = result["segments"]
    assert (removed["vlan"], removed["state"]) == (113, "removed")
    assert (kept["vlan"], kept["state"], kept["networks"]) == (112, "kept", ["web"])
    assert "used by web" in result["table"]


@pytest.mark.parametrize("pending", [False, True])
@pytest.mark.parametrize("rbridge", [21, 22])
def test_where_all_is_kept_no_session_is_opened_and_nobody_is_told(lab, rbridge, pending):
    """A use that is elsewhere, or is just being deleted, keeps nothing."""
    lab.use(112, "web", rbridge=rbridge, pending=[("tor1", 21, 112)] if pending else ())
    fine, result = lab.apply(destroy())
    if rbridge == 21 and not pending:
        assert (fine, result["changed"], result["message"], result["extra"]) == (
            True,
            False,
            "",
            {},
        )
        assert (result["segments"][0]["state"], lab.switch.rpcs) == ("kept", [])
    else:
        assert result["segments"][0]["state"] == "removed"


def test_what_the_switch_warns_of_is_shown_and_the_edits_stand(lab):
    lab.switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", WARNING)
    for do, after in (
        (lambda: lab.apply(segment()), standing(*THREE)),
        (lambda: lab.remove(vlan=112, switch="tor1"), model.ABSENT),
    ):
        fine, result = do()
        assert (fine, result["changed"], lab.vlan()) == (True, True, after)
        assert result["warnings"] == ["operation-failed: mind"]


def test_a_ledger_that_cannot_be_read_lets_nothing_go(lab):
    lab.apply(segment())
    lab.ledger = "nonsense"
    fine, result = lab.apply(destroy())
    assert (fine, result["family"], result["kind"]) == (False, "transient", "DatastoreUnreadable")
    assert (result["changed"], result["before"], result["where"]) == (False, {}, "the datastore")
    assert lab.vlan() == standing(*THREE)
    # What comes needs no ledger.
    assert lab.apply(segment(113, ["172.16.113.1/24"]))[0]


def test_a_dry_run_shows_all_and_sends_nothing(lab):
    lab.apply(segment(addresses=["10.112.0.9/24"]))
    lab.switch.forget_rpcs()
    was = lab.switch.running
    fine, result = lab.apply(segment(), segment(113, ["172.16.113.1/24"]), dry_run=True)
    assert (fine, result["changed"], result["dry_run"]) == (True, False, True)
    assert (lab.edits, lab.switch.running) == (0, was)
    lines = result["diff"].splitlines()
    assert "-  ip address 10.112.0.9/24" in lines
    assert "+  ip address 172.16.112.1/24" in lines
    assert "+interface Vlan 113" in lines
    assert " interface Vlan 112" in lines
    assert "no ip address 10.112.0.9/24" in "\n".join(result["cli"])
    # What it shows is what leads there.
    lab.switch.edit(*result["xml"])
    assert (lab.vlan(), lab.vlan(113)) == (standing(*THREE), standing("172.16.113.1/24"))


def test_a_dry_run_of_two_segments_on_one_vlan_makes_the_vlan_once(lab):
    fine, result = lab.apply(segment(), segment(rbridge=22), dry_run=True)
    assert fine
    assert result["diff"].splitlines().count("+interface Vlan 112") == 1
    lab.switch.edit(*result["xml"])
    wanted = ve(*THREE)
    assert lab.vlan() == model.Vlan(NAME, True, {21: wanted, 22: wanted})


def test_one_that_is_refused_hides_none_of_the_others(lab):
    # Ve 10 has 10.10.10.1/24.
    refused = segment(113, ["10.10.10.9/24"])
    fine, result = lab.apply(segment(), refused, segment(114, ["172.16.114.1/24"]))
    assert not fine
    assert [row["state"] for row in result["segments"]] == ["in service", "failed", "in service"]
    assert (result["kind"], result["changed"]) == ("SwitchRefused", True)
    row = result["segments"][1]
    assert (row["error"], row["did"], row["left"]) == (result["error"], [], [])
    assert result["message"].startswith("3 segments of tor1: 2 in service, 1 failed.\n- Ve 113")
    assert result["extra"]["slack"]["color"] == "warning"
    assert "before" not in result


def test_segments_that_are_none(lab):
    fine, result = lab.apply(segments=[112])
    assert (fine, result["kind"], result["changed"]) == (False, "InvalidValue", False)
    assert (result["message"], result["extra"], lab.switch.rpcs) == ("", {}, [])


def test_a_switch_that_is_not_configured(lab):
    fine, result = lab.apply(segment(), host="10.0.0.9")
    assert (fine, result["family"], result["kind"]) == (False, "operator", "ConfigError")
    assert (result["host"], result["changed"]) == ("10.0.0.9", False)
    fine, result = lab.apply(segment(), host="10.0.0.9", username="u", password=PASSWORD)
    assert (fine, result["family"], result["kind"]) == (False, "transient", "SwitchUnreachable")


def test_a_removal_at_a_switch_that_is_not_configured(lab):
    lab.apply(segment())
    lab.raw = {}
    fine, result = lab.apply(destroy(), username="admin", password=PASSWORD)
    assert (fine, result["segments"][0]["state"], lab.vlan()) == (True, "removed", model.ABSENT)


def test_the_time_counts_from_when_the_run_began(lab):
    _, result = lab.apply(segment(), run={"retry_until": 990.0 + retry.PATIENCE})
    assert result["seconds"] == lab.now - 990.0
    begun = lab.now
    _, result = lab.apply(segment(), run=None)
    assert result["seconds"] == lab.now - begun


# Saving


def saves(lab):
    return [rpc.operation for rpc in lab.switch.rpcs].count("bna-config-cmd")


def test_it_is_saved_once_where_the_configuration_says_so(lab):
    lab.apply(segment())
    assert lab.switch.startup != lab.switch.running
    lab.raw = {**RAW, "save_config": True}
    lab.apply(segment())
    assert saves(lab) == 0
    fine, result = lab.apply(segment(113, ["172.16.113.1/24"]), segment(114, ["172.16.114.1/24"]))
    assert (fine, "unsaved" in result, saves(lab)) == (True, False, 1)
    assert lab.switch.startup == lab.switch.running


def test_a_save_that_fails_is_told_and_undoes_nothing(lab):
    lab.raw = {**RAW, "save_config": True}
    lab.switch.faults.rewrite = lambda sent: sent.replace(b">completed<", b">failed<")
    fine, result = lab.apply(segment())
    assert (fine, lab.vlan()) == (True, standing(*THREE))
    assert "failed" in result["unsaved"]
    assert f"The running config is NOT saved: {result['unsaved']}" in result["message"]
    assert result["extra"]["slack"]["color"] == "warning"


@pytest.fixture
def patient(monkeypatch):
    """What a run gives its actions, with pauses that are none."""
    monkeypatch.setattr(retry, "SHORTEST", 0.0001)
    monkeypatch.setattr(retry, "LONGEST", 0.0001)
    return {"retry_until": time.time() + 60}


@pytest.mark.parametrize("all_is_there", [False, True])
def test_a_try_after_a_broken_one_saves_what_that_one_did(lab, patient, all_is_there):
    lab.raw = {**RAW, "save_config": True}
    if all_is_there:
        lab.apply(segment())
        lab.switch.edit(payloads.global_shutdown(112))
        lab.switch.forget_rpcs()
    lab.switch.faults.set(operations=frozenset({"edit-config"}), drop_rpc=1, drop=AFTER)
    fine, result = lab.apply(segment(), run=patient)
    assert (fine, result["changed"], saves(lab)) == (True, True, 1)
    assert lab.switch.startup == lab.switch.running


# Broken off


def test_a_session_that_breaks_off_hands_on_what_there_was(lab):
    lab.apply(segment(addresses=["10.112.0.9/24"]))
    was = lab.vlan()
    lab.cut = {"edit-config": AFTER}
    fine, broken = lab.apply(segment())
    assert (fine, broken["family"], broken["kind"]) == (False, "transient", "SessionLost")
    assert (broken["changed"], broken["message"], broken["extra"]) == (None, "", {})
    assert {int(vlan): model.from_plain(one) for vlan, one in broken["before"].items()} == {
        112: was
    }


@pytest.mark.parametrize("cut", [{"get-config": BEFORE}, {"hello": BEFORE}])
def test_a_session_that_breaks_off_before_anything_is_sent_has_changed_nothing(lab, cut):
    lab.cut = cut
    fine, result = lab.apply(segment())
    assert (fine, result["family"]) == (False, "transient")
    assert (result["changed"], result["before"]) == (False, {})


def test_edits_that_were_all_refused_have_changed_nothing(lab):
    """Though something had been read before."""
    lab.switch.faults.set(refuse="in-use: locked", operations=frozenset({"edit-config"}))
    fine, result = lab.apply(segment())
    assert (fine, result["kind"]) == (False, "SwitchBusy")
    assert (result["changed"], result["before"]) == (False, {})


# Removing by hand


def test_remove(lab):
    lab.apply(segment())
    fine, result = lab.remove(vlan=112)
    assert (fine, result["switch"], lab.vlan()) == (True, "tor1", model.ABSENT)
    (row,) = result["segments"]
    assert (row["state"], row["rbridge"]) == ("removed", 0)
    assert " all " in result["table"]
    assert result["message"].startswith("Ve 112 of tor1 is removed. (")
    (post,) = result["posts"]
    assert (post["channel"], post["route"], result["by_hand"]) == ("docker", "chatops", True)
    assert (post["message"], post["extra"]) == (result["message"], result["extra"])


def test_a_removal_of_which_nobody_knows_how_far_it_came_is_told(lab):
    lab.apply(segment())
    lab.cut = {"edit-config": AFTER}
    fine, result = lab.remove(vlan=112, asked_by="mary", asked_in="ops")
    assert (fine, result["changed"], result["kind"]) == (False, None, "SessionLost")
    (post,) = result["posts"]
    assert post["message"] == result["message"]
    assert result["message"].startswith("Ve 112 of tor1 could NOT be removed: ")
    assert "Whether the switch took its edits is not known; it may have done" in result["message"]
    assert result["message"].endswith(", asked for by mary)")
    assert post["extra"]["slack"]["color"] == "danger"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"asked_by": "mary", "asked_in": "ops"}, True),
        ({"asked_by": "mary", "asked_in": "#Docker"}, False),
        ({"dry_run": True}, False),
        ({"vlan": 113}, False),
    ],
)
def test_a_removal_is_told_where_it_was_not_asked_for(lab, given, told):
    lab.apply(segment())
    result = lab.remove(**{"vlan": 112, **given})[1]
    assert result["by_hand"] is told
    assert [one["message"].endswith(", asked for by mary)") for one in result["posts"]] == (
        [True] if told else []
    )


NO_ENGINE = EngineUnreachable("no Docker Engine answers: refused", where="unix:///x.sock")
ONE = {"parent": "eth0", "switch": "tor1"}
OTHER = {"parent": "eth1", "switch": "tor2", "rbridge_id": 23}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("engines", "used", "kind", "told"),
    [
        # The sensor is silent: what it has applied names no network.
        ({"host1": [], "host2": listed(112)}, None, "SegmentConflict", "is in use by net112"),
        ({"host1": [], "host2": listed(113)}, None, None, ""),
        (
            {"host1": [], "host2": NO_ENGINE},
            None,
            "EngineUnreachable",
            "whether a Docker network uses the VLAN is not known: host2: unix:///x.sock: no Docker",
        ),
        # It has dropped all it had without a word.
        ({"host1": []}, {"vlan": 113}, "EngineUnreachable", "host1: It lists 0 of the 1 network"),
        (
            {"unplaced": listed(112)},
            None,
            "ConfigError",
            "engine unplaced has no uplink, and",
        ),
        # One that leads elsewhere is not needed.
        ({"host1": [], "elsewhere": NO_ENGINE}, None, None, ""),
        # Somebody's network may be just being held, or in its grace.
        ({}, {"vlan": 112}, "SegmentConflict", "is in use by web"),
        (
            {"host1": listed(112)},
            {"vlan": 112, "pending": [("tor1", 21, 112)]},
            "SegmentConflict",
            "is in use by net112",
        ),
    ],
)
def test_remove_asks_the_engines(lab, monkeypatch, engines, used, kind, told, force):
    def answer(engine):
        if engines[engine.name] is NO_ENGINE:
            raise NO_ENGINE
        return Listing(engines[engine.name])

    monkeypatch.setattr(discovery, "list_networks", answer)
    ups = {"host1": [ONE], "host2": [ONE, OTHER], "elsewhere": [OTHER], "unplaced": []}
    lab.raw = {
        "engines": [
            {"name": name, "url": f"unix:///{name}.sock", "uplinks": ups[name]} for name in engines
        ],
        "switches": [TOR1, {**TOR1, "name": "tor2", "host": "10.0.0.2"}],
    }
    lab.apply(segment())
    edits = lab.edits
    if used:
        lab.use(name="web", **used)
    fine, result = lab.remove(vlan=112, switch="tor1", rbridge_id=21, force=force)
    assert (fine, result.get("kind")) == (kind is None, kind)
    assert told in result.get("error", "")
    if kind:
        assert (lab.edits, lab.vlan()) == (edits, standing(*THREE))
        assert result["changed"] is False
    else:
        assert lab.vlan() == model.ABSENT


def test_remove_of_a_ve_that_carries_more_takes_force(lab):
    lab.apply(segment())
    lab.switch.edit(payloads.ip_config(21, 112, "directed-broadcast"))
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"]) == (False, "SegmentConflict")
    assert "carries directed-broadcast" in result["error"]
    assert "force=true" in result["remedy"]
    fine, result = lab.remove(vlan=112, force=True)
    assert (fine, lab.vlan()) == (True, model.ABSENT)


def test_remove_of_somebody_elses(lab):
    was = lab.switch.running
    for given in ({"vlan": 20}, {"vlan": 20, "force": True}):
        fine, result = lab.remove(**given)
        assert (fine, result["kind"], lab.switch.running) == (False, "SegmentConflict", was)


@pytest.mark.parametrize(
    "given", [{}, {"vlan": 0}, {"vlan": "x"}, {"vlan": 112, "rbridge_id": 999}]
)
def test_remove_of_nothing_that_could_be(lab, given):
    fine, result = lab.remove(**given)
    assert (fine, result["kind"], lab.switch.rpcs) == (False, "InvalidValue", [])


def test_remove_where_it_is_not_said_at_which_switch(lab):
    lab.raw = {"switches": [TOR1, {**TOR1, "name": "tor2", "host": "10.0.0.2"}]}
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"], result["remedy"]) == (
        False,
        "ConfigError",
        "Name one of tor1, tor2.",
    )
    lab.raw = {}
    assert lab.remove(vlan=112)[1]["remedy"] == "Name one of those in docker.yaml."
