"""Which logins a switch has denied. To try them again might lock the account.

The datastore keeps a mark of each, which tells a later login from the one that was denied. The mark
is a keyed hash. Its key is a secret in a folder of the user that runs the actions. So the mark
tells nothing about the password to those who read the datastore. Each machine has its own key, and
thus tries a denied login once.
"""

import hmac
from typing import Sequence, Tuple

from ..common import private_files
from .credentials import Login

MOST_MARKS = 16
"""Marks that are kept of one switch; the oldest are dropped."""
_BITS = 128
_DAY = 24 * 3600


def mark(login: Login, now: float) -> str:
    """What stands for this login on this machine.

    If the machine can keep no key, it is the day of `now`, in seconds since 1970: then a denied
    login is tried once a day.
    """
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
