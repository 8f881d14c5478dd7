"""Takes triggers, finds the rules that they satisfy, and requests their actions
(st2reactor/rules, st2common/services/trigger_dispatcher.py)."""

import collections
import datetime
import logging
import queue
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Union

import jsonschema

from . import ids
from . import schema as schemas
from .criteria import CriterionError, Matcher
from .datastore import SYSTEM_USER
from .errors import ParamException
from .events import ENFORCEMENT, TRIGGER, Notifier
from .executions import Execution
from .models import Rule, Trigger
from .requests import Requester

LOG = logging.getLogger(__name__)

PENDING, PROCESSING, PROCESSED, PROCESSING_FAILED = (
    "pending",
    "processing",
    "processed",
    "processing_failed",
)

Payload = Dict[str, Any]


@dataclass
class TriggerInstance:
    """A trigger that was dispatched. `status` goes from "pending" to "processed"."""

    trigger: str
    payload: Payload
    trace_tag: str = ""
    status: str = PENDING
    occurrence_time: datetime.datetime = field(default_factory=ids.now)
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        return {
            "id": self.id,
            "trigger": self.trigger,
            "payload": self.payload,
            "occurrence_time": ids.iso(self.occurrence_time),
            "status": self.status,
        }


@dataclass(frozen=True)
class RuleEnforcement:
    """What came of a rule whose trigger was there: an execution, or the reason why none."""

    rule: Mapping[str, str]
    trigger_instance_id: str
    status: str
    execution_id: Optional[str] = None
    failure_reason: Optional[str] = None
    enforced_at: datetime.datetime = field(default_factory=ids.now)
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        found = {
            "id": self.id,
            "rule": dict(self.rule),
            "trigger_instance_id": self.trigger_instance_id,
            "execution_id": self.execution_id,
            "failure_reason": self.failure_reason,
            "status": self.status,
            "enforced_at": ids.iso(self.enforced_at),
        }
        return {name: value for name, value in found.items() if value is not None}


class Refused(ValueError):
    """A trigger that is not dispatched; the text says why."""


