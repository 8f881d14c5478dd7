"""The edit actions, and the entry points as StackStorm calls them, against the simulated switch.

No SSH: what a session is made of is test_session's.
"""

import time
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import segment_lab
from direct import AFTER, BEFORE, no_waiting
from docker_tor.common import retry
from docker_tor.desired import ledger
from run_segments import RunSegments
from segment_lab import HOST, NAME, PASSWORD, RAW, TOR1, parameters, returned
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
    """The switch, and edits of it by the pack that succeed."""

    def done(self, name: str, /, **given: Any) -> Dict[str, Any]:
        succeeded, result = self.edit(name, **given)
        assert succeeded, result
        return result

    def chain(self) -> List[Dict[str, Any]]:
        return [self.done(name, **given) for name, given in CHAIN]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab()
    monkeypatch.setattr(retry, "OUTSIDE", no_waiting())
    with lab.direct.instead_of_ssh():
        yield lab


def test_the_articles_chain_comes_once_and_goes_once(lab: Lab) -> None:
    for name, given in CHAIN:
        result = lab.done(name, dry_run=True, **given)
        assert result["dry_run"]
        assert "<nc:config" in result["xml"]
        assert result["cli"]
    assert lab.switch.rpcs == []
    before = lab.switch.running
    assert [result["changed"] for result in lab.chain()] == [True] * 5
    assert "Ve 112" in lab.switch.cli("show ip int brief")
    assert [result["changed"] for result in lab.chain()] == [False] * 5
    for name, given in (
        (ADDRESS, {**CHAIN[2][1], "delete_address": True}),
        (ADDRESS, {**CHAIN[2][1], "delete_ve": True}),
        (MAKE_GLOBAL_VE, {**CHAIN[1][1], "delete_ve": True}),
        # Whatever is told of the segment, a delete is no first edit of a run.
        (MAKE_VLAN, {**CHAIN[0][1], **SEGMENT, "delete_vlan": True}),
    ):
        results = [lab.done(name, **given) for _ in range(2)]
        assert [result["changed"] for result in results] == [True, False]
        assert not any("run" in result for result in results)
    assert lab.switch.running == before


def test_all_addresses_of_a_ve_in_one_edit(lab: Lab) -> None:
    lab.chain()
    given = {**CHAIN[2][1], "addresses": ["172.16.112.1/24", "172.16.112.9/24", "fd00:112::1/64"]}
    looked = lab.done(ADDRESS, dry_run=True, **given)
    assert (looked["changed"], looked["dry_run"]) == (False, True)
    assert "  ipv6 address fd00:112::1/64" in looked["cli"]
    for did in (given["addresses"][1:], []):
        result = lab.done(ADDRESS, **given)
        assert (result["changed"], result["did"]) == (bool(did), did)


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
    before = lab.switch.running
    succeeded, result = lab.edit(name, **given)
    assert (succeeded, result["kind"], result["changed"]) == (False, kind, False)
    assert said in result["error"]
    assert result["remedy"]
    assert lab.switch.running == before


def test_the_configuration_is_checked_and_its_vlan_name_taken(lab: Lab) -> None:
    lab.raw = {**RAW, "swiches": []}
    assert "Did you mean `switches`?" in lab.edit(MAKE_VLAN, name="112")[1]["error"]
    lab.raw = {"vlan_name": "Made by Docker"}
    # A login may be given instead of the configuration's.
    lab.done(MAKE_VLAN, name="112", host=HOST, username="admin", password=PASSWORD)
    assert "Made by Docker" in lab.switch.running.xml()
    lab.done(MAKE_VLAN, name="113", vlan_name="Given", username="admin", password=PASSWORD)
    assert "Given" in lab.switch.running.xml()
    lab.raw = {"switches": [{**TOR1, "rbridge_id": None, "platform": "slxos"}]}
    kinds = [lab.edit(name, **given)[1]["kind"] for name, given in CHAIN]
    assert kinds == ["InvalidValue"] * 5


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
    return {**RUN, "retry_until": time.time() + 60}


