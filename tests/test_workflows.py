"""What each workflow does next, whatever its actions end with; by Orquesta's conductor alone.

That the actions end so on a switch: test_end_to_end.
"""

import time
from typing import Any, Dict, List, Optional

import pytest
from conductor import EXECUTION, POST, End, Run, conduct, failed, killed, succeeded, timed_out

CHAIN = "docker-network-tor"
BATCH = "docker-network-tor-batch"
REMOVE = "docker-network-tor-remove"
RECONCILE = "docker-network-tor-reconcile"
TELL = "docker-network-tor-tell"
PATIENCE = 480
"""Seconds for which the actions of a run try again what may pass: 8 minutes."""

CHAT = {"channel": "network", "route": "chatops"}
NETWORKS = [{"id": "f" * 64, "name": "web", "engine": "host1", "driver": "macvlan"}]
GIVEN: Dict[str, Any] = {
    "host": "vdx",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "rbridge_id": 21,
    "channel": "network",
    "networks": NETWORKS,
}
LOGIN = {"username": "admin", "password": "secret"}
SEGMENT = {"vlan": 112, "addresses": ["172.16.112.1/24"]}
BEFORE = {"addresses": ["172.16.112.1/24"], "vlans": {}, "segment": SEGMENT}
"""What the chain's first action found."""
PORTS = ["TenGigabitEthernet 21/0/5"]
LAST = "allow_vlan_on_ports"
TOLD = {"message": "It is so.", "extra": {"slack": {"color": "good"}}, "changed": True}
"""What an action has the team told."""
WRONG = {"error": "no", "kind": "SwitchRefused"}
ENDS: Dict[str, End] = {
    "add_ve_interface": succeeded(run=BEFORE, told=None),
    "add_global_ve_int": succeeded(),
    "set_ve_ip": succeeded(),
    "no_shut_ve": succeeded(),
    "no_shut_ve_global": succeeded(told=TOLD),
}
EDITS = tuple(ENDS)
"""The article's five tasks."""
WITH_PORTS = {
    **ENDS,
    "no_shut_ve_global": succeeded(told=None),
    LAST: succeeded(told=TOLD),
}
NO_DICTIONARY = End("failed", {"result": "None"})
UNDONE = succeeded(message="Undone.", extra={"slack": {}}, changed=False)
SEGMENTS = [{"vlan": 112, "rbridge": 21, "addresses": [], "action": "create"}]
ROWS = [{"vlan": 112, "state": "in service"}]
GONE = {"action": "destroy", "vlan": 112, "rbridge": 21, "ports": PORTS, "networks": NETWORKS}
WORKS = {
    BATCH: {"host": "vdx", "channel": "network", "segments": SEGMENTS},
    REMOVE: {**{name: of for name, of in GIVEN.items() if name != "subnet"}, "ports": PORTS},
}
APPLIED = {**TOLD, "segments": ROWS}


def posted(run: Run, name: str) -> Dict[str, Any]:
    """The message that the workflow ended with."""
    assert (run.tasks[-1].name, run.tasks[-1].action) == (name, POST)
    return run.tasks[-1].input


def run_of(run: Run) -> Dict[str, Any]:
    """What the workflow gives each of its actions alike."""
    first, *others = (task.input["run"] for task in run.tasks if "run" in task.input)
    assert all(other == first for other in others)
    return dict(first)


# The chain.


