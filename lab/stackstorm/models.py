"""What a pack consists of once it is registered."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

from . import ids
from .runners import Runner


@dataclass(frozen=True)
class Action:
    """An action. `path` is its entry point on disk, None where the runner needs none."""

    ref: str
    pack: str
    name: str
    runner: Runner
    parameters: Mapping[str, Dict[str, Any]]
    description: str = ""
    enabled: bool = True
    entry_point: str = ""
    path: Optional[Path] = None
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    tags: List[Any] = field(default_factory=list)
    metadata_file: str = ""
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        return {
            "id": self.id,
            "ref": self.ref,
            "uid": f"action:{self.pack}:{self.name}",
            "pack": self.pack,
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
            "runner_type": self.runner.name,
            "entry_point": self.entry_point,
            "parameters": dict(self.parameters),
            "output_schema": dict(self.output_schema),
            "tags": self.tags,
            "notify": {},
            "metadata_file": self.metadata_file,
        }


@dataclass(frozen=True)
class TriggerType:
    """What a sensor may dispatch."""

    ref: str
    description: str = ""
    payload_schema: Mapping[str, Any] = field(default_factory=dict)
    parameters_schema: Mapping[str, Any] = field(default_factory=dict)
    tags: List[Any] = field(default_factory=list)
    metadata_file: str = ""
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        pack, name = self.ref.split(".", 1)
        return {
            "id": self.id,
            "ref": self.ref,
            "uid": f"trigger_type:{pack}:{name}",
            "pack": pack,
            "name": name,
            "description": self.description,
            "payload_schema": dict(self.payload_schema),
            "parameters_schema": dict(self.parameters_schema),
            "tags": self.tags,
            "metadata_file": self.metadata_file,
        }


@dataclass(frozen=True)
class Trigger:
    """A trigger type with its parameters; its ref is the type's where there are none."""

    ref: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        pack, name = self.ref.split(".", 1)
        return {
            "id": self.id,
            "ref": self.ref,
            "uid": f"trigger:{pack}:{name}",
            "pack": pack,
            "name": name,
            "type": self.type,
            "parameters": dict(self.parameters),
        }


@dataclass
class Rule:
    """Which trigger starts which action, with which parameters. Only `enabled` changes."""

    ref: str
    trigger: Trigger
    action: str
    parameters: Mapping[str, Any]
    criteria: Mapping[str, Any]
    enabled: bool
    backstop: bool = False
    description: str = ""
    tags: List[Any] = field(default_factory=list)
    context: Mapping[str, Any] = field(default_factory=dict)
    metadata_file: str = ""
    id: str = field(default_factory=ids.new)

    @property
    def uid(self) -> str:
        """As in StackStorm's API."""
        return "rule:" + self.ref.replace(".", ":", 1)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        pack, name = self.ref.split(".", 1)
        trigger = self.trigger
        return {
            "id": self.id,
            "ref": self.ref,
            "uid": self.uid,
            "pack": pack,
            "name": name,
            "description": self.description,
            "enabled": self.enabled,
            "type": {"ref": "backstop" if self.backstop else "standard", "parameters": {}},
            "trigger": {
                "type": trigger.type,
                "parameters": dict(trigger.parameters),
                "ref": trigger.ref,
            },
            "criteria": dict(self.criteria),
            "action": {"ref": self.action, "parameters": dict(self.parameters)},
            "context": dict(self.context),
            "tags": self.tags,
            "metadata_file": self.metadata_file,
        }


@dataclass(frozen=True)
class Sensor:
    """A sensor class; `poll_interval` is in seconds."""

    ref: str
    class_name: str
    path: Path
    trigger_types: List[str]
    poll_interval: Optional[float] = None
    enabled: bool = True
    description: str = ""


@dataclass(frozen=True)
class Policy:
    """A rule about how an action may run."""

    ref: str
    resource_ref: str
    policy_type: str
    parameters: Mapping[str, Any]
    enabled: bool = True


@dataclass(frozen=True)
class Alias:
    """A chat command: the formats it may have, and what chat is told before and after its action
    has run."""

    ref: str
    pack: str
    name: str
    action_ref: str
    formats: List[Union[str, Dict[str, Any]]]
    description: str = ""
    enabled: bool = True
    ack: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    immutable_parameters: Mapping[str, Any] = field(default_factory=dict)
    metadata_file: str = ""
    id: str = field(default_factory=ids.new)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        return {
            "id": self.id,
            "ref": self.ref,
            "uid": f"action_alias:{self.pack}:{self.name}",
            "pack": self.pack,
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
            "action_ref": self.action_ref,
            "formats": self.formats,
            "ack": dict(self.ack),
            "result": dict(self.result),
            "extra": dict(self.extra),
            "immutable_parameters": dict(self.immutable_parameters),
            "metadata_file": self.metadata_file,
        }


@dataclass
class Pack:
    """Everything that a folder holds."""

    ref: str
    path: Path
    about: Mapping[str, Any]
    config_schema: Mapping[str, Dict[str, Any]]
    actions: Dict[str, Action] = field(default_factory=dict)
    trigger_types: Dict[str, TriggerType] = field(default_factory=dict)
    triggers: Dict[str, Trigger] = field(default_factory=dict)
    rules: Dict[str, Rule] = field(default_factory=dict)
    sensors: Dict[str, Sensor] = field(default_factory=dict)
    policies: Dict[str, Policy] = field(default_factory=dict)
    aliases: Dict[str, Alias] = field(default_factory=dict)
