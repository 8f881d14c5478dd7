"""Tells whoever watches what happens, one thing after the other; keeps the chat messages."""

import logging
import queue
import threading
from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional

LOG = logging.getLogger(__name__)

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
    """Calls `on_event` in a thread of its own, in the order of the events; what it raises is
    logged. Without it nothing is kept and no thread runs."""

    def __init__(self, on_event: Optional[OnEvent]) -> None:
        self._queue: queue.SimpleQueue[Optional[Event]] = queue.SimpleQueue()
        self._thread: Optional[threading.Thread] = None
        if on_event is not None:
            self._thread = threading.Thread(target=self._run, args=(on_event,), name="st2-notifier")
            self._thread.start()

    def emit(self, kind: str, **data: Any) -> None:
        """Tell it, without waiting."""
        if self._thread is not None:
            self._queue.put(Event(kind, data))

    def close(self) -> None:
        """Tell what there is left to tell, and end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _run(self, on_event: OnEvent) -> None:
        while True:
            event = self._queue.get()
            if event is None:
                return
            try:
                on_event(event)
            except Exception:
                LOG.exception("on_event failed for %s", event.kind)


@dataclass(frozen=True)
class Message:
    """A message to a chat channel, as `chatops.post_message` announces it."""

    channel: str
    route: str
    message: str
    user: Optional[str]
    extra: Optional[Dict[str, Any]]
    execution_id: str


class Messages:
    """The chat messages so far; safe to use from any thread."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._lock = threading.Lock()
        self._all: List[Message] = []

    def post(self, parameters: Mapping[str, Any], execution_id: str) -> None:
        """Keep one, and tell of it."""
        message = Message(
            channel=parameters["channel"],
            route=parameters["route"],
            message=parameters["message"],
            user=parameters.get("user"),
            extra=parameters.get("extra"),
            execution_id=execution_id,
        )
        with self._lock:
            self._all.append(message)
        self._notifier.emit(MESSAGE, **asdict(message))

    def all(self) -> List[Message]:
        """All of them, the oldest first."""
        with self._lock:
            return list(self._all)
