"""Registers a pack as `st2ctl reload --register-all` does, and refuses what that refuses
(st2common/bootstrap/*registrar.py).

What StackStorm would notice only later is refused here too: entry points that are not there,
attributes of a sensor that mean nothing, triggers and runners that the lab has not.
"""

import dataclasses
import logging
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional

import jsonschema

from . import about, aliases, criteria, files, manifests
from . import schema as schemas
from .errors import RegistrationError
from .models import Action, Pack, Policy, Rule, Sensor, Trigger, TriggerType
from .runners import ABSENT, BUILT_IN, ORQUESTA, PYTHON, RUNNERS, Runner

LOG = logging.getLogger(__name__)

MINIMUM_POLL_INTERVAL = 4
INTERVAL_TIMER = "core.st2.IntervalTimer"
SENSOR_SPAWN = "core.st2.sensor.process_spawn"
SENSOR_EXIT = "core.st2.sensor.process_exit"

_Complain = Callable[[str], RegistrationError]


def built_in_actions() -> Dict[str, Action]:
    """The actions of StackStorm's own packs."""
    return {
        ref: Action(
            ref=ref,
            pack=content["pack"],
            name=content["name"],
            description=content["description"],
            runner=RUNNERS[content["runner_type"]],
            parameters=content["parameters"],
            metadata_file=f"actions/{content['name']}.yaml",
        )
        for ref, content in BUILT_IN.items()
    }


def built_in_trigger_types() -> Dict[str, TriggerType]:
    """StackStorm's own triggers that the lab emits."""
    return {
        INTERVAL_TIMER: TriggerType(INTERVAL_TIMER, parameters_schema=manifests.INTERVAL),
        SENSOR_SPAWN: TriggerType(SENSOR_SPAWN),
        SENSOR_EXIT: TriggerType(SENSOR_EXIT),
    }


def load(pack_dir: Path) -> Pack:
    """Everything that a pack's folder holds. Raises RegistrationError for the first thing that is
    wrong, naming the file."""
    pack = about.read(pack_dir)
    pack.actions.update(built_in_actions())
    pack.trigger_types.update(built_in_trigger_types())
    _trigger_types(pack)
    _sensors(pack)
    pack.triggers.update(
        {ref: Trigger(ref, ref) for ref, kind in pack.trigger_types.items() if _is_simple(kind)}
    )
    _actions(pack)
    _rules(pack)
    _aliases(pack)
    _policies(pack)
    return pack


def _trigger_types(pack: Pack) -> None:
    for content, _ in files.each(pack.path, pack.ref, "trigger", manifests.TRIGGER_TYPE):
        _add_trigger_type(pack, content)


def _add_trigger_type(pack: Pack, content: Mapping[str, Any]) -> str:
    ref = f"{pack.ref}.{content['name']}"
    pack.trigger_types[ref] = TriggerType(
        ref=ref,
        description=content.get("description") or "",
        payload_schema=content.get("payload_schema") or {},
        parameters_schema=content.get("parameters_schema") or {},
        tags=content.get("tags") or [],
        metadata_file=content.get("metadata_file") or "",
    )
    return ref


def _is_simple(kind: TriggerType) -> bool:
    return not kind.parameters_schema


def _sensors(pack: Pack) -> None:
    for content, complain in files.each(pack.path, pack.ref, "sensor", manifests.SENSOR):
        interval = content.get("poll_interval")
        if interval and interval < MINIMUM_POLL_INTERVAL:
            raise complain(f"Minimum possible poll_interval is {MINIMUM_POLL_INTERVAL} seconds")
        try:
            path = files.entry_point(pack.path, "sensors", content["entry_point"])
        except ValueError as error:
            raise complain(str(error)) from None
        ref = f"{pack.ref}.{content['class_name']}"
        pack.sensors[ref] = Sensor(
            ref=ref,
            class_name=content["class_name"],
            path=path,
            trigger_types=[
                _add_trigger_type(pack, {**kind, "metadata_file": content["metadata_file"]})
                for kind in content.get("trigger_types") or []
            ],
            poll_interval=interval,
            enabled=_enabled(content, default=True),
            description=content.get("description") or "",
        )


def _enabled(content: Mapping[str, Any], *, default: bool) -> bool:
    return bool(content.get("enabled", default))


def _actions(pack: Pack) -> None:
    for content, complain in files.each(pack.path, pack.ref, "action", manifests.ACTION):
        runner = _runner(content["runner_type"], complain)
        parameters = content.get("parameters") or {}
        name = content.get("entry_point") or ""
        action = Action(
            ref=f"{pack.ref}.{content['name']}",
            pack=pack.ref,
            name=content["name"],
            description=content.get("description") or "",
            runner=runner,
            parameters=parameters,
            enabled=_enabled(content, default=True),
            entry_point=name,
            output_schema=content.get("output_schema") or {},
            tags=content.get("tags") or [],
            metadata_file=content["metadata_file"],
        )
        if content.get("notify"):
            LOG.warning("%s: the lab does not send an action's notifications", action.ref)
        try:
            check_parameters(action.ref, parameters, runner.parameters)
            if runner.name in (PYTHON, ORQUESTA):
                path = files.entry_point(pack.path, "actions", name)
                action = dataclasses.replace(action, path=path)
        except ValueError as error:
            raise complain(str(error)) from None
        pack.actions[action.ref] = action


