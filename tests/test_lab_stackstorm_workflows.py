"""Workflows of the embedded StackStorm, on the real Orquesta."""

import os
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.stackstorm import Execution, RequestError, StackStorm

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}}
WAIT = 30.0


@pytest.fixture(scope="module")
def st2() -> Iterator[StackStorm]:
    with StackStorm(PACK, CONFIG) as st2:
        st2.datastore.set("plain", "PLAIN")
        st2.datastore.set("secret", "SECRET", secret=True)
        st2.datastore.set("mine", "MINE", "user", "lab")
        yield st2


def run(st2: StackStorm, action: str, /, **parameters: Any) -> Execution:
    return st2.wait(st2.run(f"lab_pack.{action}", parameters, user="lab").id, WAIT)


def tasks(st2: StackStorm, execution: Execution) -> List[Any]:
    return [(child.task, child.status) for child in st2.children(execution.id)]


def messages(execution: Execution) -> List[str]:
    return [error["message"] for error in execution.result["errors"]]


def test_tasks_one_after_the_other(st2: StackStorm) -> None:
    execution = run(st2, "sequence", text="a", password="hidden")
    assert execution.status == "succeeded"
    assert execution.result["output"]["said"] == ["a", "a"]
    assert execution.result["output"]["user"] == "lab"
    assert "errors" not in execution.result
    assert tasks(st2, execution) == [
        ("first", "succeeded"),
        ("second", "succeeded"),
        ("third", "succeeded"),
    ]


def test_parents_and_children(st2: StackStorm) -> None:
    execution = run(st2, "sequence", text="a", password="hidden")
    child = st2.children(execution.id)[0]
    assert child.parent == execution.id
    assert child.id in execution.to_dict()["children"]
    context = child.to_dict()["context"]
    assert context["user"] == "lab"
    assert context["parent"] == {
        "execution_id": execution.id,
        "user": "lab",
        "pack": "lab_pack",
    }
    assert context["orquesta"]["task_name"] == context["orquesta"]["task_id"] == "first"
    assert context["orquesta"]["workflow_execution_id"] == execution.context["workflow_execution"]
    assert child.to_dict()["parent"] == execution.id
    assert st2.executions(parent=execution.id, task="first") == [child]
    assert execution in st2.executions(parent=None)


def test_secrets_are_masked_in_parent_and_child(st2: StackStorm) -> None:
    execution = run(st2, "sequence", text="a", password="hidden")
    child = st2.children(execution.id)[0]
    assert execution.to_dict()["parameters"]["password"] == "********"
    assert child.to_dict()["parameters"]["password"] == "********"
    # Only an output schema hides what a result tells.
    assert execution.to_dict()["result"]["output"]["first"]["password"] == "hidden"
    task = st2.children(run(st2, "secrets").id)[0]
    assert task.to_dict()["result"]["result"]["token"] == "********"


def test_a_workflow_in_a_workflow(st2: StackStorm) -> None:
    execution = run(st2, "nested")
    assert execution.result["output"] == {"said": ["from outside", "from outside"]}
    assert [child.task for child in st2.children(execution.id)] == [
        "inner",
        "first",
        "second",
        "third",
    ]


def test_with_items(st2: StackStorm) -> None:
    execution = run(st2, "items", texts=["a", "b", "c"])
    assert execution.result["output"] == {"all": ["a", "b", "c"]}
    each = [child for child in st2.children(execution.id) if child.task == "each"]
    assert [child.context["orquesta"]["item_id"] for child in each] == [0, 1, 2]
    # The third begins only when one of the first two has ended.
    ends = [child.end_timestamp for child in each[:2] if child.end_timestamp is not None]
    assert each[2].start_timestamp >= min(ends)


def test_with_no_items(st2: StackStorm) -> None:
    execution = run(st2, "items")
    assert execution.result["output"] == {"all": []}
    assert tasks(st2, execution) == [("after", "succeeded")]


