"""What is announced on StackStorm's stream: chat messages above all
(contrib/runners/announcement_runner)."""

import collections
import datetime
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional

from . import ids
from .events import MESSAGE, Notifier

CHATOPS = "chatops"


@dataclass(frozen=True)
class Message:
    """A message to a chat channel, as `chatops.post_message` announces it."""

    channel: str
    message: str
    user: Optional[str]
    whisper: bool
    extra: Optional[Dict[str, Any]]
    context: Optional[Dict[str, Any]]
    execution_id: str
    timestamp: datetime.datetime


@dataclass(frozen=True)
class Announcement:
    """Anything announced, on any route."""

    route: str
    payload: Mapping[str, Any]
    execution_id: str
    timestamp: datetime.datetime = field(default_factory=ids.now)


class Announcements:
    """Keeps the last `keep` announcements; safe to use from any thread."""

    def __init__(self, notifier: Notifier, keep: int, changed: Callable[[], None]) -> None:
        self._notifier = notifier
        self._changed = changed
        self._lock = threading.Lock()
        self._all: Deque[Announcement] = collections.deque(maxlen=keep)

    def announce(self, route: str, payload: Mapping[str, Any], execution_id: str) -> None:
        """Keep it, and tell of it if it is a chat message."""
        announcement = Announcement(route, payload, execution_id)
        with self._lock:
            self._all.append(announcement)
        if route == CHATOPS:
            message = _message(announcement)
            self._notifier.emit(
                MESSAGE,
                channel=message.channel,
                message=message.message,
                user=message.user,
                whisper=message.whisper,
                extra=message.extra,
                context=message.context,
                execution_id=execution_id,
            )
        self._changed()

    def all(self) -> List[Announcement]:
        """All of them, the oldest first."""
        with self._lock:
            return list(self._all)

    def messages(self) -> List[Message]:
        """The chat messages, the oldest first."""
        return [_message(item) for item in self.all() if item.route == CHATOPS]


def _message(item: Announcement) -> Message:
    get = item.payload.get
    return Message(
        channel=get("channel", ""),
        message=get("message", ""),
        user=get("user"),
        whisper=bool(get("whisper")),
        extra=get("extra"),
        context=get("context"),
        execution_id=item.execution_id,
        timestamp=item.timestamp,
    )
