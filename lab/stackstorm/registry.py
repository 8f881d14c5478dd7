"""Registers a pack as `st2ctl reload --register-all` does, and refuses what that refuses
(st2common/bootstrap/*registrar.py, st2common/util/pack.py).

What StackStorm would notice only later is refused here too: entry points that are not there, two
files of one name, chat commands that are no regular expression. So is what StackStorm has and the
lab has not.
"""

import datetime
import os
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Tuple

import jsonschema
import yaml

from lab import alias_formats

from . import manifests, templates
from . import schema as schemas
from .errors import RegistrationError
from .models import Action, Alias, Pack, Policy, Resource, Rule, Sensor
from .runners import BUILT_IN, ORQUESTA, PYTHON, RUNNERS

VERSION = (3, 9, 0)
"""The StackStorm that the lab is like."""
INTERVAL_TIMER = "core.st2.IntervalTimer"
ACTION_COMPLETED = "core.st2.generic.actiontrigger"
OVERRIDABLE = ("default", "description", "enum", "immutable", "required")
"""The attributes of a runner's parameter that an action may change."""

INVALID = (jsonschema.ValidationError, jsonschema.SchemaError, ValueError)
"""What says that a file is not as it has to be."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""StackStorm's choice too: several times faster where PyYAML has been built with libyaml."""

Content = Dict[str, Any]
Make = Callable[[Pack, Content, Mapping[str, Any]], Resource]


def read(pack_dir: Path) -> Pack:
    """A pack of which nothing but pack.yaml and config.schema.yaml is read. Raises
    RegistrationError."""
    if not (pack_dir / "pack.yaml").is_file():
        raise RegistrationError("The pack is missing pack.yaml file")
    try:
        about = contents(pack_dir / "pack.yaml")
        if "version" in about:
            about["version"] = str(about["version"])
        schemas.check_given(about, manifests.PACK)
        needed = str(about.get("stackstorm_version") or ">=0.0.0")
        if tuple(map(int, needed[2:].split("."))) > VERSION:
            raise ValueError(f'It requires StackStorm "{needed}", and this is {VERSION}.')
    except INVALID as error:
        raise RegistrationError(f"Failed to register pack: {_described(error)}") from None
    path = pack_dir / "config.schema.yaml"
    try:
        config_schema = contents(path) if path.is_file() else {}
        _check_schemas(config_schema)
    except ValueError as error:
        raise RegistrationError(f"config.schema.yaml: {error}") from None
    return Pack(ref=about["ref"], path=pack_dir, config_schema=config_schema)


def load(pack_dir: Path) -> Pack:
    """Everything that a pack's folder holds. Raises RegistrationError for the first thing that is
    wrong, naming the file."""
    pack = read(pack_dir)
    if (pack_dir / "triggers").is_dir():
        raise RegistrationError("StackStorm registers triggers/, the lab does not.")
    pack.actions.update({action.ref: action for action in BUILT_IN})
    pack.triggers[ACTION_COMPLETED] = {}
    kinds: List[Tuple[str, schemas.Schema, Make, Dict[str, Any]]] = [
        ("sensors", manifests.SENSOR, _sensor, pack.sensors),
        ("actions", manifests.ACTION, _action, pack.actions),
        ("rules", manifests.RULE, _rule, pack.rules),
        ("aliases", manifests.ALIAS, _alias, pack.aliases),
        ("policies", manifests.POLICY, _policy, pack.policies),
    ]
    for folder, schema, make, known in kinds:
        for path in sorted((pack_dir / folder).glob("*.y*ml")):
            try:
                content = contents(path)
                schemas.check_given(content, schema)
                if (content.get("pack") or pack.ref) != pack.ref:
                    raise ValueError(f'field "pack" is different: {content["pack"]}')
                made = make(pack, content, _common(pack, content))
                if made.ref in known:
                    raise ValueError(f"there are two of the name {made.ref}")
            except INVALID as error:
                raise RegistrationError(
                    f"Failed to register {folder}/{path.name} from pack {pack.ref}: "
                    f"{_described(error)}"
                ) from None
            known[made.ref] = made
    return pack


