"""What `docker.segment.apply`, `.remove` and `.undo` do and return, at the lab's switch
without SSH."""

import json
import time

import pytest
from direct import AFTER, BEFORE, Direct
from docker_tor.actions import segments as segment_actions
from docker_tor.actions import undo as undo_action
from docker_tor.common import retry
from docker_tor.common.errors import EngineUnreachable
from docker_tor.desired import last_applied
from docker_tor.desired.segments import Segment
from docker_tor.engine.listing import Listing
from docker_tor.engine.networks import Network
from docker_tor.netconf import xml
from docker_tor.reconcile import discovery
from docker_tor.switch import model
from docker_tor.switch.nos import running_config
from lxml import etree
from test_controller import listed
from ves import ve

from lab.switch import Switch, payloads

HOST = "10.0.0.1"
NAME = "Docker Network"
PASSWORD = "open sesame"
TOR1 = {
    "name": "tor1",
    "host": HOST,
    "username": "admin",
    "password": PASSWORD,
    "host_key": "ignore",
    "rbridge_id": 21,
}
RAW = {"switches": [TOR1]}
THREE = ["172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64"]


class Lab:
    """The switch, what the sensor has written of it, and the pack's functions with both."""

    def __init__(self):
        self.switch = Switch(password=PASSWORD, rbridge_ids=(21, 22))
        self.cut = {}
        self.now = 1000.0
        self.ledger = None
        self.raw = RAW
        self.direct = Direct({HOST: self.switch}, self._on_rpc)

    def _on_rpc(self, _host, operation):
        self.now += 0.5
        return self.cut.get(operation, "")

    def apply(self, *segments, **parameters):
        given = {"host": HOST, "segments": list(segments), **parameters}
        return self._told(segment_actions.apply, given, lambda _name: self.ledger)

    def remove(self, **parameters):
        return self._told(segment_actions.remove, parameters, lambda _name: self.ledger)

    def undo(self, *segments, **parameters):
        given = {"host": HOST, "segments": list(segments), **parameters}
        return self._told(undo_action.undo, given)

    def _told(self, action, given, *more):
        with self.direct.instead_of_ssh():
            fine, result = action(self.raw, given, *more, clock=lambda: self.now)
        text = json.dumps(result)
        assert PASSWORD not in text
        # As it comes through StackStorm.
        return fine, json.loads(text)

    def use(self, vlan, name, rbridge=21, pending=()):
        network = Network(
            "a" * 64, name, "host1", "macvlan", f"eth0.{vlan}", vlan, frozenset({"10.0.0.1/24"})
        )
        one = Segment("tor1", rbridge, vlan, HOST, ("10.0.0.1/24",), (network,))
        kept = last_applied.LastApplied({one.key: one}, frozenset(), frozenset(pending))
        self.ledger = last_applied.dump(kept)

    def vlan(self, vlan=112):
        return running_config.read(self.switch.running.element()).get(vlan, model.ABSENT)

    @property
    def edits(self):
        return [rpc.operation for rpc in self.switch.rpcs].count("edit-config")


@pytest.fixture
def lab():
    return Lab()


def segment(vlan=112, addresses=THREE, **more):
    return {"vlan": vlan, "rbridge": 21, "addresses": addresses, **more}


def destroy(vlan=112, **more):
    return {"vlan": vlan, "rbridge": 21, "action": "destroy", **more}


def standing(*addresses):
    """The VLAN with a Ve in service that has these."""
    return model.Vlan(NAME, True, {21: ve(*addresses)})


def test_create(lab):
    fine, result = lab.apply(segment(networks=[{"name": "web"}]), execution_id="abc123")
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


def test_what_is_there_already_is_left_alone(lab):
    lab.apply(segment())
    lab.switch.forget_rpcs()
    fine, result = lab.apply(segment())
    assert (fine, result["changed"], lab.edits) == (True, False, 0)
    assert "(it was already)" in result["message"]


def test_update(lab):
    lab.apply(segment())
    fine, result = lab.apply(segment(addresses=["192.0.2.1/24", THREE[2]], action="update"))
    assert (fine, result["changed"]) == (True, True)
    assert lab.vlan() == standing("192.0.2.1/24", THREE[2])


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


