"""When changes are dispatched: each waits a moment for those that follow it. Pure."""

from typing import Callable, Optional

BURST = 2.0
"""Seconds for which changes that keep coming wait for each other at most. What is dispatched for a
switch within that time of the last belongs to the same burst."""


class Debounce:
    """For how long changes still have to wait: until there was none for `seconds`."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._first: Optional[float] = None
        self._last = 0.0

    def changed(self) -> None:
        """There is a change."""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def taken(self) -> None:
        """All changes until now are being dispatched; the next is the first again."""
        self._first = None

    @property
    def wait(self) -> float:
        """Seconds: until there was none for `seconds`, or BURST after the first change."""
        if self._first is None:
            return 0.0
        due = min(self._last + self.seconds, self._first + max(self.seconds, BURST))
        return max(due - self._clock(), 0.0)
