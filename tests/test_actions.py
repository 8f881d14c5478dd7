"""The edit actions, and the entry points as StackStorm calls them, against the simulated switch.

No SSH: what a session is made of is test_session's.
"""

import time
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import segment_lab
from direct import AFTER, BEFORE, no_waiting
from docker_tor.common import retry
from docker_tor.desired import last_applied, ledger
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from run_segments import RunSegments
from segment_lab import HOST, NAME, PASSWORD, RAW, parameters, returned
from st2tests.base import BaseActionTestCase
from vdx_edit import VdxEdit

from lab.switch.faults import NOT_READY

VE = {"rbridge_id": 21, "name": "112"}
CHAIN: List[Tuple[str, Dict[str, Any]]] = [
    ("interface_vlan_interface_vlan_vlan_name", {"name": "112"}),
    ("interface_vlan_interface_ve_gve_name", {"gve_name": "112"}),
    (
        "rbridge_id_interface_ve_ip_ip_config_address_address",
        {**VE, "address": "172.16.112.1/24"},
    ),
    ("rbridge_id_interface_ve_shutdown", {**VE, "delete_shutdown": True}),
    (
        "interface_vlan_interface_ve_global_ve_shutdown",
        {"gve_name": "112", "delete_global_ve_shutdown": True},
    ),
]
"""The article's five edits."""
(MAKE_VLAN, _), (MAKE_GLOBAL_VE, _), (ADDRESS, _), (NO_SHUT, _), (GLOBAL_NO_SHUT, _) = CHAIN
SEGMENT = {"rbridge_id": 21, "subnet": "172.16.112.1/24"}
"""What the first edit of a run is told of the whole segment."""


class Lab(segment_lab.Lab):
    """The switch, and edits of it by the pack."""

    def __init__(self) -> None:
        super().__init__()
        self.before = self.switch.running

    def done(self, name: str, /, **given: Any) -> Dict[str, Any]:
        succeeded, result = self.edit(name, **given)
        assert succeeded, result
        return result

    def chain(self) -> List[Dict[str, Any]]:
        return [self.done(name, **given) for name, given in CHAIN]

    @property
    def operations(self) -> List[str]:
        return [rpc.operation for rpc in self.switch.rpcs]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab()
    monkeypatch.setattr(retry, "OUTSIDE", no_waiting())
    with lab.direct.instead_of_ssh():
        yield lab


def test_the_articles_chain_and_once_more(lab: Lab) -> None:
    assert [result["changed"] for result in lab.chain()] == [True] * 5
    assert "Ve 112" in lab.switch.cli("show ip int brief")
    after = lab.switch.running
    assert [result["changed"] for result in lab.chain()] == [False] * 5
    assert lab.switch.running == after


def test_dry_run_sends_nothing(lab: Lab) -> None:
    for name, given in CHAIN:
        result = lab.done(name, dry_run=True, **given)
        assert "<nc:config" in result["xml"]
        assert result["cli"]
    assert lab.operations == []


def test_deletes(lab: Lab) -> None:
    lab.chain()
    for name, given in (
        (ADDRESS, {**CHAIN[2][1], "delete_address": True}),
        (ADDRESS, {**CHAIN[2][1], "delete_ve": True}),
        (MAKE_GLOBAL_VE, {**CHAIN[1][1], "delete_ve": True}),
        (MAKE_VLAN, {**CHAIN[0][1], "delete_vlan": True}),
    ):
        assert [lab.done(name, **given)["changed"] for _ in range(2)] == [True, False]
    assert lab.switch.running == lab.before


def test_all_addresses_of_a_ve_in_one_edit(lab: Lab) -> None:
    lab.chain()
    addresses = ["172.16.112.1/24", "172.16.112.9/24", "192.168.112.1/24", "fd00:112::1/64"]
    given = {**CHAIN[2][1], "addresses": addresses}
    looked = lab.done(ADDRESS, dry_run=True, **given)
    assert (looked["changed"], looked["dry_run"]) == (False, True)
    assert "  ipv6 address fd00:112::1/64" in looked["cli"]
    for did in (addresses[1:], []):
        result = lab.done(ADDRESS, **given)
        assert (result["changed"], result["did"]) == (bool(did), did)
    shown = lab.switch.cli("show running-config rbridge-id 21 interface Ve 112")
    assert "ip address 172.16.112.9/24 secondary\n" in shown