def test_where_all_is_kept_no_session_is_opened_and_nobody_is_told(lab):
    lab.use(112, "web")
    fine, result = lab.apply(destroy())
    assert (fine, result["changed"], result["message"], result["extra"]) == (True, False, "", {})
    assert (result["segments"][0]["state"], lab.switch.rpcs) == ("kept", [])


def test_a_use_that_is_pending_or_elsewhere_keeps_nothing(lab):
    lab.apply(segment())
    lab.use(112, "web", rbridge=22)
    assert lab.apply(destroy())[1]["segments"][0]["state"] == "removed"
    lab.apply(segment())
    lab.use(112, "web", pending=[("tor1", 21, 112)])
    assert lab.apply(destroy())[1]["segments"][0]["state"] == "removed"


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


def test_a_dry_run_tells_of_a_conflict(lab):
    fine, result = lab.apply(segment(20), dry_run=True)
    assert (fine, result["kind"], result["changed"]) == (False, "SegmentConflict", False)


def test_one_that_is_refused_hides_none_of_the_others(lab):
    # Ve 10 has 10.10.10.1/24.
    refused = segment(113, ["10.10.10.9/24"])
    fine, result = lab.apply(segment(), refused, segment(114, ["172.16.114.1/24"]))
    assert not fine
    assert [row["state"] for row in result["segments"]] == ["in service", "failed", "in service"]
    assert (result["kind"], result["changed"]) == ("SwitchRefused", True)
    row = result["segments"][1]
    assert (row["error"], row["did"], row["left"]) == (result["error"], [], [])
    assert [lab.vlan(vlan) for vlan in (112, 113, 114)] == [
        standing(*THREE),
        model.ABSENT,
        standing("172.16.114.1/24"),
    ]
    assert result["message"].startswith("3 segments of tor1: 2 in service, 1 failed.\n- Ve 113")
    assert result["extra"]["slack"]["color"] == "warning"
    assert "before" not in result


def test_a_vlan_of_somebody_elses(lab):
    fine, result = lab.apply(segment(20))
    assert (fine, result["kind"], result["changed"]) == (False, "SegmentConflict", False)
    assert "is named 'Storage'" in result["message"]
    assert lab.edits == 0


@pytest.mark.parametrize("segments", [None, [], {}, "112", [112], [{"vlan": 112}], [segment()] * 2])
def test_segments_that_are_none(lab, segments):
    fine, result = lab.apply(segments=segments)
    assert (fine, result["kind"], result["changed"]) == (False, "InvalidValue", False)
    assert (result["message"], result["extra"], lab.switch.rpcs) == ("", {}, [])


def test_a_switch_that_is_not_configured(lab):
    fine, result = lab.apply(segment(), host="10.0.0.9")
    assert (fine, result["family"], result["kind"]) == (False, "operator", "ConfigError")
    assert (result["host"], result["changed"]) == ("10.0.0.9", False)
    fine, result = lab.apply(segment(), host="10.0.0.9", username="u", password=PASSWORD)
    assert (fine, result["family"], result["kind"]) == (False, "transient", "SwitchUnreachable")


def test_a_password_that_is_wrong(lab):
    fine, result = lab.apply(segment(), password="a guess")
    assert (fine, result["kind"]) == (False, "AuthenticationFailed")
    assert "a guess" not in json.dumps(result)


