"""The edit actions as StackStorm runs them, against the lab's switch."""

import pytest
import yaml
from conftest import PACK
from docker_tor import ledger
from docker_tor.intent import Segment
from docker_tor.networks import Network
from st2tests.base import BaseActionTestCase

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")

from vdx_edit import VdxEdit
from vdx_segments import VdxSegments

from lab.switch import Switch

CHAIN = [
    ("interface_vlan_interface_vlan_vlan_name", {"name": "112"}),
    ("interface_vlan_interface_ve_gve_name", {"gve_name": "112"}),
    (
        "rbridge_id_interface_ve_ip_ip_config_address_address",
        {"rbridge_id": 21, "name": "112", "address": "172.16.112.1/24"},
    ),
    (
        "rbridge_id_interface_ve_shutdown",
        {"rbridge_id": 21, "name": "112", "delete_shutdown": True},
    ),
    (
        "interface_vlan_interface_ve_global_ve_shutdown",
        {"gve_name": "112", "delete_global_ve_shutdown": True},
    ),
]


def parameters(name, given):
    """What StackStorm passes to run(): defaults, None where there is none, and `given`."""
    described = yaml.safe_load((PACK / "actions" / f"vdx.{name}.yaml").read_text())["parameters"]
    assert set(given) <= set(described)
    return {**{key: value.get("default") for key, value in described.items()}, **given}


def configuration(switch):
    """docker.yaml for the lab's switch, as "vdx"."""
    entry = {
        "name": "vdx",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": "password",
        "rbridge_id": 21,
        "host_key": switch.host_key,
    }
    return {"switches": [entry]}


