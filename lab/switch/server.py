"""The SSH side: who may log in, and what an SSH channel is used for.

Built on asyncssh, an SSH stack of its own, so that a client on paramiko is not tested against
itself. Everything here runs in the one thread of the server's event loop.
"""

import asyncio
import contextlib
import re
from typing import Any, Optional, Sequence, Set

import asyncssh
from asyncssh.stream import SSHServerStreamSession

from . import show
from .core import INTERACTIVE, PASSWORD, PUBLIC_KEY, Core, Session
from .xml import Malformed

END = b"]]>]]>"
LONGEST_MESSAGE = 1 << 20
"""Bytes."""


class Server(asyncssh.SSHServer):
    """One SSH connection: a login, then any number of channels."""

    def __init__(self, core: Core, connections: "Set[asyncssh.SSHServerConnection]") -> None:
        self._core = core
        self._connections = connections
        self._connection: Any = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, _exc: Optional[Exception]) -> None:
        self._connections.discard(self._connection)

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return self._core.login.by == PASSWORD

    def public_key_auth_supported(self) -> bool:
        return self._core.login.by == PUBLIC_KEY

    def kbdint_auth_supported(self) -> bool:
        return self._core.login.by == INTERACTIVE

    def get_kbdint_challenge(self, _username: str, _lang: str, _submethods: str) -> Any:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Any:
        return self.validate_password(username, *responses)

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == self._core.login[:2]

    def session_requested(self) -> "Channel":
        return Channel(self._core)


class Channel(SSHServerStreamSession[bytes]):
    """One SSH channel: the NETCONF subsystem, a command, or a shell, which only says which commands
    there are."""

    def __init__(self, core: Core) -> None:
        super().__init__(self._talk)
        self._core = core
        self._session: Optional[Session] = None

    def subsystem_requested(self, subsystem: str) -> bool:
        # NOS's answer to one session too many is not known; a refused subsystem is what SSH has
        # for it (RFC 4254, 6.5), and a client hears of it at once.
        if subsystem == "netconf":
            self._session = self._core.open()
        return self._session is not None

    def connection_lost(self, exc: Optional[Exception]) -> None:
        """Nothing more is applied, and the session's locks are free."""
        super().connection_lost(exc)
        if self._session is not None:
            self._core.close(self._session)

    async def _talk(self, stdin: Any, stdout: Any, _stderr: Any) -> None:
        status = 0
        # Whoever is gone, or has sent what is no message, is told nothing more.
        with contextlib.suppress(Malformed, asyncio.IncompleteReadError, asyncssh.Error, OSError):
            if self._session is not None:
                await self.netconf(self._session, stdin, stdout)
            else:
                status, text = show.run(self._core.store, stdout.channel.get_command())
                stdout.write(text.encode())
        stdout.channel.exit(status)

    async def netconf(self, session: Session, stdin: Any, stdout: Any) -> None:
        """Greets, and answers messages in their order, until one side ends it. Raises Malformed for
        what is no message, and what asyncssh raises where the client is gone."""

        def send(message: bytes) -> None:
            if message and session.chunked:
                stdout.write(b"\n#%d\n%s\n##\n" % (len(message), message))
            elif message:
                stdout.write(message + END)

        send(self._core.greeting(session))
        while True:
            message = await self.message(session, stdin)
            if session.greeted:
                await asyncio.sleep(self._core.faults.latency)
            answer = self._core.answer(session, message)
            if answer.drop:
                stdout.channel.get_connection().abort()
                return
            send(answer.reply)
            if answer.end:
                return

    async def message(self, session: Session, stdin: Any) -> bytes:
        """The next message, without its end (RFC 6242, 4.3), or of its chunks (4.2).

        Raises IncompleteReadError where none is to come, or it is larger than LONGEST_MESSAGE, and
        Malformed for what is no chunk.
        """
        if not session.chunked:
            message: bytes = await stdin.readuntil(END)
            return message[: -len(END)]
        message = b""
        while len(message) < LONGEST_MESSAGE:
            header: bytes = await stdin.readexactly(2) + await stdin.readuntil(b"\n")
            if header == b"\n##\n":
                return message
            if not re.fullmatch(rb"\n#[1-9][0-9]{0,6}\n", header):
                break
            message += await stdin.readexactly(int(header[2:]))
        raise Malformed("what is no chunk")
