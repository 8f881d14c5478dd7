"""The runners that the lab has, and the actions of StackStorm's own packs that come with them
(contrib/runners/*/runner.yaml, contrib/chatops, contrib/core)."""

from typing import List, Mapping

from .models import Action, Runner

PYTHON, ORQUESTA, ANNOUNCEMENT, NOOP = "python-script", "orquesta", "announcement", "noop"

_LEVELS = ["AUDIT", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]

RUNNERS: Mapping[str, Runner] = {
    PYTHON: Runner(
        PYTHON,
        {
            "debug": {"type": "boolean", "default": False},
            "content_version": {"type": "string"},
            "env": {"type": "object", "description": "Environment variables of the action."},
            "timeout": {
                "type": "integer",
                "default": 600,
                "description": "Seconds after which an action that has not finished is killed.",
            },
            "log_level": {"type": "string", "default": "DEBUG", "enum": _LEVELS},
        },
        output_key="result",
    ),
    ORQUESTA: Runner(ORQUESTA, {"notify": {"type": "array", "default": []}}, output_key="output"),
    ANNOUNCEMENT: Runner(
        ANNOUNCEMENT,
        {
            "experimental": {"type": "boolean", "required": True, "default": False},
            "route": {"type": "string", "default": "general", "minLength": 1, "maxLength": 255},
        },
    ),
    NOOP: Runner(NOOP),
}

POST = "chatops.post_message"

BUILT_IN: List[Action] = [
    Action(
        POST,
        "Post a message to stream for chatops",
        True,
        RUNNERS[ANNOUNCEMENT],
        {
            "experimental": {"immutable": True, "default": True},
            "route": {"default": "chatops"},
            "user": {"type": "string", "description": "Explicitly notify a user"},
            "whisper": {"type": "boolean", "default": False},
            "message": {"type": "string", "description": "Message to send.", "required": True},
            "channel": {"type": "string", "description": "Channel to post to", "required": True},
            "context": {"type": "object"},
            "extra": {"type": "object", "description": "Extra adapter-specific parameters."},
        },
    ),
    Action("core.noop", "Action that does nothing", True, RUNNERS[NOOP], {}),
]
"""The actions of StackStorm's own packs that the lab has."""
