"""Which login a switch has denied, so that it is not tried again by itself: that may lock the
account.

A mark tells whether the login is still the one that was denied. It is kept in the datastore, and
its key is not: that is a secret in a folder of the user that runs the actions, on their machine.
So the mark says nothing of the password to who reads the datastore. Each machine has a key, and
knows its own marks only: each tries a denied login once.
"""

import hmac
from typing import Sequence, Tuple

from ..common import private_files
from .credentials import Login

MOST_MARKS = 16
"""Marks of one switch that are kept; the oldest go first."""
_BITS = 128
_DAY = 24 * 3600


def mark(login: Login, now: float) -> str:
    """What stands for this login on this machine. Where the machine can keep no key it is the day
    (`now` is in seconds since 1970): then a login that was denied is tried again once a day."""
    try:
        key = private_files.salt(private_files.folder())
    except OSError:
        return f"day {int(now // _DAY)}"
    # A Login's own repr leaves the password out.
    whole = repr(tuple(login)).encode()
    return hmac.new(key, whole, "sha256").hexdigest()[: _BITS // 4]


def with_mark(marks: Sequence[str], new: str) -> Tuple[str, ...]:
    """The marks of a switch with one more."""
    return (*(one for one in marks if one != new), new)[-MOST_MARKS:]
