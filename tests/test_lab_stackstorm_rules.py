"""Triggers, rules and timers of the embedded StackStorm."""

import logging
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.stackstorm import Event, Execution, NotFound, StackStorm, TriggerInstance, timers
from lab.stackstorm.models import Trigger

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
WAIT = 30.0
ANN: Dict[str, Any] = {"name": "Ann", "age": 18, "bags": ["red", None]}


@pytest.fixture
def st2() -> Iterator[StackStorm]:
    with StackStorm(PACK, {"limits": {"high": 9}}) as st2:
        st2.datastore.set("greeting_password", "PW")
        yield st2


def dispatch(st2: StackStorm, trigger: Any, payload: Any, tag: str = "") -> TriggerInstance:
    instance = st2.dispatch(trigger, payload, tag or None)
    assert instance is not None
    assert st2.until(lambda: instance.status.startswith("processed"), WAIT)
    return instance


def only(st2: StackStorm) -> Execution:
    (execution,) = st2.executions()
    return st2.wait(execution.id, WAIT)


def test_from_the_trigger_to_the_result(st2: StackStorm) -> None:
    instance = dispatch(st2, "lab_pack.Visitor", ANN, "the tag")
    execution = only(st2)
    assert execution.action.ref == "lab_pack.echo"
    result = execution.result["result"]
    assert result["text"] == "Hello Ann"
    assert result["number"] == 18
    assert result["things"] == ["red", None]
    assert result["details"] == {"name": ANN}
    assert result["password"] == "PW"
    assert result["where"] == "north"
    found = execution.to_dict()
    assert found["parameters"]["password"] == "********"
    assert found["context"]["user"] == "stanley"
    assert found["context"]["trace_context"]["trace_tag"] == "the tag"
    assert found["context"]["rule"]["name"] == "greet"
    assert found["rule"]["ref"] == "lab_pack.greet"
    assert found["trigger_instance"]["id"] == instance.id
    assert found["trigger_type"]["ref"] == found["trigger"]["type"] == "lab_pack.Visitor"
    (enforcement,) = st2.rule_enforcements
    assert enforcement.to_dict()["execution_id"] == execution.id
    assert enforcement.rule["ref"] == "lab_pack.greet"
    assert enforcement.status == "succeeded"
    assert enforcement.trigger_instance_id == instance.id
    assert st2.trigger_instances == [instance]
    assert instance.to_dict()["payload"] == ANN


@pytest.mark.parametrize("payload", [{**ANN, "name": "Bob"}, {**ANN, "age": 17}])
def test_the_backstop_is_for_what_no_other_rule_takes(
    st2: StackStorm, payload: Dict[str, Any]
) -> None:
    dispatch(st2, "lab_pack.Visitor", payload)
    assert only(st2).action.ref == "core.noop"


def test_a_rule_that_is_off_does_nothing(st2: StackStorm) -> None:
    st2.set_rule("lab_pack.greet", enabled=False)
    st2.set_rule("lab_pack.backstop", enabled=False)
    dispatch(st2, "lab_pack.Visitor", ANN)
    assert st2.executions() == []
    assert st2.rule_enforcements == []
    st2.set_rule("lab_pack.switched_off", enabled=True)
    dispatch(st2, "lab_pack.Visitor", ANN)
    assert only(st2).result["result"]["text"] == "never"
    assert st2.rules["lab_pack.switched_off"].enabled
    with pytest.raises(NotFound):
        st2.set_rule("lab_pack.nobody", enabled=True)


@pytest.mark.parametrize(
    ("trigger", "payload", "said"),
    [
        ("lab_pack.Visitor", {"name": "Ann", "age": "old"}, "'old' is not of type 'integer'"),
        ("lab_pack.Visitor", {"age": 5}, "'name' is a required property"),
        ("lab_pack.Visitor", {"name": "Ann", "x": 1}, "'x' was unexpected"),
        ("lab_pack.Visitor", None, "None is not of type 'object'"),
        ("lab_pack.Nobody", {}, "doesn't exist in the database"),
        ("lab_pack.Tally", {}, "doesn't exist in the database"),
        ({"type": "lab_pack.Tally", "parameters": {"of": "cows"}}, {}, "doesn't exist"),
    ],
)
def test_what_is_not_dispatched(
    st2: StackStorm, trigger: Any, payload: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "lab.stackstorm"):
        assert st2.dispatch(trigger, payload) is None
    assert said in caplog.text
    assert st2.trigger_instances == []


def test_a_trigger_with_parameters_and_none(st2: StackStorm) -> None:
    dispatch(st2, {"type": "lab_pack.Tally", "parameters": {"of": "sheep"}}, {"count": None})
    (enforcement,) = st2.rule_enforcements
    # None becomes the text "None" for a number, which is none.
    assert enforcement.status == "failed"
    assert enforcement.failure_reason is not None
    assert "invalid literal for int()" in enforcement.failure_reason
    assert st2.executions() == []


