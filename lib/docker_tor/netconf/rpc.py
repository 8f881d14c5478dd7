"""RPCs over one stream: hello, operations, replies (RFC 6241, 4 and 8.1).

A switch answers RPCs in the order in which it receives them (RFC 6241, 4.5). So the operations that
will be asked first go out together with our hello, which saves a round trip. A reply to one that
nobody asks for in the end is read and thrown away. Where base:1.1 is offered, the switch's hello
decides how all that follows is framed, so nothing can go out before it.
"""

import collections
import time
from typing import Callable, Deque, Iterable, NamedTuple, Sequence, Tuple

from lxml import etree

from ..common.errors import MalformedReply
from . import xml
from .framing import Messages, Stream

_BASE_1_0 = "urn:ietf:params:netconf:base:1.0"
_BASE_1_1 = "urn:ietf:params:netconf:base:1.1"


class Greeting(NamedTuple):
    """How a session begins: the operations that will be asked `first`, which go out with the hello,
    and perhaps more than once; or the hello offers `base_1_1`, too (RFC 6241, 8.1)."""

    first: Sequence[str] = ()
    base_1_1: bool = False

    @property
    def hello(self) -> str:
        """The client's hello."""
        offered = (_BASE_1_0, _BASE_1_1) if self.base_1_1 else (_BASE_1_0,)
        uris = "".join(f"<capability>{uri}</capability>" for uri in offered)
        return f'<hello xmlns="{xml.BASE}"><capabilities>{uris}</capabilities></hello>'


class _Sent(NamedTuple):
    """An operation without a reply yet, and its message-id."""

    operation: str
    number: str


class RpcClient:
    """The client's end of a session.

    `by` names what carries the session, as people call it. `timeout` is in seconds, for each reply.
    `close` ends the connection, and may be called twice.
    """

    capabilities: Tuple[str, ...] = ()
    """What the switch says in its hello that it can do."""

    def __init__(
        self, stream: Stream, *, by: str, timeout: float, close: Callable[[], None]
    ) -> None:
        self.by = by
        self.drop = close
        """Ends the session without another word. May be called twice."""
        self._messages = Messages(stream)
        self._timeout = timeout
        self._count = 0
        self._unanswered: Deque[_Sent] = collections.deque()

    def greet(self, deadline: float, greeting: Greeting) -> None:
        """Exchange hellos, and send what is asked first together with ours.

        Raises OSError, and MalformedReply for what is no XML.
        """
        self._send([greeting.hello, *map(self._rpc, greeting.first)], deadline)
        received = self._messages.receive(deadline)
        if not received.startswith(b"<"):
            # Imported here only: few sessions begin so.
            from . import session_errors

            raise session_errors.before_hello(received)
        hello = xml.parse(received)
        if hello.tag != f"{{{xml.BASE}}}hello":
            raise ConnectionError("its first message is no hello")
        found = hello.iterfind(f"{{{xml.BASE}}}capabilities/{{{xml.BASE}}}capability")
        self.capabilities = tuple((uri.text or "").strip() for uri in found)
        self._messages.chunked = greeting.base_1_1 and _BASE_1_1 in self.capabilities

    def ask(self, operation: str) -> etree._Element:
        """The `<rpc-reply>` to an operation, which is given as XML, and sent unless it has been.

        Raises OSError and MalformedReply.
        """
        deadline = time.monotonic() + self._timeout
        while self._unanswered and self._unanswered[0].operation != operation:
            # It was sent ahead, and nobody asks for it.
            self._reply(deadline)
        if not self._unanswered:
            self._send([self._rpc(operation)], deadline)
        return self._reply(deadline)

    def _rpc(self, operation: str) -> str:
        self._count += 1
        self._unanswered.append(_Sent(operation, str(self._count)))
        return f'<rpc xmlns="{xml.BASE}" message-id="{self._count}">{operation}</rpc>'

    def _send(self, messages: Iterable[str], deadline: float) -> None:
        self._messages.send([message.encode() for message in messages], deadline)

    def _reply(self, deadline: float) -> etree._Element:
        sent = self._unanswered.popleft()
        reply = xml.parse(self._messages.receive(deadline))
        number = reply.get("message-id")
        known = (sent.number, *(later.number for later in self._unanswered))
        # Some servers leave the namespace of an error out.
        if reply.tag not in (f"{{{xml.BASE}}}rpc-reply", "rpc-reply") or number not in known:
            raise MalformedReply("what it answers is no reply to what it was asked")
        if number != sent.number:
            raise ConnectionError("the switch has left that unanswered and gone on")
        return reply
