"""Which of several sensors dispatches: the one whose name stands in the datastore.

StackStorm may run two of a sensor for a while (a restart that overlaps, two sensor containers).
Each sees every change; only the holder of the lease dispatches, the others stand by and take over
when it has let go, has died, or has not renewed it in time. The datastore has no compare-and-set,
so a new holder writes its name, waits until any rival has written too, and reads who it is.
"""

import json
import os
import socket
import time
import uuid
from typing import Any, Callable, Dict, Optional

from .store import Store

NAME = "docker_tor.lease"
LASTS = 30.0
"""Seconds after its last renewal for which a lease holds."""
RENEWED_AFTER = 10.0
CLOCKS_DIFFER = 60.0
"""Seconds by which the clocks of two hosts may differ; a lease beyond that is no lease."""
RIVALS_WRITE = 0.5
"""Seconds within which two sensors that found the lease free at the same moment have both written.
"""


class Lease:
    """A claim to be the sensor that dispatches. Not thread-safe: one thread renews it."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Any] = time.sleep,
        alive: Optional[Callable[[int], bool]] = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._alive = alive or _alive
        self._host = socket.gethostname()
        self._id = uuid.uuid4().hex
        self._renewed = float("-inf")
        self.held = False
        """Whether the last `hold` succeeded."""
        self.term = 0
        """How often the lease was taken: in between, somebody else may have had it."""

    def hold(self) -> bool:
        """Take the lease if it is free, renew it if it is due; whether it is ours. May raise what
        the
        store raises: then nothing is known, and nothing should be dispatched."""
        if self.held and self._clock() - self._renewed < RENEWED_AFTER:
            return True
        held, self.held = self.held, False
        holder = self._holder()
        if holder.get("id") != self._id:
            if self._stands(holder):
                return False
            held = False
        self._write()
        if not held:
            self._sleep(RIVALS_WRITE)
            if self._holder().get("id") != self._id:
                return False
            self.term += 1
        self.held = True
        return True

    def release(self) -> None:
        """Let another sensor have it at once."""
        if self.held:
            self.held = False
            self._store.set("")

    def _write(self) -> None:
        now = self._clock()
        until = now + LASTS
        record = {"id": self._id, "host": self._host, "pid": os.getpid(), "until": until}
        self._store.set(json.dumps(record))
        self._renewed = now

    def _holder(self) -> Dict[str, Any]:
        try:
            holder = json.loads(self._store.get() or "{}")
        except ValueError:
            return {}
        return holder if isinstance(holder, dict) else {}

    def _stands(self, holder: Dict[str, Any]) -> bool:
        until, pid = holder.get("until"), holder.get("pid")
        left = until - self._clock() if isinstance(until, (int, float)) else 0.0
        if not 0.0 < left < LASTS + CLOCKS_DIFFER:
            return False
        return not (
            holder.get("host") == self._host and isinstance(pid, int) and not self._alive(pid)
        )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # Somebody else's process: it is there.
        return True
    return True
