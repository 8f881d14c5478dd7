"""A layer-2 segment as StackStorm brings it about: the VLAN is made and named, and has no Ve."""

from typing import Any, Dict

import pytest
from docker_tor import triggers

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from workflow_world import CHAIN, EVENT, MADE, REMOVE, Run, World, segment

from lab.rig import rig
from lab.switch import payloads

NO_ADDRESS: Dict[str, Any] = {"subnet": "", "addresses": []}
WHY = (
    "It is a layer-2 segment, without a Ve: no network on it has a gateway (it is internal, or was"
    " created without one). If the switch is to route it, create the network again with --gateway"
    " and without --internal."
)
TOLD = "VLAN 112 on rbridge 21 of vdx is in service for dockernetwork112"


def event(world: World, **more: Any) -> Run:
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, **more})
    assert run.execution.status == "succeeded", run.messages
    return run


def test_the_chain_runs_its_first_task_and_tells_why_there_is_no_ve(world: World) -> None:
    before = world.switch.running
    run = event(world, **NO_ADDRESS)
    assert run.execution.action.ref == CHAIN
    assert run.names == ("add_ve_interface", "notify_success")
    assert run.message == f"{TOLD}. {WHY}"
    assert run.color == "good"
    assert world.present() == ["VLAN"]
    assert "Docker Network" in world.switch.cli("show vlan brief")
    run = event(world, **NO_ADDRESS)
    assert f"{TOLD} (it was already). {WHY}" == run.message
    run = event(world, **NO_ADDRESS, action="destroy")
    assert run.execution.action.ref == REMOVE
    assert run.message.startswith("VLAN 112 of vdx is removed, since no network uses it")
    assert world.switch.running == before


def test_a_segment_that_was_routed_loses_its_ve_and_keeps_its_vlan(world: World) -> None:
    event(world)
    world.switch.edit(payloads.address(22, 112, "172.16.213.1/24"))
    run = event(world, **NO_ADDRESS, action="update")
    assert run.names == ("add_ve_interface", "notify_success")
    assert run.message == f"{TOLD}. Its Ve with 172.16.112.1/24 is removed. {WHY}"
    # The Ve on another rbridge needs the global one.
    assert world.present() == ["VLAN", "global Ve", "global no shutdown"]
    assert "172.16.213.1/24" in world.present(rbridge=22)
    event(world, **NO_ADDRESS, rbridge=22, action="update")
    assert world.present() == world.present(rbridge=22) == ["VLAN"]
    event(world, action="update")
    assert world.present() == list(MADE)


def test_a_vlan_of_somebody_else_is_refused(world: World) -> None:
    world.have()
    world.switch.edit(payloads.vlan(112, "Theirs"))
    before = world.switch.running
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, **NO_ADDRESS})
    assert run.execution.status == "failed"
    assert "VLAN 112 on rbridge 21 of vdx could NOT be put in service" in run.message
    assert "VLAN 112 is there already and is named 'Theirs'" in run.message
    assert world.switch.running == before


def test_a_batch(world: World) -> None:
    where = {"switch": "vdx", "host": "127.0.0.1", "channel": "docker"}
    batch = [segment(112), segment(113, addresses=[])]
    (run,) = world.dispatch(triggers.NETWORK_BATCH, {**where, "segments": batch})
    assert run.execution.status == "succeeded", run.messages
    assert run.message == "2 segments of vdx: 2 in service."
    assert (world.present(112), world.present(113)) == (list(MADE), ["VLAN"])


def test_from_the_engine_to_the_switch_and_back() -> None:
    with rig() as lab:
        assert lab.engine is not None
        before = lab.switch.running
        lab.engine.create("silent", parent="eth0.113", subnets=["10.13.0.0/24"], internal=True)
        assert lab.st2.until(lambda: len(lab.st2.messages) == 1, 60)
        assert WHY in lab.st2.messages[0].message
        assert "Docker Network" in lab.switch.cli("show vlan brief")
        assert "Ve 113" not in lab.switch.cli("show running-config")
        lab.engine.remove("silent")
        assert lab.st2.until(lambda: len(lab.st2.messages) == 2, 60)
        assert "VLAN 113 of vdx is removed" in lab.st2.messages[1].message
        assert lab.switch.running == before
