"""Removal: a segment that no network uses any more leaves the switch, by its own rule."""

from typing import Any, Dict

import pytest
from docker_tor import ledger, triggers

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from workflow_world import EVENT, MADE, REMOVE, Run, World, failed, segment, started

from lab.switch import SwitchError, payloads

GONE: Dict[str, Any] = {**EVENT, "action": "destroy"}
REMOVED = "Ve 112 on rbridge 21 of vdx is removed"
SINCE = f"{REMOVED}, since no network uses it: dockernetwork112 is gone"
STEPS = [
    "shut global Ve 112",
    "shut Ve 112 on rbridge 21",
    "remove 172.16.112.1/24 from Ve 112 on rbridge 21",
    "remove Ve 112 on rbridge 21",
    "remove global Ve 112",
    "remove VLAN 112",
]


def destroyed(world: World, **event: Any) -> Run:
    """The one run that a destroy starts."""
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**GONE, **event})
    assert run.execution.action.ref == REMOVE
    return run


def test_a_destroy_takes_away_what_a_create_has_made(world: World) -> None:
    before = world.switch.running
    world.dispatch(triggers.NETWORK_EVENT, EVENT)
    assert world.present() == list(MADE)
    run = destroyed(world)
    assert run.execution.status == "succeeded", run.messages
    assert run.names == ("apply", "notify_success")
    assert run.message == f"{SINCE}."
    assert run.color == "good"
    assert run.output["changed"] is True
    (told,) = run.output["segments"]
    assert (told["vlan"], told["rbridge"], told["state"]) == (112, 21, "removed")
    assert told["did"] == STEPS
    assert world.switch.running == before


def test_all_addresses_go(world: World) -> None:
    before = world.switch.running
    world.have("172.16.212.1/24", "fd00:112::1/64")
    run = destroyed(world)
    assert run.execution.status == "succeeded", run.messages
    assert world.switch.running == before


def test_what_is_gone_already(world: World) -> None:
    before = world.switch.running
    run = destroyed(world)
    assert run.execution.status == "succeeded"
    assert run.message == f"{SINCE} (it was already)."
    assert world.switch.running == before
    assert world.edits() == 0


@pytest.mark.parametrize("name", ["Servers", "docker network", ""])
def test_only_what_the_pack_made(world: World, name: str) -> None:
    world.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", name))
    before = world.switch.running
    run = destroyed(world)
    named = f"named '{name}'" if name else "has no name"
    failed(run, named, "not made by this pack", doing="removed")
    assert run.output["segments"][0]["kind"] == "SegmentConflict"
    assert world.switch.running == before
    assert world.edits() == 0


def test_another_rbridges_ve_keeps_the_vlan(world: World) -> None:
    world.have()
    world.switch.edit(payloads.address(22, 112, "172.16.112.2/24"))
    world.switch.edit(payloads.shutdown(22, 112, False))
    run = destroyed(world)
    assert run.execution.status == "succeeded", run.messages
    assert run.message == f"{SINCE}."
    assert world.present(rbridge=21) == ["VLAN", "global Ve", "global no shutdown"]
    assert world.present(rbridge=22)[2:4] == ["172.16.112.2/24", "no shutdown"]
    # The last one takes it along.
    destroyed(world, rbridge=22)
    assert world.present(rbridge=22) == []


def test_a_network_that_uses_it_again_keeps_it(world: World) -> None:
    """StackStorm runs what was dispatched in any order: a create may have overtaken the destroy."""
    world.have()
    world.uses(112)
    before = world.switch.running
    run = destroyed(world)
    assert run.execution.status == "succeeded"
    assert run.names == ("apply",)
    assert run.messages == []
    assert run.output["changed"] is False
    (kept,) = run.output["segments"]
    assert (kept["state"], kept["networks"]) == ("kept", ["dockernetwork112"])
    assert world.switch.running == before
    assert world.rpcs() == 0


def test_another_segments_network_keeps_nothing_but_their_vlan(world: World) -> None:
    world.have()
    world.uses(112, rbridge=22)
    assert destroyed(world).execution.status == "succeeded"
    assert world.present() == ["VLAN"]
    world.have()
    world.uses(113)
    assert destroyed(world).execution.status == "succeeded"
    assert world.present() == []


def test_a_network_at_another_entry_of_the_same_host_keeps_nothing(world: World) -> None:
    world.have()
    stale = World(world.st2, world.switch, "stale")
    stale.uses(112)
    # The other way round it keeps it, and so nobody logs in.
    assert destroyed(world, switch="stale").output["segments"][0]["state"] == "kept"
    assert world.rpcs() == 0
    assert destroyed(world).execution.status == "succeeded"
    assert world.present() == []


def test_while_the_ledger_cannot_be_read_nothing_goes() -> None:
    with started(patience=1) as lab:
        (world,) = lab.worlds
        world.have()
        before = world.switch.running
        world.st2.datastore.set(ledger.NAME, '{"version": 1, "segm')
        run = destroyed(world)
        failed(run, ledger.NAME, doing="removed")
        assert world.switch.running == before
        assert world.edits() == 0
        assert run.output["changed"] is False


def test_by_hand(world: World) -> None:
    world.have()
    run = world.run(REMOVE)
    assert run.message == f"{REMOVED}."
    assert world.present() == []


def test_an_unreadable_ledger_keeps_no_create_from_running(world: World) -> None:
    world.st2.datastore.set(ledger.NAME, "nonsense")
    (run,) = world.dispatch(triggers.NETWORK_EVENT, EVENT)
    assert run.execution.status == "succeeded"


@pytest.mark.parametrize("nth", range(1, len(STEPS) + 1))
def test_a_removal_that_is_refused_in_the_middle_is_undone(world: World, nth: int) -> None:
    world.have()
    before = world.switch.running
    world.faults.refuse(nth, SwitchError("invalid-value", "%Error: not now"))
    run = destroyed(world)
    failed(run, "invalid-value: %Error: not now", doing="removed")
    assert run.names == ("apply", "notify_fail")
    assert run.output["changed"] is False
    assert world.switch.running == before


def test_a_batch_of_removals(world: World) -> None:
    before = world.switch.running
    segments = [segment(vlan, "destroy") for vlan in range(112, 120)]
    for vlan in range(112, 120):
        world.have(vlan=vlan)
    world.uses(114)
    payload = {
        "switch": "vdx",
        "host": "127.0.0.1",
        "channel": "docker",
        "segments": segments,
    }
    (run,) = world.dispatch(triggers.NETWORK_BATCH, payload)
    assert run.execution.status == "succeeded", run.messages
    states = {told["vlan"]: told["state"] for told in run.output["segments"]}
    assert states == {vlan: "kept" if vlan == 114 else "removed" for vlan in range(112, 120)}
    assert run.message.startswith("7 segments of vdx: 7 removed.")
    assert world.present(114) != []
    world.uses()
    destroyed(world, vlan=114)
    assert world.switch.running == before
