"""Emits `core.st2.IntervalTimer` for the rules that ask for it (st2reactor/timer/base.py)."""

import datetime
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence, Tuple

from . import ids
from .models import Trigger
from .registry import INTERVAL_TIMER

Emit = Callable[[str, Dict[str, Any], str], Any]
"""Takes a trigger's ref, the payload and a trace tag."""


class Clock(Protocol):
    """What timers go by."""

    def now(self) -> float:
        """Seconds since whenever."""

    def wait(self, seconds: Optional[float]) -> bool:
        """Wait for so many seconds, for ever if None. True, at once, when the timers are to end."""

    def end(self) -> None:
        """Let `wait` return True from now on."""


class RealClock:
    """Goes by itself."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.now = time.monotonic
        self.wait = self._ended.wait
        self.end = self._ended.set


class Timers:
    """Emits each timer's trigger, the first time one period after it is made; missed times are not
    made up for."""

    def __init__(self, triggers: Sequence[Trigger], emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        timers = [trigger for trigger in triggers if trigger.type == INTERVAL_TIMER]
        due = [(clock.now() + _period(timer), timer) for timer in timers]
        self._thread = threading.Thread(target=self._run, args=(due,), name="st2-timers")
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._clock.end()
        self._thread.join()

    def _run(self, due: List[Tuple[float, Trigger]]) -> None:
        while due and not self._clock.wait(max(0.0, min(at for at, _ in due) - self._clock.now())):
            now = self._clock.now()
            for number, (at, timer) in enumerate(due):
                if at <= now:
                    tag = f"st2.IntervalTimer-{timer.ref.split('.', 1)[1]}"
                    # The real one's "schedule" is always None: it asks for what no timer has.
                    self._emit(timer.ref, {"executed_at": str(ids.now()), "schedule": None}, tag)
                    missed = (now - at) // _period(timer)
                    due[number] = (at + _period(timer) * (1 + missed), timer)


def _period(timer: Trigger) -> float:
    """Seconds between two instances, one at least."""
    parameters = timer.parameters
    seconds = datetime.timedelta(**{parameters["unit"]: parameters["delta"]}).total_seconds()
    return max(1.0, seconds)
