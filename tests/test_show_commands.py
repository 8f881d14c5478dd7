"""The actions that ask a switch, as StackStorm runs them, on the lab's switch without SSH."""

from unittest import mock

from direct import Direct
from docker_tor.actions import show_commands, show_ve
from docker_tor.common import parallel
from docker_tor.config import settings
from docker_tor.desired import port_records
from docker_tor.switch.nos import operational
from records import keys_of
from segment_lab import HOST, PASSWORD, TOR1, parameters
from show_ve import ShowVe
from st2tests.base import BaseActionTestCase
from vdx_ask import VdxAsk

from lab.switch import Switch, payloads


class SwitchTestCase(BaseActionTestCase):
    """One switch of two rbridges, and a configuration that has it."""

    def setUp(self):
        super().setUp()
        self.switch = Switch(password=PASSWORD, rbridge_ids=(21, 22))
        without_ssh = Direct({HOST: self.switch}).instead_of_ssh()
        without_ssh.__enter__()
        self.addCleanup(without_ssh.__exit__, None, None, None)
        self.config = {"switches": [TOR1]}

    def ask(self, name, /, **given):
        action = self.get_action_instance(config=self.config)
        before = self.switch.running.xml()
        succeeded, result = action.run(**parameters(name, given))
        assert self.switch.running.xml() == before
        assert PASSWORD not in str(result)
        if succeeded:
            assert all(line == line.rstrip() for line in result["table"].split("\n"))
        return succeeded, result

    def asked(self, name, /, **given):
        succeeded, result = self.ask(name, **given)
        assert succeeded, result
        return result

    def fails(self, kind, name, /, **given):
        succeeded, result = self.ask(name, **given)
        assert (succeeded, result["kind"], bool(result["remedy"])) == (False, kind, True)
        return result["error"]


class VdxAskTestCase(SwitchTestCase):
    action_cls = VdxAsk

    def test_ip_interfaces(self):
        result = self.asked("vdx.get_ip_interface", host="tor1")
        assert result["complete"] is True
        assert result["interfaces"][0] == {
            "name": "Ve 10",
            "addresses": ["10.10.10.1/24"],
            "state": "up",
            "protocol": "up",
            "vrf": "default-vrf",
        }
        shown = [line.split("  ")[0] for line in result["table"].split("\n")[2:]]
        assert shown == ["Ve 10", "Ve 20", "Ve 30"]
        result = self.asked("vdx.get_ip_interface", host="tor1", rbridge_id=22)
        assert result["table"].endswith("(none)")
        self.fails("InvalidValue", "vdx.get_ip_interface", host="tor1", rbridge_id=0)
        assert show_commands._told("x", False).endswith("more than it tells in one reply.")
        assert show_commands._told("x", True) == "x"

    def test_vlans(self):
        result = self.asked("vdx.get_vlan_brief", host="tor1")
        names = [(vlan["vlan_id"], vlan["name"]) for vlan in result["vlans"]]
        assert names == [(10, "Servers"), (20, "Storage"), (30, "Spare")]
        assert "20    Storage  static  active" in result["table"]
        # One that is not in docker.yaml.
        self.config = {}
        self.asked("vdx.get_vlan_brief", host=HOST, username="admin", password=PASSWORD)
        self.fails("ConfigError", "vdx.get_vlan_brief", host=HOST)
        self.config = {"switches": [{**TOR1, "rbridge_id": None, "platform": "slxos"}]}
        self.fails("InvalidValue", "vdx.get_vlan_brief", host=HOST)

    def test_saving(self):
        self.switch.edit(payloads.vlan(112, "Docker Network"))
        assert self.asked("vdx.save_config", host="tor1")["saved"] is True
        assert self.switch.startup == self.switch.running
        self.switch.faults.rewrite = lambda sent: sent.replace(b">completed<", b">failed<")
        error = self.fails("SwitchRefused", "vdx.save_config", host="tor1")
        assert error.startswith("tor1: saving failed with status 'failed'")


