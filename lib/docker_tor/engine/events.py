"""What an event of a Docker Engine says: that it is time to list again, and which network or
container is gone. Pure."""

import json
import re
from typing import NamedTuple

LONGEST_READ = 64 * 1024
"""Bytes of an event that is read for what it says: a name of 6,000 characters needs 36,000."""
_NO_NEWS = ("connect", "disconnect")
"""Containers that join or leave change no network: the only events that are ignored."""
_REMOVED = ("destroy", "remove", "die")
"""A network is gone, from this engine or from its swarm; or a container has ended."""
_NANOSECONDS = re.compile(r"(?P<seconds>[0-9]{1,10})(?P<nanoseconds>[0-9]{9})\Z")


class Event(NamedTuple):
    """Whether the engine's list may have changed, the id of what is gone, if anything is, and when
    that was, as the parameter `since` of `GET /events` takes it."""

    news: bool = True
    gone: str = ""
    at: str = ""


def read_event(line: bytes) -> Event:
    """An event from its line; one that cannot be read is news, and no more."""
    if len(line) > LONGEST_READ:
        return Event()
    try:
        # Numbers stay text: Python takes long to read one of many digits.
        told = json.loads(line, parse_int=str, parse_float=str)
        action, identity = told["Action"], told["Actor"]["ID"]
        moment = _NANOSECONDS.match(told.get("timeNano", ""))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return Event()
    gone = identity if action in _REMOVED and isinstance(identity, str) else ""
    at = "{seconds}.{nanoseconds}".format(**moment.groupdict()) if moment else ""
    return Event(action not in _NO_NEWS, gone, at)
