"""What an operator calls, as StackStorm runs it: processes, datastore, output schemas and all."""

import json

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from docker_tor import heartbeat

from lab.rig import PASSWORD, rig

PATIENCE = 60.0


@pytest.fixture(scope="module")
def lab():
    """The lab, once the article's network has come to the switch."""
    with rig() as running:
        running.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert running.st2.until(lambda: len(running.st2.messages) == 1, PATIENCE)
        assert "in service" in running.st2.messages[0].message
        assert running.st2.datastore.get(heartbeat.NAME)
        yield running


def run(lab, ref, **parameters):
    """The status of an action and its result, which does not hold the password."""
    execution = lab.st2.run(f"docker.{ref}", parameters)
    lab.st2.wait(execution.id, PATIENCE)
    assert f'"{PASSWORD}"' not in json.dumps(execution.result)
    return execution.status, execution.result["result"]


def test_networks(lab):
    status, result = run(lab, "networks")
    assert status == "succeeded", result
    (segment,) = result["segments"]
    assert (segment["vlan"], segment["state"]) == (112, "current")
    assert segment["since"]
    assert "net112" in result["table"]
    status, live = run(lab, "networks", live=True)
    assert status == "succeeded", live
    assert live["segments"] == result["segments"]


def test_show_ve(lab):
    status, result = run(lab, "vdx.show_ve", vlan=112)
    assert status == "succeeded", result
    ((ve,),) = [answer["ves"] for answer in result["switches"]]
    assert (ve["addresses"], ve["shut"], ve["status"]) == (["172.16.112.1/24"], False, "up")
    assert result["switches"][0]["ours"] is True


def test_what_the_switch_is_asked(lab):
    status, result = run(lab, "vdx.get_ip_interface", host="vdx")
    assert status == "succeeded", result
    assert "Ve 112" in result["table"]
    status, result = run(lab, "vdx.get_vlan_brief", host="vdx")
    assert status == "succeeded", result
    assert [vlan["vlan_id"] for vlan in result["vlans"]] == [10, 20, 30, 112]
    assert lab.switch.startup != lab.switch.running
    status, result = run(lab, "vdx.save_config", host="vdx")
    assert status == "succeeded", result
    assert lab.switch.startup == lab.switch.running


def test_the_doctor_and_what_it_says_of_a_switch_that_is_away(lab):
    status, result = run(lab, "doctor", show_host_key=True)
    assert status == "succeeded", result["table"]
    assert result["failed"] == 0
    assert result["host_keys"][0]["key"] == lab.switch.host_key
    lab.switch.stop()
    try:
        status, result = run(lab, "doctor")
    finally:
        lab.switch.start()
    assert status == "failed"
    failed = [one for one in result["checks"] if one["state"] == "failed"]
    assert [(one["check"], one["where"]) for one in failed] == [("reach", "switch vdx")]
    assert failed[0]["remedy"] in " ".join(result["table"].split())
