"""Orquesta, with the one function that StackStorm adds to its expressions and packs need: `st2kv`
(contrib/runners/orquesta_runner/orquesta_functions/st2kv.py)."""

import contextlib
import threading
from typing import Any, Iterator

from . import orquesta_shims
from .datastore import Datastore

_bound = threading.local()


@contextlib.contextmanager
def bound_to(store: Datastore) -> Iterator[None]:
    """Let the function ask this datastore, as long as this thread is in here."""
    _bound.store = store
    try:
        yield
    finally:
        del _bound.store


def st2kv(context: Any, key: str, **kwargs: Any) -> Any:  # noqa: ARG001  # Orquesta names it
    """A value of the datastore, "system.x". Errors unless it is there or there is a `default`;
    `decrypt=true` decrypts."""
    store: Datastore = _bound.store
    value = store.get(key[len("system.") :]) if key.startswith("system.") else None
    if value is None:
        if "default" in kwargs:
            return kwargs["default"]
        raise ORQUESTA.exceptions.ExpressionEvaluationException(
            f'The key "{key}" does not exist in the StackStorm datastore.'
        )
    return store.decrypt(value) if kwargs.get("decrypt", False) else value


ORQUESTA = orquesta_shims.load({"st2kv": st2kv})
"""orquesta's modules, with the function above in its expressions."""
