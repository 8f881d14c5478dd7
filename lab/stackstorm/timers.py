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

    def now(self) -> float:
        """Seconds of the system's clock that nobody sets."""
        return time.monotonic()

    def wait(self, seconds: Optional[float]) -> bool:
        """See `Clock`."""
        return self._ended.wait(seconds)

    def end(self) -> None:
        """See `Clock`."""
        self._ended.set()


def period(trigger: Trigger) -> float:
    """Seconds between two instances of an interval timer, one at least."""
    parameters = trigger.parameters
    seconds = datetime.timedelta(**{parameters["unit"]: parameters["delta"]}).total_seconds()
    return max(1.0, seconds)


class Timers:
    """Emits each timer's trigger, the first time one period after `start`; missed times are not
    made up for."""

    def __init__(self, triggers: Sequence[Trigger], emit: Emit, clock: Clock) -> None:
        self._timers = [trigger for trigger in triggers if trigger.type == INTERVAL_TIMER]
        self._emit = emit
        self._clock = clock
        self._thread: Optional[threading.Thread] = None

    def start(self) -> None:
        """Begin to count."""
        if self._timers:
            due = [(self._clock.now() + period(timer), timer) for timer in self._timers]
            self._thread = threading.Thread(target=self._run, args=(due,), name="st2-timers")
            self._thread.start()

    def close(self) -> None:
        """End."""
        self._clock.end()
        if self._thread is not None:
            self._thread.join()

    def _run(self, due: List[Tuple[float, Trigger]]) -> None:
        while not self._clock.wait(max(0.0, min(at for at, _ in due) - self._clock.now())):
            now = self._clock.now()
            later = []
            for at, timer in due:
                if at <= now:
                    self._fire(timer)
                    missed = (now - at) // period(timer)
                    at += period(timer) * (1 + missed)
                later.append((at, timer))
            due = later

    def _fire(self, timer: Trigger) -> None:
        # The real one's "schedule" is always None: it asks for a parameter that no timer has.
        payload = {"executed_at": str(ids.now()), "schedule": None}
        self._emit(timer.ref, payload, f"st2.IntervalTimer-{timer.ref.split('.', 1)[1]}")
