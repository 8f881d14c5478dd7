"""Executions of the embedded StackStorm: requested, run, canceled, told."""

import json
import os
import re
import select
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import yaml

from lab.stackstorm import Event, Execution, NotFound, RequestError, StackStorm
from lab.stackstorm.python_runner import MAX_PARAMETERS

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}, "token": "{{ st2kv.system.token }}"}
WAIT = 30.0


@pytest.fixture(scope="module")
def st2() -> Iterator[StackStorm]:
    with StackStorm(PACK, CONFIG) as st2:
        st2.datastore.set("token", "TOKEN", secret=True)
        yield st2


def run(st2: StackStorm, action: str, **parameters: Any) -> Execution:
    return st2.wait(st2.run(f"lab_pack.{action}", parameters, user="lab").id, WAIT)


def probe(st2: StackStorm, what: str, **parameters: Any) -> Execution:
    return run(st2, "probe", what=what, **parameters)


def result(execution: Execution) -> Any:
    assert execution.status == "succeeded", execution.result
    return execution.result["result"]


def gate(tmp_path: Path, name: str = "gate") -> str:
    path = tmp_path / name
    os.mkfifo(path)
    return str(path)


def open_gate(path: str, text: str = "") -> None:
    """Returns once the action that waits there has begun to read."""
    Path(path).write_text(text)


# What is asked.


@pytest.mark.parametrize(
    ("ref", "parameters", "said"),
    [
        ("lab_pack.absent", {}, 'Action "lab_pack.absent" cannot be found.'),
        ("lab_pack.disabled", {}, "is disabled"),
        ("lab_pack.echo", {}, "'text' is a required property"),
        ("lab_pack.echo", {"text": None}, "None is not of type 'string'"),
        ("lab_pack.echo", {"text": "a", "more": 1}, "('more' was unexpected)"),
        ("lab_pack.echo", {"text": 5}, 'must either be a string or None. Got "int"'),
        ("lab_pack.echo", {"text": "a", "number": "five"}, "invalid literal for int()"),
        ("lab_pack.echo", {"text": "a", "flag": "maybe"}, "malformed node"),
        ("lab_pack.echo", {"text": "a", "things": {}}, "{} is not of type 'array'"),
        ("lab_pack.echo", {"text": "a", "fixed": "b"}, "Override of immutable parameter(s)"),
        ("chatops.post_message", {"message": "a"}, "'channel' is a required property"),
        (
            "chatops.post_message",
            {"message": "a", "channel": "b", "experimental": True},
            "immutable",
        ),
    ],
)
def test_refusals(st2: StackStorm, ref: str, parameters: Dict[str, Any], said: str) -> None:
    before = len(st2.executions())
    with pytest.raises(RequestError) as caught:
        st2.run(ref, parameters)
    assert said in str(caught.value)
    assert caught.value.status == 400
    assert len(st2.executions()) == before


def test_what_cannot_be_rendered_is_refused_and_recorded(st2: StackStorm) -> None:
    with pytest.raises(RequestError, match='Failed to render parameter "text"'):
        st2.run("lab_pack.echo", {"text": "{{ action_context.nobody }}"})
    failed = st2.execution("last")
    assert failed.status == "failed"
    assert failed.result["error"].startswith('Failed to render parameter "text"')
    assert [entry["status"] for entry in failed.log] == ["requested", "failed"]


def test_what_a_cast_does_not_expect_is_an_internal_error(st2: StackStorm) -> None:
    with pytest.raises(RequestError) as caught:
        st2.run("lab_pack.echo", {"text": "a", "things": "a b"})
    assert caught.value.status == 500


# What comes of it.


