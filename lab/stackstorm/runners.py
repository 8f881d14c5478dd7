"""The runners that the lab has, and the actions of StackStorm's own packs that come with them
(contrib/runners/*/runner.yaml, contrib/chatops, contrib/core)."""

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

PYTHON, ORQUESTA, ANNOUNCEMENT, NOOP = "python-script", "orquesta", "announcement", "noop"


@dataclass(frozen=True)
class Runner:
    """A kind of action: its own parameters, and where in a result the action's value is."""

    name: str
    parameters: Mapping[str, Dict[str, Any]] = field(default_factory=dict)
    output_key: Optional[str] = None

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        return {
            "id": self.name,
            "name": self.name,
            "enabled": True,
            "runner_module": self.name,
            "runner_parameters": dict(self.parameters),
            "output_key": self.output_key,
        }


_PYTHON = Runner(
    name=PYTHON,
    output_key="result",
    parameters={
        "debug": {"type": "boolean", "required": False, "default": False},
        "content_version": {"type": "string", "required": False},
        "env": {
            "description": "Environment variables which will be available to the script.",
            "type": "object",
        },
        "timeout": {
            "description": "Seconds after which an action that has not finished is killed.",
            "type": "integer",
            "default": 600,
        },
        "log_level": {
            "description": "Default log level for Python runner actions.",
            "type": "string",
            "default": "DEBUG",
            "enum": ["AUDIT", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"],
        },
    },
)

_ORQUESTA = Runner(
    name=ORQUESTA,
    output_key="output",
    parameters={
        "notify": {
            "description": "List of tasks to trigger notifications for.",
            "type": "array",
            "default": [],
        }
    },
)

_ANNOUNCEMENT = Runner(
    name=ANNOUNCEMENT,
    parameters={
        "experimental": {"type": "boolean", "required": True, "default": False},
        "route": {"type": "string", "default": "general", "minLength": 1, "maxLength": 255},
    },
)

_NOOP = Runner(name=NOOP)

RUNNERS: Mapping[str, Runner] = {
    runner.name: runner for runner in (_PYTHON, _ORQUESTA, _ANNOUNCEMENT, _NOOP)
}

POST = "chatops.post_message"

BUILT_IN: Mapping[str, Dict[str, Any]] = {
    POST: {
        "description": "Post a message to stream for chatops",
        "runner": _ANNOUNCEMENT,
        "parameters": {
            "experimental": {"immutable": True, "default": True},
            "route": {"default": "chatops"},
            "user": {"type": "string", "description": "Explicitly notify a user"},
            "whisper": {
                "type": "boolean",
                "description": "Send a private message to user",
                "default": False,
            },
            "message": {"type": "string", "description": "Message to send.", "required": True},
            "channel": {"type": "string", "description": "Channel to post to", "required": True},
            "context": {
                "type": "object",
                "description": "Context for channel (includes type of channel, user, etc.)",
                "required": False,
            },
            "extra": {"type": "object", "description": "Extra adapter-specific parameters."},
        },
    },
    "core.noop": {
        "description": "Action that does nothing",
        "runner": _NOOP,
        "parameters": {},
    },
}
"""The actions of StackStorm's own packs that the lab has."""
