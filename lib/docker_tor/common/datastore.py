"""Values in StackStorm's datastore, as the sensor and the actions see them.

What one process keeps is a value of its own (`Store`, `Read`, `Write`). What many processes keep at
the same time is a key for each entry, and the key says all (`Keys`): the datastore cannot compare
and set, so that of a list that two of them change at once entries would be lost.
"""

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar

from .errors import DatastoreUnreadable


class Store(NamedTuple):
    """The two datastore calls for one value; either may raise. No value reads as None."""

    get: Callable[[], Optional[str]]
    set: Callable[[str], None]


Read = Callable[[str], Optional[str]]
"""Reads the value of that name, as an action does; may raise. No value reads as None."""
Write = Callable[[str, str], None]
"""Sets the value of that name, as an action does; may raise."""


class Keys(NamedTuple):
    """The calls for many keys whose names begin alike; each may raise. `names` are those that begin
    with a text. To delete a key that is not there is no error."""

    names: Callable[[str], List[str]]
    write: Write
    delete: Callable[[str], None]


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


def keys(service: Any) -> Keys:
    """The keys by an action's `action_service`."""

    def names(beginning: str) -> List[str]:
        # The action_service of StackStorm 3.8 itself knows no pages.
        store = service.datastore_service
        found: Dict[str, None] = {}
        while True:
            # How long a page is, StackStorm's configuration says; the last one has nothing new.
            page = store.list_values(local=False, prefix=beginning, offset=len(found))
            new = {one.name: None for one in page if one.name not in found}
            if not new:
                return list(found)
            found.update(new)

    def delete(name: str) -> None:
        # StackStorm's client says so, and logs why, where another call would raise.
        if not service.delete_value(name, local=False):
            raise OSError("it cannot be deleted")

    return Keys(names, writer(service), delete)


def part(text: str) -> str:
    """A text as a part of a key's name; "." stands between the parts.

    StackStorm's client puts names into URLs as they are, so that "/" and others will not do.
    """
    return re.sub(r"[^A-Za-z0-9-]", _escaped, text)


def _escaped(character: "re.Match[str]") -> str:
    return "".join(f"_{byte:02X}" for byte in character.group().encode())


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


def names(keys_: Keys, beginning: str) -> List[str]:
    """The names that begin so; raises DatastoreUnreadable."""
    try:
        return keys_.names(beginning)
    except Exception as error:  # noqa: BLE001  # StackStorm's client raises what it likes
        remedy = f"Look at them with `st2 key list --prefix {beginning}`."
        what = f"no {beginning}... can be listed: {error}"
        raise DatastoreUnreadable(what, where="the datastore", remedy=remedy) from None


def _unreadable(what: str, name: str) -> DatastoreUnreadable:
    remedy = f"Look at it with `st2 key get {name}`."
    return DatastoreUnreadable(what, where="the datastore", remedy=remedy)
