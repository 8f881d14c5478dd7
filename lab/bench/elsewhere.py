"""Something in a process of its own: what it does takes no time from what is measured."""

from __future__ import annotations

import contextlib
import multiprocessing
from multiprocessing.managers import BaseManager
from typing import Any, Iterator, Type, TypeVar

T = TypeVar("T")


class _Manager(BaseManager):
    """Runs it, and hands on what it is asked."""


@contextlib.contextmanager
def elsewhere(kind: Type[T], *given: Any) -> Iterator[T]:
    """One of these, made with what is given, in a process that ends with the context."""
    _Manager.register("made", kind)
    # Not forked: this process has threads.
    with _Manager(ctx=multiprocessing.get_context("spawn")) as manager:
        yield manager.made(*given)  # type: ignore[attr-defined]  # what register adds
