"""What a pack consists of once it is registered; `shown` is as in StackStorm's API, where an id is
a number of the database's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Runner:
    """A kind of action: its own parameters, and where in a result the action's value is."""

    name: str
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    output_key: Optional[str] = None

    def shown(self) -> Dict[str, Any]:
        """See above."""
        return {"id": self.name, "name": self.name, "runner_parameters": dict(self.parameters)}


@dataclass
class Resource:
    """What a file of a pack describes. Only `enabled` ever changes."""

    ref: str
    description: str
    enabled: bool

    @property
    def pack(self) -> str:
        """The pack that it is in."""
        return self.ref.split(".", 1)[0]

    @property
    def name(self) -> str:
        """Its name in the pack."""
        return self.ref.split(".", 1)[1]

    def shown(self) -> Dict[str, Any]:
        """See above."""
        return {
            "id": self.ref,
            "ref": self.ref,
            "pack": self.pack,
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
        }


@dataclass
class Action(Resource):
    """An action. `path` is its entry point on disk, None where the runner needs none."""

    runner: Runner
    parameters: Mapping[str, Schema]
    path: Optional[Path] = None
    output_schema: Schema = field(default_factory=dict)

    @property
    def all_parameters(self) -> Dict[str, Dict[str, Any]]:
        """Its own and its runner's, attribute by attribute."""
        inherited, own = self.runner.parameters, self.parameters
        return {
            name: {**inherited.get(name, {}), **own.get(name, {})} for name in [*inherited, *own]
        }

    def shown(self) -> Dict[str, Any]:
        """See above."""
        more = {"runner_type": self.runner.name, "parameters": dict(self.parameters)}
        return {**super().shown(), **more}


@dataclass
class Rule(Resource):
    """Which trigger starts which action, with which parameters."""

    trigger: str
    action: str
    parameters: Mapping[str, Any]
    criteria: Mapping[str, Any]

    def shown(self) -> Dict[str, Any]:
        """See above; parameters may be secret."""
        more = {"trigger": {"ref": self.trigger}, "action": {"ref": self.action}}
        return {**super().shown(), **more, "criteria": dict(self.criteria)}


@dataclass
class Sensor(Resource):
    """A sensor class."""

    class_name: str
    path: Path


@dataclass
class Policy(Resource):
    """How many executions of an action there may be at once; one more is canceled."""

    resource_ref: str
    threshold: int


@dataclass
class Alias(Resource):
    """A chat command: the formats it may have, and what chat is told before and after its action
    has run."""

    action_ref: str
    formats: List[str]
    ack: Mapping[str, Any]
    result: Mapping[str, Any]
    immutable_parameters: Mapping[str, Any]


@dataclass
class Pack:
    """Everything that a folder holds. `triggers` are the schemas of the payloads that may be
    dispatched, `timers` the seconds between those that a timer dispatches, both by ref."""

    ref: str
    path: Path
    config_schema: Mapping[str, Schema]
    actions: Dict[str, Action] = field(default_factory=dict)
    triggers: Dict[str, Schema] = field(default_factory=dict)
    timers: Dict[str, float] = field(default_factory=dict)
    rules: Dict[str, Rule] = field(default_factory=dict)
    sensors: Dict[str, Sensor] = field(default_factory=dict)
    policies: Dict[str, Policy] = field(default_factory=dict)
    aliases: Dict[str, Alias] = field(default_factory=dict)
