"""A network from Docker to a switch that is no VDX, and back; an operator's actions answer, too."""

import pytest
from docker_tor.switch.model import Vlan
from docker_tor.switch.openconfig.driver import Driver as Openconfig
from docker_tor.switch.slxos.driver import Driver as Slxos
from ves import ve

pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="workflows need orquesta")

from lab.rig import PORTS, rig

NAME = "Docker Network"
MADE, SHUT = (Vlan(NAME, True, {None: ve("172.16.112.1/24", shut=shut)}) for shut in (False, True))


@pytest.mark.parametrize(
    ("platform", "make", "vlan", "called", "warned", "shown"),
    [
        ("slxos", Slxos, 112, "Ve 112", {"limits", "operational"}, "the pack does not know"),
        # On a VLAN that a VDX does not have.
        ("openconfig", Openconfig, 4094, "Vlan4094", {"limits"}, "is administratively down"),
    ],
)
def test_a_network_is_followed_and_back(platform, make, vlan, called, warned, shown):
    """By the rule for other platforms, in one session."""
    driver = make(NAME)
    with rig(platform=platform) as lab:
        st2, switch = lab.st2, lab.switch
        st2.set_rule("docker.reconcile", False)
        blank = switch.running

        def told(text):
            return st2.until(lambda: any(text in one.message for one in st2.messages), 120)

        def ran(ref, **parameters):
            execution = st2.run(ref, parameters)
            st2.wait(execution.id, 120)
            return execution.result["result"]

        subnet = "172.16.112.0/24"
        lab.engine.create("web", driver="macvlan", parent=f"eth0.{vlan}", subnets=[subnet])
        made = f"{called} of vdx is in service with 172.16.112.1/24 on {PORTS[platform]}"
        assert told(made), st2.messages
        assert driver.read(switch.running.element())[vlan] == MADE
        begun = [one.action.ref for one in st2.executions(parent=None)]
        assert begun == ["docker.docker-network-tor-batch"]
        assert len({rpc.session_id for rpc in switch.rpcs}) == 1

        switch.edit(*(driver.payload([step]) for step in driver.steps(vlan, MADE, SHUT)))
        (planned,) = ran("docker.plan")["plan"]
        assert planned["does"] == [f"no shutdown of {called}"]
        assert planned["cli"] == driver.cli(driver.steps(vlan, SHUT, MADE))
        assert ran("docker.networks")["segments"][0]["rbridge_id"] is None
        assert shown in str(ran("docker.show_ve", vlan=str(vlan)))
        checks = ran("docker.doctor")["checks"]
        about = {one["check"]: one["state"] for one in checks if one["where"] == "switch vdx"}
        assert {check for check, state in about.items() if state != "ok"} == warned
        assert "for nos alone" in ran("docker.vdx.get_vlan_brief", host="vdx")["error"]

        lab.engine.remove("web")
        assert told(f"{called} of vdx is removed, since no network uses it: web is gone")
        assert switch.running == blank
