"""Whether a trigger's payload is what its schema allows (st2common/validators/api/reactor.py)."""

from typing import Any

import lab_socket


def validate_trigger_payload(
    trigger_type_ref: str, payload: Any, throw_on_inexistent_trigger: bool = False
) -> None:
    """Raises jsonschema's ValidationError; ValueError for a trigger that is not there, if told so.
    Nothing is checked where there is no StackStorm."""
    if not lab_socket.there():
        return
    try:
        lab_socket.call("validate", trigger=trigger_type_ref, payload=payload)
    except lab_socket.CallFailed as error:
        if error.kind == "ValidationError":
            from jsonschema import ValidationError

            raise ValidationError(error.text, path=error.path) from None
        if throw_on_inexistent_trigger:
            raise ValueError(error.text) from None
