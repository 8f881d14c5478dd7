"""Sessions, and what each of their messages leads to: everything between the wire and the store.

Knows neither SSH nor event loops: the server hands messages in and sends replies out.
"""

import collections
import itertools
import threading
from dataclasses import dataclass, field
from typing import Deque, Dict, List, NamedTuple, Optional, Sequence

from . import faults as fault
from . import openconfig, rpc, wire
from .errors import SwitchError
from .faults import Faults, Verdict
from .store import Store

REMEMBERED = 10_000
"""How many RPCs are kept on record."""


class Rpc(NamedTuple):
    """An RPC on record. `result` is "ok", the error-tag, "dropped before", "dropped after",
    "unanswered" or, for a message that ended its session, "malformed"."""

    session_id: int
    operation: str
    result: str


@dataclass
class Session:
    """A NETCONF session."""

    session_id: int
    greeted: bool = False
    chunked: bool = False


@dataclass
class Work:
    """A message on its way to its reply: `wait` so many seconds, then hand it to `finish`."""

    asked: Optional[rpc.Request] = None
    verdict: Verdict = field(default_factory=Verdict)
    answer: bytes = b""
    result: str = "ok"

    @property
    def wait(self) -> float:
        return self.verdict.latency


class Answer(NamedTuple):
    """What to do: send `reply`, then `drop` the connection or end the session."""

    reply: bytes = b""
    drop: bool = False
    end: bool = False


class Core:
    """The switch without its SSH server. Messages come in from one thread; `records` and `forget`
    may be called from any. With `base_1_1` it offers NETCONF 1.1, too."""

    def __init__(
        self, store: Store, faults: Faults, max_sessions: int, *, base_1_1: bool = False
    ) -> None:
        self.store = store
        self.faults = faults
        self._base_1_1 = base_1_1
        self._max_sessions = max_sessions
        self._sessions: Dict[int, Session] = {}
        self._numbers = itertools.count(1)
        self._rpcs: Deque[Rpc] = collections.deque(maxlen=REMEMBERED)
        self._guard = threading.Lock()

    @property
    def capabilities(self) -> Sequence[str]:
        """What it offers in its hello."""
        models = openconfig.CAPABILITIES if self.store.platform == "openconfig" else wire.BROCADE
        other = {wire.WRITABLE_RUNNING: wire.CANDIDATE} if self.store.candidate else {}
        offered = [other.get(uri, uri) for uri in wire.CAPABILITIES]
        return (*offered, *models, *[wire.BASE_1_1] * self._base_1_1)

    def open(self) -> Optional[Session]:
        """A new session, or None where the switch has none to give."""
        if self.faults.refuse_sessions or len(self._sessions) >= self._max_sessions:
            return None
        session = Session(next(self._numbers))
        self._sessions[session.session_id] = session
        return session

    def close(self, session: Session) -> None:
        """Gives the session and its locks back. May be called twice."""
        if self._sessions.pop(session.session_id, None) is not None:
            self.store.release(session.session_id)

    def sessions(self) -> List[int]:
        """The ids of the open sessions."""
        return list(self._sessions)

    def begin(self, session: Session, message: bytes) -> Optional[Work]:
        """What a message asks for, and what the faults make of that; None for the hello.

        Raises wire.Malformed for a message that ends the session.
        """
        try:
            root = wire.parse(message)
            if not session.greeted:
                session.chunked = wire.check_hello(root) and self._base_1_1
                session.greeted = True
                return None
            asked = rpc.request(root)
        except wire.Malformed:
            self._record(session, Work(result="malformed"))
            raise
        except SwitchError as error:
            return Work(answer=rpc.refusal(rpc.attributes(root), [error]), result=error.tag)
        return Work(asked, self.faults.judge(asked.name))

    def finish(self, session: Session, work: Work) -> Answer:
        """Applies the work and answers it."""
        answer = self._finish(session, work)
        self._record(session, work)
        return answer

    def records(self) -> List[Rpc]:
        """The last RPCs, oldest first."""
        with self._guard:
            return list(self._rpcs)

    def forget(self) -> None:
        """Empties the record."""
        with self._guard:
            self._rpcs.clear()

    def _finish(self, session: Session, work: Work) -> Answer:
        verdict, asked = work.verdict, work.asked
        if session.session_id not in self._sessions:
            # It has ended while the work waited.
            work.result = "unanswered"
            return Answer(end=True)
        if asked is None:
            return Answer(work.answer)
        if verdict.drop == fault.BEFORE:
            work.result = "dropped before"
            return Answer(drop=True)
        if verdict.silent:
            work.result = "unanswered"
            return Answer()
        reply = self._reply(session, asked, work)
        if verdict.drop == fault.AFTER:
            work.result = "dropped after"
            return Answer(drop=True)
        if verdict.garbage:
            reply = fault.GARBAGE
        ends = asked.closes and work.result == "ok"
        if ends:
            self.close(session)
        return Answer(self.faults.rewritten(reply), end=ends)

    def _reply(self, session: Session, asked: rpc.Request, work: Work) -> bytes:
        errors = list(work.verdict.errors)
        try:
            if not errors:
                saving = work.verdict.saving
                content = rpc.perform(self.store, session.session_id, asked, saving)
                return rpc.reply(asked.attributes, content)
        except SwitchError as error:
            errors = [error]
        work.result = errors[0].tag
        return rpc.refusal(asked.attributes, errors)

    def _record(self, session: Session, work: Work) -> None:
        operation = work.asked.name if work.asked else ""
        with self._guard:
            self._rpcs.append(Rpc(session.session_id, operation, work.result))
