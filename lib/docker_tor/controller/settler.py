"""Work that one of several sensors does, again and again, and that outlives StackStorm's outages.

The watchers of the engines call a settler from threads of their own: these methods take in what is
told, set `news`, and return at once. The sensor's one thread calls `settle` when there is news. It
takes or renews the lease, and does the slow work only while it has it.
"""

import logging
import threading
from typing import Any, List

from ..config.settings import Config
from .lease import Lease


class Settler:
    """Decides what is dispatched; a handler of the engines' watchers. What a subclass does not
    override does nothing."""

    what = ""
    """What has to wait while StackStorm fails, for the log."""

    def __init__(self, lease: Lease, log: logging.Logger) -> None:
        self._lease = lease
        self._log = log
        self._failing = False
        self.news = threading.Event()
        """Set when there is something to settle."""

    @property
    def wait(self) -> float:
        """Seconds for which more may follow what there is to settle: better wait for it."""
        return 0.0

    def configure(self, config: Config, trouble: str = "") -> None:
        """Go by this configuration; `trouble` says why it is not the one that StackStorm has now.
        Not at the same time as `settle`."""

    def listed(self, engine: str, listing: List[Any], since: float) -> None:
        """Take in the list of one engine; there was news to ask for `since` (monotonic)."""

    def removed(self, engine: str, identity: str) -> None:
        """An engine has told that something is gone. Its next list says so, too."""

    def lost(self, engine: str, reason: str) -> None:
        """An engine is not reached. What it had is not gone."""

    def back(self, engine: str, seconds: float) -> None:
        """An engine is reached again, after so many seconds."""

    def settle(self) -> bool:
        """Do what there is to do; False where something is left for another try.

        Never raises: whatever fails is logged once, until it works again.
        """
        self._begin()
        try:
            if self._lease.hold():
                self._work()
            else:
                self._stand_by()
        except Exception as error:  # noqa: BLE001  # the sensor outlives StackStorm's outages
            if not self._failing:
                self._log.error("%s have to wait: %s: %s", self.what, type(error).__name__, error)
            self._failing = True
            return False
        if self._failing:
            self._log.info("%s are dispatched again", self.what)
        self._failing = False
        return True

    def retire(self) -> None:
        """Let another sensor take over at once. Never raises."""
        try:
            self._lease.release()
        except Exception as error:  # noqa: BLE001  # the lease runs out by itself
            self._log.info("the lease was not released: %s: %s", type(error).__name__, error)

    def _begin(self) -> None:
        """Done first, with the lease or without."""
        self.news.clear()

    def _work(self) -> None:
        """What the sensor that has the lease does. May raise anything."""

    def _stand_by(self) -> None:
        """What another sensor does, instead."""