def test_an_execution_as_in_the_api(st2: StackStorm) -> None:
    execution = run(st2, "echo", text="a", number="5", password="hidden")
    found = execution.to_dict()
    assert json.loads(json.dumps(found)) == found
    assert re.fullmatch("[0-9a-f]{24}", found["id"])
    assert found["action"]["ref"] == "lab_pack.echo"
    assert found["runner"]["name"] == "python-script"
    assert found["context"] == {"user": "lab", "pack": "lab_pack"}
    assert found["parameters"] == {
        "text": "a",
        "number": 5,
        "password": "********",
        "where": "north",
    }
    assert found["liveaction"]["parameters"] == found["parameters"]
    assert [entry["status"] for entry in found["log"]] == [
        "requested",
        "scheduled",
        "running",
        "succeeded",
    ]
    assert found["start_timestamp"] == found["log"][0]["timestamp"]
    assert found["end_timestamp"] == found["log"][-1]["timestamp"]
    assert found["elapsed_seconds"] > 0
    assert found["web_url"].endswith(f"{execution.id}/general")
    assert "parent" not in found
    assert execution.to_dict(show_secrets=True)["parameters"]["password"] == "hidden"
    assert st2.execution(execution.id) is execution
    assert st2.execution("last") is execution
    assert execution in st2.executions(action="lab_pack.echo", status="succeeded", user="lab")
    with pytest.raises(NotFound):
        st2.execution("0" * 24)
    with pytest.raises(TypeError):
        st2.executions(colour="red")


def test_the_result_of_a_python_action(st2: StackStorm) -> None:
    execution = run(st2, "echo", text="\u00e4", number=5)
    assert execution.result == {
        "stdout": "printed\n",
        "stderr": "actions.python.Echo: INFO     echoing\n",
        "exit_code": 0,
        "result": {
            "text": "\u00e4",
            "number": 5,
            "ratio": None,
            "flag": False,
            "things": None,
            "details": None,
            "fixed": "unchangeable",
            "password": None,
            "where": "north",
        },
    }


def test_a_dotted_name(st2: StackStorm) -> None:
    assert result(run(st2, "dotted.name", text="a")) == {"text": "a"}


def test_what_an_action_may_import(st2: StackStorm) -> None:
    found = result(probe(st2, "imports"))
    assert found["found"] == {
        "lab_pack_common": False,
        "lab": False,
        "sensor_only": False,
        "policies": False,
        "echo": True,
        "lab_pack_lib": True,
    }
    assert found["beside"] == "beside"
    assert found["greeting"] == "hello from actions/lib"
    assert found["first"].endswith("actions/lib")


def test_the_configuration_of_an_action(st2: StackStorm) -> None:
    assert result(probe(st2, "config")) == {
        "region": "north",
        "token": "TOKEN",
        "limits": {"high": 9, "low": 1},
        "servers": [],
    }
    missing = probe(st2, "config", value="nowhere")
    assert missing.status == "failed"
    assert 'Config for pack "lab_pack" is missing key "nowhere"' in missing.result["stderr"]


def test_a_configuration_that_cannot_be_resolved_fails_the_action() -> None:
    with StackStorm(PACK, {**CONFIG, "token": "{{ nonsense }}"}) as st2:
        execution = run(st2, "echo", text="a", where="b")
        assert execution.status == "failed"
        assert 'configuration value for key "token"' in execution.result["error"]


def test_the_environment_of_an_action(st2: StackStorm) -> None:
    def environment(name: str, **more: Any) -> Any:
        return result(probe(st2, "environment", value=name, **more))

    assert environment("FROM_YAML") == "yes"
    assert environment("ST2_ACTION_PACK_NAME") == "lab_pack"
    assert environment("X", env={"X": "y", "PythonPath": "nowhere"}) == "y"
    failed = probe(st2, "environment", value="X", env={"X": 5})
    assert failed.status == "failed"
    assert "str" in failed.result["error"]


