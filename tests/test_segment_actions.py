"""docker.segment.apply and .remove: what they do and return, at the lab's switch."""

import time

import pytest
from direct import AFTER, BEFORE, no_waiting
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


def test_a_segment_comes_and_goes(lab):
    fine, result = lab.apply(segment(networks=[{"name": "web"}]), run={"execution_id": "abc123"})
    assert fine, result
    assert lab.vlan() == standing(*THREE)
    assert (result["host"], result["switch"], result["changed"]) == (HOST, "tor1", True)
    (row,) = result["segments"]
    assert row["did"][0] == "add VLAN 112 named 'Docker Network'"
    assert row["did"][-1] == "no shutdown of global Ve 112"
    expected = {"vlan": 112, "rbridge": 21, "addresses": THREE, "state": "in service"}
    assert expected.items() <= row.items()
    assert f"{len(row['did'])} edits" in result["table"]
    assert result["message"] == (
        f"Ve 112 on rbridge 21 of tor1 is in service with {', '.join(THREE)} for web."
        f" ({result['seconds']:.1f} s, execution abc123)"
    )
    assert result["extra"]["slack"]["color"] == "good"
    assert not {"error", "unsaved"} & set(result)
    for changed in (True, False):
        fine, result = lab.apply(destroy(networks=[{"name": "web"}]))
        assert (fine, result["changed"], lab.vlan()) == (True, changed, model.ABSENT)
        assert result["segments"][0]["state"] == "removed"
        assert "since no network uses it: web is gone" in result["message"]


def test_what_is_used_again_by_now_is_kept(lab):
    lab.apply(segment(), segment(113, ["172.16.113.1/24"]))
    lab.use(112, "web")
    sessions = len(lab.switch.rpcs)
    fine, result = lab.apply(destroy())
    # No session is opened, and nobody is told.
    assert (fine, result["changed"], result["message"], result["extra"]) == (True, False, "", {})
    assert len(lab.switch.rpcs) == sessions
    fine, result = lab.apply(destroy(), destroy(113))
    assert fine
    assert (lab.vlan(), lab.vlan(113)) == (standing(*THREE), model.ABSENT)
    removed, kept = result["segments"]
    assert (removed["vlan"], removed["state"]) == (113, "removed")
    assert (kept["vlan"], kept["state"], kept["networks"]) == (112, "kept", ["web"])
    assert "used by web" in result["table"]


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
    was, edits = lab.switch.running, lab.edits
    # Of two segments on one VLAN the VLAN is made once.
    more = [segment(vlan, ["172.16.113.1/24"], rbridge=on) for vlan, on in ((113, 21), (113, 22))]
    fine, result = lab.apply(segment(), *more, dry_run=True)
    assert (fine, result["changed"], result["dry_run"]) == (True, False, True)
    assert (lab.edits, lab.switch.running) == (edits, was)
    lines = result["diff"].splitlines()
    assert "-  ip address 10.112.0.9/24" in lines
    assert "+  ip address 172.16.112.1/24" in lines
    assert lines.count("+interface Vlan 113") == 1
    assert " interface Vlan 112" in lines
    assert "no ip address 10.112.0.9/24" in "\n".join(result["cli"])
    # What it shows is what leads there.
    lab.switch.edit(*result["xml"])
    wanted = ve("172.16.113.1/24")
    assert lab.vlan() == standing(*THREE)
    assert lab.vlan(113) == model.Vlan(NAME, True, {21: wanted, 22: wanted})


