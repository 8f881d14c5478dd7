"""Takes triggers, finds the rules that they satisfy, and requests their actions
(st2reactor/rules, st2reactor/timer, st2common/services/trigger_dispatcher.py)."""

import datetime
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from . import criteria
from . import schema as schemas
from .actions import Actions
from .datastore import SYSTEM_USER
from .events import TRIGGER, Notifier
from .executions import Execution, new_id
from .models import Rule
from .registry import ACTION_COMPLETED, INTERVAL_TIMER
from .worker import Worker

LOG = logging.getLogger(__name__)

Payload = Dict[str, Any]


@dataclass
class TriggerInstance:
    """A trigger that was dispatched. `status` goes from "pending" to "processed"; `failures` are
    the reasons why rules that took it have started nothing."""

    trigger: str
    payload: Payload
    trace_tag: str = ""
    status: str = "pending"
    occurrence_time: float = field(default_factory=time.time)
    failures: List[str] = field(default_factory=list)
    id: str = field(default_factory=new_id)


class RulesEngine:
    """Works through the dispatched triggers in a thread of its own, in their order. Safe to use
    from any thread."""

    def __init__(self, actions: Actions, notifier: Notifier) -> None:
        self._actions = actions
        self._pack = actions.pack
        self._notifier = notifier
        self.instances: List[TriggerInstance] = []
        self._worker = Worker("rules")
        self._ended = threading.Event()
        self._timers = Worker("timers", max(1, len(self._pack.timers)))
        for trigger, seconds in self._pack.timers.items():
            self._timers.do(self._tick, trigger, seconds)

    def close(self) -> None:
        """End, once all that is dispatched has been worked through."""
        self._ended.set()
        self._timers.close()
        self._worker.close()

    def dispatch(
        self, trigger: str, payload: Optional[Payload], trace_tag: Optional[str] = None
    ) -> TriggerInstance:
        """Dispatch a trigger, named by its ref. Raises as `check` does."""
        self.check(trigger, payload)
        instance = TriggerInstance(trigger, payload or {})
        instance.trace_tag = trace_tag or f"trigger_instance-{instance.id}"
        self.instances.append(instance)
        self._enter(instance, "pending")
        self._worker.do(self._process, instance)
        return instance

    def check(self, trigger: str, payload: Optional[Payload]) -> None:
        """Raises ValueError for a trigger that is not there, jsonschema.ValidationError for a
        payload that its type's schema does not allow."""
        if trigger not in self._pack.triggers:
            raise ValueError(
                f'Trigger type with reference "{trigger}" doesn\'t exist in the database'
            )
        schema = self._pack.triggers[trigger]
        if schema:
            schemas.check_given(payload, schema)

    def completed(self, execution: Execution) -> None:
        """Tell the rules that ask for it that an execution has completed, and how
        (st2actions/notifier, which tells more). What none of them takes is not dispatched here."""
        payload = {
            "execution_id": execution.id,
            "action_ref": execution.action.ref,
            "status": execution.status,
            "result": execution.to_dict().get("result", {}),
        }
        asking = [one for one in self._pack.rules.values() if one.trigger == ACTION_COMPLETED]
        if any(criteria.match(rule.criteria, payload) for rule in asking):
            self.dispatch(ACTION_COMPLETED, payload)

    def _tick(self, trigger: str, seconds: float) -> None:
        """Dispatch a timer's trigger again and again, the first time after so many seconds."""
        while not self._ended.wait(seconds):
            now = datetime.datetime.now(datetime.timezone.utc)
            # The real one's "schedule" is always None: it asks for what no timer has.
            self.dispatch(trigger, {"executed_at": str(now), "schedule": None}, INTERVAL_TIMER)

    def _process(self, instance: TriggerInstance) -> None:
        for rule in self._pack.rules.values():
            if rule.enabled and rule.trigger == instance.trigger:
                self._enforce(rule, instance)
        self._enter(instance, "processed")

    def _enter(self, instance: TriggerInstance, status: str) -> None:
        instance.status = status
        self._notifier.emit(
            TRIGGER,
            id=instance.id,
            trigger=instance.trigger,
            status=status,
            trace_tag=instance.trace_tag,
        )

    def _enforce(self, rule: Rule, instance: TriggerInstance) -> None:
        try:
            if criteria.match(rule.criteria, instance.payload):
                self._start(rule, instance)
        except Exception as error:  # noqa: BLE001  # whatever it is, the instance tells
            instance.failures.append(f"{rule.ref}: {error}")
            # Its text can hold a parameter's value.
            LOG.warning("Rule %s failed: %s", rule.ref, type(error).__name__)

    def _start(self, rule: Rule, instance: TriggerInstance) -> None:
        action = self._actions.action(rule.action)
        context: Dict[str, Any] = {
            "trigger_instance": {"id": instance.id, "name": None},
            "rule": {"id": rule.ref, "name": rule.name},
            "user": SYSTEM_USER,
            "pack": action.pack,
            "trace_context": {"id_": instance.id, "trace_tag": instance.trace_tag},
        }
        self._actions.start(action, rule.parameters, context, {"trigger": instance.payload})
