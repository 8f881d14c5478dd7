"""A datastore in memory (st2tests/mocks/datastore.py)."""

import logging
from typing import Any, Dict, List, Optional

from st2common.constants.keyvalue import SYSTEM_SCOPE
from st2common.services.datastore import BaseDatastoreService, Client, KeyValuePair


class MockDatastoreService(BaseDatastoreService):
    """Keeps values as they are given: nothing is turned into text, encrypted or expired, and the
    scope is not looked at."""

    def __init__(
        self,
        logger: logging.Logger,
        pack_name: str,
        class_name: str,
        api_username: Optional[str] = None,
    ) -> None:
        super().__init__(logger=logger, pack_name=pack_name, class_name=class_name)
        self._username = api_username or "admin"
        self._datastore_items: Dict[str, KeyValuePair] = {}

    def get_api_client(self) -> Client:
        """There is none."""
        raise NotImplementedError("get_api_client() not implemented")

    def get_user_info(self) -> Dict[str, Any]:
        """An administrator."""
        return {
            "username": self._username,
            "rbac": {"is_admin": True, "enabled": True, "roles": ["admin"]},
            "authentication": {"method": "authentication token", "location": "header"},
        }

    def list_values(
        self,
        local: bool = True,
        prefix: Optional[str] = None,
        limit: Optional[int] = None,  # noqa: ARG002  # not looked at by the real one either
        offset: Optional[int] = 0,  # noqa: ARG002  # not looked at by the real one either
    ) -> List[Any]:
        """All items whose names start with the prefix."""
        start = self._get_full_key_prefix(local=local, prefix=prefix) or ""
        return [item for name, item in self._datastore_items.items() if name.startswith(start)]

    def get_value(
        self,
        name: str,
        local: bool = True,
        scope: str = SYSTEM_SCOPE,  # noqa: ARG002  # not looked at by the real one either
        decrypt: bool = False,  # noqa: ARG002  # not looked at by the real one either
    ) -> Any:
        """The value as it was given, or None."""
        item = self._datastore_items.get(self._get_full_key_name(name=name, local=local))
        return item.value if item else None

    def set_value(
        self,
        name: str,
        value: Any,
        ttl: Optional[int] = None,
        local: bool = True,
        scope: str = SYSTEM_SCOPE,  # noqa: ARG002  # not looked at by the real one either
        encrypt: bool = False,  # noqa: ARG002  # not looked at by the real one either
    ) -> bool:
        """Keep the value as it is."""
        name = self._get_full_key_name(name=name, local=local)
        item = KeyValuePair(name=name, value=value)
        if ttl:
            self._logger.warning("MockDatastoreService is not able to expire keys based on ttl.")
            item.ttl = ttl
        self._datastore_items[name] = item
        return True

    def delete_value(
        self,
        name: str,
        local: bool = True,
        scope: str = SYSTEM_SCOPE,  # noqa: ARG002  # not looked at by the real one either
    ) -> bool:
        """Whether there was such an item; there is none any more."""
        name = self._get_full_key_name(name=name, local=local)
        return self._datastore_items.pop(name, None) is not None