def test_what_cannot_be_rendered_fails_and_is_recorded(st2: StackStorm) -> None:
    dispatch(st2, {"type": "lab_pack.Tally", "parameters": {"of": "sheep"}}, {})
    (enforcement,) = st2.rule_enforcements
    assert enforcement.status == "failed"
    # The parameters as they stand are no numbers: there is no execution either.
    assert "is not of type 'integer'" in (enforcement.failure_reason or "")
    assert st2.executions() == []


def test_what_cannot_be_rendered_but_is_valid_is_an_execution_that_failed(st2: StackStorm) -> None:
    st2.set_rule("lab_pack.tally_text", enabled=True)
    st2.set_rule("lab_pack.tally", enabled=False)
    dispatch(st2, {"type": "lab_pack.Tally", "parameters": {"of": "sheep"}}, {})
    failed = only(st2)
    assert failed.status == "failed"
    assert 'Failed to render parameter "text"' in failed.result["error"]
    assert st2.rule_enforcements[0].status == "failed"


def test_an_action_that_is_not_there(st2: StackStorm) -> None:
    dispatch(st2, "lab_pack.Lost", None)
    (enforcement,) = st2.rule_enforcements
    assert enforcement.failure_reason == 'Action "lab_pack.not_there" doesn\'t exist'
    assert "execution_id" not in enforcement.to_dict()


def test_criteria_that_cannot_be_compared(st2: StackStorm) -> None:
    dispatch(st2, "lab_pack.Visitor", {"name": "Ann"})
    (failed, _) = st2.rule_enforcements
    assert failed.failure_reason is not None
    assert 'Failed to match rule "lab_pack.greet" against trigger instance' in failed.failure_reason
    assert only(st2).action.ref == "core.noop"


def test_no_secret_is_told_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    told: List[Event] = []
    with StackStorm(PACK, {"limits": {"high": 9}}, on_event=told.append) as st2:
        st2.datastore.set("pin", "s3cret", secret=True)
        trigger = {"type": "lab_pack.Tally", "parameters": {"of": "sheep"}}
        dispatch(st2, trigger, {"count": "s3cret"})
        assert st2.rule_enforcements[0].status == "failed"
    reasons = [event.data["failure_reason"] for event in told if event.kind == "rule_enforcement"]
    assert "********" in reasons[0]
    assert "s3cret" not in reasons[0] + caplog.text


def test_only_so_many_are_kept() -> None:
    with StackStorm(PACK, {"limits": {"high": 9}}, keep=2) as st2:
        instances = [dispatch(st2, "lab_pack.Lost", {}) for _ in range(3)]
        assert st2.trigger_instances == instances[1:]
        assert len(st2.rule_enforcements) == 2


class Clock:
    """Goes on only when told."""

    def __init__(self) -> None:
        self.time = 0.0
        self.ended = False
        self.changed = threading.Condition()
        self.waits: List[Optional[float]] = []

    def now(self) -> float:
        return self.time

    def wait(self, seconds: Optional[float]) -> bool:
        with self.changed:
            self.waits.append(seconds)
            self.changed.notify_all()
            until = None if seconds is None else self.time + seconds
            self.changed.wait_for(lambda: self.ended or (until is not None and self.time >= until))
            return self.ended

    def end(self) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Waits for the timers to wait again."""
        with self.changed:
            seen = len(self.waits)
            self.time += seconds
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: len(self.waits) > seen, WAIT)


def test_interval_timers() -> None:
    clock = Clock()
    with StackStorm(PACK, {"limits": {"high": 9}}, timer_clock=clock) as st2:
        with clock.changed:
            assert clock.changed.wait_for(lambda: clock.waits == [300.0], WAIT)
        clock.advance(300)
        assert st2.until(lambda: len(st2.executions(status="succeeded")) == 1, WAIT)
        # Three periods late: one instance, and the next is due at the next full period.
        clock.advance(1000)
        assert st2.until(lambda: len(st2.executions(status="succeeded")) == 2, WAIT)
        assert clock.waits == [300.0, 300.0, 200.0]
        instance = st2.trigger_instances[0]
        assert instance.trigger == st2.rules["lab_pack.tick"].trigger.ref
        assert set(instance.payload) == {"executed_at", "schedule"}
        assert instance.trace_tag.startswith("st2.IntervalTimer-")


@pytest.mark.parametrize(
    ("unit", "delta", "seconds"),
    [("seconds", 5, 5), ("weeks", 1, 604800), ("hours", 2, 7200), ("seconds", 0, 1)],
)
def test_periods(unit: str, delta: int, seconds: float) -> None:
    trigger = Trigger("core.x", "core.st2.IntervalTimer", {"unit": unit, "delta": delta})
    assert timers.period(trigger) == seconds


def test_the_real_clock() -> None:
    clock = timers.RealClock()
    assert not clock.wait(0)
    assert clock.now() <= clock.now()
    clock.end()
    assert clock.wait(None)
