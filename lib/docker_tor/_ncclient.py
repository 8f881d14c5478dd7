"""What ncclient has to be told about a peer that is not trusted. Imports ncclient: import it late.

Stock ncclient 0.7.1 collects a reply without end, waits out its timeout over one that is no XML,
expands entities, lets a server that falls silent before the hello hold it for up to an hour,
cannot pin an RSA key to a server that signs with SHA-2, and leaves Nagle's algorithm on, which
costs each small packet of a session a delayed acknowledgement. All of it was measured.
"""

import base64
import logging
import socket
import threading
from typing import Any, Dict, List, Optional

import ncclient.xml_
import paramiko
from lxml import etree
from ncclient import manager
from ncclient.devices.default import DefaultDeviceHandler
from ncclient.transport import SSHSession
from ncclient.transport import session as ncclient_session
from ncclient.transport.parser import DefaultXMLParser

from .errors import MalformedReply

TICK = 0.001
"""Seconds after which ncclient looks for something to send; its own 0.1 is what an RPC then costs.
"""
# paramiko logs a traceback for every login that fails; the pack's own errors say it in a line.
logging.getLogger("ncclient.transport.ssh").setLevel(logging.CRITICAL)

LARGEST_REPLY = 64 * 1024 * 1024
"""Bytes of a reply that are read before the session is given up."""


def connect(
    host: str,
    port: int,
    username: str,
    password: str,
    *,
    host_key: Optional[str],
    check_host_key: bool,
    timeout: float,
) -> manager.Manager:
    """An ncclient manager with an open session, within `timeout` seconds.

    `host_key` is "TYPE BASE64", or None for the user's known_hosts. Raises TimeoutError, OSError,
    and whatever ncclient, paramiko and lxml raise.
    """
    ncclient_session.TICK = TICK
    # Every reply is parsed by ncclient itself first.
    ncclient.xml_.parser = etree.XMLParser(
        recover=False, resolve_entities=False, no_network=True, load_dtd=False
    )
    handler = manager.make_device_handler({"handler": _Handler})
    session = _PinnedSession(handler, host_key) if host_key else SSHSession(handler)
    with socket.create_connection((host, port), timeout) as sock, _Deadline(sock, timeout) as late:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            session.connect(
                host=host,
                port=port,
                # The session's own, to close when it pleases.
                sock=sock.dup(),
                username=username,
                password=password,
                timeout=timeout,
                hostkey_verify=check_host_key,
                allow_agent=False,
                look_for_keys=False,
            )
        except Exception:
            if session.transport:
                session.close()
            if late.passed:
                raise TimeoutError(f"no session within {timeout:g} s") from None
            raise
    return manager.Manager(session, handler, timeout=timeout)


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
        self._sock.shutdown(socket.SHUT_RDWR)


class _BoundedParser(DefaultXMLParser):  # type: ignore[misc]  # ncclient publishes no types
    """ncclient's own parser, which would otherwise collect a reply without end."""

    def parse(self, data: bytes) -> None:
        if self._session._buffer.getbuffer().nbytes + len(data) > LARGEST_REPLY:
            raise MalformedReply(f"a reply is larger than {LARGEST_REPLY // 2**20} MiB")
        super().parse(data)


class _Handler(DefaultDeviceHandler):  # type: ignore[misc]  # ncclient publishes no types
    """A peer whose replies may be endless or no XML at all: either fails the RPC that waits for
    it."""

    def get_xml_parser(self, session: Any) -> DefaultXMLParser:
        return _BoundedParser(session)

    def handle_raw_dispatch(self, raw: str) -> Optional[Exception]:
        return MalformedReply(f"the reply is not XML: {raw[:80]!r}")


class _OnlyKey(paramiko.HostKeys):  # type: ignore[misc]  # paramiko publishes no types
    """Known hosts that know one key, whoever asks."""

    def __init__(self, key: paramiko.PKey) -> None:
        super().__init__()
        self._pin = key
        # ncclient passes over known hosts without any entry.
        self.add("pinned", key.get_name(), key)

    def lookup(self, _hostname: str) -> Dict[str, paramiko.PKey]:
        """The signature algorithms to ask the server for: an RSA key has several (RFC 8332)."""
        names: List[str] = [self._pin.get_name()]
        if isinstance(self._pin, paramiko.RSAKey):
            known = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
            names = [name for name in known if name in paramiko.RSAKey.HASHES]
        return dict.fromkeys(names, self._pin)

    def check(self, _hostname: str, key: paramiko.PKey) -> bool:
        return bool(key.asbytes() == self._pin.asbytes())


class _PinnedSession(SSHSession):  # type: ignore[misc]  # ncclient publishes no types
    """A session with the one server that has this host key."""

    def __init__(self, handler: DefaultDeviceHandler, host_key: str) -> None:
        super().__init__(handler)
        kind, blob = host_key.split()
        self._host_keys = _OnlyKey(paramiko.PKey.from_type_string(kind, base64.b64decode(blob)))

    def load_known_hosts(self, filename: Optional[str] = None) -> None:
        """Load none: the pin stands alone."""
