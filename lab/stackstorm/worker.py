"""Threads that do what they are told to."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

LOG = logging.getLogger(__name__)


class Worker:
    """So many threads, one unless told otherwise, that do one thing after the other in the order
    given. What fails is logged."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, f"st2-{name}")

    def do(self, work: Callable[..., Any], *args: Any) -> None:
        """Do something soon; nothing any more once it is closed."""
        try:
            self._pool.submit(_done, work, args)
        except RuntimeError:
            LOG.debug("closed already: %s is not done", work)

    def close(self) -> None:
        """End once all is done that was given."""
        self._pool.shutdown(wait=True)


def _done(work: Callable[..., Any], args: Any) -> None:
    try:
        work(*args)
    except Exception:
        LOG.exception("%s has failed", work)
