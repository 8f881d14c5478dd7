"""What whoever watches or waits is told of, one thing after the other."""

import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

from .worker import Worker

EXECUTION = "execution"
TRIGGER = "trigger_instance"
MESSAGE = "message"
SENSOR = "sensor"
REPLY = "reply"


@dataclass(frozen=True)
class Event:
    """Something has happened. `data` can be written as JSON and holds no secrets.

    execution         id, action, status, parent, task, user, elapsed_seconds: a new state
    trigger_instance  id, trigger, status, trace_tag: dispatched, or a new state
    message           channel, route, message, user, extra, execution_id
    sensor            ref, state ("running", "ended", "dead", "log"), and exit_code or line
    reply             execution_id: a chat command is answered
    """

    kind: str
    data: Dict[str, Any]


OnEvent = Callable[[Event], None]


class Notifier:
    """Calls `on_event`, if there is one, in a thread of its own, in the order of the events. Then
    it wakes those who wait."""

    def __init__(self, on_event: Optional[OnEvent] = None) -> None:
        self._on_event = on_event
        self._worker = Worker("notifier")
        self._changed = threading.Condition()

    def emit(self, kind: str, **data: Any) -> None:
        """Tell, without waiting."""
        self._worker.do(self._tell, Event(kind, data))

    def until(self, holds: Callable[[], bool], timeout: Optional[float] = None) -> bool:
        """Wait until it holds, for so many seconds at most; it is asked after every event, and must
        not itself change anything. Returns whether it does."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not holds():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def close(self) -> None:
        """Tell what there is left to tell, and end."""
        self._worker.close()

    def _tell(self, event: Event) -> None:
        try:
            if self._on_event is not None:
                self._on_event(event)
        finally:
            with self._changed:
                self._changed.notify_all()


@dataclass(frozen=True)
class Message:
    """A message to a chat channel, as `chatops.post_message` announces it."""

    channel: str
    route: str
    message: str
    user: Optional[str]
    extra: Optional[Dict[str, Any]]
    execution_id: str
