"""The lab's StackStorm runs the pack of lab/tests/pack."""

import json
import logging
import queue
from typing import Any, Dict, Iterator, List

import pytest
from jsonschema import ValidationError

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.stackstorm import Event, Execution, RequestError, StackStorm
from lab.tests.conftest import CONFIG, PACK, TOKEN, WAIT


def run(st2: Any, action: str, **parameters: Any) -> Execution:
    execution: Execution = st2.wait(st2.run(f"tried.{action}", parameters).id, WAIT)
    return execution


# Actions.


def test_an_action_is_given_what_stackstorm_would_give_it(st2: Any) -> None:
    done = run(st2, "echo", text="configured", number="5", things="[1, 'a']", details='{"a": 1}')
    assert done.status == "succeeded", done.result
    found = done.result["result"]
    expected = {
        "text": "configured",
        "number": 5,
        "things": [1, "a"],
        "details": {"a": 1},
        "password": None,
        "fixed": "unchangeable",
        "who": "somebody",
    }
    assert {name: found[name] for name in expected} == expected
    login = {"host": "a", "port": 22, "password": TOKEN}
    assert found["config"] == {"region": "north", "logins": [login]}
    assert "echoing" in done.result["stderr"]
    assert done.to_dict()["result"]["result"]["hidden"] == "********"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "'text' is a required property"),
        ({"text": "a", "x": 1}, "'x' was unexpected"),
        ({"text": "a", "number": "five"}, "invalid literal for int()"),
        ({"text": 5}, 'Value "5" must either be a string or None. Got "int".'),
        ({"text": "a", "fixed": "b"}, "Override of immutable parameter(s) ['fixed']"),
        ({"text": "{{ nobody }}"}, 'Dependency unsatisfied in variable "nobody"'),
        ({"text": "{{ text }}"}, 'Dependency unsatisfied in variable "text"'),
        ({"text": "a", "details": {"b": "{{text}}"}}, "as it is, the lab does not."),
        ({"text": "{{ 1 | unheard_of }}"}, "No filter named 'unheard_of'"),
    ],
)
def test_what_the_api_would_refuse(st2: Any, parameters: Dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        st2.run("tried.echo", parameters)
    assert said in str(caught.value)


def test_parameters_are_templates(st2: Any) -> None:
    st2.datastore.set("colour", "blue")
    done = run(
        *(st2, "echo"),
        text="{{ st2kv.system.colour }} {{ number + 1 }}",
        number=5,
        details={"number": "{{ number + 2 }}"},
    )
    found = done.result["result"]
    assert found["text"] == "blue 6"
    assert found["details"] == {"number": "7"}
    # What is no template is text.
    assert run(st2, "echo", text="{{ }").result["result"]["text"] == "{{ }"


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        ("fail", {"text": "fail"}, ""),
        ("tear", "None", "RuntimeError: None"),
        ("numbered", "None", "Dict key must be str"),
    ],
)
def test_how_an_action_fails(st2: Any, text: str, result: Any, said: str) -> None:
    done = run(st2, "echo", text=text)
    assert done.status == "failed"
    found = done.result["result"]
    assert (found if isinstance(found, str) else {"text": found["text"]}) == result
    assert said in done.result["stderr"]


def test_a_result_that_the_schema_does_not_allow_or_that_is_none(st2: Any) -> None:
    done = run(st2, "echo", text="wrong")
    assert done.status == "failed"
    assert "1 is not of type 'string'" in done.result["error"]
    silent = run(st2, "one", text="silence")
    assert (silent.status, silent.result["result"]) == ("succeeded", "None")


def test_an_action_that_takes_too_long_and_one_that_is_killed(st2: Any) -> None:
    done = run(st2, "echo", text="sleep", number=600, timeout=1)
    assert (done.status, done.result["exit_code"]) == ("timeout", -9)
    assert done.result["error"] == "Action failed to complete in 1 seconds"
    begun = st2.run("tried.echo", {"text": "sleep", "number": 600})
    assert st2.until(lambda: st2.kill(begun), WAIT)
    assert st2.wait(begun.id, WAIT).result["exit_code"] == -9
    assert not st2.kill(begun)


