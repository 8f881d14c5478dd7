"""Jinja as StackStorm renders it (st2common/util/jinja.py). The filters that StackStorm adds are
not there; jinja refuses them by name."""

import json
from typing import Any, Type

import jinja2
import jinja2.sandbox


def is_expression(value: Any) -> bool:
    """Whether StackStorm takes a value for a template."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def encode(value: Any) -> str:
    """JSON as orjson writes it: no spaces, no escapes beyond ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _sandbox(undefined: Type[jinja2.Undefined]) -> jinja2.Environment:
    return jinja2.sandbox.SandboxedEnvironment(
        undefined=undefined, trim_blocks=True, lstrip_blocks=True
    )


STRICT, LENIENT = _sandbox(jinja2.StrictUndefined), _sandbox(jinja2.Undefined)
"""What templates are rendered in: undefined names are errors, or nothing."""
