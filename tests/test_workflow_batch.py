"""Many segments in one session, and saving: once per run, whichever way it goes."""

from typing import Any, Dict, Iterator, List

import pytest
from docker_tor import triggers

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from workflow_world import (
    AS_IT_WAS,
    BATCH,
    CHAIN,
    CHANGES,
    EVENT,
    MADE,
    REMOVE,
    Lab,
    Run,
    World,
    segment,
    started,
    undone,
)

from lab.switch import SwitchError, payloads
from lab.switch.faults import Verdict

PAYLOAD: Dict[str, Any] = {"switch": "vdx", "host": "127.0.0.1", "channel": "docker"}
NEVER = SwitchError("invalid-value", "%Error: never")


def batched(world: World, *segments: Dict[str, Any]) -> Run:
    """The one run that a batch starts."""
    (run,) = world.dispatch(triggers.NETWORK_BATCH, {**PAYLOAD, "segments": list(segments)})
    assert run.execution.action.ref == BATCH
    return run


def states(run: Run) -> Dict[int, str]:
    """What became of each VLAN."""
    return {told["vlan"]: told["state"] for told in run.output["segments"]}


def made(vlan: int) -> List[str]:
    """What a segment of `segment` has."""
    return [*CHANGES[:2], *segment(vlan)["addresses"], *CHANGES[-2:]]


def test_all_in_one_session_and_one_message(world: World) -> None:
    run = batched(world, *(segment(vlan) for vlan in range(112, 117)))
    assert run.execution.status == "succeeded", run.messages
    assert run.names == ("apply", "notify_success")
    assert [world.present(vlan) for vlan in range(112, 117)] == [
        made(vlan) for vlan in range(112, 117)
    ]
    assert len({rpc.session_id for rpc in world.switch.rpcs}) == 1
    # Edits of one kind go out together: five kinds, and a look before and after.
    assert (world.edits(), world.rpcs("get-config")) == (5, 2)
    assert run.message == "5 segments of vdx: 5 in service."
    assert run.color == "good"
    assert run.told.extra is not None
    fields = {one["title"]: one["value"] for one in run.told.extra["slack"]["fields"]}
    assert fields["In service"] == "VLAN 112, 113, 114, 115, 116"


@pytest.mark.parametrize("action", ["create", "destroy"])
def test_a_batch_of_one_reads_like_one(world: World, action: str) -> None:
    if action == "destroy":
        world.have(vlan=112)
    run = batched(world, segment(112, action))
    assert run.execution.status == "succeeded", run.messages
    done = {
        "create": "in service with 172.16.112.1/24 for dockernetwork112.",
        "destroy": "removed, since no network uses it: dockernetwork112 is gone.",
    }
    assert run.message == f"Ve 112 on rbridge 21 of vdx is {done[action]}"


def test_create_update_and_destroy_together(world: World) -> None:
    for vlan in (113, 114, 115):
        world.have(vlan=vlan)
    segments = [
        segment(112),
        segment(113, "update", addresses=["172.16.113.254/24", "fd00:113::1/64"]),
        segment(114, "destroy"),
        segment(115),
    ]
    run = batched(world, *segments)
    assert run.execution.status == "succeeded", run.messages
    assert world.present(112) == made(112)
    assert world.present(113)[2:-2] == ["172.16.113.254/24", "fd00:113::1/64"]
    assert world.present(114) == []
    assert world.present(115) == made(115)
    assert run.message == (
        "4 segments of vdx: 2 in service, 1 removed, 1 as they should be already."
    )


def test_a_bad_one_is_undone_and_told_by_itself(world: World) -> None:
    """In each of the ways in which one can be bad; the others stand."""
    world.switch.edit(payloads.vlan(113, "Servers"))
    before = world.switch.running
    segments = [
        segment(112),
        # Somebody else's VLAN.
        segment(113),
        # Overlaps the seed's Ve 10.
        segment(114, addresses=["10.10.10.9/24"]),
        segment(115),
        # No rbridge of this fabric.
        segment(116, rbridge=99),
        segment(117, addresses=["172.16.117.1/24", "10.10.20.7/24"]),
    ]
    run = batched(world, *segments)
    assert run.execution.status == "failed"
    assert run.names == ("apply", "notify_fail")
    assert states(run) == {
        **dict.fromkeys((112, 115), "in service"),
        **dict.fromkeys((113, 114, 116, 117), "failed"),
    }
    assert [world.present(vlan) for vlan in (112, 115)] == [made(112), made(115)]
    assert [world.present(vlan) for vlan in (114, 116, 117)] == [[]] * 3
    assert world.present(113) == ["VLAN"]
    head, *reasons = run.message.split("\n- ")
    assert head == "6 segments of vdx: 2 in service, 4 failed."
    for reason, (vlan, why) in zip(
        reasons,
        [
            (113, "named 'Servers', so it was not made by this pack"),
            (114, "10.10.10.1/24 of interface Ve 10"),
            (116, "rbridge-id 99 is not part of this fabric"),
            (117, "10.10.20.1/24 of interface Ve 20"),
        ],
    ):
        assert reason.startswith(f"Ve {vlan} on rbridge ")
        assert why in reason
        assert reason.endswith(AS_IT_WAS)
    assert run.color == "warning"
    assert run.output["changed"] is True
    # Without the two that stand the switch is exactly as it was.
    gone = batched(world, segment(112, "destroy"), segment(115, "destroy"))
    assert gone.execution.status == "succeeded"
    assert world.switch.running == before


