"""What StackStorm's JSON encoder, orjson, makes of Python's values.

It is loaded by path, in a process that must not be able to import the lab.
"""

import dataclasses
import datetime
import enum
import uuid
from typing import Any


def plain(value: Any) -> Any:
    """A value as orjson, StackStorm's encoder, sees it. Raises TypeError for what it refuses: sets,
    bytes, keys that are no text, numbers beyond 64 bits, objects."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise TypeError("Integer exceeds 64-bit range")
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("Dict key must be str")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")