@pytest.mark.parametrize(
    ("what", "parameters", "status", "expected"),
    [
        ("succeed", {"value": "x"}, "succeeded", "x"),
        ("fail", {"value": "x"}, "failed", {"reason": "x"}),
        ("raise", {"value": "x"}, "failed", "None"),
        ("exit", {"value": "0"}, "succeeded", "None"),
        ("exit", {"value": "3"}, "failed", "None"),
        ("set", {"value": "x"}, "succeeded", "{'x'}, 'status': None}"),
        ("set_status", {"value": "x"}, "succeeded", "{'x'}"),
        ("date", {}, "succeeded", {"day": "2024-02-29", "nan": None, "pair": [1, 2]}),
    ],
)
def test_how_actions_end(
    st2: StackStorm, what: str, parameters: Dict[str, Any], status: str, expected: Any
) -> None:
    execution = probe(st2, what, **parameters)
    assert execution.status == status
    assert execution.result["result"] == expected


def test_what_is_told_of_a_crash(st2: StackStorm) -> None:
    execution = probe(st2, "raise", value="the reason")
    assert execution.result["exit_code"] == 1
    assert "RuntimeError: the reason" in execution.result["stderr"]
    assert probe(st2, "exit", value="3").result["stdout"] == "last words\n"


def test_output_that_is_not_understood(st2: StackStorm) -> None:
    status = probe(st2, "bad_status", value="x")
    assert status.status == "failed"
    assert "must either be True or False, got: maybe" in status.result["error"]
    delimiter = probe(st2, "delimiter")
    assert delimiter.status == "failed"
    assert "result length should be 3, was 4" in delimiter.result["error"]


def test_long_parameters_go_by_stdin(st2: StackStorm) -> None:
    assert result(probe(st2, "length", value="x" * MAX_PARAMETERS)) == MAX_PARAMETERS


def test_a_timeout_kills_all_that_the_action_has_started(st2: StackStorm, tmp_path: Path) -> None:
    held = gate(tmp_path)
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    try:
        execution = probe(st2, "orphan", value=held, seconds=600, timeout=3)
        assert execution.status == "timeout"
        assert execution.result["exit_code"] == -9
        assert execution.result["error"] == "Action failed to complete in 3 seconds"
        assert execution.result["stdout"] == "said before\n"
        assert os.read(reader, 100) == b"started"
        # The end of the pipe: nobody holds it any more.
        assert select.select([reader], [], [], WAIT)[0]
        assert os.read(reader, 100) == b""
    finally:
        os.close(reader)


def test_the_datastore_of_an_action(st2: StackStorm) -> None:
    assert result(probe(st2, "keys", value="v")) == {
        "user": "stanley",
        "encrypted": True,
        "decrypted": "v",
        "global": "v",
        "missing": None,
        "listed": ["lab_pack.Probe:mine"],
        "listed_all": ["lab_pack.Probe:mine"],
        "deleted": [True, False],
    }
    assert st2.datastore.get("ours") == "v"


def test_secrets_in_results_and_nested_parameters(st2: StackStorm) -> None:
    execution = run(
        st2,
        "secretive",
        user="me",
        token="t",
        login={"password": "p", "x": 1},
        codes=[{"code": "c"}],
    )
    found = execution.to_dict()
    assert found["parameters"] == {
        "user": "me",
        "token": "********",
        "login": {"password": "********", "x": 1},
        "codes": [{"code": "********"}],
    }
    assert found["result"]["result"]["token"] == "********"
    assert execution.result["result"]["token"] == "t"


def test_a_result_that_its_schema_does_not_allow(st2: StackStorm) -> None:
    execution = run(st2, "secretive")
    assert execution.status == "failed"
    assert execution.result["message"].startswith("Error validating output")
    with StackStorm(PACK, CONFIG, validate_output=False) as stock:
        stock.datastore.set("token", "TOKEN", secret=True)
        assert run(stock, "secretive").status == "succeeded"


