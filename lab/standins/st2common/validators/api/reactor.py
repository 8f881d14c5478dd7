"""Whether a trigger's payload is what its schema allows (st2common/validators/api/reactor.py)."""

from typing import Any, Callable, Dict, Optional

check: Optional[Callable[[str, Any, bool], None]] = None
"""Where there is a StackStorm, what asks it; raises as `validate_trigger_payload` does."""


def validate_trigger_payload(
    trigger_type_ref: str, payload: Any, throw_on_inexistent_trigger: bool = False
) -> Optional[Dict[str, Any]]:
    """Raises jsonschema's ValidationError; ValueError for a trigger that is not there, if told so.
    Here nothing is returned, and nothing checked where there is no StackStorm."""
    if check is not None:
        check(trigger_type_ref, payload, throw_on_inexistent_trigger)
    return None
