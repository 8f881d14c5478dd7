"""What a pack consists of once it is registered; `to_dict` is as in StackStorm's API."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

from . import ids
from . import schema as schemas
from .runners import Runner


@dataclass(frozen=True)
class Action:
    """An action. `path` is its entry point on disk, None where the runner needs none."""

    ref: str
    runner: Runner
    parameters: Mapping[str, Dict[str, Any]]
    description: str = ""
    enabled: bool = True
    entry_point: str = ""
    path: Optional[Path] = None
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=ids.new)

    @property
    def pack(self) -> str:
        """The pack that it is in."""
        return self.ref.split(".", 1)[0]

    @property
    def all_parameters(self) -> Dict[str, Dict[str, Any]]:
        """Its own and its runner's."""
        return schemas.merge_parameters(self.runner.parameters, self.parameters)

    def to_dict(self) -> Dict[str, Any]:
        """See above."""
        return {
            **_names("action", self.ref, self.id),
            "description": self.description,
            "enabled": self.enabled,
            "runner_type": self.runner.name,
            "entry_point": self.entry_point,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True)
class TriggerType:
    """What may be dispatched: by sensors, and by the lab's timer, which has parameters."""

    ref: str
    payload_schema: Mapping[str, Any] = field(default_factory=dict)
    parameters_schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """A trigger type with its parameters; its ref is the type's where there are none."""

    ref: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Rule:
    """Which trigger starts which action, with which parameters. Only `enabled` changes."""

    ref: str
    trigger: Trigger
    action: str
    parameters: Mapping[str, Any]
    criteria: Mapping[str, Any]
    enabled: bool
    description: str = ""
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """See above."""
        trigger = self.trigger
        return {
            **_names("rule", self.ref, self.id),
            "description": self.description,
            "enabled": self.enabled,
            "trigger": {"type": trigger.type, "parameters": dict(trigger.parameters)},
            "criteria": dict(self.criteria),
            "action": {"ref": self.action, "parameters": dict(self.parameters)},
        }


@dataclass(frozen=True)
class Sensor:
    """A sensor class."""

    ref: str
    class_name: str
    path: Path
    trigger_types: List[str]
    enabled: bool = True
    description: str = ""

    @property
    def pack(self) -> str:
        """The pack that it is in."""
        return self.ref.split(".", 1)[0]


@dataclass(frozen=True)
class Policy:
    """How many executions of an action there may be at once; one more is canceled."""

    ref: str
    resource_ref: str
    threshold: int
    enabled: bool = True
    description: str = ""


@dataclass(frozen=True)
class Alias:
    """A chat command: the formats it may have, and what chat is told before and after its action
    has run."""

    ref: str
    action_ref: str
    formats: List[Union[str, Dict[str, Any]]]
    description: str = ""
    enabled: bool = True
    ack: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    immutable_parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=ids.new)

    @property
    def name(self) -> str:
        """Its name in the pack."""
        return self.ref.split(".", 1)[1]

    def to_dict(self) -> Dict[str, Any]:
        """See above."""
        return {
            **_names("action_alias", self.ref, self.id),
            "description": self.description,
            "enabled": self.enabled,
            "action_ref": self.action_ref,
            "formats": self.formats,
        }


def _names(kind: str, ref: str, id_: str) -> Dict[str, Any]:
    pack, name = ref.split(".", 1)
    return {"id": id_, "ref": ref, "uid": f"{kind}:{pack}:{name}", "pack": pack, "name": name}


@dataclass
class Pack:
    """Everything that a folder holds."""

    ref: str
    path: Path
    config_schema: Mapping[str, Dict[str, Any]]
    actions: Dict[str, Action] = field(default_factory=dict)
    trigger_types: Dict[str, TriggerType] = field(default_factory=dict)
    triggers: Dict[str, Trigger] = field(default_factory=dict)
    rules: Dict[str, Rule] = field(default_factory=dict)
    sensors: Dict[str, Sensor] = field(default_factory=dict)
    policies: Dict[str, Policy] = field(default_factory=dict)
    aliases: Dict[str, Alias] = field(default_factory=dict)
