"""What may pass is tried again, by the action that met it; nothing else ever is.

How often and how long: test_retry.py. Here: that each workflow's actions do it, and go on from what
they knew before the first try.
"""

import threading
from pathlib import Path
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
    MADE,
    NOT_KNOWN,
    OTHER_PASSWORD,
    REMOVE,
    TASKS,
    TELLS,
    WAIT,
    Lab,
    Run,
    World,
    change,
    failed,
    in_parallel,
    segment,
    started,
    undone,
)

from lab.stackstorm import Execution
from lab.switch import SwitchError, core, server
from lab.switch.faults import TRANSIENT, Verdict

FIRST = {CHAIN: "add_ve_interface", REMOVE: "apply", BATCH: "apply"}
"""The first task of each workflow that talks to the switch."""
GIVEN: Dict[str, Dict[str, Any]] = {
    BATCH: {"segments": [segment(112), segment(113, "destroy")]},
}
IN_USE = SwitchError("in-use", "busy")
NEVER = SwitchError("invalid-value", "%Error: never")


@pytest.fixture
def in_vain(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a switch has not given a session for several times."""
    found = threading.Event()
    refused: List[None] = []
    opened = core.Core.open

    def noted(self: core.Core, end: Callable[[], None]) -> Any:
        session = opened(self, end)
        if session is None:
            refused.append(None)
            # Two a try: over the connection that is kept, and over another.
            if len(refused) == 6:
                found.set()
        return session

    monkeypatch.setattr(core.Core, "open", noted)
    return found


@pytest.mark.parametrize("workflow", FIRST)
def test_no_session_is_free_for_a_while(
    world: World, in_vain: threading.Event, workflow: str
) -> None:
    world.faults.refuse_sessions = True
    execution = world.start(workflow, **GIVEN.get(workflow, {}))
    assert in_vain.wait(WAIT)
    world.faults.clear()
    run = world.ended(execution)
    assert run.execution.status == "succeeded", run.messages
    assert list(run.again) == [FIRST[workflow]]
    assert run.names.count(FIRST[workflow]) == 1
    assert run.color == "good"


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_fabric_that_is_forming(world: World, name: str) -> None:
    world.faults.set(transient=name, transient_rpcs=4)
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    assert run.again[TASKS[0]] >= 2
    assert world.present() == list(MADE)


def test_each_task_of_the_chain_is_tried_again_by_itself(world: World) -> None:
    """Each edit is refused once with what may pass."""
    for nth in range(len(TASKS)):
        world.faults.refuse(2 * nth + 1, IN_USE)
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*TASKS, "notify_success")
    assert run.again == dict.fromkeys(TASKS, 1)
    assert "Try 1 failed, the next is in 0.0 s: " in run.tasks[0].result["stderr"]
    assert "in-use: busy" in run.tasks[0].result["stderr"]
    assert world.present() == list(MADE)
    assert world.edits() == 2 * len(TASKS)


@pytest.mark.parametrize("nth", [3, 4, 5])
def test_of_several_addresses_any_may_have_to_be_sent_again(world: World, nth: int) -> None:
    world.faults.refuse(nth, IN_USE)
    run = world.run(**EVERYTHING)
    assert run.execution.status == "succeeded", run.messages
    assert run.again == {"set_ve_ip": 1}
    assert run.of("set_ve_ip")[0]["did"] == list(CHANGES[2:5])
    assert world.present() == list(CHANGES)


def test_what_was_known_before_the_first_try_is_known_at_the_last(world: World) -> None:
    """The switch takes the edit, and the reply is lost: it was not there already."""
    for nth in range(len(TASKS)):
        world.faults.at(nth + 1, lambda: Verdict(drop="after"), "edit-config")
    run = world.run()
    assert run.execution.status == "succeeded", run.messages
    assert run.again == dict.fromkeys(TASKS, 1)
    assert all(run.of(task)[0]["changed"] for task in TASKS)
    (vlan,) = run.of(TASKS[0])[0]["run"]["vlans"].values()
    assert vlan["name"] is None
    assert "(it was already)" not in run.message
    assert run.output == {"changed": True}


# A switch that stays away.


@pytest.fixture(scope="module")
def hasty() -> Iterator[Lab]:
    """Three switches, and runs that try for 2 s instead of 8 minutes."""
    with started(3, patience=2) as lab:
        yield lab


@pytest.fixture(scope="module")
def away(hasty: Lab) -> Dict[str, Run]:
    """A run of each workflow at a switch that gives no session."""

    def work(world: World, workflow: str) -> Run:
        world.faults.refuse_sessions = True
        return world.run(workflow, **GIVEN.get(workflow, {}))

    return in_parallel(hasty.worlds, list(FIRST), work)


@pytest.mark.parametrize("workflow", FIRST)
def test_when_the_patience_is_over_it_is_told(away: Dict[str, Run], workflow: str) -> None:
    run = away[workflow]
    assert run.execution.status == "failed"
    # Nothing was sent, and so nothing is to be undone.
    assert run.names == (FIRST[workflow], "undo", "notify_fail")
    assert list(run.again) == [FIRST[workflow]]
    assert "no NETCONF session" in run.message
    assert " times in " in run.message
    assert run.message.endswith(AS_IT_WAS)
    assert run.color == "warning"
    assert run.output["changed"] is False


@pytest.mark.parametrize("workflow", FIRST)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_what_is_not_known_is_told_so(hasty: Lab, workflow: str, drop: str) -> None:
    """Cut between the first edit and its reply, and no session any more: the switch has it, or has
    not."""
    world = hasty.worlds[0]
    world.reset()
    if workflow == REMOVE:
        world.have()

    def lose() -> Verdict:
        world.faults.refuse_sessions = True
        return Verdict(drop=drop)

    world.faults.at(1, lose, "edit-config")
    run = world.run(workflow, **GIVEN.get(workflow, {}))
    assert run.execution.status == "failed"
    assert run.output["changed"] is None
    assert f"{NOT_KNOWN}; it may have done in whole or in part: " in run.message
    assert "no NETCONF session" in run.message
    assert run.message.endswith(TELLS)
    assert run.color == "danger"
    may = run.message.partition("in part: ")[2]
    for step in ["remove VLAN 112"] if workflow == REMOVE else ["VLAN 112", "172.16.112.1/24"]:
        assert step in may


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


@pytest.mark.parametrize("workflow", [CHAIN, REMOVE], ids=["chain", "remove"])
def test_a_password_that_is_refused_is_tried_once(
    world: World, logins: List[bool], workflow: str
) -> None:
    """So that no account gets locked: nor does the undo log in, which has nothing to undo."""
    doing = "removed" if workflow == REMOVE else "put in service"
    run = world.run(workflow, username="admin", password=OTHER_PASSWORD)
    failed(run, "refuses user 'admin' or the password", "Correct username", doing=doing)
    assert run.names == (FIRST[workflow], "undo", "notify_fail")
    assert logins == [False]
    assert list(world.switch.rpcs) == []


def test_a_host_key_that_is_another_is_tried_once(logins: List[bool]) -> None:
    with started() as lab:
        (world,) = lab.worlds
        world.switch.stop()
        world.faults.new_host_key = True
        world.switch.start()
        run = world.run()
        failed(run, "host key", "If the switch was replaced, set host_key anew")
        assert run.names == (FIRST[CHAIN], "undo", "notify_fail")
    assert logins == []


@pytest.mark.parametrize(
    ("tag", "kind", "family"),
    [
        ("access-denied", "AuthenticationFailed", "operator"),
        ("invalid-value", "SwitchRefused", "permanent"),
    ],
)
def test_a_refused_edit_is_sent_once(world: World, tag: str, kind: str, family: str) -> None:
    before = world.switch.running
    world.faults.refuse(1, SwitchError(tag, "%Error: never"))
    run = world.run()
    failed(run, f"{tag}: %Error: never")
    (result,) = run.of(FIRST[CHAIN])
    assert (result["kind"], result["family"], result["changed"]) == (kind, family, False)
    assert (world.edits(), run.again) == (1, {})
    assert world.switch.running == before


def test_a_conflict_is_found_before_anything_is_sent(world: World) -> None:
    before = world.switch.running
    run = world.run(vlan=10, subnet="172.16.10.1/24")
    failed(run, "named 'Servers'", "not made by this pack", "Use another VLAN")
    assert (world.edits(), run.again) == (0, {})
    assert world.switch.running == before


def test_of_two_errors_one_is_for_good(world: World) -> None:
    """A reply that says both is not tried again."""
    world.faults.refuse(1, IN_USE, NEVER)
    undone(world.run(), "add_ve_interface", "in-use: busy", "invalid-value: %Error: never")


# Actions that die.


def of_the_action(world: World, act: Callable[[Execution], Any]) -> Callable[[], None]:
    """Does something to the action that talks to this switch."""

    def do() -> None:
        for found in world.st2.executions(status="running"):
            if found.parameters.get("host") == world.name and found.task is not None:
                act(found)

    return do


MOMENTS = {
    # It has looked, and has sent nothing.
    "before": "get-config",
    # The switch takes the edit, and nobody is there any more to hear of it.
    "after": "edit-config",
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("death", ["kill", "abandon"])
def test_an_action_that_dies_is_undone_as_far_as_it_is_known(
    world: World, death: str, moment: str
) -> None:
    """What there was the first task has told."""
    before = world.switch.running
    container = world.st2.container
    act = container.kill if death == "kill" else container.abandon
    world.faults.at(4 if moment == "before" else 3, of_the_action(world, act), MOMENTS[moment])
    run = world.run()
    why = "was killed (signal 9)" if death == "kill" else "and its runner is gone"
    failed(run, why)
    assert run.names == (*TASKS[:3], "undo", "notify_fail")
    assert run.output == {"changed": False}
    assert world.switch.running == before


@pytest.mark.parametrize("workflow", FIRST)
def test_what_the_first_action_did_that_died_is_not_known(world: World, workflow: str) -> None:
    if workflow == REMOVE:
        world.have()
    kill = of_the_action(world, world.st2.container.kill)
    world.faults.at(1, kill, "edit-config")
    run = world.run(workflow, **GIVEN.get(workflow, {}))
    assert run.execution.status == "failed"
    assert run.names == (FIRST[workflow], "undo", "notify_fail")
    assert "the action was killed (signal 9)" in run.message
    assert f"{NOT_KNOWN}; it may have done in whole or in part: " in run.message
    assert run.message.endswith(TELLS)
    assert run.color == "danger"
    assert run.output["changed"] is None


@pytest.mark.parametrize(
    ("workflow", "nth"), [(CHAIN, 1), (CHAIN, 3), (CHAIN, 5), (REMOVE, 1), (BATCH, 1)]
)
def test_an_action_that_was_killed_after_it_had_returned(workflow: str, nth: int) -> None:
    """StackStorm then has its result, and calls it failed: what is told and the status agree."""
    with started() as lab:
        (world,) = lab.worlds
        if workflow == REMOVE:
            world.have()
        before = world.switch.running
        name = "vdx_edit.py" if workflow == CHAIN else "vdx_segments.py"
        entry = lab.pack / "actions" / name
        # The n-th action of the run takes its own life, once its result is out.
        counter = lab.pack / "ran"
        change(
            entry,
            "from typing import",
            "import atexit\nimport os\nimport signal\nfrom typing import",
        )
        with entry.open("a", encoding="utf-8") as file:
            file.write(
                f"""

with open({str(counter)!r}, "a+") as ran:
    ran.write("x")
    ran.flush()
    ran.seek(0)
    if len(ran.read()) == {nth}:
        atexit.register(os.kill, os.getpid(), signal.SIGKILL)
"""
            )
        run = world.run(workflow, **GIVEN.get(workflow, {}))
        dead = next(task for task in run.tasks if task.status != "succeeded")
        assert (dead.result["exit_code"], dead.result["result"]["changed"]) == (-9, True)
        if workflow == CHAIN:
            failed(run, "the action was killed (signal 9) after it had done its work")
            assert run.output == {"changed": False}
            assert world.switch.running == before
        else:
            assert run.execution.status == "succeeded"
            assert run.names == ("apply", "notify_success")
            assert run.output["changed"] is True
            assert run.color == "good"
            assert world.present() == ([] if workflow == REMOVE else list(MADE))


@pytest.mark.parametrize("workflow", FIRST)
def test_a_timeout_is_told_as_one(workflow: str) -> None:
    ref = "vdx.apply" if workflow != CHAIN else "vdx.interface_vlan_interface_vlan_vlan_name"

    def hurry(pack: Path) -> None:
        path = pack / "actions" / f"{ref}.yaml"
        change(path, "\nparameters:\n", "\nparameters:\n  timeout:\n    default: 1\n")

    with started(spoil=hurry) as lab:
        (world,) = lab.worlds
        world.faults.half_open = True
        run = world.run(workflow, **GIVEN.get(workflow, {}))
    assert run.execution.status == "failed"
    assert run.tasks[0].status == "timeout"
    assert "the action has no result: Action failed to complete in 1 seconds" in run.message
    assert NOT_KNOWN in run.message
    assert run.output["changed"] is None


def test_an_undo_that_dies_too(world: World) -> None:
    """Only then there is nobody left who could say what is left."""
    kill = of_the_action(world, world.st2.container.kill)

    def armed() -> Verdict:
        world.faults.at(1, kill, "get-config")
        return Verdict(errors=(NEVER,))

    world.faults.at(2, armed, "edit-config")
    run = world.run()
    assert run.execution.status == "failed"
    assert run.names[2:] == ("undo", "notify_fail")
    assert run.output == {"changed": None}
    (told,) = run.messages
    assert told.message == (
        "Undoing VLAN 112 died: what is left the next reconcile tells. (execution"
        f" {run.execution.id})"
    )


def test_an_action_that_cannot_even_start() -> None:
    """An interpreter that ends with 1 has failed, and was not killed."""
    with started(python="/bin/false") as lab:
        run = lab.worlds[0].run()
    assert run.names == ("add_ve_interface", "undo", "notify_fail")
    assert "Undoing VLAN 112 died" in run.messages[0].message


def test_an_undo_that_meets_trouble_is_tried_again(world: World, in_vain: threading.Event) -> None:
    before = world.switch.running

    def away_() -> Verdict:
        world.faults.refuse_sessions = True
        return Verdict(errors=(NEVER,))

    world.faults.at(2, away_, "edit-config")
    execution = world.start()
    assert in_vain.wait(WAIT)
    world.faults.clear()
    run = world.ended(execution)
    failed(run, "invalid-value: %Error: never")
    assert list(run.again) == ["undo"]
    assert world.switch.running == before


def test_old_addresses_that_go_are_tried_again(world: World) -> None:
    world.have("172.16.212.1/24", "172.16.213.1/24", "fd00:112::1/64")
    # Two IPv4 addresses go in one edit.
    for nth in (1, 3):
        world.faults.refuse(nth, IN_USE)
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, "action": "update"})
    assert run.execution.status == "succeeded", run.messages
    assert run.again == {"set_ve_ip": 2}
    assert world.present() == list(MADE)
    assert "(it was already)" not in run.message