class VdxEditTestCase(BaseActionTestCase):
    """One entry point, a YAML for each edit."""

    action_cls = VdxEdit

    def setUp(self):
        super().setUp()
        self.switch = Switch()
        self.switch.start()
        self.addCleanup(self.switch.stop)
        self.before = self.switch.running.xml()
        self.config = configuration(self.switch)

    def run_edit(self, name, /, **given):
        action = self.get_action_instance(config=self.config)
        return action.run(**parameters(name, {"host": "vdx", **given}))

    def refused(self, kind, name, /, **given):
        succeeded, result = self.run_edit(name, **given)
        self.assertFalse(succeeded)
        self.assertEqual(result["kind"], kind, result)
        self.assertEqual(self.switch.running.xml(), self.before)
        self.assertTrue(result["remedy"])
        self.assertNotIn("password'", str(result))
        return result["error"]

    def test_the_articles_chain_and_once_more(self):
        for name, given in CHAIN:
            succeeded, result = self.run_edit(name, **given)
            self.assertTrue(succeeded, result)
            self.assertIs(result["changed"], True, result)
        self.assertIn("Ve 112", self.switch.cli("show ip int brief"))
        after = self.switch.running.xml()
        for name, given in CHAIN:
            succeeded, result = self.run_edit(name, **given)
            self.assertIs(result["changed"], False, result)
        self.assertEqual(self.switch.running.xml(), after)

    def test_dual_stack_and_several_subnets(self):
        ve = {"rbridge_id": 21, "name": "112"}
        for name, given in CHAIN:
            self.run_edit(name, **given)
        for name, address in (
            ("rbridge_id_interface_ve_ip_ip_config_address_secondary", "172.16.112.9/24"),
            (
                "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address",
                "fd00:112::1/64",
            ),
        ):
            for changed in (True, False):
                succeeded, result = self.run_edit(name, address=address, **ve)
                self.assertTrue(succeeded, result)
                self.assertIs(result["changed"], changed)
        shown = self.switch.cli("show running-config rbridge-id 21 interface Ve 112")
        self.assertIn("ip address 172.16.112.9/24 secondary", shown)
        self.assertIn("ipv6 address fd00:112::1/64", shown)

    def test_all_addresses_of_a_ve_in_one_edit(self):
        for name, given in CHAIN:
            self.run_edit(name, **given)
        name, given = CHAIN[2]
        addresses = [given["address"], "172.16.112.9/24", "192.168.112.1/24", "fd00:112::1/64"]
        given = {**given, "addresses": addresses}
        _, looked = self.run_edit(name, dry_run=True, **given)
        self.assertEqual((looked["changed"], looked["dry_run"]), (False, True))
        self.assertIn("  ipv6 address fd00:112::1/64", looked["cli"])
        for did in (addresses[1:], []):
            succeeded, result = self.run_edit(name, **given)
            self.assertTrue(succeeded, result)
            self.assertEqual((result["changed"], result["did"]), (bool(did), did))
        shown = self.switch.cli("show running-config rbridge-id 21 interface Ve 112")
        self.assertIn("ip address 172.16.112.9/24 secondary\n", shown)
        self.assertIn("ip address 192.168.112.1/24\n", shown)
        self.assertIn("ipv6 address fd00:112::1/64", shown)

    def test_what_the_switch_warns_of_is_shown_and_the_edit_stands(self):
        warning = (
            b"<rpc-error><error-tag>operation-failed</error-tag>"
            b"<error-severity>warning</error-severity>"
            b"<error-message>%Warning: {{ mind }}</error-message></rpc-error>"
        )
        self.switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
        for name, given in CHAIN:
            succeeded, result = self.run_edit(name, **given)
            self.assertTrue(succeeded, result)
            self.assertEqual(
                (result["changed"], result["warnings"]),
                (True, ["operation-failed: %Warning: { { mind }}"]),
            )
        self.assertIn("Ve 112", self.switch.cli("show ip int brief"))
        succeeded, result = self.run_edit(*CHAIN[0][:1], **CHAIN[0][1])
        self.assertNotIn("warnings", result)
        addresses = {**CHAIN[2][1], "addresses": ["172.16.112.9/24"]}
        succeeded, result = self.run_edit(CHAIN[2][0], **addresses)
        self.assertEqual((succeeded, len(result["warnings"])), (True, 1))

    def test_dry_run_sends_nothing(self):
        for name, given in CHAIN:
            succeeded, result = self.run_edit(name, dry_run=True, **given)
            self.assertTrue(succeeded, result)
            self.assertIn("<nc:config", result["xml"])
            self.assertTrue(result["cli"])
        self.assertEqual(self.switch.running.xml(), self.before)
        self.assertEqual(list(self.switch.rpcs), [])

    def test_deletes(self):
        for name, given in CHAIN:
            self.run_edit(name, **given)
        for name, given in (
            (CHAIN[2][0], {**CHAIN[2][1], "delete_address": True}),
            (CHAIN[2][0], {**CHAIN[2][1], "delete_ve": True}),
            (CHAIN[1][0], {**CHAIN[1][1], "delete_ve": True}),
            (CHAIN[0][0], {**CHAIN[0][1], "delete_vlan": True}),
        ):
            for changed in (True, False):
                succeeded, result = self.run_edit(name, **given)
                self.assertTrue(succeeded, result)
                self.assertIs(result["changed"], changed, result)
        self.assertEqual(self.switch.running.xml(), self.before)

    def test_bad_vlans(self):
        for vlan in ("0", "1002", "3963", "4095", "abc", "112 ", "]]>]]>"):
            error = self.refused("InvalidValue", CHAIN[0][0], name=vlan)
            self.assertIn(f"name is {vlan!r}" if not vlan.isdigit() else f"name is {vlan}", error)
            self.assertIn("Use a VLAN of 1 - 3962 other than 1002.", error)
        self.assertEqual(list(self.switch.rpcs), [])

    def test_bad_addresses(self):
        for address in ("nonsense", "172.16.112.0/24", "172.16.112.1/32", "fd00::1/64"):
            given = {**CHAIN[2][1], "address": address}
            error = self.refused("InvalidValue", CHAIN[2][0], **given)
            self.assertIn(f"address is {address!r}", error)

    def test_a_vlan_that_is_somebody_elses(self):
        error = self.refused("SegmentConflict", CHAIN[0][0], name="10")
        self.assertIn("was not made by this pack", error)
        self.assertTrue(error.startswith("vdx: "), error)

    def test_out_of_order(self):
        self.refused("SwitchRefused", CHAIN[1][0], gve_name="112")
        self.refused("NodeMissing", CHAIN[3][0], **CHAIN[3][1])

    def test_an_overlapping_address(self):
        for name, given in CHAIN[:2]:
            self.run_edit(name, **given)
        self.before = self.switch.running.xml()
        error = self.refused(
            "SwitchRefused", CHAIN[2][0], **{**CHAIN[2][1], "address": "10.10.10.9/24"}
        )
        self.assertIn("overlap", error)

    def test_a_wrong_password(self):
        self.refused("AuthenticationFailed", CHAIN[0][0], password="nope", **CHAIN[0][1])

    def test_a_changed_host_key(self):
        self.switch.stop()
        self.switch.faults.new_host_key = True
        self.switch.start()
        self.config["switches"][0]["port"] = self.switch.port
        error = self.refused("HostKeyRejected", CHAIN[0][0], **CHAIN[0][1])
        self.assertIn("does not show the configured", error)

    def test_an_unreachable_switch(self):
        self.switch.stop()
        succeeded, result = self.run_edit(*CHAIN[0][:1], **CHAIN[0][1])
        self.assertFalse(succeeded)
        self.assertEqual((result["kind"], result["family"]), ("SwitchUnreachable", "transient"))

    def test_an_edit_whose_fate_is_not_known_is_not_called_unchanged(self):
        for fault in (
            {"drop_rpc": 2, "drop": "after"},
            {"drop_rpc": 2, "drop": "before"},
            {"reply_garbage": True, "operations": frozenset({"edit-config"})},
        ):
            self.switch.faults.set(**fault)
            succeeded, result = self.run_edit(CHAIN[0][0], **CHAIN[0][1])
            self.assertFalse(succeeded)
            self.assertIsNone(result["changed"], result)
            self.assertIn("Whether the switch took the edit is not known", result["error"])
            self.switch.faults.clear()
            self.switch.reload()

    def test_a_read_that_is_lost_has_changed_nothing(self):
        for fault in ({"drop_rpc": 1}, {"reply_garbage": True}):
            self.switch.faults.set(**fault)
            succeeded, result = self.run_edit(CHAIN[0][0], **CHAIN[0][1])
            self.assertFalse(succeeded)
            self.assertIs(result["changed"], False, result)
            self.assertNotIn("not known", result["error"])
            self.switch.faults.clear()
        self.assertEqual(self.switch.running.xml(), self.before)

    def test_no_configuration_and_no_login(self):
        self.config = {}
        error = self.refused("ConfigError", CHAIN[0][0], **CHAIN[0][1])
        self.assertIn("no switch 'vdx' is configured, and username and password not given", error)

    def test_no_configuration_with_a_login_checks_known_hosts(self):
        self.config = {}
        error = self.refused(
            "HostKeyRejected",
            CHAIN[0][0],
            **{**CHAIN[0][1], "host": self.switch.host, "port": self.switch.port},
            username="admin",
            password="password",
        )
        self.assertIn("is not known", error)

    def test_a_misspelt_configuration(self):
        self.config["swiches"] = []
        error = self.refused("ConfigError", CHAIN[0][0], **CHAIN[0][1])
        self.assertIn("Did you mean `switches`?", error)

    def test_a_vlan_name_of_the_operators_own(self):
        self.config["vlan_name"] = "Made by Docker"
        self.run_edit(CHAIN[0][0], **CHAIN[0][1])
        self.assertIn("Made by Docker", self.switch.running.xml())