def test_what_the_switch_warns_of_is_shown_and_the_edits_stand(lab):
    warning = (
        b"<rpc-error><error-tag>operation-failed</error-tag>"
        b"<error-severity>warning</error-severity><error-message>mind</error-message></rpc-error>"
    )
    lab.switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
    fine, result = lab.apply(segment())
    assert (fine, result["changed"]) == (True, True)
    assert result["warnings"] == ["operation-failed: mind"]
    assert lab.vlan().in_service
    lab.remove(vlan=112, switch="tor1")
    fine, result = lab.undo(segment(), failure=break_off(lab, segment()))
    assert (fine, result["warnings"], lab.vlan()) == (
        True,
        ["operation-failed: mind"],
        model.ABSENT,
    )
    lab.apply(segment())
    fine, result = lab.remove(vlan=112, switch="tor1")
    assert (fine, result["warnings"], lab.vlan()) == (
        True,
        ["operation-failed: mind"],
        model.ABSENT,
    )


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
    lab.switch.faults.save_fails = True
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


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("drop", [BEFORE, AFTER])
def test_what_was_known_before_the_first_try_is_known_at_the_last(lab, patient, nth, drop):
    """Each RPC is lost once; then the edit that is last is refused for good, and all is undone."""
    was = lab.switch.running
    lab.switch.faults.set(drop_rpc=nth, drop=drop)
    fine, result = lab.apply(segment(), run=patient)
    assert (fine, result["changed"], lab.vlan()) == (True, True, standing(*THREE))
    (row,) = result["segments"]
    assert "VLAN 112" in str(row["did"])
    assert "(it was already)" not in result["message"]
    lab.remove(vlan=112)
    assert lab.switch.running == was
    lab.switch.faults.set(drop_rpc=nth, drop=drop)
    fine, result = lab.apply(segment(addresses=["10.10.10.9/24"]), run=patient)
    assert (fine, result["changed"], lab.switch.running) == (False, False, was)
    assert "The switch is as it was." in result["message"]


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
    lab.switch.faults.locked_by_other = True
    fine, result = lab.apply(segment())
    assert (fine, result["kind"]) == (False, "SwitchBusy")
    assert (result["changed"], result["before"]) == (False, {})


# Undoing


def returned(result, code=0):
    """How an action ended, as StackStorm tells it."""
    return {"result": result, "exit_code": code}


KILLED = {"result": "None", "exit_code": -9}
GIVEN_UP = {}
TIMED_OUT = {**KILLED, "error": "Action failed to complete in 600 seconds"}
NOT_KNOWN = (
    "Whether the switch took its edits is not known; it may have done in whole or in part: add"
)


def break_off(lab, *segments):
    lab.cut = {"edit-config": AFTER}
    _, broken = lab.apply(*segments)
    lab.cut = {}
    return returned(broken)


PLAIN = model.as_plain(model.ABSENT)
BEFORES = [
    *("x", [1], {"112": None}, {"x": PLAIN}, {"1_1": PLAIN}, {"9" * 5000: PLAIN}),
    {"112": {"name": None, "ves": {}}},
    {"112": {**PLAIN, "ves": {"21": {"ipv4": [5], "ipv6": [], "shut": False}}}},
]


@pytest.mark.parametrize("before", BEFORES)
def test_a_before_that_is_none(lab, before):
    fine, result = lab.undo(segment(), failure=returned({"error": "x", "before": before}))
    assert (fine, result["kind"], lab.switch.rpcs) == (False, "InvalidValue", [])
    assert "before is not what an earlier run returned" in result["error"]


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
        (GIVEN_UP, "the action ended without a result, and its runner is gone"),
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


def test_undo_of_a_chain_whose_first_edit_died(lab):
    fine, result = lab.undo(segments=None, vlan=112, rbridge_id=21, failure=KILLED)
    assert (fine, result["changed"]) == (True, None)
    assert result["message"].startswith(
        "VLAN 112 on rbridge 21 of tor1 could NOT be put in service"
    )
    assert f"{NOT_KNOWN} VLAN 112 named 'Docker Network'. The next" in result["message"]


def test_undo_of_a_removal_that_died(lab):
    fine, result = lab.undo(segment(action="destroy"), failure=KILLED)
    assert (fine, result["changed"]) == (True, None)
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


def test_undo_that_is_tried_again(lab, patient):
    was = lab.switch.running
    failure = break_off(lab, segment())
    lab.switch.faults.set(drop_rpc=2, drop=AFTER)
    fine, result = lab.undo(segment(), failure=failure, run=patient)
    assert (fine, result["changed"], lab.switch.running) == (True, False, was)


def test_undo_that_the_switch_refuses(lab):
    failure = break_off(lab, segment())
    lab.switch.faults.set(multi_error=True, operations=frozenset({"edit-config"}))
    fine, result = lab.undo(segment(), failure=failure)
    assert (fine, result["changed"], result["undone"]) == (False, True, [])
    assert result["left"] == ["remove VLAN 112"]
    assert "The switch is NOT as it was; still to do: remove VLAN 112." in result["message"]
    assert result["extra"]["slack"]["color"] == "danger"