class ShowVeTestCase(SwitchTestCase):
    action_cls = ShowVe

    def segment(self, name="Docker Network"):
        self.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", name))

    def test_ours_and_up(self):
        self.segment()
        more = payloads.address(21, 112, "fd00:112::1/64")
        self.switch.edit(more, payloads.ve(22, 112))
        result = self.asked("show_ve", vlan=112)
        (answer,) = result["switches"]
        told = [answer[key] for key in ("vlan_name", "ours", "in_service")]
        assert told == ["Docker Network", True, True]
        first, second = answer["ves"]
        assert first == {
            "rbridge_id": 21,
            "addresses": ["172.16.112.1/24", "fd00:112::1/64"],
            "others": [],
            "shut": False,
            "status": "up",
            "protocol": "up",
        }
        assert (second["rbridge_id"], second["shut"], second["status"]) == (22, True, "down")
        row = result["table"].split("\n")[2]
        for cell in ("tor1", "Docker Network", "ours", "no shutdown", "21", "172.16.112.1/24, fd"):
            assert cell in row

    def test_what_is_not_ours(self):
        result = self.asked("show_ve", vlan=30, switch="tor1")
        (answer,) = result["switches"]
        assert (answer["ours"], answer["in_service"]) == (False, False)
        self.assertRegex(result["table"], r"not ours  shutdown .* shutdown +down")
        result = self.asked("show_ve", vlan=112)
        assert result["switches"][0]["ves"] == []
        assert "(no such VLAN)" in result["table"]
        self.switch.edit(payloads.vlan(112, "Theirs"))
        # What comes from the switch is made fit to be shown.
        hostile = b"x\n&lt;!channel&gt; {{ st2kv.system.x }}"
        self.switch.faults.rewrite = lambda sent: sent.replace(b"Theirs", hostile)
        result = self.asked("show_ve", vlan=112)
        assert "(no such VLAN)" not in result["table"]
        assert result["switches"][0]["vlan_name"] == "x < !channel> { { st2kv.system.x }}"

    def test_a_dead_switch_does_not_hide_the_others(self):
        self.segment()
        dead = {**TOR1, "name": "dead", "host": "10.0.0.2"}
        self.config = {"switches": [dead, TOR1]}
        result = self.asked("show_ve", vlan=112)
        first, second = result["switches"]
        assert (first["switch"], first["kind"]) == ("dead", "SwitchUnreachable")
        assert second["ves"][0]["status"] == "up"
        assert "(SwitchUnreachable)" in result["table"]
        assert first["error"] in result["table"]
        assert not self.ask("show_ve", vlan=112, switch="dead")[0]

    def test_a_switch_that_does_not_say_what_is_up(self):
        self.segment()
        refused = frozenset({"get-ip-interface"})
        self.switch.faults.set(refuse="operation-failed: no", operations=refused)
        result = self.asked("show_ve", vlan=112)
        (answer,) = result["switches"]
        assert answer["ves"][0]["status"] == ""
        assert "operation-failed: no" in answer["note"]
        assert result["table"].endswith(answer["note"] + ".")

    def test_the_ports_that_carry_it(self):
        """Those of docker.yaml and those that are recorded; of no others it is asked."""
        one, two, three = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2, 3))
        uplink = {"parent": "eth0", "switch": "tor1", "ports": [one, "te 21/0/4"]}
        self.config["engines"] = [{"name": "host1", "url": "unix:///1", "uplinks": [uplink]}]
        self.segment()
        self.switch.edit(*(payloads.vlans_on(port, "112") for port in (one, two, three)))
        keys = keys_of({})
        port_records.record(keys, "tor1", 112, [two], "")
        given = parameters("show_ve", {"vlan": 112})
        _, result = show_ve.run(self.config, given, keys)
        found = [{"port": one, "added": False}, {"port": two, "added": True}]
        assert result["switches"][0]["ports"] == found
        assert result["table"].endswith(f"{one}, {two}")
        away = keys._replace(names=mock.Mock(side_effect=OSError("away")))
        _, result = show_ve.run(self.config, given, away)
        assert result["switches"][0]["ports"] == found[:1]
        assert "docker_tor.port.tor1.112." in result["switches"][0]["note"]

    def test_bad_parameters(self):
        error = self.fails("InvalidValue", "show_ve", vlan="abc")
        assert "vlan is 'abc', which is not a whole number" in error
        error = self.fails("ConfigError", "show_ve", vlan=112, switch="vxd")
        assert "The switches are tor1." in error
        self.config = {}
        self.fails("ConfigError", "show_ve", vlan=112)

    def test_a_mistake_of_the_packs_own_is_told_for_that_switch_alone(self):
        self.segment()
        with mock.patch.object(operational, "ip_interfaces", side_effect=ZeroDivisionError("x")):
            succeeded, result = self.ask("show_ve", vlan=112)
        assert not succeeded
        assert "unexpected ZeroDivisionError: x" in result["switches"][0]["error"]
        # One that takes too long has no error of its own.
        (switch,) = settings.parse(self.config).switches
        answer = show_ve._answer(switch, parallel.Progress([], False))
        assert "tor1: no answer within 120 s" in answer["error"]
