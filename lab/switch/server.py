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

from . import cli
from .core import Core, Session
from .settings import INTERACTIVE, PASSWORD, PUBLIC_KEY, Settings
from .wire import END, Malformed, framed, hello

LONGEST_MESSAGE = 1 << 20
"""Bytes."""


class Server(asyncssh.SSHServer):
    """One SSH connection: a login, then any number of channels."""

    def __init__(
        self, core: Core, settings: Settings, connections: "Set[asyncssh.SSHServerConnection]"
    ) -> None:
        self._core = core
        self._settings = settings
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
        return self._settings.login_by == PASSWORD

    def public_key_auth_supported(self) -> bool:
        return self._settings.login_by == PUBLIC_KEY

    def kbdint_auth_supported(self) -> bool:
        return self._settings.login_by == INTERACTIVE

    def get_kbdint_challenge(self, _username: str, _lang: str, _submethods: str) -> Any:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Any:
        return self.validate_password(username, *responses)

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self._settings.username, self._settings.password)

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
                await Netconf(self._core, self._session, stdin, stdout).talk()
            else:
                status, text = self._print(stdout.channel)
                stdout.write(text.encode())
        stdout.channel.exit(status)

    def _print(self, channel: Any) -> cli.Printed:
        command = channel.get_command()
        if command is not None:
            return cli.run(self._core.store, command)
        return cli.Printed(0, cli.help_text().replace("\n", "\r\n"))


class Netconf:
    """One NETCONF session on its channel: messages in, replies out in the same order."""

    def __init__(self, core: Core, session: Session, stdin: Any, stdout: Any) -> None:
        self._core = core
        self._session = session
        self._stdin = stdin
        self._stdout = stdout

    async def talk(self) -> None:
        """Greets and answers until one side ends it. Raises Malformed for what is no message, and
        what asyncssh raises where the client is gone."""
        greeting = hello(self._session.session_id, self._core.capabilities)
        self._send(self._core.faults.rewritten(greeting))
        while True:
            work = self._core.begin(self._session, await self.message())
            if work is None:
                continue
            if work.wait:
                await asyncio.sleep(work.wait)
            answer = self._core.finish(self._session, work)
            if answer.drop:
                self._stdout.channel.get_connection().abort()
                return
            self._send(answer.reply)
            if answer.end:
                return

    async def message(self) -> bytes:
        """The next message, without its end (RFC 6242, 4.3), or of its chunks (4.2). Raises
        IncompleteReadError where none is to come, or it is larger than LONGEST_MESSAGE, and
        Malformed for what is no chunk."""
        if not self._session.chunked:
            message: bytes = await self._stdin.readuntil(END)
            return message[: -len(END)]
        message = b""
        while len(message) < LONGEST_MESSAGE:
            header: bytes = await self._stdin.readexactly(2) + await self._stdin.readuntil(b"\n")
            if header == b"\n##\n":
                return message
            if not re.fullmatch(rb"\n#[1-9][0-9]{0,6}\n", header):
                break
            message += await self._stdin.readexactly(int(header[2:]))
        raise Malformed("what is no chunk")

    def _send(self, message: bytes) -> None:
        if message:
            self._stdout.write(framed(message, chunked=self._session.chunked))
