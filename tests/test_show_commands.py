"""The actions that ask a switch, as StackStorm runs them, on the lab's switch without SSH."""

from unittest import mock

import yaml
from conftest import PACK
from direct import Direct
from docker_tor.actions import show_commands, show_ve
from docker_tor.common import parallel
from docker_tor.config import settings
from docker_tor.desired import port_records
from docker_tor.switch.nos import operational
from records import keys_of
from show_ve import ShowVe
from st2tests.base import BaseActionTestCase
from vdx_ask import VdxAsk

from lab.switch import Switch, payloads

HOST = "10.0.0.1"


def parameters(name, given):
    """What StackStorm passes to run(): defaults, None where there is none, and `given`."""
    described = yaml.safe_load((PACK / "actions" / f"{name}.yaml").read_text())["parameters"]
    assert set(given) <= set(described)
    return {**{key: value.get("default") for key, value in described.items()}, **given}


def entry(name="vdx", host=HOST):
    login = {"username": "admin", "password": "password", "host_key": "ignore"}
    return {"name": name, "host": host, "rbridge_id": 21, **login}


class SwitchTestCase(BaseActionTestCase):
    """One switch of two rbridges, and a configuration that has it."""

    def setUp(self):
        super().setUp()
        self.switch = Switch(rbridge_ids=(21, 22))
        self.direct = Direct({HOST: self.switch})
        without_ssh = self.direct.instead_of_ssh()
        without_ssh.__enter__()
        self.addCleanup(without_ssh.__exit__, None, None, None)
        self.config = {"switches": [entry()]}

    def ask(self, name, /, **given):
        action = self.get_action_instance(config=self.config)
        before = self.switch.running.xml()
        succeeded, result = action.run(**parameters(name, given))
        self.assertEqual(self.switch.running.xml(), before)
        self.assertNotIn("password'", str(result))
        if succeeded:
            lines = result["table"].split("\n")
            self.assertTrue(all(line == line.rstrip() for line in lines), result["table"])
        return succeeded, result

    def fails(self, kind, name, /, **given):
        succeeded, result = self.ask(name, **given)
        self.assertFalse(succeeded)
        self.assertEqual(result["kind"], kind, result)
        self.assertTrue(result["remedy"])
        return result["error"]


class VdxAskTestCase(SwitchTestCase):
    action_cls = VdxAsk

    def test_ip_interfaces(self):
        succeeded, result = self.ask("vdx.get_ip_interface", host="vdx")
        self.assertTrue(succeeded, result)
        self.assertIs(result["complete"], True)
        self.assertEqual(
            result["interfaces"][0],
            {
                "name": "Ve 10",
                "addresses": ["10.10.10.1/24"],
                "state": "up",
                "protocol": "up",
                "vrf": "default-vrf",
            },
        )
        shown = [line.split("  ") for line in result["table"].split("\n")[2:]]
        self.assertEqual([row[0].strip() for row in shown], ["Ve 10", "Ve 20", "Ve 30"])
        _, result = self.ask("vdx.get_ip_interface", host="vdx", rbridge_id=22)
        self.assertTrue(result["table"].endswith("(none)"))
        self.fails("InvalidValue", "vdx.get_ip_interface", host="vdx", rbridge_id=0)

    def test_what_the_switch_cuts_short_is_said(self):
        self.assertTrue(
            show_commands._told("x", False).endswith("more than it tells in one reply.")
        )
        self.assertEqual(show_commands._told("x", True), "x")

    def test_vlans(self):
        succeeded, result = self.ask("vdx.get_vlan_brief", host="vdx")
        self.assertTrue(succeeded, result)
        self.assertEqual(
            [(vlan["vlan_id"], vlan["name"]) for vlan in result["vlans"]],
            [(10, "Servers"), (20, "Storage"), (30, "Spare")],
        )
        self.assertIn("20    Storage  static  active", result["table"])
        # One that is not in docker.yaml.
        self.config = {}
        login = {"host": HOST, "username": "admin", "password": "password"}
        self.assertTrue(self.ask("vdx.get_vlan_brief", **login)[0])
        self.fails("ConfigError", "vdx.get_vlan_brief", host=HOST)

    def test_saving(self):
        self.switch.edit(payloads.vlan(112, "Docker Network"))
        succeeded, result = self.ask("vdx.save_config", host="vdx")
        self.assertTrue(succeeded, result)
        self.assertIs(result["saved"], True)
        self.assertEqual(self.switch.startup, self.switch.running)
        self.switch.faults.rewrite = lambda sent: sent.replace(b">completed<", b">failed<")
        error = self.fails("SwitchRefused", "vdx.save_config", host="vdx")
        self.assertTrue(error.startswith("vdx: saving failed with status 'failed'"), error)