class RulesEngine:
    """Works through the dispatched triggers in a thread of its own, in their order. Keeps the last
    `keep` trigger instances and enforcements; safe to use from any thread."""

    def __init__(
        self,
        requester: Requester,
        matcher: Matcher,
        notifier: Notifier,
        keep: int,
        changed: Callable[[], None],
    ) -> None:
        self._requester = requester
        self._pack = requester.pack
        self._matcher = matcher
        self._notifier = notifier
        self._changed = changed
        self._lock = threading.Lock()
        self._instances: Deque[TriggerInstance] = collections.deque(maxlen=keep)
        self._enforcements: Deque[RuleEnforcement] = collections.deque(maxlen=keep)
        self._queue: queue.SimpleQueue[Optional[TriggerInstance]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="st2-rules")
        self._thread.start()

    def close(self) -> None:
        """End, once all that is dispatched has been worked through."""
        self._queue.put(None)
        self._thread.join()

    def instances(self) -> List[TriggerInstance]:
        """The trigger instances, the oldest first."""
        with self._lock:
            return list(self._instances)

    def enforcements(self) -> List[RuleEnforcement]:
        """The enforcements, the oldest first."""
        with self._lock:
            return list(self._enforcements)

    def dispatch(
        self,
        trigger: Union[str, Mapping[str, Any]],
        payload: Optional[Payload],
        trace_tag: Optional[str] = None,
    ) -> TriggerInstance:
        """Dispatch a trigger, named by its ref or by {"type", "parameters"}. Raises Refused for a
        payload that the trigger type's schema does not allow, and for a trigger that is not
        there."""
        found = self._find(trigger)
        try:
            self._check(found, payload)
        except (jsonschema.ValidationError, jsonschema.SchemaError) as error:
            raise Refused(
                "Trigger payload validation failed and validation is enabled, not dispatching a "
                f'trigger "{found.ref}": {error.message}'
            ) from None
        instance = TriggerInstance(found.ref, payload or {})
        instance.trace_tag = trace_tag or f"trigger_instance-{instance.id}"
        with self._lock:
            self._instances.append(instance)
        self._tell(instance)
        self._queue.put(instance)
        return instance

    def check(self, trigger: str, payload: Optional[Payload]) -> None:
        """Raises Refused for a trigger that is not there, jsonschema.ValidationError for a payload
        that its type's schema does not allow."""
        self._check(self._find(trigger), payload)

    def _check(self, trigger: Trigger, payload: Optional[Payload]) -> None:
        schema = self._pack.trigger_types[trigger.type].payload_schema
        if schema:
            schemas.validate(payload, dict(schema), allow_none=True)

    def _find(self, trigger: Union[str, Mapping[str, Any]]) -> Trigger:
        triggers = self._pack.triggers
        if isinstance(trigger, str) and trigger in triggers:
            return triggers[trigger]
        if isinstance(trigger, Mapping):
            for found in triggers.values():
                if found.type == trigger.get("type") and found.parameters == (
                    trigger.get("parameters") or {}
                ):
                    return found
        raise Refused(f'Trigger type with reference "{trigger}" doesn\'t exist in the database')

    def _run(self) -> None:
        while True:
            instance = self._queue.get()
            if instance is None:
                return
            try:
                self._enter(instance, PROCESSING)
                for rule in self._matching(instance):
                    self._enforce(rule, instance)
                self._enter(instance, PROCESSED)
            except Exception:
                LOG.exception("Failed to process trigger instance %s", instance.id)
                self._enter(instance, PROCESSING_FAILED)

    def _enter(self, instance: TriggerInstance, status: str) -> None:
        instance.status = status
        self._tell(instance)

    def _tell(self, instance: TriggerInstance) -> None:
        self._notifier.emit(
            TRIGGER,
            id=instance.id,
            trigger=instance.trigger,
            status=instance.status,
            trace_tag=instance.trace_tag,
        )
        self._changed()

    def _matching(self, instance: TriggerInstance) -> List[Rule]:
        """Those that apply; a backstop rule only where no other does."""
        rules = [
            rule
            for rule in self._pack.rules.values()
            if rule.trigger.ref == instance.trigger and rule.enabled
        ]
        first = [rule for rule in rules if not rule.backstop and self._applies(rule, instance)]
        if first:
            return first
        return [rule for rule in rules if rule.backstop and self._applies(rule, instance)]

    def _applies(self, rule: Rule, instance: TriggerInstance) -> bool:
        try:
            return self._matcher.matches(rule.criteria, instance.payload)
        except CriterionError as error:
            self._keep(
                rule,
                instance,
                failure_reason=f'Failed to match rule "{rule.ref}" against trigger instance '
                f'"{instance.id}": {error}',
            )
            return False

    def _enforce(self, rule: Rule, instance: TriggerInstance) -> None:
        try:
            execution = self._request(rule, instance)
        except Exception as error:  # noqa: BLE001  # whatever it is, the enforcement tells
            self._keep(rule, instance, failure_reason=str(error))
        else:
            self._keep(rule, instance, execution_id=execution.id)

    def _request(self, rule: Rule, instance: TriggerInstance) -> Execution:
        action = self._requester.action(rule.action)
        if action is None:
            raise ValueError(f'Action "{rule.action}" doesn\'t exist')
        context = {
            "trigger_instance": {"id": instance.id, "name": None},
            "rule": {"id": rule.id, "name": rule.ref.split(".", 1)[1]},
            "user": SYSTEM_USER,
            "pack": action.pack,
            "trace_context": {"id_": instance.id, "trace_tag": instance.trace_tag},
        }
        trigger = self._pack.triggers[instance.trigger]
        origin = {
            "rule": rule.to_dict(),
            "trigger": trigger.to_dict(),
            "trigger_type": self._pack.trigger_types[trigger.type].to_dict(),
            "trigger_instance": instance.to_dict(),
        }
        given, more = rule.parameters, {"trigger": instance.payload}
        try:
            parameters = self._requester.render(action, given, context, more)
        except ParamException as error:
            self._requester.fail(action, given, context, error, validate=True, origin=origin)
            raise
        return self._requester.request(action, parameters, context, origin=origin)

    def _brief(self, reason: str) -> str:
        """The reason as it may be logged: it can hold a parameter's value."""
        return self._requester.store.scrub(reason.split("\n")[0])

    def _keep(
        self,
        rule: Rule,
        instance: TriggerInstance,
        *,
        execution_id: Optional[str] = None,
        failure_reason: Optional[str] = None,
    ) -> None:
        enforcement = RuleEnforcement(
            rule={"ref": rule.ref, "id": rule.id, "uid": rule.uid},
            trigger_instance_id=instance.id,
            status="succeeded" if failure_reason is None else "failed",
            execution_id=execution_id,
            failure_reason=failure_reason,
        )
        with self._lock:
            self._enforcements.append(enforcement)
        brief = None if failure_reason is None else self._brief(failure_reason)
        if brief is not None:
            LOG.warning("Rule %s failed: %s", rule.ref, brief)
        self._notifier.emit(
            ENFORCEMENT,
            id=enforcement.id,
            rule=rule.ref,
            trigger_instance_id=instance.id,
            status=enforcement.status,
            execution_id=enforcement.execution_id,
            failure_reason=brief,
        )
        self._changed()
