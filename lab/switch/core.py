"""Sessions, and what each of their messages leads to: everything between the wire and the store.

Knows neither SSH nor event loops: the server hands messages in and sends replies out. The hello is
that of the Network OS NETCONF Operations Guide, section 4.1.1: base:1.0 only, so a client may not
switch to chunks. A switch may be told to offer base:1.1, too.
"""

import itertools
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from lxml import etree

from . import rpc
from .faults import AFTER, BEFORE, UNANSWERED, Faults
from .names import BASE
from .store import Store
from .xml import Malformed, SwitchError, element, name_of, parse, serialise

_CAPABILITY = "urn:ietf:params:netconf:capability:"
WRITABLE_RUNNING, CANDIDATE = f"{_CAPABILITY}writable-running:1.0", f"{_CAPABILITY}candidate:1.0"
BASE_1_1 = "urn:ietf:params:netconf:base:1.1"
BASE_CAPABILITIES = ("urn:ietf:params:netconf:base:1.0", "urn:ietf:params:xml:ns:netconf:base:1.0")
"""RFC 6241's name of the base protocol, and the one that the Operations Guide has in its text."""


class Login(NamedTuple):
    """Who may log in, and the one way to do so: PASSWORD, or INTERACTIVE, which asks for the
    password, or PUBLIC_KEY, which lets nobody in."""

    username: str
    password: str
    by: str


PASSWORD, INTERACTIVE, PUBLIC_KEY = "password", "keyboard-interactive", "publickey"


class Rpc(NamedTuple):
    """An RPC on record. `result` is "ok", the error-tag, "before" or "after" where its connection
    was dropped then, "unanswered" or, for a message that ended its session, "malformed"."""

    session_id: int
    operation: str
    result: str


@dataclass
class Session:
    """A NETCONF session."""

    session_id: int
    greeted: bool = False
    chunked: bool = False


class Answer(NamedTuple):
    """What to do: send `reply`, then `drop` the connection or end the session."""

    reply: bytes = b""
    drop: bool = False
    end: bool = False


class Core:
    """The switch without its SSH server. Messages come in from one thread; `sessions` are the open
    ones by their ids, and `rpcs` those on record, oldest first. With `base_1_1` it offers NETCONF
    1.1, too."""

    def __init__(
        self, store: Store, faults: Faults, login: Login, max_sessions: int, *, base_1_1: bool
    ) -> None:
        self.store = store
        self.faults = faults
        self.login = login
        self.rpcs: List[Rpc] = []
        self._base_1_1 = base_1_1
        self._max_sessions = max_sessions
        self.sessions: Dict[int, Session] = {}
        self._numbers = itertools.count(1)

    @property
    def capabilities(self) -> Sequence[str]:
        """What it offers in its hello."""
        return (
            BASE_CAPABILITIES[0],
            CANDIDATE if self.store.candidate else WRITABLE_RUNNING,
            *(f"{_CAPABILITY}{name}:1.0" for name in ("startup", "xpath", "validate")),
            *self.store.kind.capabilities,
            *[BASE_1_1] * self._base_1_1,
        )

    def open(self) -> Optional[Session]:
        """A new session, or None where the switch has none to give."""
        if self.faults.refuse_sessions or len(self.sessions) >= self._max_sessions:
            return None
        session = Session(next(self._numbers))
        self.sessions[session.session_id] = session
        return session

    def close(self, session: Session) -> None:
        """Gives the session and its locks back. May be called twice."""
        if self.sessions.pop(session.session_id, None) is not None:
            self.store.release(session.session_id)

    def greeting(self, session: Session) -> bytes:
        """The hello to a session."""
        root = element(BASE, "hello")
        capabilities = element(BASE, "capabilities")
        capabilities.extend([element(BASE, "capability", uri) for uri in self.capabilities])
        root.extend([capabilities, element(BASE, "session-id", str(session.session_id))])
        return self.faults.rewritten(serialise(root))

    def answer(self, session: Session, message: bytes) -> Answer:
        """Does what a message asks for; a hello is not answered. Raises Malformed for a message
        that ends the session."""
        if session.session_id not in self.sessions:
            # It has ended while the message waited.
            return Answer(end=True)
        try:
            root = parse(message)
            if session.greeted:
                operation, result, answer = self._answer(session, root)
                self.rpcs.append(Rpc(session.session_id, operation, result))
                return answer
        except Malformed:
            self.rpcs.append(Rpc(session.session_id, "", "malformed"))
            raise
        session.chunked = _offers_1_1(root) and self._base_1_1
        session.greeted = True
        return Answer()

    def _answer(self, session: Session, root: etree._Element) -> Tuple[str, str, Answer]:
        """The operation that is asked for, the result on record, and the answer."""
        name, fault, ends = "", "", False
        try:
            asked = rpc.operation(root)
            name = name_of(asked)
            fault = self.faults.judge(name)
            if fault in (BEFORE, UNANSWERED):
                return name, fault, Answer(drop=fault == BEFORE)
            content = rpc.perform(self.store, session.session_id, asked)
            result = "ok"
            ends = asked.tag == rpc.CLOSE_SESSION
        except SwitchError as error:
            content, result = [error.element()], error.tag
        if fault == AFTER:
            return name, fault, Answer(drop=True)
        if ends:
            self.close(session)
        reply = self.faults.rewritten(rpc.reply(root, content))
        return name, result, Answer(reply, end=ends)


def _offers_1_1(root: etree._Element) -> bool:
    """Whether a client's hello offers base:1.1. Raises Malformed unless it is one, with the base
    capability.

    The Operations Guide has the switch abort the session for each of the three faults.
    """
    if root.tag != f"{{{BASE}}}hello":
        raise Malformed("the first message is no hello")
    if root.find(f"{{{BASE}}}session-id") is not None:
        raise Malformed("a client's hello with a session-id")
    found = root.findall(f"{{{BASE}}}capabilities/{{{BASE}}}capability")
    offered = {(uri.text or "").strip() for uri in found}
    if offered.isdisjoint(BASE_CAPABILITIES):
        raise Malformed("a hello without the base:1.0 capability")
    return BASE_1_1 in offered