def _runner(name: str, complain: _Complain) -> Runner:
    if name in ABSENT:
        raise complain(f"StackStorm has the runner {name}, the lab has not.")
    if name not in RUNNERS:
        raise complain(f"RunnerType {name} is not found.")
    return RUNNERS[name]


def check_parameters(
    action: str, parameters: Mapping[str, Dict[str, Any]], inherited: Mapping[str, Dict[str, Any]]
) -> None:
    """Raises ValueError where an action's parameters contradict each other or the runner's."""
    positions: Dict[Any, str] = {}
    for name, schema in parameters.items():
        of_runner = inherited.get(name, {})
        for attribute, value in schema.items() if name in inherited else ():
            if attribute not in schemas.OVERRIDABLE and value != of_runner.get(attribute):
                raise ValueError(
                    f'The attribute "{attribute}" for the runner parameter "{name}" in action '
                    f'"{action}" cannot be overridden.'
                )
        if "position" in schema:
            other = positions.setdefault(schema["position"], name)
            if other != name:
                raise ValueError(
                    f"Parameters {name} and {other} have same position {schema['position']}. "
                    "Position values have to be unique."
                )
        if "immutable" in schema:
            if "immutable" in of_runner:
                raise ValueError(
                    f"Param {name} is declared immutable in runner. Cannot override in action."
                )
            if "default" not in schema and "default" not in of_runner:
                raise ValueError(f"Immutable param {name} requires a default value.")
    numbers = sorted(positions)
    if numbers and numbers != list(range(int(numbers[0]), int(numbers[-1]) + 1)):
        raise ValueError(f"Positions supplied {numbers} for parameters are not contiguous.")


def _rules(pack: Pack) -> None:
    for content, complain in files.each(pack.path, pack.ref, "rule", manifests.RULE):
        try:
            criteria.check(content.get("criteria") or {})
            trigger = _trigger(pack, content["trigger"])
        except jsonschema.ValidationError as error:
            raise complain(files.describe(error)) from None
        except ValueError as error:
            raise complain(str(error)) from None
        ref = f"{pack.ref}.{content['name']}"
        pack.rules[ref] = Rule(
            ref=ref,
            trigger=trigger,
            action=content["action"]["ref"],
            parameters=content["action"].get("parameters") or {},
            criteria=content.get("criteria") or {},
            enabled=_enabled(content, default=False),
            backstop=(content.get("type") or {}).get("ref") == "backstop",
            description=content.get("description") or "",
            tags=content.get("tags") or [],
            context=content.get("context") or {},
            metadata_file=content["metadata_file"],
        )


def _trigger(pack: Pack, content: Mapping[str, Any]) -> Trigger:
    """The trigger of a rule: rules with the same parameters share one."""
    kind: Optional[TriggerType] = pack.trigger_types.get(content["type"])
    parameters = content.get("parameters") or {}
    if kind is None:
        own = content["type"].startswith("core.st2.")
        hint = " StackStorm may have it; the lab has not." if own else ""
        raise ValueError(f"Trigger type {content['type']} doesn't exist.{hint}")
    if kind.parameters_schema:
        schemas.validate(parameters, dict(kind.parameters_schema), allow_none=True)
    for trigger in pack.triggers.values():
        if trigger.type == kind.ref and trigger.parameters == parameters:
            return trigger
    if not parameters:
        raise ValueError(
            "A simple trigger should have been created when registering triggertype. Cannot "
            f"create trigger: {dict(content)}."
        )
    trigger = Trigger(
        ref=f"{kind.ref.split('.')[0]}.{uuid.uuid4()}", type=kind.ref, parameters=parameters
    )
    pack.triggers[trigger.ref] = trigger
    return trigger


def _aliases(pack: Pack) -> None:
    for content, complain in files.each(pack.path, pack.ref, "alias", manifests.ALIAS):
        try:
            alias = aliases.read(pack.ref, content)
        except ValueError as error:
            raise complain(str(error)) from None
        if alias.ref in pack.aliases:
            raise complain(f"there are two of the name {alias.name}, and only one would be kept")
        if alias.action_ref not in pack.actions:
            LOG.warning("%s: the action %s is not there", alias.ref, alias.action_ref)
        pack.aliases[alias.ref] = alias


def _policies(pack: Pack) -> None:
    for content, complain in files.each(pack.path, pack.ref, "policy", manifests.POLICY):
        kind = content["policy_type"]
        if kind not in manifests.POLICY_TYPES:
            raise complain(f'Referenced policy_type "{kind}" doesnt exist')
        schema = schemas.for_parameters(manifests.POLICY_TYPES[kind])
        try:
            parameters = schemas.validate(content.get("parameters") or {}, schema, allow_none=True)
        except jsonschema.ValidationError as error:
            raise complain(files.describe(error)) from None
        ref = f"{pack.ref}.{content['name']}"
        pack.policies[ref] = Policy(
            ref=ref,
            resource_ref=content["resource_ref"],
            policy_type=kind,
            parameters=parameters,
            enabled=_enabled(content, default=True),
        )