def test_with_an_item_that_fails(st2: StackStorm) -> None:
    execution = run(st2, "items", texts=["a", 5])
    assert execution.status == "failed"
    assert "ValueError" in messages(execution)[-1]


def test_items_that_are_tried_again_after_a_delay(st2: StackStorm) -> None:
    """Those that were not reached leave the first time open: its second try goes on with it."""
    execution = run(st2, "items_again", paths=["/nowhere/a", "/nowhere/b"])
    children = st2.children(execution.id)
    assert [child.context["orquesta"]["item_id"] for child in children] == [0, 0]
    assert len({child.context["orquesta"]["task_execution_id"] for child in children}) == 1
    assert [child.delay for child in children] == [None, 1000]


def test_retry(st2: StackStorm) -> None:
    execution = run(st2, "retrying")
    assert execution.status == "failed"
    assert tasks(st2, execution) == [("again", "failed")] * 3


def test_a_delay(st2: StackStorm) -> None:
    execution = run(st2, "late")
    child = st2.children(execution.id)[0]
    assert [entry["status"] for entry in child.log][:3] == ["requested", "delayed", "scheduled"]
    assert child.to_dict()["delay"] == 1000


def test_a_delay_that_a_test_shortens() -> None:
    with StackStorm(PACK, CONFIG, delay_scale=1e-6) as st2:
        (child,) = st2.children(run(st2, "much_later").id)
    assert "delayed" in [entry["status"] for entry in child.log]
    assert child.delay == 600 * 1000
    assert child.elapsed_seconds is not None
    assert child.elapsed_seconds < 600


def test_a_failed_workflow_tells_its_output(st2: StackStorm) -> None:
    execution = run(st2, "failing")
    assert execution.status == "failed"
    assert execution.result["output"] == {"why": "reason"}
    assert execution.result["errors"][0]["task_id"] == "first"
    assert execution.result["errors"][0]["result"]["result"] == {"reason": "reason"}
    # It has failed before what tidies up has run.
    done = [("first", "failed"), ("tidy", "succeeded")]
    assert st2.until(lambda: tasks(st2, execution) == done, WAIT)


def test_clean_up_then_fail(st2: StackStorm) -> None:
    execution = run(st2, "cleanup")
    assert execution.status == "failed"
    assert execution.result["output"] == {"told": True}
    assert tasks(st2, execution) == [("first", "failed"), ("tell", "succeeded")]
    last = st2.messages[-1]
    assert (last.channel, last.message) == ("team", "it failed")
    assert last.extra == {"slack": {"color": "red"}}


def test_engine_commands_and_tasks_without_actions(st2: StackStorm) -> None:
    execution = run(st2, "noops")
    assert execution.status == "succeeded"
    assert execution.result == {"output": None}
    assert tasks(st2, execution) == [("last", "succeeded")]


def test_the_functions_of_stackstorm(st2: StackStorm) -> None:
    assert run(st2, "functions").result["output"] == {
        "plain": "PLAIN",
        "secret": "SECRET",
        "mine": "MINE",
        "absent": "nothing",
        "again": "one",
        "json": '{"a": [1]}',
        "yaml": "a:\n- 1\n",
        "match": True,
        "parsed": {"x": [1, 2]},
        "human": "1h1m5s",
    }


def test_functions_that_fail(st2: StackStorm) -> None:
    execution = run(st2, "bad_functions")
    assert execution.status == "failed"
    said = "\n".join(messages(execution))
    for text in (
        'The key "absent" does not exist',
        "Given key is not typeof string",
        "Decrypt parameter is not typeof bool",
        'Unable to find task execution for "nobody"',
        "StackStorm has version_compare, the lab has not",
    ):
        assert text in said


def test_hostile_text_is_rendered_as_stackstorm_renders_it(st2: StackStorm) -> None:
    """A task's input is a template again, wherever its text came from."""
    name = {"open": "{", "rest": "{ st2kv.system.plain }}"}
    execution = run(st2, "hostile", name=name)
    assert execution.result["output"] == {"text": "PLAIN"}


