"""Decides when an execution runs (st2actions/scheduler)."""

import heapq
import itertools
import threading
import time
from typing import Callable, Collection, List, Tuple

from . import policies
from .executions import (
    CANCELED,
    CANCELING,
    DELAYED,
    REQUESTED,
    SCHEDULED,
    Execution,
    Executions,
)
from .models import Policy

_WAITING = (REQUESTED, DELAYED)


class Scheduler:
    """Hands executions on to `start`, one after the other, when they are due and the policies of
    their action allow it. What a policy delays is looked at again `policy_delay` seconds later; of
    the delay that an execution asks for only `delay_scale` of it is waited."""

    def __init__(
        self,
        kept: Executions,
        pack_policies: Collection[Policy],
        start: Callable[[Execution], None],
        policy_delay: float,
        delay_scale: float = 1.0,
    ) -> None:
        self._executions = kept
        self._policies = pack_policies
        self._start = start
        self._policy_delay = policy_delay
        self._delay_scale = delay_scale
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._due: List[Tuple[float, int, Callable[[], None]]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="st2-scheduler")
        self._thread.start()

    def submit(self, execution: Execution) -> None:
        """Take a requested execution; one with a delay waits for so long."""
        delay = execution.delay or 0
        if delay > 0:
            self._executions.update(execution, DELAYED)
        self.later(delay / 1000 * self._delay_scale, lambda: self._consider(execution))

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call it in the scheduler's thread after so many seconds; never once closed."""
        with self._changed:
            due = time.monotonic() + seconds
            heapq.heappush(self._due, (due, next(self._numbers), call))
            self._changed.notify()

    def close(self) -> None:
        """End; what is not due yet is never called."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._due or self._due[0][0] > time.monotonic()):
                    left = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(left)
                if self._closed:
                    return
                call = heapq.heappop(self._due)[2]
            call()

    def _consider(self, execution: Execution) -> None:
        if execution.status not in _WAITING:
            return
        if policies.concurrency(self._policies, execution):
            verdict = policies.decide(self._policies, execution, self._executions.active)
            if verdict == policies.DELAY:
                self._executions.update(execution, DELAYED, expect=_WAITING)
                self.later(self._policy_delay, lambda: self._consider(execution))
                return
            if verdict == policies.CANCEL:
                self._executions.update(execution, CANCELING, expect=_WAITING)
                self._executions.update(execution, CANCELED)
                return
            self._executions.update(execution, REQUESTED, expect=_WAITING)
        if self._executions.update(execution, SCHEDULED, expect=_WAITING):
            self._start(execution)