def test_what_the_switch_warns_of_is_shown_and_the_edit_stands(lab: Lab) -> None:
    warning = (
        b"<rpc-error><error-tag>operation-failed</error-tag>"
        b"<error-severity>warning</error-severity>"
        b"<error-message>%Warning: {{ mind }}</error-message></rpc-error>"
    )
    lab.switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
    told = ["operation-failed: %Warning: { { mind }}"]
    assert [result["warnings"] for result in lab.chain()] == [told] * 5
    assert "warnings" not in lab.done(MAKE_VLAN, name="112")
    addresses = {**CHAIN[2][1], "addresses": ["172.16.112.9/24"]}
    assert lab.done(ADDRESS, **addresses)["warnings"] == told


# What is refused changes nothing.


@pytest.mark.parametrize(
    ("name", "given", "kind", "said"),
    [
        (MAKE_VLAN, {"name": "4095"}, "InvalidValue", "1 - 3962"),
        (MAKE_VLAN, {"name": "10"}, "SegmentConflict", "is there already and is named 'Servers'"),
        (MAKE_VLAN, {"name": "112", "password": "no"}, "AuthenticationFailed", "the password"),
        (MAKE_VLAN, {"name": "112", "host": "tor9"}, "ConfigError", "username and password not"),
        (MAKE_GLOBAL_VE, {"gve_name": "112"}, "SwitchRefused", "VLAN"),
        (NO_SHUT, {**VE, "delete_shutdown": True}, "NodeMissing", "ve[112] is not in the running"),
    ],
    ids=str,
)
def test_what_is_refused(lab: Lab, name: str, given: Dict[str, Any], kind: str, said: str) -> None:
    succeeded, result = lab.edit(name, **given)
    assert (succeeded, result["kind"], result["changed"]) == (False, kind, False)
    assert said in result["error"]
    assert result["remedy"]
    assert lab.switch.running == lab.before


def test_the_configuration_is_checked_and_its_vlan_name_taken(lab: Lab) -> None:
    lab.raw = {**RAW, "swiches": []}
    assert "Did you mean `switches`?" in lab.edit(MAKE_VLAN, name="112")[1]["error"]
    lab.raw = {**RAW, "vlan_name": "Made by Docker"}
    lab.done(MAKE_VLAN, name="112")
    assert "Made by Docker" in lab.switch.running.xml()


def test_a_login_may_be_given_instead_of_the_configurations(lab: Lab) -> None:
    lab.raw = {}
    given = {"host": HOST, "username": "admin", "password": PASSWORD}
    assert lab.done(MAKE_VLAN, name="112", **given)["changed"] is True


@pytest.mark.parametrize("name", [MAKE_VLAN, ADDRESS])
@pytest.mark.parametrize("cut", [BEFORE, AFTER])
@pytest.mark.parametrize(("cuts", "changed"), [("edit-config", None), ("get-config", False)])
def test_an_edit_whose_fate_is_not_known_is_not_called_unchanged(
    lab: Lab, name: str, cut: str, cuts: str, changed: Any
) -> None:
    given: Dict[str, Any] = {"name": "112"}
    if name == ADDRESS:
        lab.chain()
        given = {**VE, "address": "10.7.7.7/24", "addresses": ["10.7.7.7/24"]}
    lab.cut = {cuts: [cut]}
    succeeded, result = lab.edit(name, **given)
    assert (succeeded, result["changed"]) == (False, changed), result
    assert ("not known" in result["error"]) is (changed is None)


# The edits of a run.

RUN = {"execution_id": "6b05"}


def run() -> Dict[str, Any]:
    """What a workflow gives each of its actions."""
    return {**RUN, "retry_until": time.time() + 2.5}


@pytest.mark.parametrize("cut", [[], [AFTER], [BEFORE, AFTER]], ids=str)
def test_each_edit_of_a_run_tries_again_from_what_it_knew(lab: Lab, cut: List[str]) -> None:
    lab.cut = {"edit-config": list(cut)}
    first = lab.done(MAKE_VLAN, **SEGMENT, name="112", networks=[], run=run())
    assert (first["changed"], first["told"]) == (True, None)
    assert first["run"]["vlans"]["112"]["name"] is None
    results = [first]
    for name, given in CHAIN[1:-1]:
        lab.cut = {"edit-config": list(cut)}
        more = {"addresses": ["172.16.112.1/24", "fd00:112::1/64"]} if name == ADDRESS else {}
        results.append(lab.done(name, **given, **more, run=run()))
    lab.cut = {"edit-config": list(cut)}
    last = lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before=first["run"], run=run())
    assert [result["changed"] for result in [*results, last]] == [True] * 5
    assert last["told"]["message"].startswith(
        "Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24. ("
    )