def test_keys_are_listed_by_pages_and_named_as_a_url_takes_them(st2: Any) -> None:
    found = run(st2, "echo", text="list").result["result"]
    assert [len(page) for page in found["pages"]] == [100, 1]
    assert len({*found["pages"][0], *found["pages"][1]}) == 101
    assert (len(found["refused"]), found["left"]) == (4, [])
    # To delete what is not there is no failure.
    assert all(found["gone"])


def test_one_at_a_time(st2: Any) -> None:
    first = st2.run("tried.one")
    assert st2.until(lambda: first.status == "running", WAIT)
    assert run(st2, "one").status == "canceled"
    assert st2.until(lambda: st2.kill(first), WAIT)
    st2.wait(first.id, WAIT)


# Workflows.


def test_text_that_becomes_an_input_is_an_expression_once_more(st2: Any) -> None:
    done = run(st2, "chain", text="{{ '{{ nobody() }}' }}")
    assert done.parameters["text"] == "{{ nobody() }}"
    assert done.status == "failed"
    assert "'nobody' is undefined" in done.result["errors"][0]["message"]


def test_a_workflow_that_is_none(tmp_path: Any) -> None:
    from lab.tests.test_stackstorm_registry import copied

    wrong = {
        "tried.echo text=<% ctx(said)": ("tried.none text=<% ctx(said)", "cannot be found"),
        "action: chatops.post_message": ("action: tried.one", "were unexpected"),
        "      channel: ops\n": ("", "'channel' is a required property"),
        "  tidy:\n": ("  tidy:\n    delay: 5\n", "StackStorm has delay, as in tidy"),
        "<% ctx(said) %>": ("<% ctx(said %>", "Parse error: unexpected end of statement"),
        "text=<% ctx(text) %>": ("text=<% ctx(text).nobody %>", "Unable to evaluate expression"),
        "<% ctx(st2).user %>": ("<% ctx(nobody) %>", 'Variable "nobody" is referenced before'),
    }
    pack = copied(tmp_path)
    workflow = pack / "actions" / "workflows" / "chain.yaml"
    text = workflow.read_text()
    with StackStorm(pack, CONFIG) as st2:
        for old, (new, said) in wrong.items():
            assert old in text
            workflow.write_text(text.replace(old, new))
            for word in ("hello", "fail"):
                done = run(st2, "chain", text=word)
                if said in str(done.result):
                    break
            else:
                raise AssertionError((said, done.result))
            assert done.status == "failed"
        workflow.unlink()
        assert "No such file" in run(st2, "chain", text="a").result["error"]


# Triggers.


def dispatched(st2: Any, payload: Any) -> List[Execution]:
    known = {one.id for one in st2.executions()}
    instance = st2.dispatch("tried.Visitor", payload)
    assert st2.until(lambda: instance.status == "processed", WAIT)
    begun = [one for one in st2.executions() if one.id not in known]
    return [st2.wait(one.id, WAIT) for one in begun]


def test_a_rule_starts_its_action(st2: Any) -> None:
    (done,) = dispatched(st2, {"name": "Ann", "bags": ["red", 'a "quoted" one']})
    assert done.status == "succeeded"
    assert done.result["result"]["things"] == ["red", 'a "quoted" one']
    assert done.parameters["password"] == st2.datastore.get("token")
    assert done.context["rule"]["name"] == "greet"
    assert dispatched(st2, {"name": "Bob", "bags": []}) == []


def test_a_rule_that_is_disabled_or_whose_action_is_refused(
    st2: Any, caplog: pytest.LogCaptureFixture
) -> None:
    st2.set_rule("tried.greet", False)
    assert dispatched(st2, {"name": "Ann", "bags": []}) == []
    st2.set_rule("tried.greet", True)
    st2.pack.rules["tried.greet"].parameters["number"] = "{{ trigger.nobody }}"
    (failed,) = dispatched(st2, {"name": "Ann", "bags": []})
    del st2.pack.rules["tried.greet"].parameters["number"]
    assert failed.status == "failed"
    (reason,) = st2.trigger_instances[-1].failures
    assert "has no attribute 'nobody'" in reason
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("trigger", "payload", "said"),
    [
        ("tried.Visitor", {"name": "Ann"}, "'bags' is a required property"),
        ("tried.Visitor", {"name": "Ann", "bags": [], "x": 1}, "'x' was unexpected"),
        ("tried.Nobody", {}, "doesn't exist in the database"),
    ],
)
def test_what_is_not_dispatched(st2: Any, trigger: str, payload: Any, said: str) -> None:
    with pytest.raises((ValueError, ValidationError), match=said):
        st2.dispatch(trigger, payload)


