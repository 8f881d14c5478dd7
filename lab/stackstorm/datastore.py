"""The datastore: text by name, some of it encrypted. Of its scopes there is the system's only."""

import secrets
from typing import Any, Callable, Dict, Mapping, Optional

PARENT, SYSTEM = "st2kv", "system"
SYSTEM_USER = "stanley"
"""[system_user] user: whom StackStorm itself acts as."""
MASK = "********"
"""What StackStorm shows instead of a secret."""


class Datastore:
    """Keeps items in memory; safe to use from any thread.

    An encrypted value is a random handle to the plain text: like StackStorm's, it says nothing to
    whoever may not decrypt it.
    """

    def __init__(self) -> None:
        self._items: Dict[str, str] = {}
        self._plain: Dict[str, str] = {}

    def get(self, name: str) -> Optional[str]:
        """An item's value, encrypted if it is secret; None if there is none."""
        return self._items.get(name)

    def set(self, name: str, value: str, *, secret: bool = False) -> None:
        """Create or replace an item. Raises ValueError if the value is not text."""
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not of type 'string'")
        if secret:
            handle = secrets.token_hex(48).upper()
            self._plain[handle] = value
            value = handle
        self._items[name] = value

    def delete(self, name: str) -> None:
        """There is no such item any more, if there was one."""
        self._items.pop(name, None)

    def items(self, prefix: str = "") -> Dict[str, str]:
        """Those whose names start with `prefix`, in the names' order."""
        found = sorted(self._items.items())
        return {name: value for name, value in found if name.startswith(prefix)}

    def decrypt(self, cipher: str) -> str:
        """The plain text. Raises ValueError if it is not an encrypted one of this datastore."""
        if cipher not in self._plain:
            raise ValueError("The value is not encrypted, or not with this datastore's key.")
        return self._plain[cipher]


class Lookup:
    """What `st2kv.system` is in a template: `st2kv.system.a.b` is the item "a.b". An item that is
    not there is an empty text; a secret one stays encrypted."""

    def __init__(self, read: Callable[[str], Optional[str]], name: str = "") -> None:
        self._read = read
        self._name = name

    def __getitem__(self, name: str) -> "Lookup":
        return Lookup(self._read, f"{self._name}.{name}" if self._name else name)

    def __str__(self) -> str:
        return self._read(self._name) or ""


def lookups(store: Datastore) -> Mapping[str, Any]:
    """What a template may ask of the datastore, by its name there."""
    return {PARENT: {SYSTEM: Lookup(store.get)}}
