"""The SSH side: who may log in, and what an SSH channel is used for.

Built on asyncssh, an SSH stack of its own, so that a client on paramiko is not tested against
itself. Everything here runs in the one thread of the server's event loop.
"""

import asyncio
import hmac
from typing import Any, Callable, Optional, Sequence, Set

import asyncssh

from . import cli
from .core import Core, Session
from .settings import INTERACTIVE, PASSWORD, PUBLIC_KEY, Settings
from .wire import Framer, Malformed, hello

_QUEUED = 16
_LONGEST_LINE = 4096


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
        # Both are compared in any case and in constant time; neither goes to a log.
        names = hmac.compare_digest(username.encode(), self._settings.username.encode())
        secrets = hmac.compare_digest(password.encode(), self._settings.password.encode())
        return names and secrets

    def session_requested(self) -> "Channel":
        return Channel(self._core, self._settings)


class Channel(asyncssh.SSHServerSession[Any]):
    """One SSH channel: the NETCONF subsystem, a command, or a shell."""

    def __init__(self, core: Core, settings: Settings) -> None:
        self._core = core
        self._settings = settings
        self._channel: Any = None
        self._netconf: Optional[Netconf] = None
        self._start: Callable[[], None] = lambda: None
        self._line = ""
        self._terminal = False

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        if subsystem != "netconf":
            return False
        session = self._core.open(self._channel.close)
        # NOS's answer to one session too many is not known; a refused subsystem is what SSH has
        # for it (RFC 4254, 6.5), and a client hears of it at once.
        if session is None:
            return False
        self._channel.set_encoding(None)
        self._netconf = Netconf(self._core, session, self._channel, self._settings)
        self._start = self._netconf.start
        return True

    def pty_requested(self, _type: str, _size: Any, _modes: Any) -> bool:
        self._terminal = True
        return True

    def exec_requested(self, command: str) -> bool:
        self._start = lambda: self._execute(command)
        return True

    def shell_requested(self) -> bool:
        self._start = self._greet
        return True

    def session_started(self) -> None:
        self._start()

    def data_received(self, data: Any, _datatype: Any) -> None:
        if self._netconf is not None:
            self._netconf.received(data)
        else:
            self._typed(data)

    def eof_received(self) -> bool:
        if self._netconf is not None:
            self._netconf.ended()
        else:
            # What was piped in may lack its last line break.
            self._typed("\n" if self._line else "")
            self._channel.exit(0)
        # Output may follow.
        return True

    def soft_eof_received(self) -> None:
        self._channel.exit(0)

    def break_received(self, _msec: int) -> bool:
        if self._terminal:
            self._channel.clear_input()
            self._channel.write("\n" + cli.PROMPT)
        return self._terminal

    def connection_lost(self, _exc: Optional[Exception]) -> None:
        if self._netconf is not None:
            self._netconf.lost()

    def _execute(self, command: str) -> None:
        printed = cli.run(self._core.store, command)
        self._channel.write(printed.text)
        self._channel.exit(printed.status)

    def _greet(self) -> None:
        user = self._channel.get_extra_info("username")
        peer = self._channel.get_extra_info("peername")[0]
        self._channel.write(
            "Welcome to the Brocade Network Operating System Software\n"
            f"{user} connected from {peer} using ssh on {cli.PROMPT[:-2]}\n{cli.PROMPT}"
        )

    def _typed(self, data: str) -> None:
        *lines, self._line = (self._line + data).replace("\r", "\n").split("\n")
        for line in lines:
            if self._channel.is_closing():
                return
            self._carry_out(line.strip())
        if len(self._line) > _LONGEST_LINE:
            self._channel.exit(1)

    def _carry_out(self, line: str) -> None:
        if line in ("exit", "quit", "logout"):
            self._channel.exit(0)
            return
        if line in ("?", "help"):
            self._channel.write(cli.help_text())
        else:
            self._channel.write(cli.run(self._core.store, line, len(cli.PROMPT)).text)
        self._channel.write(cli.PROMPT)


class Netconf:
    """One NETCONF session on its channel: messages in, replies out in the same order."""

    def __init__(self, core: Core, session: Session, channel: Any, settings: Settings) -> None:
        self._core = core
        self._session = session
        self._channel = channel
        self._framer = Framer(settings.max_message)
        self._idle_timeout = settings.idle_timeout
        self._messages: asyncio.Queue[Optional[bytes]] = asyncio.Queue()
        self._loop = asyncio.get_event_loop()
        self._idle: Optional[asyncio.TimerHandle] = None
        self._task: Optional[asyncio.Task[None]] = None

    def start(self) -> None:
        """Greets, and begins to answer."""
        self._channel.write(self._core.faults.rewritten(hello(self._session.session_id)))
        self._task = self._loop.create_task(self._serve())
        # However it ends, the client is not left waiting.
        self._task.add_done_callback(lambda _: self._channel.close())
        self._watch()

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
        if self._idle is not None:
            self._idle.cancel()
        self._core.close(self._session)

    def _watch(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._loop.call_later(self._idle_timeout, self._channel.close)

    async def _serve(self) -> None:
        while True:
            message = await self._messages.get()
            if message is None:
                self._channel.exit(0)
                return
            if self._messages.qsize() <= _QUEUED:
                self._channel.resume_reading()
            self._watch()
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