def test_a_timer(tmp_path: Any) -> None:
    from lab.tests.test_stackstorm_registry import TICK, copied

    pack = copied(tmp_path)
    text = (pack / TICK).read_text()
    assert "weeks" in text
    (pack / TICK).write_text(text.replace("weeks", "seconds"))
    with StackStorm(pack, CONFIG) as st2:
        assert st2.until(lambda: bool(st2.executions(action="tried.one")), WAIT)
        (instance,) = st2.trigger_instances
        assert instance.payload["schedule"] is None


# Sensors.


class Told:
    """The events of a StackStorm, as they are told."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Event] = queue.Queue()
        self.all: List[Event] = []

    def until(self, text: str) -> None:
        """Read on until one has the text."""
        while not self.all or text not in str(self.all[-1].data):
            self.all.append(self.queue.get(timeout=WAIT))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def own(told: Told) -> Iterator[StackStorm]:
    with StackStorm(PACK, CONFIG, told.queue.put) as own:
        own.datastore.set("token", TOKEN, secret=True)
        yield own


def test_a_sensor_and_what_is_told(
    own: StackStorm, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    own.start_sensors()
    told.until("all told")
    said = "\n".join(event.data.get("line", "") for event in told.all)
    assert "monkey patching" not in said
    assert "not dispatching the trigger" in said
    assert own.datastore.get("config") == "['logins', 'region']"
    (instance,) = own.trigger_instances
    assert (instance.payload, instance.trace_tag) == ({"name": "Ann", "bags": []}, "tag")
    assert own.until(lambda: bool(own.executions(status="succeeded")), WAIT)
    own.datastore.set("go", "now")
    told.until("'state': 'dead'")
    assert own.datastore.get("cleaned") == "up"
    kinds = [(one.kind, one.data.get("state") or one.data.get("status")) for one in told.all]
    for kind in (
        ("sensor", "running"),
        ("trigger_instance", "processed"),
        ("execution", "succeeded"),
    ):
        assert kind in kinds
    assert TOKEN not in json.dumps([event.data for event in told.all]) + caplog.text


def test_what_runs_at_the_end_is_killed(own: StackStorm) -> None:
    own.start_sensors()
    action, chain = (
        own.run("tried.echo", {"text": "sleep", "number": 600}),
        own.run("tried.chain", {"text": "sleep", "number": 600}),
    )
    assert own.until(lambda: bool(own.children(chain.id)), WAIT)
    (sensor,) = own.sensors.values()
    own.close()
    assert [action.status, chain.status, sensor.state] == ["abandoned", "abandoned", "stopped"]


# Chat.


def test_an_answer_is_evaluated_again_as_stackstorm_does(st2: Any) -> None:
    """Which is why the pack lets nothing through that could be an expression."""
    reads = "{{ st2kv('system.token', decrypt=true) }}"
    assert st2.chat(f'echo "{reads}"', timeout=WAIT).message.message == f"It said {TOKEN}."
    reply = st2.chat('echo "{{ nobody() }}"', timeout=WAIT)
    assert (reply.message, "'nobody' is undefined" in reply.failure) == (None, True)
    failed = st2.chat("echo tear", timeout=WAIT).message
    assert (failed.message, failed.extra) == ("It said .", {"slack": {"color": "failed"}})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dance", "Command 'dance' matched no patterns"),
        ("echo a password=b", "Immutable arguments cannot be overriden: password"),
        ("echo a number=b", 'Failed to cast value "b" (type: str) for parameter "number"'),
        ("echo a colour=b", "'colour' was unexpected"),
    ],
)
def test_a_line_that_is_refused(st2: Any, line: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        st2.chat(line, timeout=WAIT)
    assert said in str(caught.value)