def test_one_that_is_refused_hides_none_of_the_others(lab):
    # Ve 10 has 10.10.10.1/24.
    refused = segment(113, ["10.10.10.9/24"])
    fine, result = lab.apply(segment(), refused, segment(114, ["172.16.114.1/24"]))
    assert [row["state"] for row in result["segments"]] == ["in service", "failed", "in service"]
    assert (fine, result["kind"], result["changed"]) == (False, "SwitchRefused", True)
    row = result["segments"][1]
    assert (row["error"], row["did"], row["left"]) == (result["error"], [], [])
    assert result["message"].startswith("3 segments of tor1: 2 in service, 1 failed.\n- Ve 113")
    assert result["extra"]["slack"]["color"] == "warning"
    assert "before" not in result


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"segments": [112]}, "InvalidValue"),
        ({"host": "10.0.0.9"}, "ConfigError"),
        ({"host": "10.0.0.9", "username": "u", "password": PASSWORD}, "SwitchUnreachable"),
    ],
)
def test_what_is_no_request(lab, given, kind):
    fine, result = lab.apply(**{"segments": [segment()], **given})
    assert (fine, result["kind"], result["changed"]) == (False, kind, False)
    assert (result["message"], result["extra"], lab.switch.rpcs) == ("", {}, [])
    assert result["host"] == given.get("host", HOST)


def test_a_removal_at_a_switch_that_is_not_configured(lab):
    lab.apply(segment())
    lab.raw = {}
    fine, result = lab.apply(destroy(), username="admin", password=PASSWORD)
    assert (fine, result["segments"][0]["state"], lab.vlan()) == (True, "removed", model.ABSENT)


# Saving


def test_it_is_saved_once_where_the_configuration_says_so(lab):
    lab.apply(segment())
    assert lab.switch.startup != lab.switch.running
    lab.raw = {**RAW, "save_config": True}
    lab.apply(segment())
    assert lab.saves == 0
    fine, result = lab.apply(segment(113, ["172.16.113.1/24"]), segment(114, ["172.16.114.1/24"]))
    assert (fine, "unsaved" in result, lab.saves) == (True, False, 1)
    assert lab.switch.startup == lab.switch.running


def test_a_save_that_fails_is_told_and_undoes_nothing(lab):
    lab.raw = {**RAW, "save_config": True}
    lab.switch.faults.rewrite = lambda sent: sent.replace(b">completed<", b">failed<")
    fine, result = lab.apply(segment())
    assert (fine, lab.vlan()) == (True, standing(*THREE))
    assert "failed" in result["unsaved"]
    assert f"The running config is NOT saved: {result['unsaved']}" in result["message"]
    assert result["extra"]["slack"]["color"] == "warning"


def test_a_try_after_a_broken_one_saves_what_that_one_did(lab, monkeypatch):
    """And the time counts from when the run began."""
    monkeypatch.setattr(retry, "OUTSIDE", no_waiting())
    lab.raw = {**RAW, "save_config": True}
    lab.apply(segment())
    lab.switch.edit(payloads.global_shutdown(112))
    lab.switch.forget_rpcs()
    lab.cut = {"edit-config": [AFTER]}
    lab.now = time.time()
    begun = lab.now - 10
    fine, result = lab.apply(segment(), run={"retry_until": begun + retry.PATIENCE})
    assert (fine, result["changed"], lab.saves) == (True, True, 1)
    assert result["seconds"] == pytest.approx(lab.now - begun)
    assert lab.switch.startup == lab.switch.running


# Broken off


@pytest.mark.parametrize("by", ["apply", "edit"])
def test_after_a_refusal_a_try_goes_by_what_there_is_then(lab, monkeypatch, by):
    """Nothing was sent, and what others have made meanwhile is not the run's."""
    outside = no_waiting()

    def meanwhile(seconds):
        lab.switch.faults.clear()
        lab.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
        outside.sleep(seconds)

    monkeypatch.setattr(retry, "OUTSIDE", outside._replace(sleep=meanwhile))
    lab.switch.faults.set(refuse="in-use: locked", operations=frozenset({"edit-config"}))
    run = {"retry_until": time.time() + 60}
    if by == "apply":
        fine, result = lab.apply(segment(addresses=["172.16.112.1/24"]), run=run)
    else:
        fine, result = lab.edit("interface_vlan_interface_vlan_vlan_name", name="112", run=run)
    assert (fine, result["changed"]) == (True, False), result


