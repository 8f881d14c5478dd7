"""The switch's datastores and the locks on them; safe to use from any thread."""

import threading
from typing import Dict, Optional, Set

from lxml import etree

from . import edit
from .datastore import Datastore, Kind
from .lldp import Lldp
from .schema import Tree
from .xml import SwitchError

RUNNING, STARTUP, CANDIDATE = "running", "startup", "candidate"

OPERATOR = 0
"""The session id of somebody at the console."""


class Store:
    """`running` and `startup`. With `candidate` there is one, too, and sessions cannot edit running
    itself (RFC 6241, 8.3).

    Every method that changes one names the session that does it, and raises SwitchError "in-use" if
    another one holds the lock.
    """

    def __init__(self, kind: Kind, *, candidate: bool = False) -> None:
        self.kind = kind
        self.candidate = candidate
        self.lldp = Lldp()
        self.saved: Set[int] = set()
        """The sessions that have saved running."""
        self._guard = threading.RLock()
        self._locks: Dict[str, int] = {}
        empty = Datastore(kind, kind.blank)
        self._content = {RUNNING: empty, STARTUP: empty}
        # None while it is as running is.
        self._edited: Optional[Datastore] = None

    def get(self, name: str) -> Datastore:
        """The datastore of that name as it is now."""
        if name == CANDIDATE:
            return self._edited or self._content[RUNNING]
        return self._content[name]

    def edit(self, config: etree._Element, session: int, name: str = RUNNING) -> None:
        """Applies an edit-config to running or candidate: all of it, or nothing and SwitchError."""
        with self._guard:
            self._check_lock(name, session)
            edited = edit.apply(self.get(name), config)
            if name == CANDIDATE:
                self._edited = edited
            else:
                self._content[name] = edited

    def commit(self, session: int) -> None:
        """Makes the candidate running, whoever has edited it."""
        with self._guard:
            for name in (RUNNING, CANDIDATE):
                self._check_lock(name, session)
            self._content[RUNNING] = self.get(CANDIDATE)
            self._edited = None

    def discard(self, session: int) -> None:
        """Makes the candidate what running is, whoever has edited it."""
        with self._guard:
            self._check_lock(CANDIDATE, session)
            self._edited = None

    def save(self, session: int) -> None:
        """Copies running to startup."""
        with self._guard:
            self._check_lock(STARTUP, session)
            self._content[STARTUP] = self._content[RUNNING]
            self.saved.add(session)

    def replace(self, tree: Tree) -> None:
        """Makes that running, whatever anybody says."""
        with self._guard:
            self._content[RUNNING] = Datastore(self.kind, tree)

    def reload(self) -> None:
        """Copies startup to running, as a restart of the switch does, and forgets all locks."""
        with self._guard:
            self._locks.clear()
            self._edited = None
            self._content[RUNNING] = self._content[STARTUP]

    def lock(self, name: str, session: int) -> None:
        """Gives the session the lock; SwitchError "lock-denied" if any session has it, and
        "resource-denied", as netconfd has it, for a candidate with changes."""
        with self._guard:
            holder = self._locks.get(name)
            if holder is not None:
                message = f"session {holder} holds the lock"
                raise SwitchError("lock-denied", message, session_id=str(holder))
            if name == CANDIDATE and self._edited is not None:
                message = "candidate cannot be locked, discard-changes needed"
                raise SwitchError("resource-denied", message)
            self._locks[name] = session

    def unlock(self, name: str, session: int) -> None:
        """Takes the lock back; SwitchError "operation-failed" if the session has none."""
        with self._guard:
            if self._locks.get(name) != session:
                raise SwitchError("operation-failed", f"the session has no lock on {name}")
            del self._locks[name]
            if name == CANDIDATE:
                self._edited = None

    def release(self, session: int) -> None:
        """Takes all locks of a session that has ended."""
        with self._guard:
            for name in [name for name, holder in self._locks.items() if holder == session]:
                self.unlock(name, session)

    def _check_lock(self, name: str, session: int) -> None:
        holder = self._locks.get(name, session)
        if holder != session:
            raise SwitchError("in-use", f"session {holder} has locked {name}")