def test_announcements(st2: StackStorm) -> None:
    message = {"channel": "team", "message": "hello", "extra": {"slack": {"color": "red"}}}
    execution = st2.wait(st2.run("chatops.post_message", message).id, WAIT)
    assert execution.status == "succeeded"
    assert execution.result["output"] == {
        "user": None,
        "whisper": False,
        "context": None,
        **message,
    }
    last = st2.messages[-1]
    assert (last.channel, last.message, last.extra) == ("team", "hello", message["extra"])
    assert (last.user, last.whisper, last.execution_id) == (None, False, execution.id)
    assert last.timestamp >= execution.start_timestamp
    assert run(st2, "loud", volume=11).status == "succeeded"
    assert st2.announcements[-1].route == "general.noise"
    assert st2.announcements[-1].payload == {"volume": 11}
    assert st2.messages[-1] == last
    quiet = run(st2, "quiet")
    assert quiet.status == "failed"
    assert "Experimental flag is missing" in quiet.result["error"]


def test_noop(st2: StackStorm) -> None:
    execution = st2.wait(st2.run("core.noop").id, WAIT)
    assert execution.result == {"failed": False, "succeeded": True, "return_code": 0}
    assert execution.context["user"] == "stanley"


# How executions are looked after.


def test_cancel_a_running_action_and_lose_its_result(st2: StackStorm, tmp_path: Path) -> None:
    path = gate(tmp_path)
    execution = st2.run("lab_pack.gate", {"path": path})
    assert st2.until(lambda: execution.status == "running", WAIT)
    assert st2.cancel(execution.id, user="me") is execution
    assert execution.status == "canceled"
    assert execution.result == {"message": "Action canceled by user.", "user": "me"}
    assert [entry["status"] for entry in execution.log][-2:] == ["canceling", "canceled"]
    open_gate(path, "too late")
    assert run(st2, "echo", text="meanwhile").status == "succeeded"
    assert execution.status == "canceled"
    assert st2.cancel(execution.id) is execution


def test_cancel_what_has_ended(st2: StackStorm) -> None:
    execution = run(st2, "echo", text="a")
    with pytest.raises(RequestError, match=r"cannot be canceled\. State = succeeded") as caught:
        st2.cancel(execution.id)
    assert caught.value.status == 200


def test_a_policy_delays(tmp_path: Path) -> None:
    one, other = gate(tmp_path, "one"), gate(tmp_path, "other")
    with StackStorm(PACK, CONFIG, policy_delay=0.01) as st2:
        st2.datastore.set("token", "TOKEN", secret=True)
        first = st2.run("lab_pack.gate", {"path": one})
        second = st2.run("lab_pack.gate", {"path": one})
        third = st2.run("lab_pack.gate", {"path": other})
        assert st2.until(lambda: third.status == first.status == "running", WAIT)
        assert st2.until(lambda: second.status == "delayed", WAIT)
        open_gate(one)
        st2.wait(first.id, WAIT)
        assert st2.until(lambda: second.status == "running", WAIT)
        assert [entry["status"] for entry in second.log] == [
            "requested",
            "delayed",
            "requested",
            "scheduled",
            "running",
        ]
        fourth = st2.run("lab_pack.gate", {"path": other})
        assert st2.until(lambda: fourth.status == "delayed", WAIT)
        assert st2.cancel(fourth.id).status == "canceled"
        open_gate(one)
        open_gate(other)
        assert st2.wait(second.id, WAIT).status == "succeeded"
        assert st2.wait(third.id, WAIT).status == "succeeded"


def with_policy(tmp_path: Path, **policy: Any) -> Path:
    """The pack with one more policy; its files are links."""
    folder = tmp_path / "pack"
    folder.mkdir()
    for path in PACK.iterdir():
        if path.name != "policies":
            (folder / path.name).symlink_to(path)
    (folder / "policies").mkdir()
    text = yaml.safe_dump({"name": "more", "resource_ref": "lab_pack.gate", **policy})
    (folder / "policies" / "more.yaml").write_text(text)
    return folder


def test_a_policy_cancels(tmp_path: Path) -> None:
    path = gate(tmp_path)
    pack = with_policy(
        tmp_path,
        policy_type="action.concurrency",
        parameters={"threshold": 1, "action": "cancel"},
    )
    with StackStorm(pack, {"limits": {"high": 1}}) as st2:
        first = st2.run("lab_pack.gate", {"path": path})
        assert st2.until(lambda: first.status == "running", WAIT)
        second = st2.wait(st2.run("lab_pack.gate", {"path": path}).id, WAIT)
        assert second.status == "canceled"
        open_gate(path)
        assert st2.wait(first.id, WAIT).status == "succeeded"


