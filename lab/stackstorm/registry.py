"""Registers a pack as `st2ctl reload --register-all` does, and refuses what that refuses
(st2common/bootstrap/*registrar.py).

What StackStorm would notice only later is refused here too: entry points that are not there,
attributes of a sensor that mean nothing. So is what StackStorm has and the lab has not.
"""

import dataclasses
import logging
import uuid
from pathlib import Path
from typing import Any, Dict, Mapping

import jsonschema

from . import about, aliases, criteria, files, manifests, templates
from . import schema as schemas
from .models import Action, Pack, Policy, Rule, Sensor, Trigger, TriggerType
from .runners import BUILT_IN, ORQUESTA, PYTHON, RUNNERS

LOG = logging.getLogger(__name__)

INTERVAL_TIMER = "core.st2.IntervalTimer"
ACTION_COMPLETED = "core.st2.generic.actiontrigger"


def load(pack_dir: Path) -> Pack:
    """Everything that a pack's folder holds. Raises RegistrationError for the first thing that is
    wrong, naming the file."""
    pack = about.read(pack_dir)
    pack.actions.update({ref: Action(ref=ref, **content) for ref, content in BUILT_IN.items()})
    pack.trigger_types[INTERVAL_TIMER] = TriggerType(INTERVAL_TIMER, {}, manifests.INTERVAL)
    pack.trigger_types[ACTION_COMPLETED] = TriggerType(ACTION_COMPLETED)
    pack.triggers[ACTION_COMPLETED] = Trigger(ACTION_COMPLETED, ACTION_COMPLETED, {})
    for kind, schema, add in (
        ("sensor", manifests.SENSOR, _sensor),
        ("action", manifests.ACTION, _action),
        ("rule", manifests.RULE, _rule),
        ("alias", manifests.ALIAS, _alias),
        ("policy", manifests.POLICY, _policy),
    ):
        for content, complain in files.each(pack.path, pack.ref, kind, schema):
            try:
                add(pack, content)
            except jsonschema.ValidationError as error:
                raise complain(files.describe(error)) from None
            except ValueError as error:
                raise complain(str(error)) from None
    return pack


def _common(pack: Pack, content: Mapping[str, Any]) -> Dict[str, Any]:
    """What every kind has. A rule is disabled unless it says that it is not."""
    is_rule = "trigger" in content
    return {
        "ref": f"{pack.ref}.{content.get('name') or content['class_name']}",
        "description": content.get("description") or "",
        "enabled": bool(content.get("enabled", not is_rule)),
    }


def _sensor(pack: Pack, content: Mapping[str, Any]) -> None:
    path = files.entry_point(pack.path, "sensors", content["entry_point"])
    refs = []
    for kind in content.get("trigger_types") or []:
        ref = f"{pack.ref}.{kind['name']}"
        pack.trigger_types[ref] = TriggerType(ref, kind.get("payload_schema") or {})
        pack.triggers[ref] = Trigger(ref, ref)
        refs.append(ref)
    sensor = Sensor(
        class_name=content["class_name"], path=path, trigger_types=refs, **_common(pack, content)
    )
    pack.sensors[sensor.ref] = sensor


def _action(pack: Pack, content: Mapping[str, Any]) -> None:
    if content["runner_type"] not in RUNNERS:
        raise ValueError(f"RunnerType {content['runner_type']} is not found, or not in the lab.")
    action = Action(
        runner=RUNNERS[content["runner_type"]],
        parameters=content.get("parameters") or {},
        entry_point=content.get("entry_point") or "",
        output_schema=content.get("output_schema") or {},
        **_common(pack, content),
    )
    check_parameters(action.ref, action.parameters, action.runner.parameters)
    if action.runner.name in (PYTHON, ORQUESTA):
        path = files.entry_point(pack.path, "actions", action.entry_point)
        action = dataclasses.replace(action, path=path)
    pack.actions[action.ref] = action


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
        if "immutable" in schema and "default" not in schema and "default" not in of_runner:
            raise ValueError(f"Immutable param {name} requires a default value.")
        if templates.is_expression(schema.get("default")):
            raise ValueError(f"StackStorm renders the default of {name}, the lab does not.")
    numbers = sorted(positions)
    if numbers and numbers != list(range(int(numbers[0]), int(numbers[-1]) + 1)):
        raise ValueError(f"Positions supplied {numbers} for parameters are not contiguous.")


def _rule(pack: Pack, content: Mapping[str, Any]) -> None:
    criteria.check(content.get("criteria") or {})
    rule = Rule(
        trigger=_trigger(pack, content["trigger"]),
        action=content["action"]["ref"],
        parameters=content["action"].get("parameters") or {},
        criteria=content.get("criteria") or {},
        **_common(pack, content),
    )
    pack.rules[rule.ref] = rule


def _trigger(pack: Pack, content: Mapping[str, Any]) -> Trigger:
    """The trigger of a rule: rules with the same parameters share one."""
    kind, parameters = pack.trigger_types.get(content["type"]), content.get("parameters") or {}
    if kind is None:
        hint = " StackStorm may have it; the lab has not." if content["type"][:5] == "core." else ""
        raise ValueError(f"Trigger type {content['type']} doesn't exist.{hint}")
    if kind.parameters_schema:
        schemas.check(parameters, kind.parameters_schema)
    for trigger in pack.triggers.values():
        if trigger.type == kind.ref and trigger.parameters == parameters:
            return trigger
    if not kind.parameters_schema:
        raise ValueError(f"The trigger type {kind.ref} has no parameters.")
    trigger = Trigger(f"core.{uuid.uuid4()}", kind.ref, parameters)
    pack.triggers[trigger.ref] = trigger
    return trigger


def _alias(pack: Pack, content: Mapping[str, Any]) -> None:
    alias = aliases.read(_common(pack, content), content)
    if alias.ref in pack.aliases:
        raise ValueError(f"there are two of the name {alias.ref}, and only one would be kept")
    if alias.action_ref not in pack.actions:
        LOG.warning("%s: the action %s is not there", alias.ref, alias.action_ref)
    pack.aliases[alias.ref] = alias


def _policy(pack: Pack, content: Mapping[str, Any]) -> None:
    kind, parameters = content["policy_type"], content.get("parameters") or {}
    if kind != "action.concurrency":
        raise ValueError(f'Referenced policy_type "{kind}" doesnt exist, or not in the lab')
    schemas.check(parameters, manifests.CONCURRENCY)
    policy = Policy(
        resource_ref=content["resource_ref"],
        threshold=parameters["threshold"],
        **_common(pack, content),
    )
    pack.policies[policy.ref] = policy
