"""The runners that the lab has, and the actions of StackStorm's own packs that come with them
(contrib/runners/*/runner.yaml, contrib/chatops, contrib/core)."""

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

PYTHON, ORQUESTA, ANNOUNCEMENT, NOOP = "python-script", "orquesta", "announcement", "noop"

_ANYTHING = {
    "anyOf": [
        {"type": kind}
        for kind in ("object", "string", "integer", "number", "boolean", "array", "null")
    ]
}


@dataclass(frozen=True)
class Runner:
    """A kind of action: its own parameters, and where in a result the action's value is."""

    name: str
    module: str
    description: str
    parameters: Mapping[str, Dict[str, Any]] = field(default_factory=dict)
    output_key: Optional[str] = None
    output_schema: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """As in StackStorm's API."""
        found: Dict[str, Any] = {
            "name": self.name,
            "uid": f"runner_type:{self.name}",
            "description": self.description,
            "enabled": True,
            "runner_module": self.module,
            "runner_package": self.module,
            "runner_parameters": dict(self.parameters),
        }
        if self.output_key:
            found.update(output_key=self.output_key, output_schema=dict(self.output_schema))
        return found


_PYTHON = Runner(
    name=PYTHON,
    module="python_runner",
    description="A runner for launching python actions.",
    output_key="result",
    output_schema={
        "type": "object",
        "properties": {
            "result": _ANYTHING,
            "stderr": {"type": "string", "required": True},
            "stdout": {"type": "string", "required": True},
            "exit_code": {"type": "integer", "required": True},
        },
        "additionalProperties": False,
    },
    parameters={
        "debug": {
            "description": "Enable runner debug mode.",
            "type": "boolean",
            "required": False,
            "default": False,
        },
        "content_version": {
            "description": "Git revision of the pack content to use for this action execution.",
            "type": "string",
            "required": False,
        },
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
    module="orquesta_runner",
    description="A runner for executing orquesta workflow.",
    output_key="output",
    output_schema={
        "type": "object",
        "properties": {
            "errors": {"anyOf": [{"type": "object"}, {"type": "array"}]},
            "output": _ANYTHING,
        },
        "additionalProperties": False,
    },
    parameters={
        "notify": {
            "description": "List of tasks to trigger notifications for.",
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "pattern": r"^\w+$"},
            "default": [],
        }
    },
)

_ANNOUNCEMENT = Runner(
    name=ANNOUNCEMENT,
    module="announcement_runner",
    description="A runner for emitting an announcement event on the stream.",
    parameters={
        "experimental": {
            "description": "Acknowledges that the runner is experimental.",
            "type": "boolean",
            "required": True,
            "default": False,
        },
        "route": {
            "description": "The routing key, words with dots between them.",
            "type": "string",
            "default": "general",
            "minLength": 1,
            "maxLength": 255,
        },
    },
)

_NOOP = Runner(name=NOOP, module="noop_runner", description="A runner that does nothing.")

RUNNERS: Mapping[str, Runner] = {
    runner.name: runner for runner in (_PYTHON, _ORQUESTA, _ANNOUNCEMENT, _NOOP)
}

ABSENT = (
    "action-chain",
    "http-request",
    "inquirer",
    "local-shell-cmd",
    "local-shell-script",
    "remote-shell-cmd",
    "remote-shell-script",
    "winrm-cmd",
    "winrm-ps-cmd",
    "winrm-ps-script",
)
"""Runners of StackStorm that the lab refuses by name."""

BUILT_IN: Mapping[str, Dict[str, Any]] = {
    "chatops.post_message": {
        "name": "post_message",
        "pack": "chatops",
        "description": "Post a message to stream for chatops",
        "runner_type": ANNOUNCEMENT,
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
    "core.announcement": {
        "name": "announcement",
        "pack": "core",
        "description": "Action that broadcasts the announcement to all stream consumers.",
        "runner_type": ANNOUNCEMENT,
        "parameters": {
            "experimental": {"immutable": True, "default": True},
            "message": {"type": "object", "description": "Message to broadcast."},
        },
    },
    "core.noop": {
        "name": "noop",
        "pack": "core",
        "description": "Action that does nothing",
        "runner_type": NOOP,
        "parameters": {},
    },
}
