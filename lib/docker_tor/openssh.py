"""NETCONF sessions by the OpenSSH client: `ssh -s HOST netconf` over a connection that is kept.

Where none can be had, `connect` says so, and paramiko is the way: to a session, or to the error.
"""

import subprocess
import time
from typing import Tuple

from lxml import etree

from . import edit
from .errors import MalformedReply
from .framing import Messages
from .login import Login
from .master import Master, Unavailable

GIVE_UP = 10.0
"""Seconds that a kept connection gets to give a session: it may be dead and not know it yet."""

_HELLO = (
    f'<hello xmlns="{edit.BASE}"><capabilities>'
    "<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>"
)


def connect(login: Login, timeout: float) -> "Peer":
    """A session within `timeout` seconds, which is each reply's timeout as well.

    Raises PasswordRefused, TimeoutError, and Unavailable where paramiko has to try.
    """
    begun = time.monotonic()
    deadline = begun + timeout
    try:
        master = Master(login)
        if master.is_there:
            try:
                return _session(master, login, timeout, min(deadline, begun + GIVE_UP))
            except (OSError, MalformedReply) as error:
                # It is dead, or has as many sessions as the switch lets one connection have.
                if not master.start(deadline):
                    raise Unavailable(
                        f"the connection that is kept gives no session: {error}"
                    ) from None
        else:
            master.start(deadline)
        return _session(master, login, timeout, deadline)
    except TimeoutError:
        raise TimeoutError(f"no session within {timeout:g} s") from None
    except (OSError, MalformedReply) as error:
        raise Unavailable(str(error)) from None


def _session(master: Master, login: Login, timeout: float, deadline: float) -> "Peer":
    peer = Peer(master.client("-e", "none", "-s", "--", login.host, "netconf"), timeout)
    try:
        peer.greet(deadline)
    except BaseException:
        peer.drop()
        raise
    return peer


class Peer:
    """A session over the pipes of a process. `capabilities` are what the switch says that it can
    do."""

    capabilities: Tuple[str, ...] = ()

    def __init__(self, process: "subprocess.Popen[bytes]", timeout: float) -> None:
        self._process = process
        self._timeout = timeout
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._messages = Messages(process.stdin.fileno(), process.stdout.fileno())
        self._sent = 0

    def greet(self, deadline: float) -> None:
        """Exchange hellos (RFC 6241, 8.1). Raises OSError and MalformedReply."""
        self._messages.send(_HELLO.encode(), deadline)
        hello = edit.parse(self._messages.receive(deadline))
        if hello.tag != f"{{{edit.BASE}}}hello":
            raise MalformedReply("its first message is no hello")
        found = hello.iterfind(f"{{{edit.BASE}}}capabilities/{{{edit.BASE}}}capability")
        self.capabilities = tuple((uri.text or "").strip() for uri in found)

    def ask(self, operation: str) -> etree._Element:
        """The `<rpc-reply>` to an operation. Raises OSError and MalformedReply."""
        deadline = time.monotonic() + self._timeout
        self._sent += 1
        number = str(self._sent)
        rpc = f'<rpc xmlns="{edit.BASE}" message-id="{number}">{operation}</rpc>'
        self._messages.send(rpc.encode(), deadline)
        reply = edit.parse(self._messages.receive(deadline))
        if reply.tag != f"{{{edit.BASE}}}rpc-reply" or reply.get("message-id") != number:
            raise MalformedReply("what it answers is no reply to what it was asked")
        return reply

    def drop(self) -> None:
        """End it, whatever the switch has still to say. May be called twice."""
        with self._process:
            self._process.kill()
