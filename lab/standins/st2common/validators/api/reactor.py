"""Whether a trigger's payload is what its schema allows (st2common/validators/api/reactor.py)."""

from typing import Any

import lab_socket
from jsonschema import ValidationError


def validate_trigger_payload(
    trigger_type_ref: str, payload: Any, throw_on_inexistent_trigger: bool = False
) -> None:
    """Raises jsonschema's ValidationError; ValueError for a trigger that is not there, if told so.
    Nothing is checked where there is no StackStorm."""
    if not lab_socket.there():
        return
    refused = lab_socket.call("validate", trigger=trigger_type_ref, payload=payload)
    if refused is not None and refused["path"] is not None:
        raise ValidationError(refused["message"], path=refused["path"])
    if refused is not None and throw_on_inexistent_trigger:
        raise ValueError(refused["message"])