def test_the_articles_tasks_and_their_inputs() -> None:
    run = conduct(CHAIN, {**GIVEN, **LOGIN}, **ENDS)
    given = {"host": "vdx", "run": run_of(run)}
    until = given["run"].pop("retry_until")
    assert 0 <= until - time.time() - PATIENCE + 60 <= 60
    assert given["run"] == {"execution_id": EXECUTION, **LOGIN}
    given["run"]["retry_until"] = until
    edit = "docker.vdx.interface_vlan_interface"
    ve_edit = "docker.vdx.rbridge_id_interface_ve"
    ve = {**given, "rbridge_id": 21, "name": "112"}
    address = {"address": "172.16.112.1/24", "addresses": BEFORE["addresses"]}
    looked_at = {"subnet": "172.16.112.1/24", "networks": NETWORKS}
    looked_at.update(addresses=[], ports=[], ports_gone=[])
    assert run.tasks == [
        ("add_ve_interface", f"{edit}_vlan_vlan_name", {**ve, **looked_at}),
        ("add_global_ve_int", f"{edit}_ve_gve_name", {**given, "gve_name": "112"}),
        ("set_ve_ip", f"{ve_edit}_ip_ip_config_address_address", {**ve, **address}),
        ("no_shut_ve", f"{ve_edit}_shutdown", {**ve, "delete_shutdown": True}),
        (
            "no_shut_ve_global",
            f"{edit}_ve_global_ve_shutdown",
            {**given, "gve_name": "112", "delete_global_ve_shutdown": True, "before": BEFORE},
        ),
        (
            "notify_success",
            POST,
            {**CHAT, "message": TOLD["message"], "extra": TOLD["extra"]},
        ),
    ]
    assert (run.status, run.output) == ("succeeded", {"changed": True})


def test_a_layer_2_segment_is_done_with_the_first_task_and_its_ports() -> None:
    """And what is left out has its default."""
    given = {"host": "vdx", "vlan": 112, "subnet": "", "rbridge_id": 21}
    found = {**BEFORE, "segment": {**SEGMENT, "addresses": []}}
    run = conduct(CHAIN, given, add_ve_interface=succeeded(run=found, told=TOLD))
    assert run.names == ["add_ve_interface", "notify_success"]
    first = run.input("add_ve_interface")
    assert (first["addresses"], first["networks"]) == ([], [])
    assert (run_of(run)["username"], run_of(run)["password"]) == (None, None)
    assert posted(run, "notify_success")["channel"] == "docker"
    ends = {**WITH_PORTS, "add_ve_interface": succeeded(run=found, told=None)}
    run = conduct(CHAIN, {**given, "ports": PORTS}, **ends)
    assert run.names == ["add_ve_interface", LAST, "notify_success"]
    assert run.input(LAST)["before"] == found
    assert (run.status, run.output) == ("succeeded", {"changed": True})


@pytest.mark.parametrize("given", [{"ports": PORTS}, {"ports_gone": PORTS}])
def test_the_ports_are_the_last_task(given: Dict[str, Any]) -> None:
    run = conduct(CHAIN, {**GIVEN, **given}, **WITH_PORTS)
    assert run.names == [*EDITS, LAST, "notify_success"]
    both = {"ports": [], "ports_gone": [], **given}
    assert both.items() <= run.input("add_ve_interface").items()
    expected = {"host": "vdx", "run": run_of(run), "vlan": 112, "before": BEFORE, **both}
    assert (run.tasks[5].action, run.tasks[5].input) == ("docker.segment.ports", expected)
    assert posted(run, "notify_success")["message"] == TOLD["message"]
    assert (run.status, run.output) == ("succeeded", {"changed": True})


FAILURES = {
    "refused": failed(**WRONG),
    "killed": killed(),
    "killed after it had returned": killed(told=None, **WRONG),
    "timed out": timed_out(),
}


