"""The engine's events: the last ones are kept, and each reader has a queue of its own.

What since and until mean, and how much is kept, is as in moby 20.10's daemon/events.
"""

import collections
import json
import queue
import threading
from typing import Any, Callable, Deque, List, Mapping, Optional, Tuple

from .refused import Refused

REPLAYED = 256
"""How many events, of all types and before filtering, a daemon remembers."""
NANO = 10**9
FOREVER = 2**63

Filters = Mapping[str, Any]
"""Values by the filter's name: a list of them, or an object that has them as keys."""


class Reader:
    """One subscription; `lines` ends with None where nothing will come any more."""

    def __init__(self, filters: Filters) -> None:
        self.lines: queue.SimpleQueue[Optional[bytes]] = queue.SimpleQueue()
        self._filters = filters

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether it has asked for an event of this kind."""
        fields = {"type": event.get("Type"), "event": event.get("Action")}
        return all(
            not self._filters.get(name) or value in self._filters[name]
            for name, value in fields.items()
        )


class Bus:
    """Where events are published. `clock` gives nanoseconds since 1970."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._past: Deque[Tuple[Mapping[str, Any], bytes]] = collections.deque(maxlen=REPLAYED)
        self._readers: List[Reader] = []
        self._lock = threading.Lock()

    def publish(self, event: Mapping[str, Any]) -> None:
        """Tell an event. What is missing of scope, time and timeNano is filled in."""
        # The lock keeps the events' order that of their times.
        with self._lock:
            now = self._clock()
            full = {"scope": "local", "time": now // NANO, "timeNano": now, **event}
            line = json.dumps(full, separators=(",", ":")).encode() + b"\n"
            self._past.append((full, line))
            for reader in self._readers:
                if reader.wants(full):
                    reader.lines.put(line)

    def subscribe(
        self, filters: Filters, since: Optional[int] = None, until: Optional[int] = None
    ) -> Reader:
        """A reader of all events that follow, and of past ones where a time is given: from `since`
        to `until`, in nanoseconds since 1970, both inclusive.

        Raises Refused for filters that real engines know and this one does not.
        """
        unknown = sorted(set(filters) - {"type", "event"})
        if unknown:
            raise Refused(501, f"the lab's engine has no filter {unknown[0]} for events")
        reader = Reader(filters)
        with self._lock:
            for event, line in () if since is None and until is None else self._past:
                told = (since or 0) <= event["timeNano"] <= (until or FOREVER)
                if told and reader.wants(event):
                    reader.lines.put(line)
            self._readers.append(reader)
        return reader

    def unsubscribe(self, reader: Reader) -> None:
        """Forget a reader."""
        with self._lock:
            if reader in self._readers:
                self._readers.remove(reader)

    @property
    def readers(self) -> int:
        """How many read now."""
        return len(self._readers)

    def close_readers(self) -> None:
        """End every subscription."""
        with self._lock:
            readers, self._readers = self._readers, []
        for reader in readers:
            reader.lines.put(None)

    def forget(self) -> None:
        """Remember no event, as after a restart of the daemon."""
        with self._lock:
            self._past.clear()


def moment(text: str) -> Optional[int]:
    """ "seconds" or "seconds.nanoseconds" in nanoseconds, "" as None. Raises Refused for all else:
    the docker command translates RFC 3339 and durations itself."""
    seconds, _, fraction = text.partition(".")
    if not text:
        return None
    if not (seconds.isdigit() and (fraction or "0").isdigit()):
        raise Refused(500, f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(seconds) * NANO + int(fraction[:9].ljust(9, "0"))
