"""Names of objects, and moments, as StackStorm writes them."""

import datetime
import itertools
import secrets
import time

_PROCESS = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(2**16))


def new() -> str:
    """An id as MongoDB makes them: 24 hexadecimal digits that grow with time."""
    return f"{int(time.time()):08x}{_PROCESS}{next(_counter) % 2**24:06x}"


def now() -> datetime.datetime:
    """The moment, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def iso(moment: datetime.datetime) -> str:
    """A moment as in StackStorm's API: 2024-05-01T10:20:30.123456Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