@pytest.mark.parametrize("end", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("task", WITH_PORTS)
def test_whatever_task_fails_is_undone_and_told(task: str, end: End) -> None:
    run = conduct(CHAIN, {**GIVEN, "ports": PORTS}, **{**WITH_PORTS, task: end}, undo=UNDONE)
    edits = [*WITH_PORTS]
    assert run.names == [*edits[: edits.index(task) + 1], "undo", "notify_fail"]
    # What it printed is not handed on: it may be long.
    kept = {key: of for key, of in end.result.items() if key not in ("stdout", "stderr")}
    assert run.input("undo") == {
        "host": "vdx",
        "run": run_of(run),
        "vlan": 112,
        "rbridge_id": 21,
        "before": None if task == EDITS[0] else BEFORE,
        "failure": kept,
    }
    assert posted(run, "notify_fail") == {
        **CHAT,
        "message": "Undone.",
        "extra": {"slack": {}},
    }
    assert (run.status, run.output) == ("failed", {"changed": False})


@pytest.mark.parametrize("changed", [True, None])
def test_what_could_not_be_undone_is_told_by_the_undo(changed: Optional[bool]) -> None:
    left = failed(message="Still to do.", extra={}, changed=changed)
    run = conduct(CHAIN, GIVEN, **{**ENDS, "set_ve_ip": failed(**WRONG)}, undo=left)
    assert posted(run, "notify_fail")["message"] == "Still to do."
    assert (run.status, run.output) == ("failed", {"changed": changed})


@pytest.mark.parametrize("end", [killed(), timed_out(), NO_DICTIONARY])
def test_an_undo_that_dies_too_is_told(end: End) -> None:
    """Only then there is nobody left who could say what is left."""
    run = conduct(CHAIN, GIVEN, **{**ENDS, "no_shut_ve": failed(**WRONG)}, undo=end)
    told = "Undoing VLAN 112 died: the next reconcile tells what is left."
    message = {"message": f"{told} (execution {EXECUTION})", "extra": None}
    assert posted(run, "notify_fail") == {**CHAT, **message}
    assert (run.status, run.output) == ("failed", {"changed": None})
    run = conduct(BATCH, WORKS[BATCH], apply=killed(), undo=end)
    assert posted(run, "notify_fail")["message"] == (
        "1 segments of vdx could NOT be applied, and the undoing died: what the switch"
        f" took is not known. The next reconcile tells, and puts it right. (execution {EXECUTION})"
    )
    assert (run.status, run.output) == ("failed", {"changed": None, "segments": []})


# Whole segments.


@pytest.mark.parametrize("workflow", WORKS)
@pytest.mark.parametrize(
    ("end", "last", "status"),
    [
        (succeeded(**APPLIED), "notify_success", "succeeded"),
        # An action that was killed after it had returned that all is done has done it.
        (killed(**APPLIED), "notify_success", "succeeded"),
        # What was refused the action has undone itself.
        (failed(**APPLIED, **WRONG), "notify_fail", "failed"),
    ],
    ids=["", "killed", "refused"],
)
def test_segments_are_applied_and_told(workflow: str, end: End, last: str, status: str) -> None:
    run = conduct(workflow, {**WORKS[workflow], **LOGIN}, apply=end)
    assert run.tasks[0].action == "docker.segment.apply"
    assert run.tasks[0].input == {
        "host": "vdx",
        "run": run_of(run),
        "segments": SEGMENTS if workflow == BATCH else [GONE],
    }
    assert {name: run_of(run)[name] for name in LOGIN} == LOGIN
    assert 0 <= run_of(run)["retry_until"] - time.time() - PATIENCE + 60 <= 60
    expected = {**CHAT, "message": TOLD["message"], "extra": TOLD["extra"]}
    assert posted(run, last) == expected
    assert run.names == ["apply", last]
    assert (run.status, run.output) == (status, {"changed": True, "segments": ROWS})


def test_where_networks_use_all_again_there_is_nothing_to_tell() -> None:
    kept = succeeded(message="", extra={}, changed=False, segments=ROWS)
    run = conduct(REMOVE, WORKS[REMOVE], apply=kept)
    assert run.names == ["apply"]
    assert (run.status, run.output) == ("succeeded", {"changed": False, "segments": ROWS})


BROKEN = {
    "broke off": failed(message="", changed=None, **WRONG),
    "killed": killed(),
    "timed out": timed_out(),
    "no dictionary": NO_DICTIONARY,
}


@pytest.mark.parametrize("end", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("workflow", WORKS)
def test_an_action_that_broke_off_is_undone(workflow: str, end: End) -> None:
    run = conduct(workflow, WORKS[workflow], apply=end, undo=UNDONE)
    assert run.names == ["apply", "undo", "notify_fail"]
    kept = {key: of for key, of in end.result.items() if key not in ("stdout", "stderr")}
    segments = run.input("apply")["segments"]
    expected = {"host": "vdx", "run": run_of(run), "segments": segments, "failure": kept}
    assert run.input("undo") == expected
    assert posted(run, "notify_fail")["message"] == "Undone."
    assert (run.status, run.output) == ("failed", {"changed": False, "segments": []})


ROUTES = {
    "that of docker.yaml": ("", {"route": "errbot"}, "errbot"),
    "the one that is given": ("other", {"route": "errbot"}, "other"),
    "the usual one, where nobody knows": ("", {}, "chatops"),
}


@pytest.mark.parametrize(("given", "told", "route"), ROUTES.values(), ids=ROUTES)
def test_the_route_by_which_the_bot_hears(given: str, told: Dict[str, Any], route: str) -> None:
    result = {**TOLD, **told}
    edits = {**ENDS, "no_shut_ve_global": succeeded(told=result)}
    for workflow, works in {CHAIN: GIVEN, **WORKS}.items():
        for ends, last in (
            ({**edits, "apply": succeeded(**result)}, "notify_success"),
            (
                {**edits, "set_ve_ip": failed(**WRONG), "apply": failed(**result, **WRONG)},
                "notify_fail",
            ),
        ):
            undone = succeeded(**{**result, "changed": False})
            run = conduct(workflow, {**works, "route": given}, **ends, undo=undone)
            assert posted(run, last)["route"] == route


# Reconcile.

POSTS = [{"channel": "ops", "route": "errbot", "message": "Repaired.", "extra": {}}]
FOUND = {"message": "Repaired.", "posts": POSTS, "counts": {"missing": 1}}


@pytest.mark.parametrize(
    ("end", "names", "status", "output"),
    [
        (succeeded(changed=True, **FOUND), ["reconcile", "notify"], "succeeded", (True, 1)),
        (
            succeeded(**{**FOUND, "posts": []}, changed=False),
            ["reconcile"],
            "succeeded",
            (False, 1),
        ),
        (failed(changed=None, **FOUND), ["reconcile", "notify_fail"], "failed", (None, 1)),
        # What is wrong has been told already, or nobody is left to tell.
        (failed(changed=False, **{**FOUND, "posts": []}), ["reconcile"], "failed", (None, 0)),
        (killed(), ["reconcile"], "failed", (None, 0)),
        (timed_out(), ["reconcile"], "failed", (None, 0)),
    ],
    ids=["news", "no news", "trouble", "known trouble", "killed", "timed out"],
)
def test_a_reconcile_tells_what_is_new(
    end: End, names: List[str], status: str, output: Any
) -> None:
    told = succeeded(left=0)
    run = conduct(RECONCILE, {}, reconcile=end, notify=told, notify_fail=told)
    assert run.names == names
    first = dict(run.tasks[0].input)
    assert -60 <= first.pop("since") - time.time() <= 0
    expected = {"dry_run": False, "only_differences": True, "execution_id": EXECUTION}
    assert first == expected
    if len(names) > 1:
        tell = ("docker.docker-network-tor-tell", {"posts": POSTS})
        assert (run.tasks[1].action, run.tasks[1].input) == tell
    changed, missing = output
    counts = {"missing": 1} if missing else {}
    assert (run.status, run.output) == (status, {"changed": changed, "counts": counts})


def test_messages_are_posted_one_after_the_other() -> None:
    posts = [{**POSTS[0], "channel": name} for name in ("ops", "tor1", "tor2")]
    run = conduct(TELL, {"posts": posts})
    assert [(task.action, task.input) for task in run.tasks] == [(POST, one) for one in posts]
    assert (run.status, run.output) == ("succeeded", {"left": 0})
