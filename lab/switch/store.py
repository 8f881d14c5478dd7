"""The switch's datastores and the locks on them; safe to use from any thread."""

import dataclasses
import functools
import threading
from typing import Dict, Optional, Sequence

from lxml import etree

from . import edit, openconfig, ports, rules, schema, slxos, wire
from .datastore import Datastore, Laws
from .errors import SwitchError
from .faults import AT_ONCE, Saving, locked
from .lldp import Lldp

RUNNING, STARTUP, CANDIDATE = "running", "startup", "candidate"
IN_PROGRESS, COMPLETED, FAILED = "in-progress", "completed", "failed"

OPERATOR = 0
"""The session id of somebody at the console."""


class Store:
    """`running` and `startup`, both configured with `config` elements to begin with. `appends` is
    for `ports.settle`. With `candidate` there is one, too, and sessions cannot edit running itself
    (RFC 6241, 8.3).

    Every method that changes one names the session that does it, and raises SwitchError "in-use" if
    another one holds the lock.
    """

    def __init__(
        self,
        rbridge_ids: Sequence[int],
        config: Sequence[str] = (),
        platform: str = "nos",
        *,
        appends: bool = True,
        candidate: bool = False,
    ) -> None:
        self._guard = threading.RLock()
        self._locks: Dict[str, int] = {}
        # By session; None where it is done.
        self._jobs: Dict[int, Optional[Saving]] = {}
        self.platform = platform
        self.rbridge_ids = tuple(rbridge_ids)
        self.lldp = Lldp()
        blank = {**schema.blank(rbridge_ids), "interface": ports.blank(rbridge_ids)}
        laws = Laws(functools.partial(rules.settle, appends=appends), rules.check)
        empty = Datastore(schema.model(rbridge_ids, ports.model(ports.NOS_TYPES)), blank, laws)
        if platform == "slxos":
            blank = {"interface": ports.blank(())}
            empty = Datastore(slxos.model(), blank, Laws(slxos.settle, slxos.check))
        if platform == "openconfig":
            empty = Datastore(openconfig.model(), openconfig.blank(), openconfig.LAWS)
        self._content = {RUNNING: empty, STARTUP: empty}
        self.candidate = candidate
        # None while it is as running is.
        self._edited: Optional[Datastore] = None
        for text in config:
            self.edit(wire.parse(text.encode()), OPERATOR)
        self.save(OPERATOR)

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
                self._check_lock(name, session, "commit")
            self._content[RUNNING] = self.get(CANDIDATE)
            self._edited = None

    def discard(self, session: int) -> None:
        """Makes the candidate what running is, whoever has edited it."""
        with self._guard:
            self._check_lock(CANDIDATE, session, "discard-changes")
            self._edited = None

    def pull(self, kind: str, number: str) -> None:
        """Takes a port out of running, whatever its configuration says."""
        with self._guard:
            tree = dict(self._content[RUNNING].tree)
            of_kind = tree["interface"][kind]
            left = {name: port for name, port in of_kind.items() if name != number}
            tree["interface"] = {**tree["interface"], kind: left}
            self._content[RUNNING] = dataclasses.replace(self._content[RUNNING], tree=tree)

    def save(self, session: int) -> None:
        """Copies running to startup."""
        self.begin_save(session, AT_ONCE)

    def begin_save(self, session: int, saving: Saving) -> None:
        """Begins to copy running to startup; a save that takes no time is done at once."""
        with self._guard:
            self._check_lock(STARTUP, session)
            self._jobs[session] = saving
            if saving == AT_ONCE:
                self._finish_save(session)

    def ask_save(self, session: int) -> str:
        """How that session's save stands: one of the words above, "" without one. Being asked is
        what brings it on."""
        with self._guard:
            if session not in self._jobs:
                return ""
            job = self._jobs[session]
            if job is None:
                return COMPLETED
            if job.polls:
                self._jobs[session] = job._replace(polls=job.polls - 1)
                return IN_PROGRESS
            if job.fails:
                return FAILED
            self._finish_save(session)
            return COMPLETED

    def _finish_save(self, session: int) -> None:
        self._content[STARTUP] = self._content[RUNNING]
        self._jobs[session] = None

    def reload(self) -> None:
        """Copies startup to running, as a restart of the switch does, and forgets all locks."""
        with self._guard:
            self._locks.clear()
            self._edited = None
            self._content[RUNNING] = self._content[STARTUP]

    def restore(self, content: Datastore) -> None:
        """Makes all datastores what one of them was, and forgets all locks and saves."""
        with self._guard:
            self._locks.clear()
            self._edited = None
            self._jobs.clear()
            self._content = {RUNNING: content, STARTUP: content}

    def lock(self, name: str, session: int) -> None:
        """Gives the session the lock; SwitchError "lock-denied" if any session has it, and
        "resource-denied", as netconfd has it, for a candidate with changes."""
        with self._guard:
            holder = self._locks.get(name)
            if holder is not None:
                raise locked("lock", holder)
            if name == CANDIDATE and self._edited is not None:
                text = "candidate cannot be locked, discard-changes needed"
                raise SwitchError("resource-denied", text, layer="protocol")
            self._locks[name] = session

    def unlock(self, name: str, session: int) -> None:
        """Takes the lock back; SwitchError "operation-failed" if the session has none."""
        with self._guard:
            if self._locks.get(name) != session:
                raise SwitchError(
                    "operation-failed", f"the session has no lock on {name}", layer="protocol"
                )
            del self._locks[name]
            if name == CANDIDATE:
                self._edited = None

    def release(self, session: int) -> None:
        """Takes all locks of a session that has ended."""
        with self._guard:
            for name in [name for name, holder in self._locks.items() if holder == session]:
                self.unlock(name, session)

    def _check_lock(self, name: str, session: int, operation: str = "edit-config") -> None:
        holder = self._locks.get(name, session)
        if holder != session:
            raise locked(operation, holder)
