"""What the YAML files of a pack may say (st2common/models/api/*.py). Schemas within them, as those
of parameters, are checked by the registry.

Attributes that this pack has no use for are missing, so that one that is misspelt is never taken.
"""

from typing import Any, Dict

from .criteria import OPERATORS
from .runners import RUNNERS

Schema = Dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NEEDED: Schema = {"type": "string", "required": True}
_FLAG: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": "object"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}


def _object(properties: Dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _resource(properties: Dict[str, Schema]) -> Schema:
    """What belongs to a pack, and may be disabled."""
    common = {"pack": _TEXT, "description": _TEXT, "enabled": _FLAG}
    return _object({**common, **properties})


PACK = _object(
    {
        "name": _NEEDED,
        "ref": {"type": "string", "pattern": r"^[a-z0-9_]+$", "required": True},
        "description": _NEEDED,
        "keywords": _TEXTS,
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$", "required": True},
        "stackstorm_version": {"type": "string", "pattern": r"^>=\d+\.\d+\.\d+$"},
        "python_versions": {"type": "array", "items": {"type": "string", "enum": ["2", "3"]}},
        "author": _NEEDED,
        # Not required by the real schema, but the registration fails without it.
        "email": _NEEDED,
    },
    additionalProperties=True,
)

ACTION = _resource(
    {
        "name": _NEEDED,
        "runner_type": {"enum": list(RUNNERS), "required": True},
        "entry_point": _TEXT,
        "parameters": _OBJECT,
        "output_schema": _OBJECT,
    }
)

_TRIGGER_TYPE = _object({"name": _NEEDED, "description": _TEXT, "payload_schema": _OBJECT})

SENSOR = _resource(
    {
        "class_name": _NEEDED,
        "entry_point": _NEEDED,
        "trigger_types": {"type": "array", "items": _TRIGGER_TYPE},
    }
)

_CRITERION = _object(
    {
        "type": {"enum": list(OPERATORS), "required": True},
        # StackStorm renders a template.
        "pattern": {"not": {"type": ["string", "null"], "pattern": r"\{[{%]"}, "required": True},
    }
)

RULE = _resource(
    {
        "name": _NEEDED,
        "trigger": _object({"type": _NEEDED, "parameters": _OBJECT}, required=True),
        # StackStorm looks into lists, too.
        "criteria": _object({}, patternProperties={r"^trigger(\.\w+)+$": _CRITERION}),
        "action": _object({"ref": _NEEDED, "parameters": _OBJECT}, required=True),
    }
)

_CONCURRENCY = _object(
    {
        "threshold": {"type": "integer", "required": True},
        # StackStorm can delay, too.
        "action": {"enum": ["cancel"], "required": True},
    },
    required=True,
)

POLICY = _resource(
    {
        "name": _NEEDED,
        "resource_ref": _NEEDED,
        # StackStorm has others.
        "policy_type": {"enum": ["action.concurrency"], "required": True},
        "parameters": _CONCURRENCY,
    }
)

_REPLY: Dict[str, Schema] = {"enabled": _FLAG, "format": _TEXT}

ALIAS = _resource(
    {
        "name": _NEEDED,
        "action_ref": _NEEDED,
        # StackStorm takes a text, too. Not required by its schema, but by the registration.
        "formats": {
            "type": "array",
            "items": _object({"display": _TEXT, "representation": {**_TEXTS, "required": True}}),
            "required": True,
        },
        "ack": _object({**_REPLY, "append_url": _FLAG}),
        "result": _object({**_REPLY, "extra": _OBJECT}),
        "immutable_parameters": _OBJECT,
    }
)

INTERVAL: Schema = _object(
    {
        "unit": {"enum": ["weeks", "days", "hours", "minutes", "seconds"], "required": True},
        "delta": {"type": "integer", "required": True},
    }
)
"""The parameters of core.st2.IntervalTimer."""
