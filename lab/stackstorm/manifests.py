"""What the YAML files of a pack may say (st2common/models/api/*.py)."""

from typing import Any, Dict

from .schema import OUTPUT_META, PARAMETER_META

Schema = Dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NEEDED: Schema = {"type": "string", "required": True}
_FLAG: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": "object"}
_TAGS: Schema = {"type": "array", "items": _OBJECT}
_TEXTS: Schema = {"type": "array", "items": _TEXT}


def _object(properties: Dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _named(kind: Schema) -> Schema:
    return {"type": "object", "patternProperties": {r"^\w+$": kind}, "additionalProperties": False}


VERSION = (
    r"^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
    r"(?:-[\da-z\-]+(?:\.[\da-z\-]+)*)?(?:\+[\da-z\-]+(?:\.[\da-z\-]+)*)?$"
)
REF = r"^[a-z0-9_]+$"

PACK = _object(
    {
        "name": _NEEDED,
        "ref": {"type": "string", "pattern": REF},
        "description": _NEEDED,
        "keywords": _TEXTS,
        "version": {"type": "string", "pattern": VERSION, "required": True},
        "stackstorm_version": {
            "type": "string",
            "pattern": r"^((>?>|>=|=|<=|<?<)\s*[0-9]+\.[0-9]+\.[0-9]+?(\s*,)?\s*)+$",
        },
        "python_versions": {
            "type": "array",
            "items": {"type": "string", "enum": ["2", "3"]},
            "minItems": 1,
            "maxItems": 2,
            "uniqueItems": True,
        },
        "author": _NEEDED,
        # Not required by the real schema, but the registration fails without it.
        "email": _NEEDED,
        "contributors": {"type": "array", "items": {"type": "string", "maxLength": 100}},
        "files": _TEXTS,
        "dependencies": _TEXTS,
        "system": _OBJECT,
        "path": _TEXT,
    },
    additionalProperties=True,
)

CONFIG_SCHEMA = _named(PARAMETER_META)

_NOTIFICATION = _object(
    {"message": _TEXT, "data": _OBJECT, "routes": {"type": "array"}, "channels": {"type": "array"}}
)

ACTION = _object(
    {
        "id": _TEXT,
        "ref": _TEXT,
        "uid": _TEXT,
        "name": _NEEDED,
        "description": _TEXT,
        "enabled": _FLAG,
        "runner_type": _NEEDED,
        "entry_point": _TEXT,
        "pack": _TEXT,
        "parameters": _named(PARAMETER_META),
        "output_schema": OUTPUT_META,
        "tags": _TAGS,
        "notify": _object(
            {f"on-{event}": _NOTIFICATION for event in ("complete", "failure", "success")}
        ),
        "metadata_file": _TEXT,
    }
)

TRIGGER_TYPE = _object(
    {
        "id": _TEXT,
        "ref": _TEXT,
        "uid": _TEXT,
        "name": _NEEDED,
        "pack": _TEXT,
        "description": _TEXT,
        "payload_schema": _OBJECT,
        "parameters_schema": _OBJECT,
        "tags": _TAGS,
        "metadata_file": _TEXT,
    }
)

SENSOR = _object(
    {
        "id": _TEXT,
        "ref": _TEXT,
        "uid": _TEXT,
        "class_name": _NEEDED,
        "pack": _TEXT,
        "description": _TEXT,
        "artifact_uri": _TEXT,
        "entry_point": _NEEDED,
        "enabled": _FLAG,
        "trigger_types": {"type": "array", "items": TRIGGER_TYPE},
        "poll_interval": {"type": "number"},
        "metadata_file": _TEXT,
    }
)

RULE = _object(
    {
        "id": _TEXT,
        "ref": _TEXT,
        "uid": _TEXT,
        "name": _NEEDED,
        "pack": _TEXT,
        "description": _TEXT,
        "type": _object({"ref": _NEEDED, "parameters": _OBJECT}),
        "trigger": _object(
            {"type": _NEEDED, "description": _TEXT, "parameters": _OBJECT, "ref": _TEXT},
            required=True,
            additionalProperties=True,
        ),
        "criteria": _OBJECT,
        "action": _object(
            {"ref": _NEEDED, "description": _TEXT, "parameters": _OBJECT}, required=True
        ),
        "enabled": _FLAG,
        "context": _OBJECT,
        "tags": _TAGS,
        "metadata_file": _TEXT,
    }
)

_ANY_VALUE = {
    "anyOf": [
        {"type": kind} for kind in ("array", "boolean", "integer", "number", "object", "string")
    ]
}

POLICY = _object(
    {
        "id": _TEXT,
        "uid": _TEXT,
        "name": _NEEDED,
        "pack": _TEXT,
        "ref": _TEXT,
        "description": _TEXT,
        "enabled": _FLAG,
        "resource_ref": _NEEDED,
        "policy_type": _NEEDED,
        "parameters": _named(_ANY_VALUE),
        "metadata_file": _TEXT,
    }
)

_THRESHOLD: Dict[str, Schema] = {
    "threshold": {"type": "integer", "required": True},
    "action": {"type": "string", "default": "delay", "enum": ["delay", "cancel"]},
}

POLICY_TYPES: Dict[str, Dict[str, Schema]] = {
    "action.concurrency": _THRESHOLD,
    "action.concurrency.attr": {
        **_THRESHOLD,
        "attributes": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1},
        },
    },
    "action.retry": {
        "retry_on": {"type": "string", "required": True, "enum": ["failure", "timeout"]},
        "max_retry_count": {
            "type": "integer",
            "required": True,
            "minimum": 1,
            "maximum": 5,
            "default": 2,
        },
        "delay": {"type": "number", "minimum": 0, "maximum": 120},
    },
}
"""The parameters of every policy that StackStorm has (st2common/policies/meta)."""

_REPLY: Dict[str, Schema] = {"enabled": _FLAG, "format": _TEXT, "extra": _OBJECT}

ALIAS = _object(
    {
        "id": _TEXT,
        "ref": _TEXT,
        "uid": _TEXT,
        "name": _NEEDED,
        "pack": _TEXT,
        "description": _TEXT,
        "enabled": _FLAG,
        "action_ref": _NEEDED,
        "formats": {
            # Not required by the real schema, but the registration fails without it.
            "required": True,
            "type": "array",
            "items": {
                "anyOf": [
                    _TEXT,
                    {
                        "type": "object",
                        "properties": {"display": _TEXT, "representation": _TEXTS},
                    },
                ]
            },
        },
        "ack": {"type": "object", "properties": {**_REPLY, "append_url": _FLAG}},
        "result": {"type": "object", "properties": _REPLY},
        "extra": _OBJECT,
        "immutable_parameters": _OBJECT,
        "metadata_file": _TEXT,
    }
)

INTERVAL: Schema = _object(
    {
        "timezone": _TEXT,
        "unit": {"enum": ["weeks", "days", "hours", "minutes", "seconds"], "required": True},
        "delta": {"type": "integer", "required": True},
    }
)
"""The parameters of core.st2.IntervalTimer."""
