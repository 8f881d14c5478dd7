"""The engine's events: the last ones are kept, and whoever reads them is told of each.

What since and until mean, and how much is kept, is as in moby 20.10's daemon/events.
"""

import collections
import json
import time
from typing import Any, Callable, Deque, List, Mapping, NamedTuple, Optional, Tuple

from .refused import Refused

REPLAYED = 256
"""How many events, of all types and before filtering, a daemon remembers."""
NANO = 10**9
FOREVER = 2**63

Filters = Mapping[str, Any]
"""Values by the filter's name: a list of them, or an object that has them as keys."""


class Wanted(NamedTuple):
    """What a reader asks for: all events that follow, and past ones where a time is given: from
    `since` to `until`, in nanoseconds since 1970, both inclusive."""

    filters: Filters
    since: Optional[int] = None
    until: Optional[int] = None

    def has(self, event: Mapping[str, Any]) -> bool:
        """Whether it asks for events of this kind."""
        fields = {"type": event.get("Type"), "event": event.get("Action")}
        return all(
            not self.filters.get(name) or value in self.filters[name]
            for name, value in fields.items()
        )


class Reader(NamedTuple):
    """One subscription; `send` takes an event as a line of JSON."""

    wanted: Wanted
    send: Callable[[bytes], None]


class Bus:
    """Where events are published."""

    def __init__(self) -> None:
        self._past: Deque[Tuple[Mapping[str, Any], bytes]] = collections.deque(maxlen=REPLAYED)
        self.readers: List[Reader] = []

    def publish(self, event: Mapping[str, Any]) -> None:
        """Tell an event. What is missing of scope, time and timeNano is filled in."""
        now = time.time_ns()
        full = {"scope": "local", "time": now // NANO, "timeNano": now, **event}
        line = json.dumps(full, separators=(",", ":")).encode() + b"\n"
        self._past.append((full, line))
        for reader in self.readers:
            if reader.wanted.has(full):
                reader.send(line)

    def subscribe(self, reader: Reader) -> List[bytes]:
        """What it wants of the past; from now on it is told."""
        self.readers.append(reader)
        wanted = reader.wanted
        if wanted.since is None and wanted.until is None:
            return []
        first, last = wanted.since or 0, wanted.until or FOREVER
        return [
            line
            for event, line in self._past
            if first <= event["timeNano"] <= last and wanted.has(event)
        ]

    def forget(self) -> None:
        """Remember no event, as after a restart of the daemon."""
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
