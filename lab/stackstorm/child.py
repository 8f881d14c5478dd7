"""What the scripts that run a sensor or an action have in common.

It is loaded by path, in a process that must not be able to import the lab.
"""

from typing import Any, Dict, List, Mapping, Optional

from st2common.services.datastore import BaseDatastoreService, KeyValuePair


class _Keys:
    """`client.keys` of st2client, by way of the lab."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get_all(self, prefix: Optional[str], limit: int, offset: int) -> List[Any]:
        found = self._client.call("keys.get_all", prefix=prefix, limit=limit, offset=offset)
        return [KeyValuePair(**item) for item in found]

    def get_by_id(self, id: str, params: Mapping[str, str]) -> Any:  # noqa: A002  # st2client's
        found = self._client.call("keys.get_by_id", id=id, decrypt=params["decrypt"] == "true")
        return KeyValuePair(**found) if found else None

    def update(self, instance: Any) -> Any:
        return self._client.call(
            "keys.update",
            name=instance.name,
            value=instance.value,
            secret=instance.secret,
            ttl=instance.ttl,
        )

    def delete(self, instance: Any, params: Mapping[str, str]) -> Any:  # noqa: ARG002  # its API's
        return self._client.call("keys.delete", name=instance.name)


class _Content:
    """`client.actions`, `client.rules` and `client.policies` of st2client, by way of the lab."""

    def __init__(self, client: Any, kind: str) -> None:
        self._client = client
        self._kind = kind

    def get_by_ref_or_id(self, ref: str) -> Any:
        return self._client.call("content", kind=self._kind, ref=ref)


class _ApiClient:
    """The part of st2client's client that the datastore service and the pack use."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.keys = _Keys(client)
        self.actions, self.rules, self.policies = (
            _Content(client, kind) for kind in ("actions", "rules", "policies")
        )

    def get_user_info(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self._client.call("user_info")
        return found


class DatastoreService(BaseDatastoreService):
    """The lab's datastore, for one class of the pack."""

    def __init__(self, logger: Any, pack_name: str, class_name: str, client: Any) -> None:
        super().__init__(logger=logger, pack_name=pack_name, class_name=class_name)
        self._api = _ApiClient(client)

    def get_api_client(self) -> _ApiClient:
        """The client that asks the lab."""
        return self._api
