"""A NETCONF session over paramiko, where OpenSSH cannot be used. Imports paramiko: import it late.

First comes the key exchange, and the switch has to show a host key that is known. Then the user
logs in by password. A switch that wants to ask for the password itself is met anew: paramiko begins
a second method in a way that strict servers take for an attack.
"""

import contextlib
import os
import socket
import threading
import time
from typing import Dict, FrozenSet, Iterator, List, Optional, Sequence

import paramiko

from ..config.credentials import ANY_HOST_KEY, Login
from . import hostkey, session_errors
from .rpc import Greeting, RpcClient

_INTERACTIVE = "keyboard-interactive"


def connect(login: Login, timeout: float, greeting: Greeting) -> RpcClient:
    """A session within `timeout` seconds, which is each reply's timeout as well.

    It sends nothing but its hello, not even what is asked first: some switches take nothing before
    they have said theirs. Raises the pack's errors for a login that is denied or not offered and
    for a host key that is not known, TimeoutError, MalformedReply, OSError, and whatever paramiko
    raises.
    """
    deadline = time.monotonic() + timeout
    try:
        client = _connect(login, timeout, deadline, interactive=False)
    except _Asks:
        client = _connect(login, timeout, deadline, interactive=True)
    try:
        client.greet(deadline, greeting._replace(first=()))
    except TimeoutError:
        client.drop()
        raise TimeoutError(f"no answer within {timeout:g} s") from None
    except BaseException:
        client.drop()
        raise
    return client


def _connect(login: Login, timeout: float, deadline: float, *, interactive: bool) -> RpcClient:
    with contextlib.ExitStack() as stack:
        transport = stack.enter_context(hostkey.connected(login.host, login.port, deadline))
        late = _Deadline(transport.sock, deadline - time.monotonic())
        try:
            with late:
                _check_host_key(transport, login, timeout)
                _log_in(transport, login, interactive)
                channel = transport.open_session()
                channel.invoke_subsystem("netconf")
                return RpcClient(
                    _Channel(channel),
                    by="paramiko",
                    timeout=timeout,
                    close=stack.pop_all().close,
                )
        except Exception:
            if late.passed:
                raise TimeoutError(f"no answer within {timeout:g} s") from None
            raise


def _check_host_key(transport: paramiko.Transport, login: Login, timeout: float) -> None:
    known = _known_host_keys(login)
    kinds = sorted({key.split()[0] for key in known or ()})
    shown = hostkey.exchange(transport, kinds, timeout)
    if known is not None and shown not in known:
        raise session_errors.host_key_rejected(login, hostkey.fingerprint(shown))


def _known_host_keys(login: Login) -> Optional[FrozenSet[str]]:
    """The keys of which the switch has to show one, as "TYPE BASE64"; None if any will do."""
    if login.host_key == ANY_HOST_KEY:
        return None
    if login.host_key:
        return frozenset({login.host_key})
    listed = paramiko.HostKeys()
    with contextlib.suppress(OSError):
        listed.load(os.path.expanduser("~/.ssh/known_hosts"))
    found: Dict[str, paramiko.PKey] = {}
    for name in (login.host, f"[{login.host}]:{login.port}"):
        found.update(listed.lookup(name) or {})
    return frozenset(f"{key.get_name()} {key.get_base64()}" for key in found.values())


def _log_in(transport: paramiko.Transport, login: Login, interactive: bool) -> None:
    try:
        if interactive:
            further = transport.auth_interactive(login.username, _Answers(login))
        else:
            further = transport.auth_password(login.username, login.password, fallback=False)
    except paramiko.BadAuthenticationType as error:
        if _INTERACTIVE in error.allowed_types and not interactive:
            raise _Asks from None
        wants = f"offers {', '.join(error.allowed_types)}"
        raise session_errors.not_offered(login, wants) from None
    except paramiko.AuthenticationException as error:
        # paramiko raises this for a login that is cut off or never answered, too.
        if str(error) == "Authentication failed.":
            raise session_errors.denied(login) from None
        raise
    if further:
        raise session_errors.not_offered(login, f"offers {', '.join(further)}")


class _Asks(Exception):
    """The switch takes no password unasked, but asks for what it likes."""


class _Answers:
    """What a switch is answered that asks at login what it likes: the password, once."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._left = [login.password]

    def __call__(self, _title: str, _instructions: str, questions: Sequence[object]) -> List[str]:
        if len(questions) > len(self._left):
            raise session_errors.not_offered(self._login, session_errors.MORE_QUESTIONS)
        return [self._left.pop() for _ in questions]


class _Channel:
    """A paramiko Channel as `framing.Stream`."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def write(self, data: bytes, deadline: float) -> int:
        """See `framing.Stream`."""
        with self._until(deadline):
            sent: int = self._channel.send(data)
        if not sent:
            raise ConnectionError("the switch has closed it")
        return sent

    def read(self, size: int, deadline: float) -> bytes:
        """See `framing.Stream`."""
        with self._until(deadline):
            received: bytes = self._channel.recv(size)
        return received

    @contextlib.contextmanager
    def _until(self, deadline: float) -> Iterator[None]:
        self._channel.settimeout(max(0.0, deadline - time.monotonic()))
        try:
            yield
        except socket.timeout:
            raise TimeoutError("it timed out") from None


class _Deadline:
    """Shuts a socket down after so many seconds: paramiko limits each part of a login, but not the
    whole."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._timer = threading.Timer(max(0.0, seconds), self._pass)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def _pass(self) -> None:
        self.passed = True
        with contextlib.suppress(OSError):  # the peer was quicker
            self._sock.shutdown(socket.SHUT_RDWR)
