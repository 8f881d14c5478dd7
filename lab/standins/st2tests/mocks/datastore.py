"""A datastore in memory (st2tests/mocks/datastore.py)."""

from types import SimpleNamespace
from typing import Any, Dict, List, Optional

from st2common.services.datastore import DatastoreService


class MockDatastoreService(DatastoreService):
    """Keeps values as they are given: nothing is turned into text, and no page ends."""

    def __init__(self, logger: Any, pack_name: str, class_name: str) -> None:
        super().__init__(logger, pack_name, class_name)
        self._datastore_items: Dict[str, Any] = {}

    def get_api_client(self) -> Any:
        """There is none."""
        raise NotImplementedError("get_api_client() not implemented")

    def list_values(
        self,
        local: bool = True,
        prefix: Optional[str] = None,
        limit: Optional[int] = None,  # noqa: ARG002  # not looked at by the real one either
        offset: Optional[int] = 0,  # noqa: ARG002  # nor is this
    ) -> List[Any]:
        """All items whose names start with the prefix."""
        start = self._full(prefix or "", local)
        items = self._datastore_items.items()
        return [
            SimpleNamespace(name=name, value=value)
            for name, value in items
            if name.startswith(start)
        ]

    def get_value(self, name: str, local: bool = True) -> Any:
        """The value as it was given, or None."""
        return self._datastore_items.get(self._full(name, local))

    def set_value(self, name: str, value: Any, local: bool = True) -> bool:
        """Keep the value as it is."""
        self._datastore_items[self._full(name, local)] = value
        return True

    def delete_value(self, name: str, local: bool = True) -> bool:
        """Whether there was such an item; there is none any more."""
        return self._datastore_items.pop(self._full(name, local), None) is not None