def test_a_refusal_for_a_while_is_tried_again(lab: Lab) -> None:
    """What was looked up before is looked up again: nothing was sent."""
    for name, given in ((MAKE_VLAN, {"name": "112", **SEGMENT}), *CHAIN[1:2], CHAIN[2]):
        more = {"addresses": ["172.16.112.1/24"]} if name == ADDRESS else {}
        lab.switch.faults.set(refuse=NOT_READY, refuse_rpcs=1)
        assert lab.done(name, **given, **more, run=run())["changed"] is True


@pytest.mark.parametrize("save", [False, True])
def test_the_last_edit_of_a_run_saves_if_it_is_to(lab: Lab, save: bool) -> None:
    lab.raw = {**RAW, "save_config": save}
    before = lab.done(MAKE_VLAN, name="112", **SEGMENT)["run"]
    for name, given in CHAIN[1:-1]:
        lab.done(name, **given)
    assert "bna-config-cmd" not in lab.operations
    result = lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before=before)
    assert (result.get("unsaved"), "bna-config-cmd" in lab.operations) == (
        "" if save else None,
        save,
    )
    lab.switch.forget_rpcs()
    # Where nothing was changed there is nothing to save.
    lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before={**before, "already": True})
    assert "bna-config-cmd" not in lab.operations


@pytest.mark.parametrize("save", [False, True])
def test_a_layer_2_segment_is_all_done_by_the_first_edit(lab: Lab, save: bool) -> None:
    lab.raw = {**RAW, "save_config": save}
    lab.chain()
    lab.switch.forget_rpcs()
    asked = {"name": "112", "rbridge_id": 21, "subnet": "", "addresses": [], "run": run()}
    lab.cut = {"edit-config": [AFTER]}
    result = lab.done(MAKE_VLAN, **asked)
    assert "It is a layer-2 segment, which the switch does not route" in result["told"]["message"]
    assert "Its Ve 112 with 172.16.112.1/24 is removed." in result["told"]["message"]
    assert "Ve 112" not in lab.switch.cli("show running-config")
    assert ("bna-config-cmd" in lab.operations) is save
    lab.switch.forget_rpcs()
    assert "(it was already)" in lab.done(MAKE_VLAN, **asked)["told"]["message"]
    assert "bna-config-cmd" not in lab.operations


# As StackStorm calls them.


class VdxEditTestCase(BaseActionTestCase):
    """One entry point, a YAML for each edit."""

    action_cls = VdxEdit

    def test_it_gets_the_edit_the_configuration_and_the_parameters(self) -> None:
        lab = Lab()
        with lab.direct.instead_of_ssh():
            action_ = self.get_action_instance(config=RAW)
            succeeded, result = action_.run(
                **parameters(f"vdx.{MAKE_VLAN}", {"host": "tor1", "name": "112"})
            )
        self.assertTrue(succeeded, result)
        self.assertIn(NAME, lab.switch.running.xml())


class RunSegmentsTestCase(BaseActionTestCase):
    """One entry point, three YAMLs: which work is done, and what it is given."""

    action_cls = RunSegments

    def run_work(self, lab: Lab, name: str, book: str = "", /, **given: Any) -> Any:
        action_ = self.get_action_instance(config=RAW)
        action_.action_service.set_value(ledger.NAME, book or None, local=False)
        with lab.direct.instead_of_ssh():
            ended = action_.run(**parameters(f"segment.{name}", given))
        return returned(f"segment.{name}", ended)

    def test_apply_undo_and_remove(self) -> None:
        lab = Lab()
        segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"]}
        done, result = self.run_work(lab, "apply", host="tor1", segments=[segment])
        self.assertTrue(done, result)
        nothing = {"112": {"name": None, "in_service": None, "ves": {}}}
        done, result = self.run_work(
            lab,
            "undo",
            host="tor1",
            before={"segment": segment, "vlans": nothing, "already": False},
            failure={"result": {"error": "no", "changed": False}, "exit_code": 0},
        )
        self.assertTrue(done, result)
        self.assertEqual(lab.switch.running, lab.before)
        self.run_work(lab, "apply", host="tor1", segments=[segment])
        network = Network("a" * 64, "web", "host1", "macvlan", "eth0.112", 112, frozenset())
        held = Segment("tor1", 21, 112, "h", ("172.16.112.1/24",), (network,))
        book = last_applied.dump(last_applied.LastApplied({held.key: held}, frozenset()))
        done, result = self.run_work(lab, "remove", book, vlan=112)
        self.assertFalse(done)
        self.assertIn("is in use by web", result["error"])
        done, result = self.run_work(lab, "remove", vlan=112)
        self.assertTrue(done, result)
        self.assertEqual(lab.switch.running, lab.before)