def test_undo_where_the_switch_is_no_longer_configured(lab):
    failure = break_off(lab, segment())
    lab.raw = {"switches": [{**TOR1, "host": "10.0.0.2"}]}
    for end in (failure, KILLED):
        fine, result = lab.undo(segment(), failure=end)
        assert (fine, result["kind"], result["changed"]) == (False, "ConfigError", None)
        assert "Whether the switch took its edits is not known." in result["message"]
        assert "It could not be undone either: switches: no switch" in result["message"]
        assert result["extra"]["slack"]["color"] == "danger"
    fine, result = lab.undo(segment(), failure=returned({"error": "no", "changed": False}))
    assert (fine, result["changed"]) == (False, False)
    assert result["message"].startswith("Nothing was changed: ")


# Removing by hand


def test_remove(lab):
    lab.apply(segment())
    fine, result = lab.remove(vlan=112)
    assert (fine, result["switch"], lab.vlan()) == (True, "tor1", model.ABSENT)
    (row,) = result["segments"]
    assert (row["state"], row["rbridge"]) == ("removed", 0)
    assert " all " in result["table"]
    assert result["message"].startswith("Ve 112 of tor1 is removed. (")


def test_remove_on_one_rbridge(lab):
    lab.apply(segment())
    lab.switch.edit(payloads.address(22, 112, "172.16.112.2/24"))
    fine, _ = lab.remove(vlan="112", rbridge_id=21, switch="tor1")
    assert (fine, list(lab.vlan().ves)) == (True, [22])


def test_remove_of_what_is_in_use(lab):
    lab.apply(segment())
    lab.use(112, "web")
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"], lab.vlan()) == (False, "SegmentConflict", standing(*THREE))
    assert "in use by web" in result["error"]
    assert "Remove the Docker network" in result["remedy"]


def asked(lab, monkeypatch, **answers):
    """The engines, with what each lists; None for one that does not answer."""

    def answer(engine):
        if answers[engine.name] is None:
            raise EngineUnreachable("no Docker Engine answers: refused", where=engine.url)
        return Listing(answers[engine.name])

    monkeypatch.setattr(discovery, "list_networks", answer)
    one = {"parent": "eth0", "switch": "tor1"}
    other = {"parent": "eth1", "switch": "tor2", "rbridge_id": 23}
    ups = {"host1": [one], "host2": [one, other], "away": [other]}
    lab.raw = {
        "engines": [
            {"name": name, "url": f"unix:///{name}.sock", "uplinks": ups[name]} for name in answers
        ],
        "switches": [TOR1, {**TOR1, "name": "tor2", "host": "10.0.0.2"}],
    }
    lab.apply(segment())


@pytest.mark.parametrize("force", [False, True])
def test_remove_asks_the_engines(lab, monkeypatch, force):
    """The sensor is silent: its ledger knows of no network."""
    asked(lab, monkeypatch, host1=[], host2=listed(112))
    fine, result = lab.remove(vlan=112, switch="tor1", force=force)
    assert (fine, result["kind"], lab.vlan()) == (False, "SegmentConflict", standing(*THREE))
    assert "VLAN 112 is in use by net112" in result["error"]
    asked(lab, monkeypatch, host1=[], host2=listed(113))
    assert lab.remove(vlan=112, switch="tor1", rbridge_id=21, force=force)[0]
    assert lab.vlan() == model.ABSENT


@pytest.mark.parametrize("force", [False, True])
def test_remove_is_refused_where_an_engine_cannot_be_asked(lab, monkeypatch, force):
    asked(lab, monkeypatch, host1=[], host2=None)
    edits = lab.edits
    fine, result = lab.remove(vlan=112, switch="tor1", force=force)
    assert (fine, result["kind"], result["changed"]) == (False, "EngineUnreachable", False)
    assert "whether a Docker network uses the VLAN is not known: host2: " in result["error"]
    assert "no Docker Engine answers: refused" in result["error"]
    assert (lab.edits, lab.vlan()) == (edits, standing(*THREE))