@pytest.mark.parametrize(("what", "times"), [("fail", 3), ("succeed", 1)])
def test_a_policy_retries(tmp_path: Path, what: str, times: int) -> None:
    pack = with_policy(
        tmp_path,
        resource_ref="lab_pack.probe",
        policy_type="action.retry",
        parameters={"retry_on": "failure", "max_retry_count": 2, "delay": 0.01},
    )
    with StackStorm(pack, {"limits": {"high": 1}}) as st2:
        st2.run("lab_pack.probe", {"what": what})

        def done() -> int:
            return sum(one.completed for one in st2.executions())

        assert st2.until(lambda: done() == times, WAIT)
        assert len(st2.executions()) == times
        counts = [one.context.get("policies", {}).get("retry", {}) for one in st2.executions()]
        assert [one.get("retry_count", 0) for one in counts] == list(range(times - 1, -1, -1))


def test_as_many_run_at_once_as_there_are_workers(tmp_path: Path) -> None:
    paths = [gate(tmp_path, str(number)) for number in range(3)]
    with StackStorm(PACK, {"limits": {"high": 1}}, workers=2) as st2:
        executions = [st2.run("lab_pack.gate", {"path": path}) for path in paths]
        assert st2.until(lambda: executions[1].status == "running", WAIT)
        assert st2.until(lambda: executions[2].status == "scheduled", WAIT)
        for path in paths:
            open_gate(path)
        assert [st2.wait(one.id, WAIT).status for one in executions] == ["succeeded"] * 3


def test_what_is_left_is_killed_and_abandoned(tmp_path: Path) -> None:
    before = threading.active_count()
    with StackStorm(PACK, CONFIG) as st2:
        st2.datastore.set("token", "TOKEN", secret=True)
        running = st2.run("lab_pack.gate", {"path": gate(tmp_path)})
        assert st2.until(lambda: running.status == "running", WAIT)
        with pytest.raises(TimeoutError):
            st2.wait(running.id, 0)
    assert running.status == "abandoned"
    assert threading.active_count() == before
    st2.close()
    for call in (lambda: st2.run("core.noop"), st2.start_sensors):
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_no_place_for_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = threading.active_count()
    with pytest.raises(OSError, match="too long"):
        StackStorm(PACK, CONFIG)
    assert threading.active_count() == before
    assert list(folder.iterdir()) == []


def test_a_revision_of_the_pack_is_refused(st2: StackStorm) -> None:
    execution = run(st2, "echo", text="a", content_version="v1")
    assert execution.status == "failed"
    assert "the lab has not" in execution.result["error"]


def test_only_so_many_are_kept() -> None:
    with StackStorm(PACK, {"limits": {"high": 1}}, keep=3) as st2:
        executions = [st2.wait(st2.run("core.noop").id, WAIT) for _ in range(5)]
        assert st2.executions() == executions[:1:-1]


def test_everything_is_told_in_order() -> None:
    told: List[Event] = []

    def hear(event: Event) -> None:
        told.append(event)
        raise RuntimeError("is logged")

    with StackStorm(PACK, {"limits": {"high": 1}}, on_event=hear) as st2:
        execution = st2.run("chatops.post_message", {"channel": "c", "message": "m"}, user="lab")
        st2.wait(execution.id, WAIT)
    states: List[Tuple[str, Any]] = [
        (event.kind, event.data.get("status") or event.data["message"]) for event in told
    ]
    assert states == [
        ("execution", "requested"),
        ("execution", "scheduled"),
        ("execution", "running"),
        ("message", "m"),
        ("execution", "succeeded"),
    ]
    assert told[0].data["id"] == execution.id
    assert told[0].data["user"] == "lab"
    assert json.dumps([event.data for event in told])
