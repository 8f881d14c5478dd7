"""/v1/keys, the datastore (st2api/controllers/v1/keyvalue.py).

A secret shows as its encrypted text unless it is to be decrypted; without RBAC everybody may.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional

from . import api_lists as lists
from . import ids
from . import schema as schemas
from .api_calls import Answer, Call, Endpoint, Param, boolean, checked, text
from .datastore import PARENT, SYSTEM, SYSTEM_USER, USER, Item
from .errors import NotFound, RequestError
from .service import StackStorm

ALL = "all"
FULL_SYSTEM, FULL_USER = f"{PARENT}.{SYSTEM}", f"{PARENT}.{USER}"
SCOPES = [SYSTEM, USER, FULL_SYSTEM, FULL_USER]

_TEXT = {"type": "string"}
_ITEM: schemas.Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "uid", "name", "description", "expire_timestamp"), _TEXT),
        "value": {"type": "string", "required": True},
        "secret": {"type": "boolean", "default": False},
        "encrypted": {"type": "boolean", "default": False},
        "scope": {"type": "string", "default": FULL_SYSTEM},
        "ttl": {"type": "integer"},
        "user": {"type": "string", "default": None},
    },
    "additionalProperties": False,
}


def get_all(st2: StackStorm, call: Call) -> Answer:
    """`st2 key list`. As StackStorm's, the answer does not say how many there are in all."""
    query = call.query
    scope = FULL_USER if query["user"] else _full(query["scope"] or SYSTEM)
    if scope not in (ALL, FULL_SYSTEM, FULL_USER):
        raise RequestError(f"Invalid scope: {scope}")
    user = _only_oneself(query["user"])
    shown: List[Any] = []
    for one in (FULL_SYSTEM, FULL_USER):
        if scope in (ALL, one):
            items = st2.datastore.list(query["prefix"] or "", one, user)
            page = lists.listing(
                call,
                items,
                lambda item: _shown(st2, item, user, decrypt=bool(query["decrypt"])),
                filters={},
            )
            shown += page.body
    return Answer(shown)


def get_one(st2: StackStorm, call: Call) -> Answer:
    """`st2 key get`."""
    query = call.query
    user = _only_oneself(query["user"])
    scope = FULL_USER if query["user"] else _one_scope(query["scope"])
    item = _found(st2, call.path["name"], scope, user)
    return Answer(_shown(st2, item, user, decrypt=bool(query["decrypt"])))


def put(st2: StackStorm, call: Call) -> Answer:
    """`st2 key set`."""
    asked = checked(call.body, _ITEM)
    name, value, secret = call.path["name"], asked["value"], asked["secret"]
    user, scope = _only_oneself(asked["user"]), _one_scope(asked["scope"])
    if asked["encrypted"]:
        secret = True
        try:
            value = st2.datastore.decrypt(value)
        except ValueError:
            raise RequestError(
                f'Failed to verify the integrity of the provided value for key "{name}". Ensure '
                "that the value is encrypted with the correct key and not corrupted."
            ) from None
    ttl = asked.get("ttl") or None
    item = st2.datastore.set(name, value, scope, user, secret=bool(secret), ttl=ttl)
    return Answer(_shown(st2, item, user, decrypt=False))


def delete(st2: StackStorm, call: Call) -> Answer:
    """`st2 key delete`."""
    user, scope = _only_oneself(call.query["user"]), _one_scope(call.query["scope"])
    name = call.path["name"]
    _found(st2, name, scope, user)
    st2.datastore.delete(name, scope, user)
    return Answer(None, 204)


def _found(st2: StackStorm, name: str, scope: str, user: str) -> Item:
    item = st2.datastore.item(name, scope, user)
    if item is None:
        reference = _reference(name, scope, user)
        raise NotFound(f'The key "{reference}" does not exist in the StackStorm datastore.')
    return item


def _shown(st2: StackStorm, item: Item, user: str, *, decrypt: bool) -> Dict[str, Any]:
    scope = _full(item.scope)
    plain = decrypt and item.secret
    found: Dict[str, Any] = {
        "id": ids.of("key", scope, _reference(item.name, scope, user)),
        "uid": f"key_value_pair:{scope}:{_reference(item.name, scope, user)}",
        "name": item.name,
        "value": st2.datastore.decrypt(item.value) if plain else item.value,
        "secret": item.secret,
        "encrypted": item.secret and not plain,
        "scope": scope,
    }
    if scope == FULL_USER:
        found["user"] = user
    if item.expires is not None:
        moment = datetime.datetime.fromtimestamp(item.expires, datetime.timezone.utc)
        found["expire_timestamp"] = ids.iso(moment)
    return found


def _reference(name: str, scope: str, user: str) -> str:
    return f"{user}:{name}" if scope == FULL_USER else name


def _full(scope: str) -> str:
    return scope if scope == ALL or PARENT in scope else f"{PARENT}.{scope}"


def _one_scope(scope: Optional[str]) -> str:
    full = _full(SYSTEM if scope in (None, "", ALL) else str(scope))
    if full not in SCOPES:
        raise RequestError(f"Scope {full} is not in allowed scopes list: {SCOPES}.")
    return full


def _only_oneself(user: Optional[str]) -> str:
    if user and user != SYSTEM_USER:
        raise RequestError(
            '"user" attribute can only be provided by admins when RBAC is enabled', status=403
        )
    return SYSTEM_USER


_WHOSE = {"scope": Param(text), "user": Param(text)}
_DECRYPT = {"decrypt": Param(boolean)}
_LIST = {
    name: param for name, param in lists.parameters({}).items() if name not in lists.ATTRIBUTES
}
ENDPOINTS: List[Endpoint] = [
    Endpoint(
        "GET",
        "/keys",
        get_all,
        {**_LIST, **_WHOSE, **_DECRYPT, "prefix": Param(text), "name": Param(text)},
    ),
    Endpoint("GET", "/keys/{name}", get_one, {**_WHOSE, **_DECRYPT}),
    Endpoint("PUT", "/keys/{name}", put),
    Endpoint("DELETE", "/keys/{name}", delete, _WHOSE),
]
