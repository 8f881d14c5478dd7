"""The edge: sockets, one thread a connection, and the faults on the way out."""

import contextlib
import errno
import http.server
import os
import queue
import select
import socket
import socketserver
import stat
import threading
import time
from typing import Any, Callable, Dict, Mapping, Tuple, Union

from .api import Answer, Api, Stream
from .events import NANO, Bus
from .faults import EngineFaults

LOOK = 0.25
"""Seconds between two looks whether the reader of a silent stream has gone."""
POLL = 0.02
"""Seconds that it takes at most to stop listening."""
Address = Union[str, Tuple[str, int]]
"""A unix socket's path, or a TCP host and port."""


class Served(socketserver.TCPServer):
    """Listens on one address, from its making until `close`. Raises OSError."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, address: Address, api: Api, bus: Bus, faults: Callable[[], EngineFaults]
    ) -> None:
        if isinstance(address, str):
            self.address_family = socket.AF_UNIX
            _remove_stale(address)
        self.api, self.bus, self.faults = api, bus, faults
        self.ended = threading.Event()
        self._open: Dict[Any, threading.Thread] = {}
        super().__init__(address, _Handler)  # type: ignore[arg-type]  # of a unix socket it is text
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, end those that are open and wait for their threads."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        self.ended.set()
        for request, thread in list(self._open.items()):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own."""
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        self._open[request] = thread
        thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            with contextlib.suppress(OSError):
                self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)
            self._open.pop(request, None)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Served

    def version_string(self) -> str:
        return "Docker/20.10.24+dfsg1 (linux)"

    def log_message(self, *_given: Any) -> None:
        """Nothing is logged."""

    def _respond(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length) if length.isdigit() else 0)
        faults = self.server.faults()
        if faults.paths and not self.path.startswith(faults.paths):
            faults = EngineFaults()
        if faults.delay and self.server.ended.wait(faults.delay):
            raise ConnectionError("the engine has ended")
        if faults.status is None:
            result = self.server.api.answer(self.command, self.path, body)
        else:
            result = Answer(faults.status, b'{"message":"out of order"}\n')
        if isinstance(result, Stream):
            self.close_connection = True
            self._stream(result)
        else:
            self._answer(result, faults)

    do_GET = do_HEAD = do_POST = do_DELETE = _respond  # noqa: N815  # the library's names

    def _answer(self, answer: Answer, faults: EngineFaults) -> None:
        body = answer.body
        if body is None:
            self._head(answer.status, {})
            return
        body = body if faults.garble is None else faults.garble
        length = {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
        self._head(answer.status, length)
        if self.command != "HEAD":
            self._send(body, faults)

    def _stream(self, stream: Stream) -> None:
        """Send events until the stream is closed, its time is over or its reader has gone."""
        lines = stream.reader.lines
        try:
            chunked = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
            self._head(200, chunked)
            self.wfile.flush()
            while True:
                left = LOOK if stream.until is None else (stream.until - time.time_ns()) / NANO
                try:
                    line = lines.get(timeout=min(max(left, 0), LOOK))
                except queue.Empty:
                    if left <= 0:
                        self._send(b"0\r\n\r\n", EngineFaults())
                        return
                    if self._is_gone():
                        return
                    continue
                if line is None:
                    return
                # Streams live long: what is wrong is asked for each event, not once.
                faults = self.server.faults()
                line = line if faults.garble is None else faults.garble
                self._send(b"%x\r\n%s\r\n" % (len(line), line), faults)
        finally:
            self.server.bus.unsubscribe(stream.reader)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        about = {"Api-Version": self.server.api.version, "Ostype": "linux"}
        more = {"Connection": "close"} if self.close_connection else {}
        for name, value in {**about, "Docker-Experimental": "false", **headers, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, data: bytes, faults: EngineFaults) -> None:
        if faults.cut is not None:
            self.wfile.write(data[: faults.cut])
            self.wfile.flush()
            raise ConnectionError("cut")
        for part in [data] if faults.drip is None else (bytes([byte]) for byte in data):
            self.wfile.write(part)
            self.wfile.flush()
            if faults.drip is not None and self.server.ended.wait(faults.drip):
                raise ConnectionError("the engine has ended")

    def _is_gone(self) -> bool:
        """Whether the client has closed its end."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)


def _remove_stale(path: str) -> None:
    """Remove a socket file that nobody listens on. Raises OSError where somebody does."""
    with contextlib.suppress(FileNotFoundError), socket.socket(socket.AF_UNIX) as sock:
        if not stat.S_ISSOCK(os.stat(path).st_mode) or sock.connect_ex(path) == 0:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), path)
        os.unlink(path)
