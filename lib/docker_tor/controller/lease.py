"""Leader election: of several sensors, the one whose name stands in the datastore dispatches.

StackStorm may run two of a sensor for a while, as after a restart that overlaps. Each watches the
engines; only the holder of the lease dispatches. The others stand by. One of them takes over when
the holder has released the lease, has died, or has not renewed it in time.

Each measures time by its own monotonic clock, since a wall clock can be set. The holder counts from
its last renewal, another from when it first saw the record as it is.

The datastore has no compare-and-set. So a new holder writes its name, waits until any rival has
written, too, and reads whose name it is.
"""

import json
import os
import socket
import time
import uuid
from typing import Any, Callable, Dict, Optional

from ..common.datastore import Store

NAME = "docker_tor.lease"
LASTS = 20.0
"""Seconds for which a record that does not change keeps others from dispatching."""
RENEWED_AFTER = 8.0
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
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = time.sleep,
        alive: Optional[Callable[[int], bool]] = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._alive = alive or _alive
        self._host = socket.gethostname()
        self._pids = _pids()
        self._id = uuid.uuid4().hex
        self._renewed = float("-inf")
        self._renewals = 0
        self._seen: Optional[str] = None
        self._seen_at = float("-inf")
        self.held = False
        """Whether the last `hold` succeeded."""
        self.term = 0
        """How often the lease was taken: in between, somebody else may have had it."""

    def hold(self) -> bool:
        """Take the lease if it is free, renew it if it is due; whether it is ours.

        Raises what the store raises. Then nothing is known, and nothing may be dispatched.
        """
        if self.held and self._monotonic() - self._renewed < RENEWED_AFTER:
            return True
        held, self.held = self.held, False
        record = self._store.get()
        if _read(record).get("id") != self._id:
            if self._stands(record):
                return False
            held = False
        self._write()
        if not held:
            self._sleep(RIVALS_WRITE)
            if _read(self._store.get()).get("id") != self._id:
                return False
            self.term += 1
        self.held = True
        return True

    def release(self) -> None:
        """Let another sensor have it at once, even where the last `hold` failed."""
        self.held = False
        if self._renewals and _read(self._store.get()).get("id") == self._id:
            self._store.set("")

    def _write(self) -> None:
        self._renewals += 1
        record = {
            "id": self._id,
            "host": self._host,
            "pid": os.getpid(),
            "pids": self._pids,
            # No two records are the same, however the wall clock goes.
            "renewals": self._renewals,
            # For people and the doctor; no sensor goes by it.
            "until": self._clock() + LASTS,
        }
        now = self._monotonic()
        self._store.set(json.dumps(record))
        self._renewed = now

    def _stands(self, record: Optional[str]) -> bool:
        """Whether somebody else has the lease by this record."""
        holder = _read(record)
        if not holder.get("id"):
            return False
        pid = holder.get("pid")
        if holder.get("pids") == self._pids and isinstance(pid, int) and not self._alive(pid):
            return False
        if record != self._seen:
            self._seen, self._seen_at = record, self._monotonic()
        return self._monotonic() - self._seen_at < LASTS


def _read(record: Optional[str]) -> Dict[str, Any]:
    try:
        holder = json.loads(record or "{}")
    except (RecursionError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _pids() -> str:
    """Where a process has the same number for all: this boot of this machine, and a container of
    it. Names of hosts do not tell containers apart, nor machines that are copies of each other."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        # No Linux.
        return socket.gethostname()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # Somebody else's process: it is there.
        return True
    return True
