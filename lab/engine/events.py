"""The engine's event bus: a replay buffer and one bounded queue per reader.

Sizes and the meaning of since and until are those of moby 20.10's daemon/events.
"""

import collections
import threading
from typing import Any, Callable, Deque, List, Mapping, NamedTuple, Optional, Tuple

from . import golang
from .filters import Filters, wants_event
from .refused import Refused

REPLAYED = 256
"""How many events, of all types and before filtering, a daemon remembers."""
QUEUE = 1024
"""How many events wait for one reader before the next is lost in silence. With what the socket's
own buffers hold, a reader that stalls was seen to miss nothing up to about 1,200."""

_ORDER = ("status", "id", "from", "Type", "Action", "Actor", "scope", "time", "timeNano")
_NANO = 10**9

Wanted = Callable[[Mapping[str, Any]], bool]


class Item(NamedTuple):
    """An event and the line that tells of it, "\\n" included."""

    event: Mapping[str, Any]
    line: bytes


class Span(NamedTuple):
    """since and until, in nanoseconds since 1970; None where the caller gave none."""

    since: Optional[int]
    until: Optional[int]

    @classmethod
    def parse(cls, since: str, until: str) -> "Span":
        """Read the two query parameters. Raises Refused: 500 where unreadable, 400 reversed."""
        try:
            span = cls(_moment(since), _moment(until))
        except golang.GoError as error:
            raise Refused(500, str(error)) from None
        if span.until is not None and span.since is not None and span.until < span.since:
            raise Refused(400, f"`since` time ({since}) cannot be after `until` time ({until})")
        return span


class Reader:
    """One subscription: iterate with `next` until it returns None."""

    def __init__(self, wanted: Wanted, capacity: int) -> None:
        self._wanted = wanted
        self._capacity = capacity
        self._items: Deque[Item] = collections.deque()
        self._changed = threading.Condition()
        self._closed = False
        self.lost = 0

    def offer(self, item: Item) -> None:
        """Queue an event if it is wanted; a full queue loses it. Never blocks."""
        if not self._wanted(item.event):
            return
        with self._changed:
            if len(self._items) >= self._capacity:
                self.lost += 1
            else:
                self._items.append(item)
                self._changed.notify_all()

    def next(self, timeout: Optional[float] = None) -> Optional[Item]:
        """The next event, or None where none came within `timeout` seconds or it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout)
            return self._items.popleft() if self._items and not self._closed else None

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def close(self) -> None:
        """Wake whoever waits in `next`; it gets None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Bus:
    """Where events are published. `clock` gives nanoseconds since 1970."""

    def __init__(
        self, clock: Callable[[], int], capacity: int = QUEUE, remembered: int = REPLAYED
    ) -> None:
        self._clock = clock
        self._capacity = capacity
        self._past: Deque[Item] = collections.deque(maxlen=remembered)
        self._readers: List[Reader] = []
        self._changed = threading.Condition(threading.RLock())

    def publish(self, event: Mapping[str, Any]) -> None:
        """Tell an event. What is missing of scope, time and timeNano is filled in."""
        # The lock keeps the events' order that of their times.
        with self._changed:
            now = self._clock()
            full = {"scope": "local", "time": now // _NANO, "timeNano": now, **event}
            ordered = {key: full[key] for key in _ORDER if key in full}
            ordered.update(full)
            self._tell(Item(ordered, (golang.dumps(ordered, html=True) + "\n").encode()))

    def publish_line(self, line: bytes) -> None:
        """Send a line that is no event at all, to every reader without a filter in its way."""
        self._tell(Item({}, line))

    def subscribe(self, span: Span, filters: Filters) -> Tuple[List[Item], Reader]:
        """The past events that `span` asks for, and a reader of all that follow."""
        wanted = wants_event(filters)
        reader = Reader(wanted, self._capacity)
        with self._changed:
            past = [item for item in self._replay(span) if wanted(item.event)]
            self._readers.append(reader)
            self._changed.notify_all()
        return past, reader

    def unsubscribe(self, reader: Reader) -> None:
        """Forget a reader."""
        reader.close()
        with self._changed:
            if reader in self._readers:
                self._readers.remove(reader)
            self._changed.notify_all()

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._readers)

    @property
    def lost(self) -> int:
        """How many events never reached the present readers."""
        return sum(reader.lost for reader in self._readers)

    def lose(self, reader: Reader) -> None:
        """Count an event that was on its way to this reader and will not come."""
        with self._changed:
            reader.lost += 1
            self._changed.notify_all()

    def wait_for_lost(self, count: int, timeout: float) -> bool:
        """Wait until the present readers have lost so many or more; False if that does not come."""
        with self._changed:
            return self._changed.wait_for(lambda: self.lost >= count, timeout)

    def wait_for_readers(self, count: int, timeout: float) -> bool:
        """Wait until exactly `count` read; False where that does not come within `timeout`."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._readers) == count, timeout)

    def close_readers(self) -> None:
        """End every subscription."""
        with self._changed:
            readers, self._readers = self._readers, []
            self._changed.notify_all()
        for reader in readers:
            reader.close()

    def forget(self) -> None:
        """Empty the replay buffer, as a restart of the daemon does."""
        with self._changed:
            self._past.clear()

    def _tell(self, item: Item) -> None:
        with self._changed:
            self._past.append(item)
            for reader in self._readers:
                reader.offer(item)
            self._changed.notify_all()

    def _replay(self, span: Span) -> List[Item]:
        if span.since is None and span.until is None:
            return []
        since, until = _wrapped(span.since or 0), _wrapped(span.until or 0)
        # The buffer is read backwards up to the first event that is too old.
        recent: List[Item] = []
        for item in reversed(self._past):
            when = item.event.get("timeNano", 0)
            if when < since:
                break
            if not 0 < until < when:
                recent.append(item)
        return recent[::-1]


def _moment(text: str) -> Optional[int]:
    if not text:
        return None
    seconds, nanoseconds = golang.event_time(text)
    # The real one marks "not given" with -1 seconds.
    return None if seconds == -1 else seconds * _NANO + nanoseconds


def _wrapped(nanoseconds: int) -> int:
    # As an int64 in Go: a timeNano given where seconds are meant comes out as some other time.
    return (nanoseconds + 2**63) % 2**64 - 2**63
