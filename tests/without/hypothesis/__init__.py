"""Stands in for hypothesis where it is not installed, as under `st2-run-pack-tests`.

A test that needs hypothesis skips, by its name; those beside it in the same file run. conftest.py
puts this folder at the end of the path.
"""

from typing import Any

import pytest

REASON = "hypothesis is not installed"


class Anything:
    """Whatever a strategy is made of and made into."""

    def __getattr__(self, _name: str) -> "Anything":
        return self

    def __call__(self, *_given: Any, **_named: Any) -> "Anything":
        return self

    def __or__(self, _other: Any) -> "Anything":
        return self

    __ror__ = __or__


def given(*_strategies: Any, **_named: Any) -> Any:
    return pytest.mark.skip(reason=REASON)


def settings(**_budget: Any) -> Any:
    return lambda test: test


HealthCheck = Phase = strategies = Anything()
