"""A value in StackStorm's datastore, as the sensor sees it."""

from typing import Callable, NamedTuple, Optional


class Store(NamedTuple):
    """The two datastore calls for one value; either may raise. No value reads as None."""

    get: Callable[[], Optional[str]]
    set: Callable[[str], None]