def test_what_is_wrong_is_told_before_anything_runs(st2: StackStorm) -> None:
    execution = run(st2, "missing_task_action")
    assert execution.status == "failed"
    assert execution.result["output"] is None
    assert tasks(st2, execution) == []
    assert messages(execution) == [
        'The action "lab_pack.not_there" is not registered in the database.',
        'The action reference "noref" is not formatted correctly.',
        'Action "lab_pack.echo" is missing required input "text".',
        'Action "lab_pack.echo" has unexpected input "unexpected".',
    ]
    types = {error["type"] for error in run(st2, "bad_spec").result["errors"]}
    assert types == {"expression", "semantic"}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {"action": "nobody.knows"},
            'InvalidActionReferencedException: Unable to find action "nobody.knows".',
        ),
        ({"action": "lab_pack.echo", "input": {"text": 5}}, "ValueError: Value"),
        (
            {"action": "lab_pack.echo", "input": {}},
            "ValidationError: 'text' is a required property",
        ),
        (
            {"action": "lab_pack.echo", "input": {"text": "a", "fixed": "b"}},
            "ValueError: Override of immutable parameter(s) ['fixed'] is unsupported.",
        ),
        ({"action": "lab_pack.disabled"}, "ValueError: Unable to execute."),
    ],
)
def test_a_task_that_cannot_be_requested_fails_the_workflow(
    st2: StackStorm, parameters: Dict[str, Any], said: str
) -> None:
    execution = run(st2, "dynamic", **parameters)
    assert execution.status == "failed"
    assert execution.result["output"] == {"reached": True}
    assert tasks(st2, execution) == [("first", "succeeded")]
    error = execution.result["errors"][-1]
    assert error["message"].startswith(said)
    assert (error["task_id"], error["route"], error["type"]) == ("second", 0, "error")


def test_a_dynamic_task_that_can(st2: StackStorm) -> None:
    execution = run(st2, "dynamic", action="lab_pack.echo", input={"text": "a"})
    assert execution.status == "succeeded"


@pytest.mark.parametrize(
    "action", ["broken_expression", "no_output", "broken_input", "broken_later"]
)
def test_expressions_that_cannot_be_evaluated(st2: StackStorm, action: str) -> None:
    execution = run(st2, action)
    assert execution.status == "failed"
    assert "Exception" in messages(execution)[0]


def test_a_definition_that_is_no_yaml(st2: StackStorm) -> None:
    execution = run(st2, "no_yaml")
    assert execution.status == "failed"
    assert execution.result["output"] is None
    assert len(execution.result["errors"]) == 1


@pytest.mark.parametrize(
    ("parameters", "done"),
    [({"first": "x"}, []), ({"first": "1", "second": "x"}, [("one", "succeeded")])],
)
def test_a_retry_that_cannot_be_evaluated(
    st2: StackStorm, parameters: Dict[str, str], done: List[Any]
) -> None:
    execution = run(st2, "bad_retry", **parameters)
    assert execution.status == "failed"
    assert "invalid literal for int()" in messages(execution)[0]
    assert tasks(st2, execution) == done


def test_a_configuration_that_cannot_be_resolved() -> None:
    with StackStorm(PACK, {**CONFIG, "token": "{{ nonsense }}"}) as st2:
        execution = run(st2, "sequence", text="a")
        assert execution.status == "failed"
        assert 'configuration value for key "token"' in execution.result["error"]
        assert "traceback" in execution.result


def test_notify_names_tasks(st2: StackStorm) -> None:
    assert run(st2, "notify", notify=["first"]).status == "succeeded"
    execution = run(st2, "notify", notify=["nobody"])
    assert "do not exist in the workflow definition: nobody." in messages(execution)[0]


