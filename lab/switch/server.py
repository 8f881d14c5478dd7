"""The SSH side: who may log in, and what an SSH channel is used for.

Built on asyncssh, an SSH stack of its own, so that a client on paramiko is not tested against
itself. Everything here runs in the one thread of the server's event loop.
"""

import asyncio
from typing import Any, Callable, Optional, Sequence, Set

import asyncssh

from . import cli
from .core import Core, Session
from .settings import INTERACTIVE, PASSWORD, PUBLIC_KEY, Settings
from .wire import Framer, Malformed, hello

LONGEST_MESSAGE = 1 << 20
"""Bytes."""
_QUEUED = 16


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


class Channel(asyncssh.SSHServerSession[Any]):
    """One SSH channel: the NETCONF subsystem, a command, or a shell, which only says which commands
    there are."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._channel: Any = None
        self._netconf: Optional[Netconf] = None
        self._start: Callable[[], None] = lambda: None

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        if subsystem != "netconf":
            return False
        session = self._core.open()
        # NOS's answer to one session too many is not known; a refused subsystem is what SSH has
        # for it (RFC 4254, 6.5), and a client hears of it at once.
        if session is None:
            return False
        self._channel.set_encoding(None)
        self._netconf = Netconf(self._core, session, self._channel)
        self._start = self._netconf.start
        return True

    def pty_requested(self, _type: str, _size: Any, _modes: Any) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._start = lambda: self._print(cli.run(self._core.store, command))
        return True

    def shell_requested(self) -> bool:
        self._start = lambda: self._print(cli.Printed(0, cli.help_text()))
        return True

    def session_started(self) -> None:
        self._start()

    def data_received(self, data: Any, _datatype: Any) -> None:
        if self._netconf is not None:
            self._netconf.received(data)

    def eof_received(self) -> bool:
        if self._netconf is not None:
            self._netconf.ended()
        # Output may follow.
        return True

    def connection_lost(self, _exc: Optional[Exception]) -> None:
        if self._netconf is not None:
            self._netconf.lost()

    def _print(self, printed: cli.Printed) -> None:
        self._channel.write(printed.text)
        self._channel.exit(printed.status)


class Netconf:
    """One NETCONF session on its channel: messages in, replies out in the same order."""

    def __init__(self, core: Core, session: Session, channel: Any) -> None:
        self._core = core
        self._session = session
        self._channel = channel
        self._framer = Framer(LONGEST_MESSAGE)
        self._messages: asyncio.Queue[Optional[bytes]] = asyncio.Queue()
        self._task: Optional[asyncio.Task[None]] = None

    def start(self) -> None:
        """Greets, and begins to answer."""
        self._channel.write(self._core.faults.rewritten(hello(self._session.session_id)))
        self._task = asyncio.get_event_loop().create_task(self._serve())
        # However it ends, the client is not left waiting.
        self._task.add_done_callback(lambda _: self._channel.close())

    def received(self, data: bytes) -> None:
        """Takes bytes as they come from the client."""
        try:
            for message in self._framer.feed(data):
                self._messages.put_nowait(message)
        except Malformed:
            self._channel.close()
            return
        if self._messages.qsize() > _QUEUED:
            self._channel.pause_reading()

    def ended(self) -> None:
        """The client sends no more: what it has sent is answered, then the session ends."""
        self._messages.put_nowait(None)

    def lost(self) -> None:
        """The channel is gone: nothing more is applied, and the locks are free."""
        if self._task is not None:
            self._task.cancel()
        self._core.close(self._session)

    async def _serve(self) -> None:
        while True:
            message = await self._messages.get()
            if message is None:
                self._channel.exit(0)
                return
            if self._messages.qsize() <= _QUEUED:
                self._channel.resume_reading()
            try:
                work = self._core.begin(self._session, message)
            except Malformed:
                return
            if work is None:
                continue
            if work.wait:
                await asyncio.sleep(work.wait)
            answer = self._core.finish(self._session, work)
            if answer.drop:
                self._channel.get_connection().abort()
                return
            if answer.reply:
                self._channel.write(answer.reply)
            if answer.end:
                self._channel.exit(0)
                return