@pytest.mark.parametrize("cut", [[], [AFTER], [BEFORE, AFTER]], ids=str)
def test_each_edit_of_a_run_tries_again_from_what_it_knew(lab: Lab, cut: List[str]) -> None:
    # Of a refusal nothing was sent, and what was looked up is looked up again.
    lab.switch.faults.set(refuse=NOT_READY, refuse_rpcs=1)
    results: List[Dict[str, Any]] = []
    for name, given in CHAIN:
        more = {
            MAKE_VLAN: {**SEGMENT, "networks": []},
            ADDRESS: {"addresses": ["172.16.112.1/24", "fd00:112::1/64"]},
            GLOBAL_NO_SHUT: {"before": results and results[0]["run"]},
        }
        lab.cut = {"edit-config": list(cut)}
        results.append(lab.done(name, **given, **more.get(name, {}), run=run()))
    first, last = results[0], results[-1]
    assert (first["told"], first["run"]["vlans"]["112"]["name"]) == (None, None)
    assert [result["changed"] for result in results] == [True] * 5
    assert last["told"]["message"].startswith(
        "Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24. ("
    )


@pytest.mark.parametrize("save", [False, True])
def test_the_last_edit_of_a_run_saves_if_it_is_to(lab: Lab, save: bool) -> None:
    lab.raw = {**RAW, "save_config": save}
    before = lab.done(MAKE_VLAN, name="112", **SEGMENT)["run"]
    for name, given in CHAIN[1:-1]:
        lab.done(name, **given)
    assert not lab.saves
    result = lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before=before)
    assert (result.get("unsaved"), lab.saves) == ("" if save else None, int(save))
    # Where nothing was changed there is nothing to save.
    lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before={**before, "already": True})
    assert lab.saves == int(save)
    # An earlier action has changed something.
    assert not lab.done(GLOBAL_NO_SHUT, **CHAIN[-1][1], before=before)["changed"]
    assert lab.saves == 2 * save


@pytest.mark.parametrize("save", [False, True])
def test_a_layer_2_segment_is_all_done_by_the_first_edit(lab: Lab, save: bool) -> None:
    lab.raw = {**RAW, "save_config": save}
    lab.chain()
    asked = {"name": "112", "rbridge_id": 21, "subnet": "", "addresses": [], "run": run()}
    assert lab.done(MAKE_VLAN, **{**asked, "addresses": ["fd00:112::1/64"]})["told"] is None
    lab.cut = {"edit-config": [AFTER]}
    message = lab.done(MAKE_VLAN, **asked)["told"]["message"]
    assert "It is a layer-2 segment, which the switch does not route" in message
    assert "Its Ve 112 with 172.16.112.1/24 is removed." in message
    assert "Ve 112" not in lab.switch.cli("show running-config")
    assert "(it was already)" in lab.done(MAKE_VLAN, **asked)["told"]["message"]
    assert lab.saves == int(save)


# As StackStorm calls them.


class VdxEditTestCase(BaseActionTestCase):
    """One entry point, a YAML for each edit."""

    action_cls = VdxEdit

    def test_it_gets_the_edit_the_configuration_and_the_parameters(self) -> None:
        lab = Lab()
        given = parameters(f"vdx.{MAKE_VLAN}", {"host": "tor1", "name": "112"})
        with lab.direct.instead_of_ssh():
            succeeded, result = self.get_action_instance(config=RAW).run(**given)
        self.assertTrue(succeeded, result)
        self.assertIn(NAME, lab.switch.running.xml())


class RunSegmentsTestCase(BaseActionTestCase):
    """One entry point, YAMLs of which each says which work is done."""

    action_cls = RunSegments

    def test_each_work_gets_the_configuration_and_the_datastore(self) -> None:
        lab = Lab()
        lab.use(112, "web")
        segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"]}
        where = {"vlan": 112, "host": "tor1"}
        before = {"segment": segment, "vlans": {}, "already": False}
        for name, given, said in (
            ("apply", {"host": "tor1", "segments": [segment]}, "in service"),
            ("ports", {**where, "ports": ["te 21/0/1"]}, "['TenGigabitEthernet 21/0/1']"),
            ("undo", {**where, "before": before, "failure": {}}, "is not known"),
            ("remove", {"vlan": 112}, "is in use by web"),
        ):
            action_ = self.get_action_instance(config=RAW)
            action_.action_service.set_value(ledger.NAME, lab.ledger, local=False)
            with lab.direct.instead_of_ssh():
                ended = action_.run(**parameters(f"segment.{name}", given))
            self.assertIn(said, str(returned(f"segment.{name}", ended)[1]))
