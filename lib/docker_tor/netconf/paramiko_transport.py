"""What ncclient has to be told about a peer that is not trusted. Imports ncclient: import it late.

Stock ncclient 0.7.1 collects a reply without end, waits out its timeout over one that is no XML,
expands entities, lets a server that falls silent before the hello hold it for up to an hour,
cannot pin an RSA key to a server that signs with SHA-2, ends a session over a character that a read
has cut in two, and leaves Nagle's algorithm on, which costs each small packet of a session a
delayed acknowledgement. All of it was measured.
"""

import base64
import contextlib
import logging
import socket
import threading
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence

import ncclient.xml_
import paramiko
from lxml import etree
from ncclient import manager
from ncclient.devices.default import DefaultDeviceHandler
from ncclient.operations import RaiseMode
from ncclient.transport import SSHSession
from ncclient.transport import session as ncclient_session
from ncclient.transport.parser import DefaultXMLParser

from ..common.errors import MalformedReply
from ..config.credentials import MORE_QUESTIONS, NotOffered, PasswordRefused
from . import session_errors, xml
from .framing import Inbox

TICK = 0.001
"""Seconds after which ncclient looks for something to send; its own 0.1 is what an RPC then costs.
"""
_INTERACTIVE = "keyboard-interactive"
# paramiko logs a traceback for every login that fails; the pack's own errors say it in a line.
logging.getLogger("ncclient.transport.ssh").setLevel(logging.CRITICAL)


def connect(
    host: str,
    port: int,
    username: str,
    password: str,
    *,
    host_key: Optional[str],
    check_host_key: bool,
    timeout: float,
) -> "ParamikoTransport":
    """An open session, within `timeout` seconds, which is each reply's timeout as well.

    `host_key` is "TYPE BASE64", or None for the user's known_hosts. Raises PasswordRefused,
    NotOffered, MalformedReply, TimeoutError, OSError, and whatever ncclient, paramiko and lxml
    raise.
    """
    ncclient_session.TICK = TICK
    # Every reply is parsed by ncclient itself first.
    ncclient.xml_.parser = etree.XMLParser(
        recover=False, resolve_entities=False, no_network=True, load_dtd=False
    )
    deadline = time.monotonic() + timeout
    for interactive in (False, True):
        handler = manager.make_device_handler({"handler": _Handler})
        session = _Session(handler, host_key, interactive)
        with contextlib.suppress(_Asks):
            _log_in(
                session,
                max(0.001, deadline - time.monotonic()),
                host=host,
                port=port,
                username=username,
                password=password,
                hostkey_verify=check_host_key,
            )
            break
    return ParamikoTransport(manager.Manager(session, handler, timeout=timeout))


def _log_in(session: "_Session", seconds: float, *, host: str, port: int, **login: Any) -> None:
    """Open the session within so many seconds; `login` is ncclient's."""
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection((host, port), seconds))
        late = stack.enter_context(_Deadline(sock, seconds))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            session.connect(
                host=host,
                port=port,
                # The session's own, to close when it pleases.
                sock=sock.dup(),
                timeout=seconds,
                allow_agent=False,
                look_for_keys=False,
                **login,
            )
        except Exception:
            if session.transport:
                session.close()
            if late.passed:
                raise TimeoutError(f"no session within {round(seconds, 1):g} s") from None
            raise


class ParamikoTransport:
    """An ncclient manager as `session.Transport`."""

    by = "paramiko"

    def __init__(self, connected: manager.Manager) -> None:
        self._manager = connected
        # What a reply says, `netconf` reads for every transport.
        self._manager.raise_mode = RaiseMode.NONE

    @property
    def capabilities(self) -> Iterator[str]:
        """What the switch says that it can do."""
        return iter(self._manager.server_capabilities)

    def ask(self, operation: str, *_then: str) -> etree._Element:
        """The `<rpc-reply>` to an operation, after which it is asked for the next: ncclient sends
        nothing ahead. Raises MalformedReply, and whatever ncclient, paramiko and lxml raise."""
        return xml.parse(self._manager.dispatch(etree.fromstring(operation)).xml)

    def drop(self) -> None:
        """End the session."""
        self._manager._session.close()


class _Deadline:
    """Shuts a socket down after so many seconds: paramiko bounds the parts of a login, not the
    whole."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._timer = threading.Timer(seconds, self._pass)
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


class _Parser(DefaultXMLParser):  # type: ignore[misc]  # ncclient publishes no types
    """In place of ncclient's own: messages of NETCONF 1.0, whatever bytes are in them."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._inbox = Inbox()
        self._greeted = False

    def parse(self, data: bytes) -> None:
        self._inbox.add(data)
        while True:
            message = self._inbox.take()
            if message is None:
                return
            if not self._greeted and not message.startswith(b"<"):
                self._session._dispatch_error(session_errors.before_hello(message))
            else:
                self._session._dispatch_message(xml.repaired(message).decode())
            self._greeted = True