def test_what_cannot_be_undone_is_told(world: World) -> None:
    def from_now_on() -> Verdict:
        world.faults.refuse_from(1, NEVER)
        return Verdict(errors=(NEVER,))

    world.faults.at(4, from_now_on, "edit-config")
    run = batched(world, segment(112), segment(113))
    assert run.execution.status == "failed"
    assert states(run) == {112: "partly", 113: "partly"}
    assert run.message.count("The switch is NOT as it was; still to do: ") == 2
    assert run.color == "danger"
    assert run.output["changed"] is True


def test_a_lost_session_is_made_good(world: World) -> None:
    world.faults.set(operations=frozenset({"edit-config"}), drop_rpc=3, drop="after")
    run = batched(world, *(segment(vlan) for vlan in range(112, 115)))
    assert run.execution.status == "succeeded", run.messages
    assert run.again == {"apply": 1}
    assert [world.present(vlan) for vlan in range(112, 115)] == [
        made(vlan) for vlan in range(112, 115)
    ]
    assert run.message == "3 segments of vdx: 3 in service."


def test_what_fails_for_good_after_a_lost_session_is_undone(world: World) -> None:
    """Both rbridges of a VLAN too, of which one was done before."""
    before = world.switch.running
    denied = SwitchError("access-denied", "%Error: not any more")
    segments = [segment(112), segment(112, rbridge=22, addresses=["172.16.112.2/24"])]
    # Of the second rbridge an edit is lost, and then nothing can be read.
    world.faults.at(6, lambda: Verdict(drop="after"), "edit-config")
    world.faults.at(4, lambda: Verdict(errors=(denied,)), "get-config")
    run = batched(world, *segments)
    assert run.execution.status == "failed"
    assert run.names == ("apply", "undo", "notify_fail")
    assert "not any more" in run.message
    assert run.message.endswith(AS_IT_WAS)
    assert world.switch.running == before
    assert run.output["changed"] is False


def test_more_than_twelve_are_told_by_number(world: World) -> None:
    bad = [segment(vlan, addresses=["10.10.10.9/24"]) for vlan in range(150, 170)]
    run = batched(world, *(segment(vlan) for vlan in range(112, 132)), *bad)
    head, *reasons = run.message.split("\n- ")
    assert head == "40 segments of vdx: 20 in service, 20 failed."
    assert len(reasons) == 13
    assert reasons[-1] == "and 8 more: see the execution"
    assert len(run.message) < 8000
    assert run.told.extra is not None
    fields = {one["title"]: one["value"] for one in run.told.extra["slack"]["fields"]}
    assert fields["In service"].endswith(" 123 and 8 more")
    assert fields["Failed"].endswith(" 161 and 8 more")
    # Whoever looks the execution up finds all of them.
    assert len(run.output["segments"]) == 40


@pytest.mark.parametrize("workflow", [CHAIN, BATCH])
def test_a_segment_of_many_networks_names_twelve(world: World, workflow: str) -> None:
    network = EVENT["networks"][0]
    networks = [{**network, "name": f"network{number}"} for number in range(300)]
    if workflow == BATCH:
        run = world.run(BATCH, segments=[segment(112, networks=networks)])
    else:
        run = world.run(workflow, networks=networks)
    assert run.execution.status == "succeeded", run.messages
    assert "network11 and 288 more" in run.message
    assert "network12" not in run.message
    assert "network12" not in str(run.told.extra)


