"""The datastore as sensors and actions see it (st2common/services/datastore.py). Of its methods and
their parameters there are those that this pack uses."""

import functools
import logging
import re
from types import SimpleNamespace
from typing import Any, List, Optional

import lab_socket

MAX_PAGE_SIZE = 100
"""[api] max_page_size: so many items are listed at once unless somebody asks for more."""
_NOT_IN_A_PATH = re.compile(r"[/?#%]")
"""st2client puts a key's name into the URL as it is: the API knows no path with one "/" more, and
takes what follows another of these for something else."""


class DatastoreService:
    """Reads and writes string values by name, as the lab's StackStorm has them.

    A `local` name, the default, gets `<pack>.<class>:` in front, so that two classes do not meet.
    """

    def __init__(self, logger: logging.Logger, pack_name: str, class_name: str) -> None:
        self._logger = logger
        self._prefix = f"{pack_name}.{class_name}:"

    def _full(self, name: str, local: bool) -> str:
        return self._prefix + name if local else name

    def get_api_client(self) -> Any:
        """st2client's client: of it `actions`, `rules` and `policies`."""
        managers = {
            kind: SimpleNamespace(get_by_ref_or_id=functools.partial(_registered, kind))
            for kind in ("actions", "rules", "policies")
        }
        return SimpleNamespace(**managers)

    def list_values(
        self,
        local: bool = True,
        prefix: Optional[str] = None,
        limit: Optional[int] = None,
        offset: Optional[int] = 0,
    ) -> List[Any]:
        """The items whose names start with `prefix`, one page of them; each has a `name` and a
        `value`."""
        items = lab_socket.call("items", prefix=self._full(prefix or "", local))
        begin = offset or 0
        page = list(items.items())[begin : begin + (limit or MAX_PAGE_SIZE)]
        return [SimpleNamespace(name=name, value=value) for name, value in page]

    def get_value(self, name: str, local: bool = True) -> Any:
        """An item's value, or None if there is none or it cannot be read (which is logged)."""
        try:
            return lab_socket.call("get_value", name=self._full(name, local))
        except Exception as error:  # as the real one: no error of the API gets out
            self._logger.exception("Exception retrieving value (name=%s): %s", name, error)
            return None

    def set_value(self, name: str, value: Any, local: bool = True) -> bool:
        """Keep `str(value)` under a name. Raises ValueError for a name that no URL's path has."""
        full = self._full(name, local)
        if _NOT_IN_A_PATH.search(full):
            raise ValueError(f"404 Client Error: Not Found\nMESSAGE: No route matches {full!r}")
        lab_socket.call("set_value", name=full, value=str(value))
        return True

    def delete_value(self, name: str, local: bool = True) -> bool:
        """False where the API has failed (which is logged); an item that was not there is none
        now."""
        try:
            lab_socket.call("delete_value", name=self._full(name, local))
        except Exception as error:  # as the real one: no error of the API gets out
            self._logger.exception("Exception deleting value (name=%s): %s", name, error)
            return False
        return True


def _registered(kind: str, ref: str) -> Any:
    """What is registered under a name; None where nothing is."""
    there = lab_socket.call("is_registered", kind=kind, ref=ref)
    return SimpleNamespace(ref=ref) if there else None


class DatastoreAccess:
    """What a service for sensors or actions offers of its `datastore_service`; parameters are as
    there."""

    def __init__(self, datastore_service: Any) -> None:
        self.datastore_service = datastore_service

    def list_values(self, *args: Any, **kwargs: Any) -> Any:
        """A page of items."""
        return self.datastore_service.list_values(*args, **kwargs)

    def get_value(self, *args: Any, **kwargs: Any) -> Any:
        """An item's value."""
        return self.datastore_service.get_value(*args, **kwargs)

    def set_value(self, *args: Any, **kwargs: Any) -> Any:
        """Keep a value."""
        return self.datastore_service.set_value(*args, **kwargs)

    def delete_value(self, *args: Any, **kwargs: Any) -> Any:
        """Delete an item."""
        return self.datastore_service.delete_value(*args, **kwargs)
