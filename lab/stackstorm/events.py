"""What whoever watches is told of, one thing after the other."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

from .worker import Worker

EXECUTION = "execution"
TRIGGER = "trigger_instance"
MESSAGE = "message"
SENSOR = "sensor"


@dataclass(frozen=True)
class Event:
    """Something has happened. `data` can be written as JSON and holds no secrets.

    execution         id, action, status, parent, task, user, elapsed_seconds: a new state
    trigger_instance  id, trigger, status, trace_tag: dispatched, or a new state
    message           channel, route, message, user, extra, execution_id
    sensor            ref, state ("running", "ended", "dead", "log"), and exit_code or line
    """

    kind: str
    data: Dict[str, Any]


OnEvent = Callable[[Event], None]


class Notifier:
    """Calls `on_event`, if there is one, in a thread of its own, in the order of the events."""

    def __init__(self, on_event: Optional[OnEvent]) -> None:
        self._on_event = on_event
        self._worker = Worker("notifier")

    def emit(self, kind: str, **data: Any) -> None:
        """Tell it, without waiting."""
        if self._on_event is not None:
            self._worker.do(self._on_event, Event(kind, data))

    def close(self) -> None:
        """Tell what there is left to tell, and end."""
        self._worker.close()


@dataclass(frozen=True)
class Message:
    """A message to a chat channel, as `chatops.post_message` announces it."""

    channel: str
    route: str
    message: str
    user: Optional[str]
    extra: Optional[Dict[str, Any]]
    execution_id: str
