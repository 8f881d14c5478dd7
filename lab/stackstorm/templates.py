"""Jinja as StackStorm renders it (st2common/util/jinja.py). Of the filters that StackStorm adds
there are those that a pack like this one needs; jinja refuses the others by name."""

import json
from typing import Any

import jinja2
import jinja2.sandbox

from .datastore import Datastore, Lookup


def is_expression(value: Any) -> bool:
    """Whether StackStorm takes a value for a template."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def encode(value: Any) -> str:
    """JSON as orjson writes it: no spaces, no escapes beyond ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def environment(store: Datastore, *, lenient: bool = False) -> jinja2.Environment:
    """The sandbox that StackStorm's own templates are rendered in; undefined names are errors, or
    `lenient`ly nothing."""

    def decrypt_kv(value: Any) -> str:
        text = str(value)
        if isinstance(value, Lookup) and not text:
            raise ValueError("The datastore item doesn't exist or it contains an empty string")
        return store.decrypt(text)

    env = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.Undefined if lenient else jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(to_complex=json.dumps, decrypt_kv=decrypt_kv)
    return env