def contents(path: Path) -> Content:
    """What a YAML file holds. Raises RegistrationError."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # safe
    except OSError as error:
        raise RegistrationError(f'Cannot read "{path.name}": {error.strerror}') from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RegistrationError(f'Cannot read "{path.name}": {error}') from None
    if not isinstance(found, dict) or not found:
        raise RegistrationError(f'"{path.name}" holds no attributes')
    return found


def _described(error: Any) -> str:
    """What is wrong, and at which attribute."""
    if isinstance(error, ValueError):
        return str(error)
    path = ".".join(str(step) for step in error.path)
    return f"{path}: {error.message}" if path else str(error.message)


def _common(pack: Pack, content: Content) -> Dict[str, Any]:
    """What every kind has. A rule is disabled unless it says that it is not."""
    is_rule = "trigger" in content
    return {
        "ref": f"{pack.ref}.{content.get('name') or content['class_name']}",
        "description": content.get("description") or "",
        "enabled": bool(content.get("enabled", not is_rule)),
    }


def _entry_point(pack: Pack, folder: str, name: str) -> Path:
    """A file below one of the pack's folders. Raises ValueError where it is not there or the name
    leaves the folder. StackStorm finds out only when it runs the action or the sensor."""
    if os.path.normpath("/" + name).lstrip("/") != name:
        raise ValueError(f'Invalid file path: "{name}". It must not leave {folder}/.')
    path = pack.path / folder / name
    if not path.is_file():
        raise ValueError(f'entry_point "{name}" is not a file in {folder}/')
    return path


def _check_schemas(named: Mapping[str, Any]) -> None:
    """Raises ValueError unless these are the schemas of parameters, by their names."""
    for name, schema in named.items():
        if not re.fullmatch(r"\w+", name):
            raise ValueError(f'Parameter name "{name}" is invalid. Only word characters go.')
        try:
            schemas.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"{name}: {_described(error)}") from None
        if isinstance(schema.get("type"), list):
            raise ValueError(f"{name}: a parameter has one type, and not a list of them")


def _sensor(pack: Pack, content: Content, common: Mapping[str, Any]) -> Sensor:
    path = _entry_point(pack, "sensors", content["entry_point"])
    for kind in content.get("trigger_types") or []:
        schema = kind.get("payload_schema") or {}
        schemas.check_schema(schema)
        pack.triggers[f"{pack.ref}.{kind['name']}"] = schema
    return Sensor(class_name=content["class_name"], path=path, **common)


def _action(pack: Pack, content: Content, common: Mapping[str, Any]) -> Action:
    runner = RUNNERS[content["runner_type"]]
    parameters, output_schema = content.get("parameters") or {}, content.get("output_schema") or {}
    _check_schemas(parameters)
    schemas.check_schema(output_schema)
    _check_parameters(parameters, runner.parameters)
    path = None
    if runner.name in (PYTHON, ORQUESTA):
        path = _entry_point(pack, "actions", content.get("entry_point") or "")
    return Action(
        runner=runner, parameters=parameters, path=path, output_schema=output_schema, **common
    )


def _check_parameters(
    parameters: Mapping[str, Dict[str, Any]], inherited: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raises ValueError where an action's parameters contradict each other or the runner's."""
    for name, schema in parameters.items():
        of_runner = inherited.get(name, {})
        for attribute, value in schema.items() if of_runner else ():
            if attribute not in OVERRIDABLE and value != of_runner.get(attribute):
                raise ValueError(
                    f'The attribute "{attribute}" for the runner parameter "{name}" cannot be '
                    "overridden."
                )
        if "immutable" in schema and "default" not in schema and "default" not in of_runner:
            raise ValueError(f"Immutable param {name} requires a default value.")
        if templates.is_expression(schema.get("default")):
            raise ValueError(f"StackStorm renders the default of {name}, the lab does not.")
    placed = [schema for schema in parameters.values() if "position" in schema]
    positions = sorted(int(schema["position"]) for schema in placed)
    if positions and positions != list(range(positions[0], positions[0] + len(positions))):
        raise ValueError(f"Positions supplied {positions} for parameters are not contiguous.")


def _rule(pack: Pack, content: Content, common: Mapping[str, Any]) -> Rule:
    trigger, parameters = content["trigger"]["type"], content["trigger"].get("parameters") or {}
    if trigger == INTERVAL_TIMER:
        schemas.check(parameters, manifests.INTERVAL)
        unit, delta = parameters["unit"], parameters["delta"]
        trigger = f"{INTERVAL_TIMER}.{delta}.{unit}"
        pack.timers[trigger] = datetime.timedelta(**{unit: delta}).total_seconds()
        pack.triggers[trigger] = {}
    elif parameters:
        raise ValueError(f"The trigger type {trigger} has no parameters.")
    if trigger not in pack.triggers:
        raise ValueError(f"Trigger type {trigger} doesn't exist, or not in the lab.")
    return Rule(
        trigger=trigger,
        action=content["action"]["ref"],
        parameters=content["action"].get("parameters") or {},
        criteria=content.get("criteria") or {},
        **common,
    )


def _alias(_pack: Pack, content: Content, common: Mapping[str, Any]) -> Alias:
    formats = [one for item in content["formats"] for one in item["representation"]]
    for one in formats:
        alias_formats.pattern(one)
    return Alias(
        action_ref=content["action_ref"],
        formats=formats,
        ack=content.get("ack") or {},
        result=content.get("result") or {},
        immutable_parameters=content.get("immutable_parameters") or {},
        **common,
    )


def _policy(_pack: Pack, content: Content, common: Mapping[str, Any]) -> Policy:
    threshold = content["parameters"]["threshold"]
    return Policy(resource_ref=content["resource_ref"], threshold=threshold, **common)
