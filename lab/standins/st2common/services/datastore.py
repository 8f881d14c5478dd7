"""The datastore as sensors and actions see it (st2common/services/datastore.py)."""

import abc
import logging
from typing import Any, Dict, List, Mapping, Optional, Protocol

from st2common.constants.keyvalue import DATASTORE_KEY_SEPARATOR, SYSTEM_SCOPE


class KeyValuePair:
    """One item of the datastore: `name` and `id` (the same), `value`, `scope`, `secret`, `ttl`."""

    def __init__(self, **attributes: Any) -> None:
        self.name: str = ""
        self.value: Any = None
        self.scope: str = SYSTEM_SCOPE
        self.secret: bool = False
        self.ttl: Optional[int] = None
        for name, value in attributes.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """`id` is the name, as in st2client."""
        if name == "id":
            return self.name
        raise AttributeError(name)


class Keys(Protocol):
    """The part of st2client's `client.keys` that the service needs."""

    def get_all(self, prefix: Optional[str], limit: int, offset: int) -> List[Any]:
        """The items whose names start with `prefix`."""

    def get_by_id(self, id: str, params: Mapping[str, str]) -> Any:  # noqa: A002  # st2client's
        """One item, or None."""

    def update(self, instance: Any) -> Any:
        """Create or replace an item."""

    def delete(self, instance: Any, params: Mapping[str, str]) -> Any:
        """Delete an item; raises if there is none."""


class Client(Protocol):
    """The part of st2client's client that the service needs."""

    @property
    def keys(self) -> Keys:
        """The datastore."""

    def get_user_info(self) -> Dict[str, Any]:
        """Who the calls are made as."""


MAX_PAGE_SIZE = 100
"""[api] max_page_size: how many items a list holds if no limit is given."""


class BaseDatastoreService(abc.ABC):
    """Reads and writes string values by name.

    A `local` name, the default, gets `<pack>.<class>:` in front, so that two classes do not meet.
    Only the system scope is supported: any other raises ValueError.
    """

    DATASTORE_NAME_SEPARATOR = DATASTORE_KEY_SEPARATOR

    def __init__(self, logger: logging.Logger, pack_name: str, class_name: str) -> None:
        self._pack_name = pack_name
        self._class_name = class_name
        self._logger = logger

    @abc.abstractmethod
    def get_api_client(self) -> Client:
        """The client to make the calls with."""

    def get_user_info(self) -> Dict[str, Any]:
        """The user that the calls are made as."""
        return self.get_api_client().get_user_info()

    def list_values(
        self,
        local: bool = True,
        prefix: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = 0,
    ) -> List[Any]:
        """The items whose names start with `prefix`; `limit` of them at most, 100 by default."""
        return self.get_api_client().keys.get_all(
            prefix=self._get_full_key_prefix(local=local, prefix=prefix),
            limit=limit or MAX_PAGE_SIZE,
            offset=offset or 0,
        )

    def get_value(
        self, name: str, local: bool = True, scope: str = SYSTEM_SCOPE, decrypt: bool = False
    ) -> Any:
        """An item's value, or None if there is none or it cannot be read (which is logged)."""
        self._check(scope)
        name = self._get_full_key_name(name=name, local=local)
        params = {"decrypt": str(decrypt).lower(), "scope": scope}
        try:
            item = self.get_api_client().keys.get_by_id(id=name, params=params)
        except Exception as error:  # as the real one: no error of the API gets out
            self._logger.exception(
                "Exception retrieving value from datastore (name=%s): %s", name, error
            )
            return None
        return item.value if item else None

    def set_value(
        self,
        name: str,
        value: Any,
        ttl: Optional[int] = None,
        local: bool = True,
        scope: str = SYSTEM_SCOPE,
        encrypt: bool = False,
    ) -> bool:
        """Keep `str(value)` under a name, for `ttl` seconds if given; encrypted if told so."""
        self._check(scope)
        name = self._get_full_key_name(name=name, local=local)
        item = KeyValuePair(
            name=name, value=str(value), scope=scope, secret=encrypt, ttl=ttl or None
        )
        self.get_api_client().keys.update(instance=item)
        return True

    def delete_value(self, name: str, local: bool = True, scope: str = SYSTEM_SCOPE) -> bool:
        """Delete an item. Returns False, and logs why, where that fails or there is none."""
        self._check(scope)
        name = self._get_full_key_name(name=name, local=local)
        try:
            self.get_api_client().keys.delete(
                instance=KeyValuePair(name=name), params={"scope": scope}
            )
        except Exception as error:  # as the real one: no error of the API gets out
            self._logger.exception(
                "Exception deleting value from datastore (name=%s): %s", name, error
            )
            return False
        return True

    @staticmethod
    def _check(scope: str) -> None:
        if scope != SYSTEM_SCOPE:
            raise ValueError(f"Scope {scope} is unsupported.")

    def _get_full_key_name(self, name: str, local: bool) -> str:
        return self._local_prefix() + name if local else name

    def _get_full_key_prefix(self, local: bool, prefix: Optional[str] = None) -> Optional[str]:
        return self._local_prefix() + (prefix or "") if local else prefix

    def _local_prefix(self) -> str:
        return f"{self._pack_name}.{self._class_name}{self.DATASTORE_NAME_SEPARATOR}"


class DatastoreAccess(abc.ABC):
    """What a service for sensors or actions offers of its `datastore_service`."""

    @property
    @abc.abstractmethod
    def datastore_service(self) -> BaseDatastoreService:
        """The datastore, with names local to one class."""

    def get_user_info(self) -> Dict[str, Any]:
        """The user that datastore calls are made as."""
        return self.datastore_service.get_user_info()

    def list_values(
        self,
        local: bool = True,
        prefix: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = None,
    ) -> List[Any]:
        """See `BaseDatastoreService`."""
        return self.datastore_service.list_values(
            local=local, prefix=prefix, limit=limit, offset=offset
        )

    def get_value(
        self, name: str, local: bool = True, scope: str = SYSTEM_SCOPE, decrypt: bool = False
    ) -> Any:
        """See `BaseDatastoreService`."""
        return self.datastore_service.get_value(
            name=name, local=local, scope=scope, decrypt=decrypt
        )

    def set_value(
        self,
        name: str,
        value: Any,
        ttl: Optional[int] = None,
        local: bool = True,
        scope: str = SYSTEM_SCOPE,
        encrypt: bool = False,
    ) -> bool:
        """See `BaseDatastoreService`."""
        return self.datastore_service.set_value(
            name=name, value=value, ttl=ttl, local=local, scope=scope, encrypt=encrypt
        )

    def delete_value(self, name: str, local: bool = True, scope: str = SYSTEM_SCOPE) -> bool:
        """See `BaseDatastoreService`."""
        return self.datastore_service.delete_value(name=name, local=local, scope=scope)