class VdxSegmentsTestCase(BaseActionTestCase):
    """One entry point, three YAMLs: which work is done, and what it is given."""

    action_cls = VdxSegments

    def setUp(self):
        super().setUp()
        self.switch = Switch()
        self.switch.start()
        self.addCleanup(self.switch.stop)
        self.before = self.switch.running.xml()

    def run_work(self, name, ledger_text=None, /, **given):
        action = self.get_action_instance(config=configuration(self.switch))
        if ledger_text is not None:
            action.action_service.set_value(ledger.NAME, ledger_text, local=False)
        return action.run(**parameters(name, given))

    def segment(self, **more):
        return {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"], **more}

    def test_apply_undo_and_remove(self):
        done, result = self.run_work("apply", host="vdx", segments=[self.segment()])
        self.assertTrue(done, result)
        self.assertIn("Ve 112", self.switch.cli("show ip int brief"))
        nothing = {"112": {"name": None, "in_service": None, "ves": {}}}
        done, result = self.run_work(
            "undo",
            host="vdx",
            before={"segment": self.segment(), "vlans": nothing, "already": False},
            failure={"result": {"error": "no", "changed": False}, "exit_code": 0},
        )
        self.assertTrue(done, result)
        self.assertEqual(self.switch.running.xml(), self.before)
        self.run_work("apply", host="vdx", segments=[self.segment()])
        done, result = self.run_work("remove", vlan=112)
        self.assertTrue(done, result)
        self.assertEqual(self.switch.running.xml(), self.before)

    def test_what_is_in_use_the_datastore_says(self):
        self.run_work("apply", host="vdx", segments=[self.segment()])
        network = Network("a" * 64, "web", "host1", "macvlan", "eth0.112", 112, frozenset())
        held = Segment("vdx", 21, 112, "h", ("172.16.112.1/24",), (network,))
        book = ledger.dump(ledger.Ledger({held.key: held}, frozenset()))
        done, result = self.run_work("remove", book, vlan=112)
        self.assertFalse(done)
        self.assertIn("is in use by web", result["error"])
        done, result = self.run_work(
            "apply", book, host="vdx", segments=[self.segment(action="destroy")]
        )
        self.assertTrue(done, result)
        self.assertEqual([row["state"] for row in result["segments"]], ["kept"])
        self.assertIn("Ve 112", self.switch.cli("show ip int brief"))


def test_every_action_has_its_template_and_every_template_its_action():
    from docker_tor import vdx

    described = {}
    for path in sorted((PACK / "actions").glob("vdx.*.yaml")):
        content = yaml.safe_load(path.read_text())
        if content["entry_point"] != "vdx_edit.py":
            continue
        assert content["name"] == path.name[: -len(".yaml")]
        assert content["parameters"]["edit"]["immutable"] is True
        described[content["parameters"]["edit"]["default"]] = content
    assert sorted(described) == vdx.names()
    for name, content in described.items():
        assert content["name"] == f"vdx.{name}"
        assert content["entry_point"] == "vdx_edit.py"
        assert content["parameters"]["password"]["secret"] is True
