"""The switch's two datastores and the locks on them; safe to use from any thread."""

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

RUNNING, STARTUP = "running", "startup"
IN_PROGRESS, COMPLETED, FAILED = "in-progress", "completed", "failed"

OPERATOR = 0
"""The session id of somebody at the console."""


class Store:
    """`running` and `startup`, both configured with `config` elements to begin with. `appends` is
    for `ports.settle`.

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
        for text in config:
            self.edit(wire.parse(text.encode()), OPERATOR)
        self.save(OPERATOR)

    def get(self, name: str) -> Datastore:
        """The datastore "running" or "startup" as it is now."""
        return self._content[name]

    def edit(self, config: etree._Element, session: int) -> None:
        """Applies an edit-config to running: all of it, or nothing and SwitchError."""
        with self._guard:
            self._check_lock(RUNNING, session)
            self._content[RUNNING] = edit.apply(self._content[RUNNING], config)

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
            self._content[RUNNING] = self._content[STARTUP]

    def restore(self, content: Datastore) -> None:
        """Makes both datastores what one of them was, and forgets all locks and saves."""
        with self._guard:
            self._locks.clear()
            self._jobs.clear()
            self._content = {RUNNING: content, STARTUP: content}

    def lock(self, name: str, session: int) -> None:
        """Gives the session the lock; SwitchError "lock-denied" if any session has it."""
        with self._guard:
            holder = self._locks.get(name)
            if holder is not None:
                raise locked("lock", holder)
            self._locks[name] = session

    def unlock(self, name: str, session: int) -> None:
        """Takes the lock back; SwitchError "operation-failed" if the session has none."""
        with self._guard:
            if self._locks.get(name) != session:
                raise SwitchError(
                    "operation-failed", f"the session has no lock on {name}", layer="protocol"
                )
            del self._locks[name]

    def release(self, session: int) -> None:
        """Takes all locks of a session that has ended."""
        with self._guard:
            self._locks = {n: holder for n, holder in self._locks.items() if holder != session}

    def _check_lock(self, name: str, session: int) -> None:
        holder = self._locks.get(name, session)
        if holder != session:
            raise locked("edit-config", holder)