def test_a_hundred_at_once(world: World) -> None:
    vlans = range(150, 250)
    world.faults.latency = 0.02
    run = batched(world, *(segment(vlan) for vlan in vlans))
    assert run.execution.status == "succeeded", run.messages
    assert [world.present(vlan) for vlan in vlans] == [made(vlan) for vlan in vlans]
    assert len({rpc.session_id for rpc in world.switch.rpcs}) == 1
    assert run.message == "100 segments of vdx: 100 in service."
    run = batched(world, *(segment(vlan, "destroy") for vlan in vlans))
    assert run.message == "100 segments of vdx: 100 removed."
    assert not any(world.present(vlan) for vlan in vlans)


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param([], id="none"),
        pytest.param([segment(112), segment(112)], id="one twice"),
        pytest.param([segment(112), segment(5000)], id="no VLAN"),
        pytest.param([segment(112), {**segment(113), "color": "red"}], id="an unknown key"),
    ],
)
def test_by_hand_what_is_no_batch_changes_nothing(world: World, segments: Any) -> None:
    run = world.run(BATCH, segments=segments)
    assert run.execution.status == "failed"
    assert run.names == ("apply", "undo", "notify_fail")
    assert run.message.startswith("Nothing was changed: vdx: segments")
    assert world.rpcs() == 0


# Saving.


@pytest.fixture(scope="module")
def saving() -> Iterator[Lab]:
    """docker.yaml says that what was changed is to be saved."""
    with started(settings={"save_config": True}) as lab:
        yield lab


@pytest.fixture
def saver(saving: Lab) -> World:
    world = saving.worlds[0]
    world.reset()
    world.uses()
    return world


def by(world: World, workflow: str) -> Run:
    """One segment comes, or by REMOVE goes."""
    given = {"segments": [segment(112)]} if workflow == BATCH else {}
    return world.run(workflow, **given)


@pytest.mark.parametrize("workflow", [CHAIN, BATCH, REMOVE])
def test_once_per_run(saver: World, workflow: str) -> None:
    if workflow == REMOVE:
        saver.have()
    run = by(saver, workflow)
    assert run.execution.status == "succeeded", run.messages
    assert saver.saves() == 1
    assert saver.switch.startup == saver.switch.running
    assert "NOT saved" not in run.message
    # Where nothing was changed there is nothing to save.
    by(saver, workflow)
    assert saver.saves() == 1


@pytest.mark.parametrize("workflow", [CHAIN, BATCH])
def test_it_is_waited_for(saver: World, workflow: str) -> None:
    saver.faults.save_polls = 1
    assert by(saver, workflow).execution.status == "succeeded"
    assert saver.rpcs("bna-config-cmd-status") == 2
    assert saver.switch.startup == saver.switch.running


@pytest.mark.parametrize("workflow", [CHAIN, BATCH])
def test_a_save_that_fails_is_told_and_nothing_is_undone(saver: World, workflow: str) -> None:
    startup = saver.switch.startup
    # A save that takes no time cannot fail.
    saver.faults.set(save_polls=1, save_fails=True)
    run = by(saver, workflow)
    assert run.execution.status == "succeeded"
    assert "The running config is NOT saved: " in run.message
    assert "saving failed with status" in run.message
    assert run.color == "warning"
    assert saver.saves() == 1
    assert saver.present() == list(MADE)
    assert saver.switch.startup == startup


@pytest.mark.parametrize("workflow", [CHAIN, BATCH])
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_session_lost_while_saving_is_told(saver: World, workflow: str, drop: str) -> None:
    saver.faults.set(operations=frozenset({"bna-config-cmd"}), drop_rpc=1, drop=drop)
    run = by(saver, workflow)
    assert run.execution.status == "succeeded"
    assert run.again == {}
    assert "The running config is NOT saved: " in run.message
    assert saver.present() == list(MADE)


@pytest.mark.parametrize("workflow", [CHAIN, BATCH])
def test_what_a_try_changed_whose_fate_was_unknown_is_saved(saver: World, workflow: str) -> None:
    """The only edit is taken, and the reply lost: the next try finds nothing to change."""
    saver.have()
    saver.switch.edit(payloads.global_shutdown(112))
    saver.faults.set(operations=frozenset({"edit-config"}), drop_rpc=1, drop="after")
    run = by(saver, workflow)
    assert run.execution.status == "succeeded", run.messages
    assert saver.edits() == 1
    assert saver.saves() == 1
    assert saver.switch.startup == saver.switch.running


def test_what_is_undone_is_not_saved(saver: World) -> None:
    saver.faults.refuse(5, NEVER)
    undone(by(saver, CHAIN), "no_shut_ve_global")
    assert saver.saves() == 0


def test_without_being_asked_nothing_is_saved(world: World) -> None:
    for workflow in (CHAIN, REMOVE, BATCH):
        assert by(world, workflow).execution.status == "succeeded"
    assert world.saves() == 0
