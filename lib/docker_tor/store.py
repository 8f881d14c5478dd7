"""Values in StackStorm's datastore, as the sensor and the actions see them."""

from typing import Callable, NamedTuple, Optional


class Store(NamedTuple):
    """The two datastore calls for one value; either may raise. No value reads as None."""

    get: Callable[[], Optional[str]]
    set: Callable[[str], None]


Read = Callable[[str], Optional[str]]
"""Reads the value of that name, as an action does; may raise. No value reads as None."""
