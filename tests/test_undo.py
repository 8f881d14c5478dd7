"""docker.segment.undo: what it undoes of a run that failed, and what it tells of it."""

import time

import pytest
from direct import AFTER, BEFORE
from docker_tor.common import retry
from docker_tor.switch import model
from segment_lab import THREE, TOR1, WARNING, Lab, segment


@pytest.fixture
def lab():
    return Lab()


def returned(result, code=0):
    """How an action ended, as StackStorm tells it."""
    return {"result": result, "exit_code": code}


KILLED = {"result": "None", "exit_code": -9}
TIMED_OUT = {**KILLED, "error": "Action failed to complete in 600 seconds"}
PLAIN = model.as_plain(model.ABSENT)
NOT_KNOWN = (
    "Whether the switch took its edits is not known; it may have done in whole or in part: add"
)


def break_off(lab, *segments):
    lab.cut = {"edit-config": AFTER}
    _, broken = lab.apply(*segments)
    lab.cut = {}
    return returned(broken)


def test_undo(lab):
    was = lab.switch.running
    failure = break_off(lab, segment(networks=[{"name": "web"}]))
    assert lab.switch.running != was
    lab.now = 2000.0
    fine, result = lab.undo(
        segment(networks=[{"name": "web"}]),
        failure=failure,
        run={"retry_until": 1990.0 + retry.PATIENCE, "execution_id": "abc123"},
    )
    assert (fine, lab.switch.running) == (True, was)
    assert (result["changed"], result["undone"], result["left"]) == (False, ["remove VLAN 112"], [])
    error = failure["result"]["error"].rstrip(".")
    assert result["message"] == (
        f"Ve 112 on rbridge 21 of tor1 could NOT be put in service with {', '.join(THREE)} for"
        f" web: {error}. The switch is as it was. ({lab.now - 1990:.1f} s, execution abc123)"
    )
    assert result["extra"]["slack"]["color"] == "warning"


@pytest.mark.parametrize("end", [returned({"error": "no", "changed": False}), KILLED, TIMED_OUT])
def test_undo_of_a_chain_goes_by_what_its_first_edit_found(lab, end):
    """However its last action has ended."""
    was = lab.switch.running
    lab.apply(segment())
    asked = {"vlan": 112, "rbridge": 21, "addresses": list(THREE), "networks": [{"name": "web"}]}
    before = {"segment": asked, "vlans": {"112": PLAIN}, "already": False, "addresses": []}
    fine, result = lab.undo(vlan=112, rbridge_id=21, before=before, failure=end)
    assert (fine, result["changed"], lab.switch.running) == (True, False, was)
    assert result["message"].startswith("Ve 112 on rbridge 21 of tor1 could NOT be put in service")
    assert " for web: " in result["message"]
    assert "The switch is as it was." in result["message"]


@pytest.mark.parametrize(
    "given",
    [
        {"failure": returned({"error": "no session", "changed": False})},
        # A chain that found all as it should be has sent nothing either.
        {
            "failure": returned({"error": "no session", "changed": False}),
            "before": {"vlans": {"112": PLAIN}, "already": True},
        },
    ],
)
def test_undo_where_nothing_was_begun_asks_nobody(lab, given):
    fine, result = lab.undo(segment(), **given)
    assert (fine, result["changed"], result["undone"], lab.switch.rpcs) == (True, False, [], [])
    assert "no session. The switch is as it was." in result["message"]


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (None, "the action ended without a result, and its runner is gone"),
        ({}, "the action ended without a result, and its runner is gone"),
        (KILLED, "the action was killed (signal 9)."),
        ({"result": "None", "exit_code": 1}, "the action ended without a result (exit code 1)"),
        (TIMED_OUT, "the action has no result: Action failed to complete in 600 seconds"),
        (returned({"changed": True}, -9), "was killed (signal 9) after it had done its work"),
    ],
)
def test_undo_of_an_action_that_died(lab, end, why):
    fine, result = lab.undo(segment(), failure=end)
    assert (fine, result["changed"], lab.switch.rpcs) == (True, None, [])
    assert why in result["message"]
    assert NOT_KNOWN in result["message"]
    assert "The next reconcile tells, and puts it right." in result["message"]
    assert result["extra"]["slack"]["color"] == "danger"


def test_undo_of_a_chains_first_edit_and_of_a_removal_that_died(lab):
    _, result = lab.undo(segments=None, vlan=112, rbridge_id=21, failure=KILLED)
    told = "VLAN 112 on rbridge 21 of tor1 could NOT be put in service"
    assert result["message"].startswith(told)
    assert f"{NOT_KNOWN} VLAN 112 named 'Docker Network'. The next" in result["message"]
    _, result = lab.undo(segment(action="destroy"), failure=KILLED)
    assert "in whole or in part: remove what there was of Ve 112. The next" in result["message"]


@pytest.mark.parametrize("cut", [{"hello": BEFORE}, {"edit-config": BEFORE}])
def test_undo_at_a_switch_that_is_away(lab, cut):
    failure = break_off(lab, segment())
    lab.cut = cut
    fine, result = lab.undo(segment(), failure=failure)
    assert (fine, result["family"], result["changed"]) == (False, "transient", None)
    assert result["before"] == failure["result"]["before"]
    assert f"{NOT_KNOWN} VLAN 112 named 'Docker Network', " in result["message"]
    assert "It could not be undone either: 10.0.0.1:22: " in result["message"]
    assert result["extra"]["slack"]["color"] == "danger"


def test_undo_that_is_tried_again(lab, monkeypatch):
    for name in ("SHORTEST", "LONGEST"):
        monkeypatch.setattr(retry, name, 0.0001)
    was = lab.switch.running
    failure = break_off(lab, segment())
    lab.switch.faults.set(drop_rpc=2, drop=BEFORE)
    lab.switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", WARNING)
    fine, result = lab.undo(segment(), failure=failure, run={"retry_until": time.time() + 60})
    assert (fine, result["changed"], lab.switch.running) == (True, False, was)
    # What the switch warned of is told, and the undoing stands.
    assert result["warnings"] == ["operation-failed: mind"]


def test_undo_that_the_switch_refuses(lab):
    failure = break_off(lab, segment())
    lab.switch.faults.set(refuse="invalid-value: no", operations=frozenset({"edit-config"}))
    fine, result = lab.undo(segment(), failure=failure)
    assert (fine, result["changed"], result["undone"]) == (False, True, [])
    assert result["left"] == ["remove VLAN 112"]
    assert "The switch is NOT as it was; still to do: remove VLAN 112." in result["message"]


def test_undo_where_the_switch_is_no_longer_configured(lab):
    failure = break_off(lab, segment())
    lab.raw = {"switches": [{**TOR1, "host": "10.0.0.2"}]}
    for end in (failure, KILLED):
        fine, result = lab.undo(segment(), failure=end)
        assert (fine, result["kind"], result["changed"]) == (False, "ConfigError", None)
        assert "Whether the switch took its edits is not known." in result["message"]
        assert "It could not be undone either: switches: no switch" in result["message"]
    fine, result = lab.undo(segment(), failure=returned({"error": "no", "changed": False}))
    assert (fine, result["changed"]) == (False, False)
    assert result["message"].startswith("Nothing was changed: ")
    # A `before` that is none.
    for before in ("x", {"112": None}, {"x": PLAIN}):
        _, result = lab.undo(segment(), failure=returned({"error": "x", "before": before}))
        assert "before is not what an earlier run returned" in result["error"]