@pytest.mark.parametrize(
    ("cut", "fault", "kind"),
    [
        ({"get-config": BEFORE}, {}, "SessionLost"),
        ({"hello": BEFORE}, {}, "SwitchUnreachable"),
        # Though something had been read before.
        ({}, {"refuse": "in-use: locked", "operations": frozenset({"edit-config"})}, "SwitchBusy"),
    ],
)
def test_what_breaks_off_before_the_switch_took_an_edit_has_changed_nothing(lab, cut, fault, kind):
    lab.cut = cut
    lab.switch.faults.set(**fault)
    fine, result = lab.apply(segment())
    assert (fine, result["family"], result["kind"]) == (False, "transient", kind)
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


@pytest.mark.parametrize(
    ("engines", "used", "kind", "told"),
    [
        # The sensor is silent: what it has applied names no network.
        ({"host1": [], "host2": listed(112)}, {}, "SegmentConflict", "is in use by net112"),
        # One that leads elsewhere is not needed.
        ({"host1": [], "host2": listed(113), "elsewhere": NO_ENGINE}, {}, None, ""),
        (
            {"host1": [], "host2": NO_ENGINE},
            {},
            "EngineUnreachable",
            "whether a Docker network uses the VLAN is not known: host2: unix:///x.sock: no Docker",
        ),
        # It has dropped all it had without a word.
        ({"host1": []}, {"vlan": 113}, "EngineUnreachable", "host1: It lists 0 of the 1 network"),
        ({"unplaced": listed(112)}, {}, "ConfigError", "engine unplaced has no uplink, and"),
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
def test_remove_asks_the_engines(lab, monkeypatch, engines, used, kind, told):
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
    # What it asks for, force or not, it does not do against a network.
    fine, result = lab.remove(vlan=112, switch="tor1", rbridge_id=21, force=bool(kind))
    assert (fine, result.get("kind")) == (kind is None, kind)
    assert told in result.get("error", "")
    assert result["changed"] is (kind is None)
    assert lab.vlan() == (standing(*THREE) if kind else model.ABSENT)
    assert (lab.edits == edits) is bool(kind)
    if not used:
        # The sensor's removal goes by what was dispatched, and asks no engine.
        assert (lab.apply(destroy())[0], lab.vlan()) == (True, model.ABSENT)


def test_remove_of_a_ve_that_carries_more_takes_force(lab):
    lab.apply(segment())
    lab.switch.edit(payloads.ip_config(21, 112, "directed-broadcast"))
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"]) == (False, "SegmentConflict")
    assert "carries directed-broadcast" in result["error"]
    assert "force=true" in result["remedy"]
    fine, result = lab.remove(vlan=112, force=True)
    assert (fine, lab.vlan()) == (True, model.ABSENT)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "InvalidValue"),
        ({"vlan": 0}, "InvalidValue"),
        ({"vlan": 112, "rbridge_id": 999}, "InvalidValue"),
        # Somebody else's, whatever is asked for.
        ({"vlan": 20, "force": True}, "SegmentConflict"),
    ],
)
def test_what_remove_does_not_take(lab, given, kind):
    was = lab.switch.running
    fine, result = lab.remove(**given)
    assert (fine, result["kind"], lab.switch.running) == (False, kind, was)


@pytest.mark.parametrize(
    ("switches", "remedy"),
    [(["tor1", "tor2"], "Name one of tor1, tor2."), ([], "Name one of those in docker.yaml.")],
)
def test_remove_where_it_is_not_said_at_which_switch(lab, switches, remedy):
    lab.raw = {"switches": [{**TOR1, "name": name, "host": f"{name}.x"} for name in switches]}
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"], result["remedy"]) == (False, "ConfigError", remedy)
