"""What may pass is tried again by the workflow, for 8 minutes at most; nothing else ever is."""

from typing import Any, Callable, Dict, Iterator, List

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
    FAST,
    LEFT,
    MADE,
    OTHER_PASSWORD,
    PATIENCE,
    REMOVE,
    TASKS,
    WAIT,
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
from lab.switch import SwitchError, server
from lab.switch.faults import TRANSIENT, Verdict

FIRST = {CHAIN: "add_ve_interface", FAST: "apply", REMOVE: "apply", BATCH: "apply"}
"""The first task of each workflow that talks to the switch."""
STEADY = 45
"""Seconds from which on pauses grow no more."""
TWO_ERRORS = (SwitchError("in-use", "one"), SwitchError("resource-denied", "another"))


def refuse(world: World) -> None:
    world.faults.refuse_sessions = True


def lock(world: World) -> None:
    world.faults.locked_by_other = True


def stop(world: World) -> None:
    world.switch.stop()


def drop(world: World) -> None:
    world.faults.set(drop_session_rpc=2)


def fabric(name: str) -> Callable[[World], None]:
    def form(world: World) -> None:
        world.faults.transient = name

    return form


TROUBLES: Dict[str, Callable[[World], None]] = {
    **{name: fabric(name) for name in TRANSIENT},
    "no session is free": refuse,
    "another session holds the lock": lock,
    "the switch is away": stop,
    "sessions are dropped": drop,
}
"""What may pass, each with how it begins."""


def over(world: World, execution: Execution) -> None:
    """End a trouble once the run has tried three times in vain."""
    st2 = world.st2
    assert st2.until(lambda: len(st2.children(execution.id)) >= 4, WAIT)
    world.faults.clear()


def check_pauses(pauses: List[float]) -> None:
    """They grow, from a second on, up to about a minute."""
    assert pauses[0] == 1
    for one, next_one in zip(pauses, pauses[1:-1]):
        assert next_one > one or next_one >= STEADY
    assert max(pauses) <= 75


@pytest.mark.parametrize(
    ("workflow", "trouble"),
    [
        *[pytest.param(FAST, begin, id=f"fast, {name}") for name, begin in TROUBLES.items()],
        *[
            pytest.param(CHAIN, TROUBLES[name], id=f"chain, {name}")
            for name in (TRANSIENT[0], "no session is free", "sessions are dropped")
        ],
    ],
)
def test_what_passes_is_tried_again(
    world: World, workflow: str, trouble: Callable[[World], None]
) -> None:
    trouble(world)
    execution = world.start(workflow)
    over(world, execution)
    if trouble is stop:
        world.switch.start()
    run = world.ended(execution)
    assert run.execution.status == "succeeded", run.messages
    assert world.present() == list(MADE)
    tries = run.names.count(FIRST[workflow])
    assert tries >= 4
    # Nothing was undone, and nothing that was done is done again.
    assert run.names[tries - 1 :].count(FIRST[workflow]) == 1
    assert "undo" not in run.names
    check_pauses([*run.pauses, 0])
    assert run.message == "Ve 112 on rbridge 21 of vdx is in service with 172.16.112.1/24."
    assert run.color == "good"


def test_each_task_of_the_chain_is_tried_again_by_itself(world: World) -> None:
    """Each edit is refused once with what may pass: the pauses begin anew with each task."""
    for nth in range(len(TASKS)):
        world.faults.refuse(2 * nth + 1, *TWO_ERRORS[: nth % 2 + 1])
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*(task for task in TASKS for _ in range(2)), "notify_success")
    assert run.pauses == [1] * len(TASKS)
    assert run.output["changed"] == list(MADE)
    assert world.present() == list(MADE)
    assert world.edits() == 2 * len(TASKS)


@pytest.mark.parametrize("nth", [3, 4, 5])
def test_of_several_addresses_any_may_have_to_be_sent_again(world: World, nth: int) -> None:
    world.faults.refuse(nth, TWO_ERRORS[0])
    run = world.run(**EVERYTHING)
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*TASKS[:3], *TASKS[2:], "notify_success")
    assert world.present() == list(CHANGES)
    assert "(it was already)" not in run.message


