"""One request to a Docker Engine, on a connection of its own: over TCP, TLS or a unix socket.

A daemon that shuts down answers on open connections after it has forgotten its swarm's networks,
and a server may close a connection that is kept open without a word. So none is used twice.

The standard library's client takes a quarter of the CPU of `requests`, which counts where a sensor
follows hundreds of engines. The environment has no say: it names no proxy and no CA.
"""

import contextlib
import http.client
import io
import socket
import ssl
from typing import Any, Iterator, cast
from urllib.parse import urlsplit

from ..config.entries import EngineConfig, Tls
from .connection_errors import NO_FILE, explain

CONNECT_TIMEOUT = 4.0
FAILURES = (http.client.HTTPException, OSError)
"""What reading an answer may raise."""
_KEEPALIVE = [
    (getattr(socket, name), value)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
    if hasattr(socket, name)
]
"""tcp(7): a host that goes without a word is noticed after 25 seconds, on a silent stream too."""


@contextlib.contextmanager
def answer(
    config: EngineConfig, path: str, timeout: float, silence: float
) -> Iterator[http.client.HTTPResponse]:
    """The answer to `GET path`, of which the head is read. That may take `timeout` seconds; what
    follows may pause for `silence`.

    Raises what `connection_errors.explain` makes of a failure until then.
    """
    connection = _connection(config)
    try:
        try:
            connection.connect()
            connection.response_class = _Response
            sock = connection.sock
            sock.settimeout(timeout)
            if sock.family != socket.AF_UNIX:
                _keep_alive(sock)
            connection.request("GET", path, headers={"Connection": "close"})
            # The connection may let go of its socket here; the response goes on with it.
            response = connection.getresponse()
            sock.settimeout(silence)
        except FAILURES as error:
            raise explain(error, config.url) from None
        with response:
            yield response
    finally:
        connection.close()


def _connection(config: EngineConfig) -> http.client.HTTPConnection:
    """Raises EngineDenied where a file of the tls configuration cannot be had."""
    parts = urlsplit(config.url)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path)
    host = parts.hostname or ""
    if config.tls is None:
        return http.client.HTTPConnection(host, parts.port, timeout=CONNECT_TIMEOUT)
    try:
        context = _context(config.tls)
    except (FileNotFoundError, PermissionError):
        raise NO_FILE.denied(config.url) from None
    except OSError as error:
        raise explain(error, config.url) from None
    return http.client.HTTPSConnection(host, parts.port, timeout=CONNECT_TIMEOUT, context=context)


def _context(tls: Tls) -> ssl.SSLContext:
    """Made anew for each connection, since certificates are renewed."""
    # Not create_default_context: that of Python 3.13 refuses certificates without an authority key
    # identifier (VERIFY_X509_STRICT), as `openssl x509 -req` makes them.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tls.ca)
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key)
    return context


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


class _Response(http.client.HTTPResponse):
    """One with a small buffer: hundreds of silent streams are open at the same time."""

    def __init__(self, sock: socket.socket, *more: Any, **options: Any) -> None:
        super().__init__(sock, *more, **options)
        self.fp.close()
        self.fp = cast(io.BufferedReader, sock.makefile("rb", 512))


class _UnixConnection(http.client.HTTPConnection):
    """`docker` is no host, but what the socket is called in the request."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=CONNECT_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CONNECT_TIMEOUT)
        self.sock.connect(self._path)