def test_remove_is_refused_where_an_engine_is_not_believed(lab, monkeypatch):
    """It has dropped all it had without a word."""
    asked(lab, monkeypatch, host1=[], host2=[])
    lab.use(113, "web")
    fine, result = lab.remove(vlan=112, switch="tor1")
    assert (fine, result["kind"], lab.vlan()) == (False, "EngineUnreachable", standing(*THREE))
    assert "host1: It lists 0 of the 1 network that it had" in result["error"]


def test_remove_is_refused_where_docker_yaml_does_not_say_where_networks_are(lab, monkeypatch):
    asked(lab, monkeypatch, host1=listed(112))
    del lab.raw["engines"][0]["uplinks"]
    fine, result = lab.remove(vlan=112, switch="tor1")
    assert (fine, result["kind"], lab.vlan()) == (False, "ConfigError", standing(*THREE))
    assert "engine host1 has no uplink, and there are several switches" in result["error"]


def test_remove_needs_no_engine_that_leads_elsewhere(lab, monkeypatch):
    asked(lab, monkeypatch, host1=[], away=None)
    assert lab.remove(vlan=112, switch="tor1")[0]
    assert lab.vlan() == model.ABSENT


def test_what_the_ledger_alone_knows_keeps_it_too(lab, monkeypatch):
    """Somebody's network may be just being held, or in its grace."""
    asked(lab, monkeypatch, host1=[])
    lab.raw["mass_removal_hold"] = 0
    lab.use(112, "web")
    fine, result = lab.remove(vlan=112, switch="tor1")
    assert (fine, result["kind"]) == (False, "SegmentConflict")
    assert "in use by web" in result["error"]


def test_a_network_that_the_engines_have_counts_though_its_change_is_pending(lab, monkeypatch):
    asked(lab, monkeypatch, host1=listed(112))
    lab.use(112, "web", pending=[("tor1", 21, 112)])
    assert "in use by net112" in lab.remove(vlan=112, switch="tor1")[1]["error"]


class Carrying(Direct):
    """Each Ve of VLAN 112 carries a protocol, which the simulator itself knows nothing of, until it
    is removed. The switch refuses to remove a VLAN if it is to be `stuck`."""

    stuck = there = True

    def connect(self, login, timeout, first):
        peer = super().connect(login, timeout, first)
        answer = peer.ask

        def ask(operation, *_then):
            if self.stuck and "<vlan nc:operation=" in operation:
                return etree.fromstring(
                    f'<rpc-reply xmlns="{xml.BASE}"><rpc-error><error-tag>operation-failed'
                    "</error-tag></rpc-error></rpc-reply>"
                )
            reply = answer(operation)
            self.there = self.there and "<ve nc:operation=" not in operation
            for name in reply.iter(f"{{{running_config.INTERFACE}}}name"):
                ve = name.getparent()
                if (
                    self.there
                    and name.text == "112"
                    and ve.tag == f"{{{running_config.INTERFACE}}}ve"
                ):
                    etree.SubElement(ve, "{urn:x}ospf")
            return reply

        peer.ask = ask
        return peer


def test_remove_of_a_ve_that_carries_more_takes_force(lab):
    lab.apply(segment())
    lab.direct = Carrying(lab.direct.switches)
    lab.direct.stuck = False
    fine, result = lab.remove(vlan=112)
    assert (fine, result["kind"], lab.vlan()) == (False, "SegmentConflict", standing(*THREE))
    assert "carries ospf" in result["error"]
    assert "force=true" in result["remedy"]
    fine, result = lab.remove(vlan=112, force=True)
    assert (fine, lab.vlan()) == (True, model.ABSENT)


def test_what_a_forced_removal_took_along_is_not_there_again_when_it_is_undone(lab):
    lab.apply(segment())
    lab.direct = Carrying(lab.direct.switches)
    fine, result = lab.remove(vlan=112, force=True)
    assert (fine, result["kind"], result["changed"]) == (False, "SwitchRefused", True)
    assert lab.vlan() == standing(*THREE)
    (row,) = result["segments"]
    lost = "bring back ospf of Ve 112 on rbridge 21 (only its name is known)"
    assert (row["state"], row["left"]) == ("partly", [lost])
    assert f"The switch is NOT as it was; still to do: {lost}." in result["message"]
    assert result["extra"]["slack"]["color"] == "danger"


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
