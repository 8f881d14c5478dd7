"""Takes triggers, finds the rules that they satisfy, and requests their actions
(st2reactor/rules, st2common/services/trigger_dispatcher.py)."""

import datetime
import logging
import queue
import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional

import jsonschema

from . import criteria, ids
from . import schema as schemas
from .datastore import SYSTEM_USER
from .errors import ParamException
from .events import TRIGGER, Notifier
from .executions import Execution
from .models import Rule
from .registry import ACTION_COMPLETED
from .requests import Requester

LOG = logging.getLogger(__name__)

Payload = Dict[str, Any]


@dataclass
class TriggerInstance:
    """A trigger that was dispatched. `status` goes from "pending" to "processed"."""

    trigger: str
    payload: Payload
    trace_tag: str = ""
    status: str = "pending"
    occurrence_time: datetime.datetime = field(default_factory=ids.now)
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        return {**asdict(self), "occurrence_time": ids.iso(self.occurrence_time)}


@dataclass(frozen=True)
class RuleEnforcement:
    """What came of a rule whose trigger was there: an execution, or the reason why none."""

    rule: str
    trigger_instance_id: str
    status: str
    execution_id: Optional[str] = None
    failure_reason: Optional[str] = None


class Refused(ValueError):
    """A trigger that is not dispatched; the text says why."""


class RulesEngine:
    """Works through the dispatched triggers in a thread of its own, in their order. Safe to use
    from any thread."""

    def __init__(
        self, requester: Requester, notifier: Notifier, changed: Callable[[], None]
    ) -> None:
        self._requester = requester
        self._pack = requester.pack
        self._notifier = notifier
        self._changed = changed
        self.instances: List[TriggerInstance] = []
        self.enforcements: List[RuleEnforcement] = []
        self._queue: queue.SimpleQueue[Optional[TriggerInstance]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="st2-rules")
        self._thread.start()

    def close(self) -> None:
        """End, once all that is dispatched has been worked through."""
        self._queue.put(None)
        self._thread.join()

    def dispatch(
        self, trigger: str, payload: Optional[Payload], trace_tag: Optional[str] = None
    ) -> TriggerInstance:
        """Dispatch a trigger, named by its ref. Raises Refused for a payload that the trigger
        type's schema does not allow, and for a trigger that is not there."""
        try:
            self.check(trigger, payload)
        except jsonschema.ValidationError as error:
            raise Refused(
                "Trigger payload validation failed and validation is enabled, not dispatching a "
                f'trigger "{trigger}": {error.message}'
            ) from None
        instance = TriggerInstance(trigger, payload or {})
        instance.trace_tag = trace_tag or f"trigger_instance-{instance.id}"
        self.instances.append(instance)
        self._enter(instance, "pending")
        self._queue.put(instance)
        return instance

    def completed(self, execution: Execution) -> None:
        """Tell the rules that ask for it that an execution has completed (st2actions/notifier).
        What none of them takes is not dispatched here."""
        shown = execution.to_dict()
        payload = {
            "execution_id": execution.id,
            "status": execution.status,
            "start_timestamp": shown["start_timestamp"],
            "action_name": execution.action.ref,
            "action_ref": execution.action.ref,
            "runner_ref": execution.action.runner.name,
            "parameters": shown.get("parameters", {}),
            "result": shown.get("result", {}),
        }
        asking = [one for one in self._pack.rules.values() if one.trigger.ref == ACTION_COMPLETED]
        if any(criteria.match(rule.criteria, payload) for rule in asking):
            self.dispatch(ACTION_COMPLETED, payload)

    def check(self, trigger: str, payload: Optional[Payload]) -> None:
        """Raises Refused for a trigger that is not there, jsonschema.ValidationError for a payload
        that its type's schema does not allow."""
        if trigger not in self._pack.triggers:
            raise Refused(f'Trigger type with reference "{trigger}" doesn\'t exist in the database')
        kind = self._pack.trigger_types[self._pack.triggers[trigger].type]
        if kind.payload_schema:
            schemas.validate(payload, dict(kind.payload_schema), allow_none=True)

    def _run(self) -> None:
        while True:
            instance = self._queue.get()
            if instance is None:
                return
            self._enter(instance, "processing")
            for rule in list(self._pack.rules.values()):
                if rule.enabled and rule.trigger.ref == instance.trigger:
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
        self._changed()

    def _enforce(self, rule: Rule, instance: TriggerInstance) -> None:
        try:
            if not criteria.match(rule.criteria, instance.payload):
                return
            execution_id, reason = self._request(rule, instance), None
        except Exception as error:  # noqa: BLE001  # whatever it is, the enforcement tells
            execution_id, reason = None, str(error)
        status = "succeeded" if reason is None else "failed"
        self.enforcements.append(
            RuleEnforcement(rule.ref, instance.id, status, execution_id, reason)
        )
        if reason is not None:
            # It can hold a parameter's value.
            brief = self._requester.store.scrub(reason.split("\n")[0])
            LOG.warning("Rule %s failed: %s", rule.ref, brief)
        self._changed()

    def _request(self, rule: Rule, instance: TriggerInstance) -> str:
        action = self._requester.action(rule.action)
        context: Dict[str, Any] = {
            "trigger_instance": {"id": instance.id, "name": None},
            "rule": {"id": rule.id, "name": rule.ref.split(".", 1)[1]},
            "user": SYSTEM_USER,
            "pack": action.pack,
            "trace_context": {"id_": instance.id, "trace_tag": instance.trace_tag},
        }
        more: Mapping[str, Any] = {"trigger": instance.payload}
        try:
            parameters = self._requester.render(action, rule.parameters, context, more)
        except ParamException as error:
            self._requester.fail(action, rule.parameters, context, error)
            raise
        return self._requester.request(action, parameters, context).id
