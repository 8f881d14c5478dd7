"""What the processes of sensors and actions may ask of the lab, see `wire`."""

from typing import Any, Callable, Dict, List, Mapping, Optional

from .datastore import SYSTEM, Datastore, Item
from .errors import NotFound

Known = Mapping[str, Callable[..., Any]]
"""What answers a call, by its name; each raises what it likes."""


class Calls:
    """Answers calls: all as one user, who may read what is secret. `more` are those that not
    everybody may make."""

    def __init__(self, store: Datastore, user: str, more: Optional[Known] = None) -> None:
        self._store = store
        self._user = user
        self._known: Known = {
            **(more or {}),
            "keys.delete": self._delete,
            "keys.get_all": self._get_all,
            "keys.get_by_id": self._get_by_id,
            "keys.update": self._update,
            "user_info": self._user_info,
        }

    def __call__(self, call: str, args: Dict[str, Any]) -> Any:
        """Raises KeyError for an unknown call, and whatever the call raises."""
        return self._known[call](**args)

    def _get_all(self, prefix: Optional[str], limit: int, offset: int) -> List[Dict[str, Any]]:
        found = self._store.list(prefix or "")
        return [_pair(item, item.value) for item in found[offset : offset + limit]]

    def _get_by_id(
        self,
        id: str,  # noqa: A002  # st2client's
        decrypt: bool,
    ) -> Optional[Dict[str, Any]]:
        item = self._store.item(id)
        if item is None:
            return None
        secret = decrypt and item.secret
        return _pair(item, self._store.decrypt(item.value) if secret else item.value)

    def _update(self, name: str, value: str, secret: bool, ttl: Optional[int]) -> None:
        self._store.set(name, value, secret=secret, ttl=ttl)

    def _delete(self, name: str) -> None:
        if not self._store.delete(name):
            raise NotFound(f"Unable to find a KVP with name: {name}")

    def _user_info(self) -> Dict[str, Any]:
        return {
            "username": self._user,
            "rbac": {"enabled": False, "roles": [], "is_admin": True},
            "authentication": {"method": "authentication token", "location": "header"},
        }


def _pair(item: Item, value: str) -> Dict[str, Any]:
    return {"name": item.name, "value": value, "scope": SYSTEM, "secret": item.secret}
