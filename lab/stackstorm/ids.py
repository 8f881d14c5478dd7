"""Names of objects, and moments, as StackStorm writes them."""

import datetime
import hashlib
import itertools
import re
import secrets
import time

_PROCESS = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(2**16))
_UTC = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{3,6})?(Z|\+00|\+0000|\+00:00)")


def new() -> str:
    """An id as MongoDB makes them: 24 hexadecimal digits that grow with time."""
    return f"{int(time.time()):08x}{_PROCESS}{next(_counter) % 2**24:06x}"


def of(*names: str) -> str:
    """The id of something that has none of its own: always the same for the same names."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:24]


def now() -> datetime.datetime:
    """The moment, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def iso(moment: datetime.datetime) -> str:
    """A moment as in StackStorm's API: 2024-05-01T10:20:30.123456Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def moment(text: str) -> datetime.datetime:
    """The moment that the API was given as text. Raises ValueError."""
    found = _UTC.fullmatch(text)
    if found is None:
        raise ValueError("Datetime value does not match expected format.")
    date, clock, fraction, _ = found.groups()
    return datetime.datetime.strptime(
        f"{date} {clock}{fraction or '.0'}+0000", "%Y-%m-%d %H:%M:%S.%f%z"
    )
