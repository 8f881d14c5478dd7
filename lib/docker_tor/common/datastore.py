"""Values in StackStorm's datastore, as the sensor and the actions see them."""

from typing import Any, Callable, NamedTuple, Optional, TypeVar

from .errors import DatastoreUnreadable


class Store(NamedTuple):
    """The two datastore calls for one value; either may raise. No value reads as None."""

    get: Callable[[], Optional[str]]
    set: Callable[[str], None]


Read = Callable[[str], Optional[str]]
"""Reads the value of that name, as an action does; may raise. No value reads as None."""
Write = Callable[[str, str], None]
"""Sets the value of that name, as an action does; may raise."""

T = TypeVar("T")


def reader(service: Any) -> Read:
    """Reads by an action's `action_service`; what is no text reads as None."""

    def read(name: str) -> Optional[str]:
        found = service.get_value(name, local=False)
        return found if isinstance(found, str) else None

    return read


def writer(service: Any) -> Write:
    """Writes by an action's `action_service`."""

    def write(name: str, text: str) -> None:
        service.set_value(name, text, local=False)

    return write


def value(read: Read, name: str, load: Callable[[Optional[str]], T]) -> T:
    """Read a value, and `load` it from its text; raises DatastoreUnreadable."""
    try:
        return load(read(name))
    except Exception as error:  # noqa: BLE001  # StackStorm's client raises what it likes
        raise _unreadable(f"no {name} can be read: {error}", name) from None


def put(write: Write, name: str, text: str) -> None:
    """Set a value; raises DatastoreUnreadable."""
    try:
        write(name, text)
    except Exception as error:  # noqa: BLE001  # StackStorm's client raises what it likes
        raise _unreadable(f"{name} cannot be written: {error}", name) from None


def _unreadable(what: str, name: str) -> DatastoreUnreadable:
    remedy = f"Look at it with `st2 key get {name}`."
    return DatastoreUnreadable(what, where="the datastore", remedy=remedy)
