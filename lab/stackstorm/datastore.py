"""The datastore: text by name, in the system's scope or a user's, some of it encrypted."""

import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from .masking import MASK

SYSTEM, USER = "system", "user"
PARENT = "st2kv"
SYSTEM_USER = "stanley"
"""[system_user] user: whom StackStorm itself acts as."""

_SCOPES = {SYSTEM: SYSTEM, USER: USER, f"{PARENT}.{SYSTEM}": SYSTEM, f"{PARENT}.{USER}": USER}


@dataclass(frozen=True)
class Item:
    """One item. `value` is the encrypted text if `secret`; `expires` is in the clock's seconds."""

    name: str
    value: str
    scope: str = SYSTEM
    secret: bool = False
    expires: Optional[float] = None


class Datastore:
    """Keeps items in memory; safe to use from any thread.

    An encrypted value is a random handle to the plain text: like StackStorm's, it says nothing to
    whoever may not decrypt it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: Dict[Tuple[str, str], Item] = {}
        self._plain: Dict[str, str] = {}

    def get(
        self,
        name: str,
        scope: str = SYSTEM,
        user: str = SYSTEM_USER,
        *,
        decrypt: bool = False,
    ) -> Optional[str]:
        """An item's value, None if there is none. Raises ValueError for an unknown scope."""
        item = self.item(name, scope, user)
        if item is None:
            return None
        return self.decrypt(item.value) if decrypt and item.secret else item.value

    def item(self, name: str, scope: str = SYSTEM, user: str = SYSTEM_USER) -> Optional[Item]:
        """An item as it is kept, None if there is none."""
        key = _key(name, scope, user)
        with self._lock:
            item = self._items.get(key)
            if item is not None and item.expires is not None and item.expires <= self._clock():
                del self._items[key]
                return None
            return item

    def set(
        self,
        name: str,
        value: str,
        scope: str = SYSTEM,
        user: str = SYSTEM_USER,
        *,
        secret: bool = False,
        ttl: Optional[float] = None,
    ) -> Item:
        """Create or replace an item; `ttl` is in seconds. Raises ValueError if the value is not
        text or the scope unknown."""
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not of type 'string'")
        key = _key(name, scope, user)
        expires = None if ttl is None else self._clock() + ttl
        kept = self.encrypt(value) if secret else value
        item = Item(name, kept, key[0], secret, expires)
        with self._lock:
            self._items[key] = item
        return item

    def delete(self, name: str, scope: str = SYSTEM, user: str = SYSTEM_USER) -> bool:
        """Whether there was such an item; there is none any more."""
        with self._lock:
            return self._items.pop(_key(name, scope, user), None) is not None

    def list(
        self,
        prefix: str = "",
        scope: str = SYSTEM,
        user: str = SYSTEM_USER,
        *,
        decrypt: bool = False,
    ) -> List[Item]:
        """The items whose names start with `prefix`, by name."""
        start = _key("", scope, user)
        with self._lock:
            names = sorted(
                item.name
                for (where, full), item in self._items.items()
                if where == start[0] and full.startswith(start[1] + prefix)
            )
        found = [self.item(name, scope, user) for name in names]
        return [
            replace(item, value=self.decrypt(item.value)) if decrypt and item.secret else item
            for item in found
            if item is not None
        ]

    def scrub(self, text: str) -> str:
        """A text in which nothing can be read that was ever encrypted here."""
        with self._lock:
            plain = sorted(filter(None, self._plain.values()), key=len, reverse=True)
        for secret in plain:
            text = text.replace(secret, MASK)
        return text

    def encrypt(self, plain: str) -> str:
        """The encrypted text."""
        handle = secrets.token_hex(48).upper()
        with self._lock:
            self._plain[handle] = plain
        return handle

    def decrypt(self, cipher: str) -> str:
        """The plain text. Raises ValueError if it is not an encrypted one of this datastore."""
        with self._lock:
            if cipher not in self._plain:
                raise ValueError("The value is not encrypted, or not with this datastore's key.")
            return self._plain[cipher]


def _key(name: str, scope: str, user: str) -> Tuple[str, str]:
    if scope not in _SCOPES:
        raise ValueError(f'Scope "{scope}" is not valid. Allowed scopes are {list(_SCOPES)}.')
    short = _SCOPES[scope]
    return short, name if short == SYSTEM else f"{user}:{name}"


class Lookup:
    """What `st2kv.system` and `st2kv.user` are in a template: `st2kv.system.a.b` is the item
    "a.b". An item that is not there is an empty text; a secret one stays encrypted."""

    def __init__(self, read: Callable[[str], Optional[str]], name: str = "") -> None:
        self._read = read
        self._name = name

    def __getitem__(self, name: str) -> "Lookup":
        return Lookup(self._read, f"{self._name}.{name}" if self._name else name)

    def __getattr__(self, name: str) -> "Lookup":
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __str__(self) -> str:
        return self._read(self._name) or ""

    def __float__(self) -> float:
        return float(str(self))

    def __int__(self) -> int:
        return int(float(self))


def lookups(store: Datastore, user: str) -> Mapping[str, Any]:
    """What `st2kv` is in a template that is rendered for that user."""
    return {
        SYSTEM: Lookup(store.get),
        USER: Lookup(lambda name: store.get(name, USER, user)),
    }