class _Handler(DefaultDeviceHandler):  # type: ignore[misc]  # ncclient publishes no types
    """A peer whose replies may be endless or no XML at all: either fails the RPC that waits for
    it."""

    def get_xml_parser(self, session: Any) -> DefaultXMLParser:
        # The one that has read the hello.
        return session.parser

    def get_capabilities(self) -> List[str]:
        # As by OpenSSH: so every server speaks NETCONF 1.0.
        return ["urn:ietf:params:netconf:base:1.0"]

    def perform_qualify_check(self) -> bool:
        # Some leave the namespace of an error out.
        return False

    def handle_raw_dispatch(self, raw: str) -> Optional[Exception]:
        return MalformedReply(f"the reply is not XML: {raw[:80]!r}")


def _algorithms(key_type: str) -> List[str]:
    """The signature algorithms that prove possession of such a key: RSA has several (RFC 8332), and
    ncclient, which asks for the key's type alone, would not agree on one with a server of today."""
    if key_type != "ssh-rsa":
        return [key_type]
    known = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
    return [name for name in known if name in paramiko.RSAKey.HASHES]


class _KnownHosts(paramiko.HostKeys):  # type: ignore[misc]  # paramiko publishes no types
    """The user's known_hosts, asking for every algorithm that a known key has."""

    def lookup(self, hostname: str) -> Optional[Dict[str, paramiko.PKey]]:
        found = super().lookup(hostname)
        if found is None:
            return None
        return {name: found[kind] for kind in found for name in _algorithms(kind)}


class _OnlyKey(paramiko.HostKeys):  # type: ignore[misc]  # paramiko publishes no types
    """Known hosts that know one key, whoever asks."""

    def __init__(self, key: paramiko.PKey) -> None:
        super().__init__()
        self._pin = key
        # ncclient passes over known hosts without any entry.
        self.add("pinned", key.get_name(), key)

    def lookup(self, _hostname: str) -> Dict[str, paramiko.PKey]:
        return dict.fromkeys(_algorithms(self._pin.get_name()), self._pin)

    def check(self, _hostname: str, key: paramiko.PKey) -> bool:
        return bool(key.asbytes() == self._pin.asbytes())


class _Session(SSHSession):  # type: ignore[misc]  # ncclient publishes no types
    """A session with the one server that has this host key, or with one that known_hosts knows."""

    def __init__(
        self, handler: DefaultDeviceHandler, host_key: Optional[str], interactive: bool
    ) -> None:
        super().__init__(handler)
        self.parser = _Parser(self)
        self._pinned = host_key is not None
        self._host_keys = _OnlyKey(_key(host_key)) if host_key else _KnownHosts()
        self._interactive = interactive

    def _auth(self, username: str, password: str, *_by_key: object) -> None:
        transport = self._transport
        try:
            if self._interactive:
                further = transport.auth_interactive(username, _Answers(password))
            else:
                further = transport.auth_password(username, password, fallback=False)
        except paramiko.BadAuthenticationType as error:
            if _INTERACTIVE in error.allowed_types and not self._interactive:
                raise _Asks from None
            raise NotOffered(f"offers {', '.join(error.allowed_types)}") from None
        except paramiko.AuthenticationException as error:
            # A login that is cut off or never answered is one, too.
            if str(error) == "Authentication failed.":
                raise PasswordRefused from None
            raise
        if further:
            raise NotOffered(f"offers {', '.join(further)}")

    def load_known_hosts(self, filename: Optional[str] = None) -> None:
        """Load none where a key is pinned: the pin stands alone."""
        if not self._pinned:
            super().load_known_hosts(filename)


class _Asks(Exception):
    """The switch takes no password unasked, but asks for what it likes. It has to be met anew:
    paramiko begins a second method in a way that strict servers take for an attack."""


class _Answers:
    """What a switch is answered that asks at login what it likes: the password, once."""

    def __init__(self, password: str) -> None:
        self._left = [password]

    def __call__(self, _title: str, _instructions: str, questions: Sequence[object]) -> List[str]:
        if len(questions) > len(self._left):
            raise NotOffered(MORE_QUESTIONS)
        return [self._left.pop() for _ in questions]


def _key(host_key: str) -> paramiko.PKey:
    kind, blob = host_key.split()
    return paramiko.PKey.from_type_string(kind, base64.b64decode(blob))
