"""Tells whoever watches what happens, one thing after the other."""

import datetime
import logging
import queue
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

from . import ids

LOG = logging.getLogger(__name__)

EXECUTION = "execution"
TRIGGER = "trigger_instance"
ENFORCEMENT = "rule_enforcement"
MESSAGE = "message"
SENSOR = "sensor"


@dataclass(frozen=True)
class Event:
    """Something has happened. `data` can be written as JSON and holds no secrets.

    execution         id, action, status, parent, task, user, elapsed_seconds: a new state
    trigger_instance  id, trigger, status, trace_tag: dispatched, or a new state
    rule_enforcement  id, rule, trigger_instance_id, status, execution_id, failure_reason
    message           channel, message, user, whisper, extra, context, execution_id
    sensor            ref, state ("spawned", "exited", "dead", "log"), pid, exit_code, line
    """

    kind: str
    data: Dict[str, Any]
    timestamp: datetime.datetime = field(default_factory=ids.now)


OnEvent = Callable[[Event], None]


class Subscription:
    """The events from the moment it is made, for one reader; safe to close from any thread."""

    def __init__(self, forget: Callable[["Subscription"], None]) -> None:
        self._forget = forget
        self._queue: queue.SimpleQueue[Optional[Event]] = queue.SimpleQueue()
        self._closed = False

    def put(self, event: Event) -> None:
        """Keep it for the reader."""
        self._queue.put(event)

    def next(self, timeout: float) -> Optional[Event]:
        """The next event; None if none comes for so many seconds, or it is closed."""
        try:
            return None if self._closed else self._queue.get(timeout=timeout)
        except queue.Empty:
            return None

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def close(self) -> None:
        """Keep nothing any more, and wake the reader."""
        self._closed = True
        self._forget(self)
        self._queue.put(None)


class Notifier:
    """Calls `on_event` in a thread of its own, in the order of the events; what it raises is
    logged. Without it, and without a subscription, nothing is kept and no thread runs."""

    def __init__(self, on_event: Optional[OnEvent]) -> None:
        self._on_event = on_event
        self._queue: queue.SimpleQueue[Optional[Event]] = queue.SimpleQueue()
        self._thread: Optional[threading.Thread] = None
        self._lock = threading.Lock()
        self._subscriptions: List[Subscription] = []
        if on_event is not None:
            self._thread = threading.Thread(target=self._run, args=(on_event,), name="st2-notifier")
            self._thread.start()

    def subscribe(self) -> Subscription:
        """All events from now on."""
        made = Subscription(self._unsubscribe)
        with self._lock:
            self._subscriptions.append(made)
        return made

    def emit(self, kind: str, **data: Any) -> None:
        """Tell it, without waiting."""
        if self._thread is None and not self._subscriptions:
            return
        event = Event(kind, data)
        with self._lock:
            for subscription in self._subscriptions:
                subscription.put(event)
        if self._thread is not None:
            self._queue.put(event)

    def close(self) -> None:
        """Tell what there is left to tell, and end."""
        for subscription in list(self._subscriptions):
            subscription.close()
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def _run(self, on_event: OnEvent) -> None:
        while True:
            event = self._queue.get()
            if event is None:
                return
            try:
                on_event(event)
            except Exception:
                LOG.exception("on_event failed for %s", event.kind)
