"""All or nothing: a run ends fully applied, or the switch is exactly as it was, or the message says
what is left where, which the next reconcile finishes."""

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

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
    EVERYTHING,
    MADE,
    NOT_KNOWN,
    PASSWORD,
    REMOVE,
    TASKS,
    TELLS,
    Lab,
    Run,
    World,
    failed,
    in_parallel,
    segment,
    started,
    undone,
)

from lab.stackstorm import Execution
from lab.switch import SwitchError, payloads
from lab.switch.datastore import Datastore
from lab.switch.faults import Verdict

NEVER = SwitchError("invalid-value", "%Error: never")
SWITCHES = 4
"""On which tests run at the same time."""
OLD = ("172.16.212.1/24", "fd00:113::1/64")
"""What a Ve has beside 172.16.112.1/24 before an update ..."""
NEW: Dict[str, Any] = {
    "subnet": "172.16.112.254/24",
    "addresses": ["172.16.112.254/24", "172.16.212.1/24", "fd00:112::1/64"],
}
"""... and what it is to have instead."""


class Cut(NamedTuple):
    """A way to spoil a run: of what workflow, from where, and at which RPC."""

    workflow: str
    update: bool
    nth: int
    drop: str = ""

    def __str__(self) -> str:
        kind = {CHAIN: "chain", BATCH: "batch", REMOVE: "remove"}[self.workflow]
        return f"{kind}{' update' if self.update else ''} {self.nth} {self.drop}".strip()


class Ended(NamedTuple):
    """How a spoilt run ended: the switch before, after, and after the next reconcile."""

    run: Run
    before: Datastore
    after: Datastore
    present: List[str]
    reconciled: List[str]


def began(world: World, cut: Cut) -> Datastore:
    """The switch as it is before the run."""
    if cut.workflow == REMOVE:
        world.have(OLD[-1])
    elif cut.update:
        world.have(*OLD)
    return world.switch.running


def wanted(cut: Cut) -> Dict[str, Any]:
    """The run's parameters."""
    if cut.workflow == REMOVE:
        return {}
    given = NEW if cut.update else EVERYTHING
    return given if cut.workflow == CHAIN else {"segments": [segment(112, **given)]}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with started(SWITCHES) as lab:
        yield lab


# What is refused for good.

EDITS_OF = {
    # Of an update: one subnet's address goes, one of IPv6, and as many come; each in an edit of its
    # own.
    (CHAIN, False): len(CHANGES),
    (BATCH, False): len(CHANGES),
    (CHAIN, True): 4,
    (BATCH, True): 4,
    (REMOVE, True): 7,
}
"""How many edits each run sends."""
REFUSALS = [
    Cut(workflow, update, nth)
    for (workflow, update), edits in EDITS_OF.items()
    for nth in range(1, edits + 1)
]
CHEAP = [cut for cut in REFUSALS if cut.workflow != CHAIN or not cut.update]
DEAR = [cut for cut in REFUSALS if cut not in CHEAP]


def refuse_one(world: World, cut: Cut) -> Ended:
    """The run, its n-th edit refused."""
    before = began(world, cut)
    world.faults.refuse(cut.nth, NEVER)
    run = world.run(cut.workflow, **wanted(cut))
    return Ended(run, before, world.switch.running, world.present(), [])


def check_refused_one(ended: Ended, cut: Cut) -> None:
    run = ended.run
    doing = "removed" if cut.workflow == REMOVE else "put in service"
    failed(run, "invalid-value: %Error: never", doing=doing)
    assert ended.after == ended.before
    assert run.color == "warning"
    if cut.workflow == CHAIN:
        assert run.names[-2:] == ("undo", "notify_fail")
        # An update has only addresses to change: one task does, and undoes that itself.
        assert (run.of("undo")[0]["undone"] == []) == (cut.nth == 1 or cut.update)
    else:
        # The session that is open does it.
        assert run.names == ("apply", "notify_fail")
    assert run.output["changed"] is False


@pytest.fixture(scope="module")
def refused(lab: Lab) -> Dict[Cut, Ended]:
    return in_parallel(lab.worlds, CHEAP, refuse_one)


@pytest.mark.parametrize("cut", CHEAP, ids=str)
def test_what_is_refused_is_undone(refused: Dict[Cut, Ended], cut: Cut) -> None:
    check_refused_one(refused[cut], cut)