class ShowVeTestCase(SwitchTestCase):
    action_cls = ShowVe

    def segment(self, name="Docker Network", rbridge=21, **options):
        self.switch.edit(*payloads.segment(rbridge, 112, "172.16.112.1/24", name, **options))

    def test_ours_and_up(self):
        self.segment()
        self.switch.edit(
            payloads.address(21, 112, "192.168.112.1/24"),
            payloads.address(21, 112, "fd00:112::1/64"),
            payloads.ve(22, 112),
        )
        succeeded, result = self.ask("show_ve", vlan=112)
        self.assertTrue(succeeded, result)
        (answer,) = result["switches"]
        self.assertEqual(answer["vlan_name"], "Docker Network")
        self.assertIs(answer["ours"], True)
        self.assertIs(answer["in_service"], True)
        first, second = answer["ves"]
        self.assertEqual(
            first,
            {
                "rbridge_id": 21,
                "addresses": ["172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64"],
                "others": [],
                "shut": False,
                "status": "up",
                "protocol": "up",
            },
        )
        self.assertEqual(
            (second["rbridge_id"], second["shut"], second["status"]), (22, True, "down")
        )
        row = result["table"].split("\n")[2]
        for cell in ("vdx", "Docker Network", "ours", "no shutdown", "21", "172.16.112.1/24, 192."):
            self.assertIn(cell, row)

    def test_somebody_elses_and_shut(self):
        _, result = self.ask("show_ve", vlan=30, switch="vdx")
        (answer,) = result["switches"]
        self.assertEqual((answer["ours"], answer["in_service"]), (False, False))
        self.assertRegex(result["table"], r"not ours  shutdown .* shutdown +down")

    def test_no_such_vlan_and_a_vlan_without_a_ve(self):
        _, result = self.ask("show_ve", vlan=112)
        self.assertEqual(result["switches"][0]["ves"], [])
        self.assertIn("(no such VLAN)", result["table"])
        self.switch.edit(payloads.vlan(112))
        _, result = self.ask("show_ve", vlan=112)
        self.assertNotIn("(no such VLAN)", result["table"])

    def test_a_dead_switch_does_not_hide_the_others(self):
        self.segment()
        self.config["switches"].insert(0, entry("dead", "10.0.0.2"))
        succeeded, result = self.ask("show_ve", vlan=112)
        self.assertTrue(succeeded)
        first, second = result["switches"]
        self.assertEqual((first["switch"], first["kind"]), ("dead", "SwitchUnreachable"))
        self.assertEqual(second["ves"][0]["status"], "up")
        self.assertIn("(SwitchUnreachable)", result["table"])
        self.assertIn(first["error"], result["table"])
        self.assertFalse(self.ask("show_ve", vlan=112, switch="dead")[0])

    def test_a_switch_that_does_not_say_what_is_up(self):
        self.segment()
        refused = frozenset({"get-ip-interface"})
        self.switch.faults.set(refuse="operation-failed: no", operations=refused)
        succeeded, result = self.ask("show_ve", vlan=112)
        self.assertTrue(succeeded, result)
        (answer,) = result["switches"]
        self.assertEqual(answer["ves"][0]["status"], "")
        self.assertIn("operation-failed: no", answer["note"])
        self.assertTrue(result["table"].endswith(answer["note"] + "."))

    def test_the_ports_that_carry_it(self):
        """Those of docker.yaml and those that are recorded; of no others it is asked."""
        one, two, three = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2, 3))
        uplink = {"parent": "eth0", "switch": "vdx", "ports": [one, "te 21/0/4"]}
        self.config["engines"] = [{"name": "host1", "url": "unix:///1", "uplinks": [uplink]}]
        self.segment()
        for port in (one, two, three):
            self.switch.edit(payloads.vlans_on(port, "112"))
        values = {}
        port_records.record(keys_of(values), "vdx", 112, [two], "")
        given = parameters("show_ve", {"vlan": 112})
        succeeded, result = show_ve.run(self.config, given, keys_of(values))
        self.assertTrue(succeeded, result)
        found = [{"port": one, "added": False}, {"port": two, "added": True}]
        self.assertEqual(result["switches"][0]["ports"], found)
        self.assertTrue(result["table"].endswith(f"{one}, {two}"), result["table"])

        def fails(_beginning):
            raise OSError("away")

        away = keys_of({})._replace(names=fails)
        succeeded, result = show_ve.run(self.config, given, away)
        self.assertEqual(result["switches"][0]["ports"], found[:1])
        self.assertIn("docker_tor.port.vdx.112.", result["switches"][0]["note"])

    def test_bad_parameters(self):
        error = self.fails("InvalidValue", "show_ve", vlan="abc")
        self.assertIn("vlan is 'abc', which is not a whole number", error)
        error = self.fails("ConfigError", "show_ve", vlan=112, switch="vxd")
        self.assertIn("The switches are vdx.", error)
        self.config = {}
        self.fails("ConfigError", "show_ve", vlan=112)

    def test_a_mistake_of_the_packs_own_is_told_for_that_switch_alone(self):
        with mock.patch.object(operational, "ip_interfaces", side_effect=ZeroDivisionError("x")):
            self.segment()
            succeeded, result = self.ask("show_ve", vlan=112)
        self.assertFalse(succeeded)
        self.assertIn("unexpected ZeroDivisionError: x", result["switches"][0]["error"])
        # One that takes too long has no error of its own.
        (switch,) = settings.parse(self.config).switches
        answer = show_ve._answer(switch, parallel.Progress([], False))
        self.assertIn("vdx: no answer within 120 s", answer["error"])

    def test_what_comes_from_the_switch_is_made_fit_to_be_shown(self):
        self.segment("Theirs")
        hostile = b"x\n&lt;!channel&gt; {{ st2kv.system.x }}"
        self.switch.faults.rewrite = lambda sent: sent.replace(b"Theirs", hostile)
        succeeded, result = self.ask("show_ve", vlan=112)
        self.assertTrue(succeeded, result)
        (answer,) = result["switches"]
        self.assertEqual(answer["vlan_name"], "x < !channel> { { st2kv.system.x }}")
        self.assertIs(answer["ours"], False)