def test_old_addresses_that_go_are_tried_again(world: World) -> None:
    world.have("172.16.212.1/24", "172.16.213.1/24", "fd00:112::1/64")
    # Two IPv4 addresses go in one edit.
    for nth in (1, 3):
        world.faults.refuse(nth, TWO_ERRORS[0])
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, "action": "update"})
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*TASKS[:2], *TASKS[2:3] * 3, *TASKS[3:], "notify_success")
    check_pauses([*run.pauses, 0])
    assert world.present() == list(MADE)
    assert "(it was already)" not in run.message


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Four switches, which are tried in vain at the same time."""
    with started(4) as lab:
        yield lab


@pytest.fixture(scope="module")
def in_vain(lab: Lab) -> Dict[str, Run]:
    """A run of each workflow at a switch that gives no session."""
    given: Dict[str, Dict[str, Any]] = {
        BATCH: {"segments": [segment(112), segment(113, "destroy")]},
    }

    def work(world: World, workflow: str) -> Run:
        world.faults.refuse_sessions = True
        return world.run(workflow, **given.get(workflow, {}))

    return in_parallel(lab.worlds, list(FIRST), work)


@pytest.mark.parametrize("workflow", FIRST)
def test_after_8_minutes_it_is_over(in_vain: Dict[str, Run], workflow: str) -> None:
    run = in_vain[workflow]
    assert run.execution.status == "failed"
    assert run.names[-2:] == ("undo", "notify_fail")
    assert set(run.names[:-2]) == {FIRST[workflow]}
    check_pauses(run.pauses)
    # At most; and nearly, for what the tries themselves take counts too.
    assert PATIENCE - 60 < sum(run.pauses) <= PATIENCE
    assert "no NETCONF session" in run.message
    assert run.message.endswith(AS_IT_WAS)
    assert run.color == "warning"


# What is not tried again.


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> List[bool]:
    """Each login that is tried at a switch, and whether it was let in."""
    found: List[bool] = []
    validate = server.Server.validate_password

    def noted(self: server.Server, username: str, password: str) -> bool:
        found.append(validate(self, username, password))
        return found[-1]

    monkeypatch.setattr(server.Server, "validate_password", noted)
    return found


@pytest.mark.parametrize("workflow", [CHAIN, FAST, REMOVE], ids=["chain", "fast", "remove"])
def test_a_password_that_is_refused_is_tried_once(
    world: World, logins: List[bool], workflow: str
) -> None:
    """So that no account gets locked: nor does the undo log in, which has nothing to undo."""
    doing = "removed" if workflow == REMOVE else "put in service"
    run = world.run(workflow, username="admin", password=OTHER_PASSWORD)
    failed(run, "refuses user 'admin' or the password", "Correct username", doing=doing)
    assert run.names == (FIRST[workflow], "undo", "notify_fail")
    assert run.pauses == []
    assert logins == [False]
    assert list(world.switch.rpcs) == []


def test_a_host_key_that_is_another_is_tried_once(logins: List[bool]) -> None:
    with started() as lab:
        (world,) = lab.worlds
        world.switch.stop()
        world.faults.new_host_key = True
        world.switch.start()
        for workflow in (CHAIN, FAST):
            run = world.run(workflow)
            failed(run, "host key", "If the switch was replaced, set host_key anew")
            assert run.names == (FIRST[workflow], "undo", "notify_fail")
    assert logins == []


@pytest.mark.parametrize("workflow", [CHAIN, FAST], ids=["chain", "fast"])
@pytest.mark.parametrize(
    ("tag", "kind", "family"),
    [
        ("access-denied", "AuthenticationFailed", "operator"),
        ("invalid-value", "SwitchRefused", "permanent"),
        ("operation-failed", "SwitchRefused", "permanent"),
        ("data-exists", "SwitchRefused", "permanent"),
    ],
)
def test_a_refused_edit_is_sent_once(
    world: World, workflow: str, tag: str, kind: str, family: str
) -> None:
    before = world.switch.running
    world.faults.refuse(1, SwitchError(tag, "%Error: never"))
    run = world.run(workflow)
    failed(run, f"{tag}: %Error: never")
    assert (run.names.count(FIRST[workflow]), run.pauses) == (1, [])
    (result,) = run.of(FIRST[workflow])
    assert (result["kind"], result["family"]) == (kind, family)
    # Of the fast way, the others go out with it, and come to nothing.
    assert world.edits() == (1 if workflow == CHAIN else len(TASKS))
    assert world.switch.running == before


@pytest.mark.parametrize("workflow", [CHAIN, FAST], ids=["chain", "fast"])
def test_a_conflict_is_found_before_anything_is_sent(world: World, workflow: str) -> None:
    before = world.switch.running
    run = world.run(workflow, vlan=10, subnet="172.16.10.1/24")
    failed(run, "named 'Servers'", "not made by this pack", "Use another VLAN")
    assert (run.names.count(FIRST[workflow]), run.pauses) == (1, [])
    assert world.edits() == 0
    assert world.switch.running == before


def test_of_two_errors_one_is_for_good(world: World) -> None:
    """A reply that says both is not tried again."""
    world.faults.refuse(1, SwitchError("in-use", "busy"), SwitchError("invalid-value", "never"))
    run = world.run()
    undone(run, "add_ve_interface", "in-use: busy", "invalid-value: never")
    assert run.pauses == []


# Tries that die.


def of_the_action(world: World, act: Callable[[Execution], Any]) -> Callable[[], None]:
    """Does something to the one action that talks to the switch."""

    def do() -> None:
        (running,) = [
            found
            for found in world.st2.executions(status="running")
            if found.action.runner.name == "python-script"
        ]
        act(running)

    return do


DEATHS = {
    # It has looked, and has sent nothing.
    "before": "get-config",
    # The switch takes the edit, and nobody is there any more to hear of it.
    "after": "edit-config",
}


@pytest.mark.parametrize("moment", DEATHS)
@pytest.mark.parametrize(
    ("workflow", "nth", "death"),
    [(CHAIN, 1, "kill"), (CHAIN, 3, "abandon"), (FAST, 1, "abandon"), (FAST, 2, "kill")],
)
def test_an_action_that_dies_is_tried_again(
    world: World, workflow: str, nth: int, death: str, moment: str
) -> None:
    container = world.st2.container
    act = container.kill if death == "kill" else container.abandon
    world.faults.at(nth, of_the_action(world, act), DEATHS[moment])
    run = world.run(workflow)
    assert run.execution.status == "succeeded", run.messages
    assert world.present() == list(MADE)
    assert run.pauses == [1]
    died = next(task for task in run.tasks if task.status != "succeeded")
    assert died.status == ("failed" if death == "kill" else "abandoned")
    assert run.names.count(str(died.task)) == 2
    assert run.color == "good"
    assert "(it was already)" not in run.message


@pytest.mark.parametrize(("workflow", "left"), [(CHAIN, ["VLAN"]), (FAST, ["VLAN", "global Ve"])])
def test_what_an_action_that_died_did_is_not_known_to_the_next(
    world: World, workflow: str, left: List[str]
) -> None:
    """What the next one finds is not what there was before the run, although it is all that it can
    go back to."""
    nth = len(left)
    world.faults.at(nth, of_the_action(world, world.st2.container.abandon), "edit-config")
    never = SwitchError("invalid-value", "%Error: never")
    world.faults.refuse_from(nth + 1, never)
    run = world.run(workflow)
    assert world.present() == left
    failed(run, "never", back=f"Whether that changed anything is not known; t{LEFT}")
    assert run.color == "danger"
    if workflow == FAST:
        assert run.output["changed"] is None


def test_actions_that_always_die(lab: Lab) -> None:
    """What they did is not known, and the undoing dies too."""

    def work(world: World, workflow: str) -> Run:
        kill = container_kill(world)
        for nth in range(1, 100):
            world.faults.at(nth, kill, "get-config")
        return world.run(workflow)

    runs = in_parallel(lab.worlds[:2], [CHAIN, FAST], work)
    for workflow, run in runs.items():
        assert run.execution.status == "failed"
        assert run.names[-2:] == ("undo", "notify_fail")
        assert sum(run.pauses) <= PATIENCE
        assert "the action ended without a result" in run.message
        assert run.message.endswith(f"Whether that changed anything is not known; t{LEFT}")
        assert run.color == "danger"
        if workflow == FAST:
            assert run.output == {"changed": None, "segments": []}


def container_kill(world: World) -> Callable[[], None]:
    """Kills whatever action talks to this switch."""

    def kill() -> None:
        for found in world.st2.executions(status="running"):
            if found.parameters.get("host") == world.name and found.task is not None:
                world.st2.container.kill(found)

    return kill


def test_an_undo_that_dies_too(world: World) -> None:
    """Only then there is nobody left who could say what is left."""
    kill = container_kill(world)

    def armed() -> Verdict:
        for nth in range(1, 100):
            world.faults.at(nth, kill, "get-config")
        return Verdict(errors=(SwitchError("invalid-value", "%Error: never"),))

    world.faults.at(2, armed, "edit-config")
    run = world.run()
    assert run.execution.status == "failed"
    assert set(run.names[2:-1]) == {"undo"}
    check_pauses(run.pauses)
    assert sum(run.pauses) <= PATIENCE
    assert run.message == (
        "Ve 112 on rbridge 21 of vdx could NOT be put in service: add_global_ve_int failed, and the"
        " undoing died. What the run left is not known; the next reconcile puts it right."
    )


def test_an_action_that_cannot_even_start() -> None:
    """An interpreter that ends with 1 has failed, and was not killed."""
    with started(python="/bin/false") as lab:
        run = lab.worlds[0].run()
    assert run.names == ("add_ve_interface", "undo", "notify_fail")
    assert "the undoing died" in run.message


# The undo is tried again like everything else.


def away(world: World, *refusals: SwitchError) -> Callable[[], Verdict]:
    """Refuses an RPC for good, and then gives no session any more."""

    def act() -> Verdict:
        world.faults.refuse_sessions = True
        return Verdict(errors=refusals)

    return act


@pytest.mark.parametrize("workflow", [CHAIN, FAST], ids=["chain", "fast"])
def test_an_undo_that_meets_trouble_is_tried_again(world: World, workflow: str) -> None:
    before = world.switch.running
    if workflow == CHAIN:
        never = SwitchError("invalid-value", "%Error: never")
        world.faults.at(2, away(world, never), "edit-config")
    else:
        # What is refused for good in the middle of its one session it undoes itself. So the session
        # is lost first, and the next may not read.
        never = SwitchError("access-denied", "%Error: never")
        world.faults.at(2, lambda: Verdict(drop="before"), "edit-config")
        world.faults.at(2, away(world, never), "get-config")
    execution = world.start(workflow)
    st2 = world.st2
    assert st2.until(
        lambda: sum(task.task == "undo" for task in st2.children(execution.id)) >= 3, WAIT
    )
    world.faults.clear()
    run = world.ended(execution)
    failed(run, f"{never.tag}: %Error: never")
    assert run.names.count("undo") >= 3
    assert world.switch.running == before