@pytest.fixture(scope="module")
def refused_too(lab: Lab) -> Dict[Cut, Ended]:
    return in_parallel(lab.worlds, DEAR, refuse_one)


@pytest.mark.slow
@pytest.mark.parametrize("cut", DEAR, ids=str)
def test_what_is_refused_of_an_update_is_undone(refused_too: Dict[Cut, Ended], cut: Cut) -> None:
    check_refused_one(refused_too[cut], cut)


def test_the_number_of_edits(lab: Lab) -> None:
    """Else the tests of this module would not meet each of them."""

    def work(world: World, key: Tuple[str, bool]) -> int:
        cut = Cut(*key, 0)
        began(world, cut)
        run = world.run(cut.workflow, **wanted(cut))
        assert run.execution.status == "succeeded", run.messages
        assert world.rpcs("get-config", "edit-config") == len(cuts(*key)) / 2
        return world.edits()

    assert in_parallel(lab.worlds, list(EDITS_OF), work) == EDITS_OF


def test_an_overlapping_address(world: World) -> None:
    before = world.switch.running
    run = world.run(subnet="10.10.10.9/24")
    undone(run, "set_ve_ip", "10.10.10.1/24 of interface Ve 10")
    assert run.of("undo")[0]["undone"] == ["remove global Ve 112", "remove VLAN 112"]
    assert world.switch.running == before


@pytest.mark.parametrize(
    ("good", "already", "bad", "never"),
    [
        ("172.16.1.1/24", "172.16.2.1/24", "10.10.20.9/24", "172.16.3.1/24"),
        ("fd00:1::1/64", "fd00:2::1/64", "fd00:20::9/64", "fd00:3::1/64"),
    ],
)
def test_one_of_several_addresses_is_refused(
    world: World, good: str, already: str, bad: str, never: str
) -> None:
    world.switch.edit(payloads.address(21, 20, "fd00:20::1/64"))
    world.have(already)
    before = world.switch.running
    run = world.run(addresses=[good, already, bad, never])
    undone(run, "set_ve_ip", bad, "interface Ve 20")
    # The task itself has undone what it did, so that the run had nothing left to undo.
    assert run.of("undo")[0]["undone"] == []
    assert world.switch.running == before


def test_what_set_ve_ip_could_not_undo_at_once_is_undone_after_all(world: World) -> None:
    """What its error says of the addresses then is not said of what there is in the end."""
    world.have(*OLD)
    before = world.switch.running
    # The last address that goes, and the one that is to come back.
    world.faults.refuse_from(2, NEVER, times=2)
    run = world.run(**NEW)
    undone(run, "set_ve_ip", "never", "undoing that at once left still to do: add 172.16.112.1/24")
    assert "NOT as it was" not in run.message
    assert world.switch.running == before


def test_an_rbridge_that_is_not_in_the_fabric(world: World) -> None:
    """Only the switch knows."""
    before = world.switch.running
    undone(world.run(rbridge_id=99), "set_ve_ip", "rbridge-id 99 is not part of this fabric")
    assert world.switch.running == before


def test_what_the_switch_does_not_let_be_undone(world: World) -> None:
    """It is told, step by step."""
    world.faults.refuse_from(4, NEVER)
    run = world.run()
    left = "The switch is NOT as it was; still to do: "
    message = failed(run, left, back=".")
    for step in ("remove Ve 112 on rbridge 21", "remove global Ve 112", "remove VLAN 112"):
        assert step in message.partition(left)[2]
    assert world.present() == list(CHANGES[:3])
    assert run.color == "danger"
    assert [task.status for task in run.tasks if task.task == "undo"] == ["failed"]


