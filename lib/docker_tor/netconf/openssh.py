"""NETCONF sessions by the OpenSSH client: `ssh -s HOST netconf` over a connection that is kept.

Where none can be had, `connect` says so, and paramiko is the way: to a session, or to the error.

What a switch is sure to be asked next goes out before it has answered (RFC 6241, 4.5: it answers in
order), the first of it with our hello, since base:1.0 is all that we offer: no round trip for each.
"""

import collections
import subprocess
import time
from typing import Deque, Iterable, NamedTuple, Tuple

from lxml import etree

from ..common.errors import MalformedReply
from ..config.credentials import Login
from . import xml
from .control_master import Master, Unavailable
from .framing import Messages

GIVE_UP = 10.0
"""Seconds that a kept connection gets to give a session: it may be dead and not know it yet."""

_HELLO = (
    f'<hello xmlns="{xml.BASE}"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>"
)


def connect(login: Login, timeout: float, first: Iterable[str] = ()) -> "OpenSshTransport":
    """A session within `timeout` seconds, which is each reply's timeout as well.

    The operations `first` go out with the hello, in every try: they had better be reads. Raises
    PasswordRefused, NotOffered, TimeoutError, and Unavailable where paramiko has to try.
    """
    begun = time.monotonic()
    deadline = begun + timeout
    try:
        master = Master(login)
        if master.is_there:
            try:
                return _session(master, login, timeout, first, min(deadline, begun + GIVE_UP))
            except (OSError, MalformedReply) as error:
                # It is dead, or has as many sessions as the switch lets one connection have.
                if not master.start(deadline):
                    raise Unavailable(
                        f"the connection that is kept gives no session: {error}"
                    ) from None
        else:
            master.start(deadline)
        return _session(master, login, timeout, first, deadline)
    except TimeoutError:
        raise TimeoutError(f"no session within {timeout:g} s") from None
    except (OSError, MalformedReply) as error:
        raise Unavailable(str(error)) from None


def _session(
    master: Master, login: Login, timeout: float, first: Iterable[str], deadline: float
) -> "OpenSshTransport":
    peer = OpenSshTransport(master.client("-e", "none", "-s", "--", login.host, "netconf"), timeout)
    try:
        peer.greet(deadline, first)
    except BaseException:
        peer.drop()
        raise
    return peer


class _Asked(NamedTuple):
    """An operation on its way, and the message-id that its reply has to have."""

    operation: str
    number: str


class OpenSshTransport:
    """A session over the pipes of a process. `capabilities` are what the switch says that it can
    do."""

    by = "OpenSSH"
    capabilities: Tuple[str, ...] = ()

    def __init__(self, process: "subprocess.Popen[bytes]", timeout: float) -> None:
        self._process = process
        self._timeout = timeout
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._messages = Messages(process.stdin.fileno(), process.stdout.fileno())
        self._sent = 0
        self._unanswered: Deque[_Asked] = collections.deque()

    def greet(self, deadline: float, first: Iterable[str] = ()) -> None:
        """Exchange hellos (RFC 6241, 8.1), and send the operations that will be asked first along
        with ours. Raises OSError and MalformedReply."""
        self._send([_HELLO, *map(self._rpc, first)], deadline)
        hello = xml.parse(self._messages.receive(deadline))
        if hello.tag != f"{{{xml.BASE}}}hello":
            raise MalformedReply("its first message is no hello")
        found = hello.iterfind(f"{{{xml.BASE}}}capabilities/{{{xml.BASE}}}capability")
        self.capabilities = tuple((uri.text or "").strip() for uri in found)

    def ask(self, operation: str, *then: str) -> etree._Element:
        """The `<rpc-reply>` to an operation, which is sent unless it has been already; `then` are
        sent along with it, to be asked next. Raises OSError and MalformedReply."""
        deadline = time.monotonic() + self._timeout
        while self._unanswered and self._unanswered[0].operation != operation:
            # It was sent ahead, and nobody asks for it.
            self._reply(deadline)
        new = then if self._unanswered else (operation, *then)
        self._send([self._rpc(one) for one in new], deadline)
        return self._reply(deadline)

    def drop(self) -> None:
        """End it, whatever the switch has still to say. May be called twice."""
        with self._process:
            self._process.kill()

    def _rpc(self, operation: str) -> str:
        self._sent += 1
        self._unanswered.append(_Asked(operation, str(self._sent)))
        return f'<rpc xmlns="{xml.BASE}" message-id="{self._sent}">{operation}</rpc>'

    def _send(self, messages: Iterable[str], deadline: float) -> None:
        self._messages.send([message.encode() for message in messages], deadline)

    def _reply(self, deadline: float) -> etree._Element:
        asked = self._unanswered.popleft()
        reply = xml.parse(self._messages.receive(deadline))
        number = reply.get("message-id")
        known = (asked.number, *(later.number for later in self._unanswered))
        # Some leave the namespace of an error out.
        if reply.tag not in (f"{{{xml.BASE}}}rpc-reply", "rpc-reply") or number not in known:
            raise MalformedReply("what it answers is no reply to what it was asked")
        if number != asked.number:
            raise ConnectionError("the switch has left that unanswered and gone on")
        return reply