def test_input_that_cannot_be_rendered(st2: StackStorm) -> None:
    with pytest.raises(RequestError, match="Cyclic"):
        st2.run("lab_pack.sequence", {"text": "{{ text }}"})


def test_the_output_schema_of_a_workflow(st2: StackStorm) -> None:
    execution = run(st2, "empty_output")
    assert execution.status == "failed"
    assert execution.result["message"].startswith("Error validating output")


def gate(tmp_path: Path) -> str:
    path = tmp_path / "gate"
    os.mkfifo(path)
    return str(path)


def test_cancel_lets_the_running_task_end(st2: StackStorm, tmp_path: Path) -> None:
    path = gate(tmp_path)
    execution = st2.run("lab_pack.sleepy", {"gate": path})
    assert st2.until(lambda: [c.status for c in st2.children(execution.id)] == ["running"], WAIT)
    assert st2.cancel(execution.id, user="me").status == "canceling"
    assert st2.cancel(execution.id).status == "canceling"
    Path(path).write_text("go on")
    st2.wait(execution.id, WAIT)
    assert execution.status == "canceled"
    assert execution.context["cancelled_by"] == "me"
    assert tasks(st2, execution) == [("sleep", "succeeded")]


@pytest.mark.parametrize("inner_first", [False, True])
def test_cancel_reaches_inner_and_outer_workflows(
    st2: StackStorm, tmp_path: Path, inner_first: bool
) -> None:
    path = gate(tmp_path)
    outer = st2.run("lab_pack.outer_sleepy", {"gate": path})
    assert st2.until(
        lambda: [c.status for c in st2.children(outer.id)] == ["running", "running"], WAIT
    )
    inner = st2.children(outer.id)[0]
    st2.cancel(inner.id if inner_first else outer.id)
    assert (outer.status, inner.status) == ("canceling", "canceling")
    Path(path).write_text("go on")
    st2.wait(outer.id, WAIT)
    assert (outer.status, inner.status) == ("canceled", "canceled")


def test_cancel_a_task_that_is_delayed(st2: StackStorm) -> None:
    execution = st2.run("lab_pack.much_later")
    assert st2.until(lambda: [c.status for c in st2.children(execution.id)] == ["delayed"], WAIT)
    st2.cancel(execution.id)
    st2.wait(execution.id, WAIT)
    assert tasks(st2, execution) == [("first", "canceled")]
    assert execution.status == "canceled"


def test_workflows_that_are_left_are_abandoned(tmp_path: Path) -> None:
    with StackStorm(PACK, CONFIG) as st2:
        execution = st2.run("lab_pack.sleepy", {"gate": gate(tmp_path)})
        assert st2.until(
            lambda: [c.status for c in st2.children(execution.id)] == ["running"], WAIT
        )
    assert execution.status == "abandoned"
    assert [child.status for child in st2.children(execution.id)] == ["abandoned"]


def ended(st2: StackStorm, child: Execution) -> Any:
    """What its workflow has caught."""
    assert child.parent is not None
    execution = st2.wait(child.parent, WAIT)
    return execution.result["output"]["ended"]


def test_an_action_whose_process_is_killed(st2: StackStorm, tmp_path: Path) -> None:
    path = gate(tmp_path)
    execution = st2.run("lab_pack.caught", {"gate": path})
    with open(path, "w"):
        (child,) = st2.children(execution.id)
        assert st2.container.kill(child)
        result = ended(st2, child)
    assert (result["exit_code"], result["result"]) == (-9, "None")
    assert child.status == "failed"
    assert not st2.container.kill(child)


def test_an_action_whose_worker_ends(st2: StackStorm, tmp_path: Path) -> None:
    path = gate(tmp_path)
    execution = st2.run("lab_pack.caught", {"gate": path})
    with open(path, "w"):
        (child,) = st2.children(execution.id)
        st2.container.abandon(child)
        result = ended(st2, child)
    assert result == {}
    assert child.status == "abandoned"
