"""The HTTP API of the embedded StackStorm, for the real `st2` command and whatever else asks it.

    with ApiServer() as api, StackStorm(pack, config, api_url=api.url) as st2, api.serving(st2):
        print(f"ST2_API_URL={api.url} st2 execution list")

It answers as StackStorm 3.9 does with authentication and RBAC turned off, and so it listens on
loopback only. The stream API, a server of its own in StackStorm, is at the same address.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterator, List, Mapping, Optional, Set, Tuple, cast
from urllib.parse import urlsplit

from . import (
    api_absent,
    api_chat,
    api_content,
    api_executions,
    api_keys,
    api_rules,
    api_stream,
)
from .api_calls import Answer, Request, Router, Stream
from .service import StackStorm

LOG = logging.getLogger(__name__)

DEFAULT_PORT = 9101
"""[api] port."""
LARGEST_BODY = 4 * 1024 * 1024
SILENCE = 30.0
"""Seconds that a client may take to send its request, or to read a part of the answer."""

ROUTER = Router(
    [
        *api_executions.ENDPOINTS,
        *api_keys.ENDPOINTS,
        *api_content.ENDPOINTS,
        *api_chat.ENDPOINTS,
        *api_rules.ENDPOINTS,
        *api_stream.ENDPOINTS,
        *api_absent.ENDPOINTS,
    ]
)


class ApiServer:
    """Listens on 127.0.0.1 from the moment it is made until `close`, or the end of its `with`;
    requests wait until there is a StackStorm to answer them. `port` 0 is any free one. Raises
    OSError where the port cannot be had."""

    def __init__(self, port: int = DEFAULT_PORT) -> None:
        self._http = _Http(("127.0.0.1", port), _Handler)

    def __enter__(self) -> ApiServer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """For ST2_API_URL and ST2_STREAM_URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @contextlib.contextmanager
    def serving(self, st2: StackStorm) -> Iterator[ApiServer]:
        """Answer for this StackStorm; at the end nothing is answered any more."""
        self._http.st2 = st2
        thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="st2-api")
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            thread.join()
            self.close()

    def close(self) -> None:
        """Listen no more, hang up on everybody and wait for what is being answered."""
        self._http.hang_up()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    # Whoever closes the server waits for what is being answered.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: Tuple[str, int], handler: type[_Handler]) -> None:
        self.st2: Optional[StackStorm] = None
        self._lock = threading.Lock()
        self._open: Set[socket.socket] = set()
        self._streams: List[Callable[[], None]] = []
        self._over = False
        super().__init__(address, handler)

    @contextlib.contextmanager
    def streaming(self, stream: Stream) -> Iterator[None]:
        """While a stream is sent, it ends with the server."""
        with self._lock:
            over = self._over
            self._streams.append(stream.close)
        if over:
            stream.close()
        try:
            yield
        finally:
            stream.close()
            with self._lock:
                self._streams.remove(stream.close)

    def hang_up(self) -> None:
        """End every stream and every connection."""
        with self._lock:
            self._over = True
            streams, sockets = list(self._streams), list(self._open)
        for close in streams:
            close()
        for sock in sockets:
            # It may have hung up by itself.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def process_request(
        self, request: socket.socket | Tuple[bytes, socket.socket], client_address: Any
    ) -> None:
        with self._lock:
            self._open.add(cast(socket.socket, request))
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | Tuple[bytes, socket.socket]) -> None:
        with self._lock:
            self._open.discard(cast(socket.socket, request))
        super().shutdown_request(request)

    def handle_error(self, *_request: Any) -> None:
        # The client has hung up; anything else has been answered with 500 and logged.
        LOG.debug("A client of the API is gone", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    server_version = "st2-lab"
    sys_version = ""
    timeout = SILENCE

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's
        LOG.debug(format, *args)

    def _serve(self) -> None:
        self.close_connection = True
        refusal = self._refusal()
        if refusal is not None:
            self._send(refusal)
            return
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command,
            self.path,
            self.headers.get("Content-Type") or "application/json",
            self.rfile.read(length),
        )
        st2 = self.server.st2
        answer = ROUTER.answer(st2, request) if st2 else Answer(_fault("It has not begun."), 503)
        if isinstance(answer, Stream):
            self._send_stream(answer)
        else:
            self._send(answer)

    def _refusal(self) -> Optional[Answer]:
        """Why a request is not even read, if it is not."""
        if not _is_here(self.headers.get("Host") or "localhost"):
            # A page in somebody's browser whose name leads here.
            return Answer(_fault("The lab answers only to this machine's own names."), 403)
        length = self.headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return Answer(_fault("The request's length is not given."), 411)
        if int(length) > LARGEST_BODY:
            return Answer(_fault(f"The request is larger than {LARGEST_BODY} bytes."), 413)
        return None

    def _send(self, answer: Answer) -> None:
        headers = dict(answer.headers)
        if isinstance(answer.body, bytes):
            body = answer.body
            headers.setdefault("Content-Type", "text/plain; charset=UTF-8")
        elif answer.body is None:
            body = b""
        else:
            body = json.dumps(answer.body, default=str).encode()
            headers["Content-Type"] = "application/json"
        self._head(answer.status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_stream(self, stream: Stream) -> None:
        with self.server.streaming(stream):
            self._head(200, stream.headers)
            for part in stream.parts:
                self.wfile.write(part)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()


def _fault(message: str) -> Mapping[str, str]:
    return {"faultstring": message}


def _is_here(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
