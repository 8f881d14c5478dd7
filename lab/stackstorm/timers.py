"""Emits `core.st2.IntervalTimer` for the rules that ask for it (st2reactor/timer/base.py)."""

import datetime
import threading
import time
from typing import Any, Callable, Dict, Iterable, List

from . import ids
from .models import Trigger
from .registry import INTERVAL_TIMER

Emit = Callable[[str, Dict[str, Any], str], Any]
"""Takes a trigger's ref, the payload and a trace tag."""


class Timer:
    """One trigger, the first time one period after `now`; missed times are not made up for. Times
    are in seconds of any clock."""

    def __init__(self, trigger: Trigger, emit: Emit, now: float) -> None:
        parameters = trigger.parameters
        period = datetime.timedelta(**{parameters["unit"]: parameters["delta"]}).total_seconds()
        self._period = max(1.0, period)
        self._ref = trigger.ref
        self._emit = emit
        self.due = now + self._period

    def look(self, now: float) -> None:
        """Emit it if it is due."""
        if self.due <= now:
            self.due += self._period * (1 + (now - self.due) // self._period)
            # The real one's "schedule" is always None: it asks for what no timer has.
            payload = {"executed_at": str(ids.now()), "schedule": None}
            self._emit(self._ref, payload, f"st2.IntervalTimer-{self._ref.split('.', 1)[1]}")


class Timers:
    """The timers among these triggers, in a thread of their own."""

    def __init__(self, triggers: Iterable[Trigger], emit: Emit) -> None:
        now = time.monotonic()
        timers = [Timer(one, emit, now) for one in triggers if one.type == INTERVAL_TIMER]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(timers,), name="st2-timers")
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _run(self, timers: List[Timer]) -> None:
        while timers:
            left = min(timer.due for timer in timers) - time.monotonic()
            if self._ended.wait(max(0.0, left)):
                return
            for timer in timers:
                timer.look(time.monotonic())