@pytest.mark.parametrize("fault", ["reply_garbage", "reply_entities"])
@pytest.mark.parametrize("operation", ["get-config", "edit-config"])
def test_a_strange_reply(world: World, fault: str, operation: str) -> None:
    """It is no error that may pass; the edit before it was taken, and is undone."""
    before = world.switch.running
    nth, forged = (1, "garbage") if fault == "reply_garbage" else (2, "entities")
    world.faults.at(nth, lambda: Verdict(forged=forged), operation)
    undone(world.run(), TASKS[(nth - 1) // (2 if operation == "get-config" else 1)])
    assert world.switch.running == before


def test_somebody_elses_change_meanwhile_stays(world: World) -> None:
    """The run undoes what it did, and nothing else."""

    def meddle() -> None:
        world.switch.edit(payloads.address(22, 112, "172.16.112.2/24"))

    world.faults.at(4, meddle, "edit-config")
    world.faults.refuse(5, NEVER)
    run = world.run()
    message = failed(run, "changed there meanwhile stays", back="remove VLAN 112.")
    assert "remove 172.16.112.2/24 from Ve 112 on rbridge 22" in message
    assert run.color == "warning"
    assert world.present(rbridge=22)[:3] == ["VLAN", "global Ve", "172.16.112.2/24"]
    assert world.present(rbridge=21)[2:] == []


# A session that is lost at any RPC.


def cuts(workflow: str, update: bool) -> List[Cut]:
    """Every RPC of a run, lost before and after it is applied."""
    # Each task of the chain looks first, the first one also at the whole segment, and the one that
    # sets several addresses also afterwards. The others read at the beginning and at the end.
    looks = len(TASKS) + 2 if workflow == CHAIN else 2
    edits = EDITS_OF[workflow, update]
    return [
        Cut(workflow, update, nth, drop)
        for nth in range(1, edits + looks + 1)
        for drop in ("before", "after")
    ]


ALL_CUTS = [cut for key in EDITS_OF for cut in cuts(*key)]
# An odd step takes the one way and the other in turn.
SOME_CUTS = [*cuts(CHAIN, False)[::3], *cuts(BATCH, False)[::3], *cuts(REMOVE, True)[::5]]
OTHER_CUTS = [cut for cut in ALL_CUTS if cut not in SOME_CUTS]


def lose_one(world: World, cut: Cut) -> Ended:
    """The run, its n-th RPC lost."""
    before = began(world, cut)
    world.faults.set(drop_rpc=cut.nth, drop=cut.drop)
    run = world.run(cut.workflow, **wanted(cut))
    return Ended(run, before, world.switch.running, world.present(), [])


def check_lost_one(ended: Ended, cut: Cut) -> None:
    run = ended.run
    assert run.execution.status == "succeeded", run.messages
    if cut.workflow == REMOVE:
        assert ended.present == []
    elif cut.update:
        assert ended.present == [*CHANGES[:2], *NEW["addresses"], *CHANGES[-2:]]
    else:
        assert ended.present == list(CHANGES)
    # One loss is one more try, of which the message says nothing.
    assert list(run.again.values()) == [1]
    assert len(run.messages) == 1
    assert run.color == "good"
    assert "(it was already)" not in run.message


@pytest.fixture(scope="module")
def lost(lab: Lab) -> Dict[Cut, Ended]:
    return in_parallel(lab.worlds, SOME_CUTS, lose_one)


@pytest.mark.parametrize("cut", SOME_CUTS, ids=str)
def test_a_session_lost_at_any_rpc_is_made_good(lost: Dict[Cut, Ended], cut: Cut) -> None:
    check_lost_one(lost[cut], cut)


@pytest.fixture(scope="module")
def lost_too(lab: Lab) -> Dict[Cut, Ended]:
    return in_parallel(lab.worlds, OTHER_CUTS, lose_one)


@pytest.mark.slow
@pytest.mark.parametrize("cut", OTHER_CUTS, ids=str)
def test_a_session_lost_at_each_other_rpc(lost_too: Dict[Cut, Ended], cut: Cut) -> None:
    check_lost_one(lost_too[cut], cut)


def test_sessions_that_are_not_closed_make_no_difference(world: World) -> None:
    world.faults.set(operations=frozenset({"close-session"}), drop_session_rpc=3)
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    assert run.again == {}
    assert world.present() == list(MADE)


# A switch that goes away at any RPC, and stays away.


@pytest.fixture(scope="module")
def hasty() -> Iterator[Lab]:
    """Runs that try for 2 s instead of 8 minutes; an engine for each switch."""
    settings = {"orphan_grace": 0}
    with started(SWITCHES, patience=2, engines=True, settings=settings) as lab:
        yield lab


def lose_all(world: World, cut: Cut) -> Ended:
    """The run, its n-th RPC lost and the switch with it; then the switch is back, and the next
    reconcile comes. Docker has the network all the time, unless it is a removal."""
    if cut.workflow != REMOVE:
        subnets = ["172.16.112.0/24", "172.16.212.0/24", "fd00:112::/64"]
        given = NEW if cut.update else EVERYTHING
        gateways = [address.partition("/")[0] for address in given["addresses"]]
        world.engine.create("net", parent="eth0.112", subnets=subnets, gateways=gateways)
    before = began(world, cut)
    world.faults.lose_from(cut.nth, cut.drop)
    run = world.run(cut.workflow, **wanted(cut))
    after, present = world.switch.running, world.present()
    world.faults.clear()
    world.reconcile()
    return Ended(run, before, after, present, world.present())


def check_lost_all(ended: Ended, cut: Cut) -> None:
    run = ended.run
    doing = "removed" if cut.workflow == REMOVE else "put in service"
    assert run.execution.status == "failed"
    assert run.names[-2:] == ("undo", "notify_fail")
    # What was told is what is so: where the switch may have taken an edit it is not known.
    if run.message.endswith(AS_IT_WAS):
        assert ended.after == ended.before
        assert run.color == "warning"
        assert run.output["changed"] is False
    else:
        message = failed(run, "It could not be undone either", doing=doing, back=TELLS)
        assert NOT_KNOWN in message
        assert run.color == "danger"
        assert run.output["changed"] is None
    if cut.workflow == REMOVE:
        assert ended.reconciled == []
        return
    expected = NEW["addresses"] if cut.update else EVERYTHING["addresses"]
    assert ended.reconciled[:2] == list(CHANGES[:2])
    assert sorted(ended.reconciled[2:-2]) == sorted(expected)
    assert ended.reconciled[-2:] == list(CHANGES[-2:])


SOME_ENDS = [*cuts(CHAIN, False)[::5], *cuts(BATCH, True)[::3], *cuts(REMOVE, True)[::3]]
OTHER_ENDS = [cut for cut in ALL_CUTS if cut not in SOME_ENDS]


@pytest.fixture(scope="module")
def gone(hasty: Lab) -> Dict[Cut, Ended]:
    return in_parallel(hasty.worlds, SOME_ENDS, lose_all)


@pytest.mark.parametrize("cut", SOME_ENDS, ids=str)
def test_a_switch_that_goes_away_at_any_rpc(gone: Dict[Cut, Ended], cut: Cut) -> None:
    check_lost_all(gone[cut], cut)


@pytest.fixture(scope="module")
def gone_too(hasty: Lab) -> Dict[Cut, Ended]:
    return in_parallel(hasty.worlds, OTHER_ENDS, lose_all)


@pytest.mark.slow
@pytest.mark.parametrize("cut", OTHER_ENDS, ids=str)
def test_a_switch_that_goes_away_at_each_other_rpc(gone_too: Dict[Cut, Ended], cut: Cut) -> None:
    check_lost_all(gone_too[cut], cut)


# A run that is canceled.


@pytest.mark.parametrize("nth", [1, 3, 5])
def test_a_run_that_is_canceled_is_finished_by_the_next_reconcile(hasty: Lab, nth: int) -> None:
    """StackStorm runs nothing more of it, so that nobody can tell either."""
    world = hasty.worlds[0]
    world.reset()
    world.engine.create("net", parent="eth0.112", subnets=["172.16.112.0/24"])
    begun: List[Execution] = []

    def cancel() -> None:
        world.st2.cancel(begun[0].id)

    world.faults.at(nth, cancel, "edit-config")
    execution = world.start()
    begun.append(execution)
    run = world.ended(execution)
    assert run.execution.status == "canceled"
    assert run.messages == []
    # What was being done is done.
    assert world.present() == list(MADE[:nth])
    assert "undo" not in run.names
    world.reconcile()
    assert world.present() == list(MADE)


# What the configuration cannot do any more.


def test_a_configuration_that_is_gone_when_it_comes_to_undoing(world: World) -> None:
    """The password was deleted meanwhile: what is left is told."""
    st2 = world.st2

    def forget() -> Any:
        st2.datastore.set("vdx_password", "", secret=True)
        return Verdict(errors=(NEVER,))

    world.faults.at(2, forget, "edit-config")
    try:
        run = world.run()
    finally:
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
    failed(run, NOT_KNOWN, "%Error: never", "password", back=TELLS)
    assert run.output == {"changed": None}
    assert world.present() == ["VLAN"]


def test_by_event_it_is_the_same(world: World) -> None:
    before = world.switch.running
    world.faults.refuse(3, NEVER)
    (run,) = world.dispatch(triggers.NETWORK_EVENT, EVENT)
    undone(run, "set_ve_ip", "never", " for dockernetwork112")
    assert world.switch.running == before
