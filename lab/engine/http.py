"""The edge: sockets, one thread a connection, and the faults on the way out."""

import contextlib
import email.utils
import errno
import os
import select
import selectors
import socket
import stat
import threading
from typing import BinaryIO, Callable, List, Optional, Set, Tuple

from . import wire
from .api import Answer, Api, Request, Stream
from .events import Bus, Item, Reader
from .faults import EngineFaults, Gate

_NANO = 10**9
_LOOK = 0.25
"""Seconds between two looks whether the reader of a silent stream has gone."""
_SOON = 0.01
_LONGEST_DELAY = 3600.0
_LINGER = 0.5
_LINGER_READS = 256


class Listener:
    """Takes connections on one address and hands each to `serve` in a thread of its own."""

    def __init__(self, make: Callable[[], socket.socket], serve: Callable[["Connection"], None]):
        self._make = make
        self._serve = serve
        self._wake: List[socket.socket] = []
        self._thread: Optional[threading.Thread] = None
        self._open: Set[Connection] = set()
        self._lock = threading.Lock()

    def listen(self) -> socket.socket:
        """Begin to take connections; the listening socket. Raises OSError."""
        listening = self._make()
        self._wake = list(socket.socketpair())
        self._thread = threading.Thread(
            target=self._accept, args=(listening, self._wake[0]), daemon=True
        )
        self._thread.start()
        return listening

    def refuse(self) -> None:
        """Take no more connections; those that are open stay."""
        if self._thread is not None:
            self._wake[1].close()
            self._thread.join()
            self._thread = None
            self._wake[0].close()

    def close(self) -> None:
        """Take no more connections, end those that are open and wait for their threads."""
        self.refuse()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.cut()
        for connection in connections:
            connection.thread.join()

    def _accept(self, listening: socket.socket, wake: socket.socket) -> None:
        with listening, selectors.DefaultSelector() as selector:
            for sock in (listening, wake):
                selector.register(sock, selectors.EVENT_READ)
            while not any(key.fileobj is wake for key, _ in selector.select()):
                with contextlib.suppress(OSError):
                    self._start(listening.accept()[0])

    def _start(self, sock: socket.socket) -> None:
        connection = Connection(sock, self._run)
        with self._lock:
            self._open.add(connection)
        connection.thread.start()

    def _run(self, connection: "Connection") -> None:
        try:
            self._serve(connection)
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)


class Connection:
    """One client's connection. `cut` ends it from any thread."""

    def __init__(self, sock: socket.socket, run: Callable[["Connection"], None]) -> None:
        self._sock = sock
        self.source: BinaryIO = sock.makefile("rb")
        self.sink: BinaryIO = sock.makefile("wb")
        self.ended = threading.Event()
        self.on_cut: Callable[[], None] = _nothing
        self.thread = threading.Thread(target=run, args=(self,), daemon=True)

    def send(self, data: bytes, pause: Optional[float] = None) -> None:
        """Send at once; with `pause`, byte by byte. Raises OSError."""
        if pause is None:
            self._sock.sendall(data)
            return
        for at in range(len(data)):
            self._sock.sendall(data[at : at + 1])
            self.wait(pause)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than the connection lives. Raises OSError where it has ended."""
        if self.ended.wait(min(seconds, _LONGEST_DELAY)):
            raise ConnectionError("cut")

    @property
    def gone(self) -> bool:
        """Whether the client has closed its end."""
        try:
            # Asked first: where eventlet has patched sockets, a read waits whatever its flags say.
            readable, _, _ = select.select([self._sock], [], [], 0)
            return bool(readable) and not self._sock.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def linger(self) -> None:
        """Let the client, who may still be sending, read the last answer. Raises OSError."""
        self._sock.shutdown(socket.SHUT_WR)
        self._sock.settimeout(_LINGER)
        for _ in range(_LINGER_READS):
            if not self._sock.recv(65536):
                return

    def cut(self) -> None:
        """End the connection now, whatever its thread is doing."""
        self.ended.set()
        self.on_cut()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; for the connection's own thread."""
        for part in (self.sink, self.source, self._sock):
            with contextlib.suppress(OSError):
                part.close()


class Server:
    """Answers requests on connections from `api`, through the faults of `gate`."""

    def __init__(self, api: Api, bus: Bus, gate: Gate, clock: Callable[[], int]) -> None:
        self._api = api
        self._bus = bus
        self._gate = gate
        self._clock = clock

    def serve(self, connection: Connection) -> None:
        """Answer one connection's requests until it ends."""
        incoming = wire.Incoming(connection.source, connection.sink)
        with contextlib.suppress(OSError):
            try:
                while not connection.ended.is_set():
                    request = incoming.request()
                    if request is None or not self._answer(connection, incoming, request):
                        return
            except wire.Unreadable as error:
                connection.send(wire.unreadable(error))
                connection.linger()

    def _answer(self, connection: Connection, incoming: wire.Incoming, request: Request) -> bool:
        faults = self._gate.pass_request(_unversioned(request.path))
        if faults.delay:
            connection.wait(faults.delay)
        troubled = faults.status is not None
        result = _trouble(faults.status or 500) if troubled else self._api.answer(request)
        if isinstance(result, Stream):
            return self._stream(connection, incoming, result)
        first, body = wire.whole(
            _garbled(result, faults), self._date(), incoming, request.method == "HEAD"
        )
        if faults.cut is not None and body:
            connection.send(first + body[: faults.cut])
            return False
        if faults.drip is None:
            connection.send(first + body)
        else:
            connection.send(first)
            connection.send(body, faults.drip)
        return not incoming.last

    def _stream(
        self,
        connection: Connection,
        incoming: wire.Incoming,
        stream: Stream,
    ) -> bool:
        reader = stream.reader
        connection.on_cut = reader.close
        frame = _plain if incoming.http_1_0 else wire.chunk
        framing = {} if incoming.http_1_0 else {"Transfer-Encoding": "chunked"}
        try:
            connection.send(wire.head(200, stream.headers, self._date(), incoming, framing))
            for item in stream.past:
                if not self._event(connection, frame, reader, item):
                    return False
            while not reader.closed:
                left = None if stream.until is None else (stream.until - self._clock()) / _NANO
                over = left is not None and left <= 0 and not self._gate.faults.stall
                if over:
                    connection.send(b"" if incoming.http_1_0 else wire.LAST_CHUNK)
                    return not incoming.last
                present = reader.next(_LOOK if left is None else min(max(left, _SOON), _LOOK))
                if present is None and connection.gone:
                    return False
                if present and not self._event(connection, frame, reader, present):
                    return False
            return False
        finally:
            self._bus.unsubscribe(reader)

    def _event(
        self,
        connection: Connection,
        frame: Callable[[bytes], bytes],
        reader: Reader,
        item: Item,
    ) -> bool:
        # Streams live long: what is wrong is asked for each event, not once.
        faults = self._gate.faults
        if faults.stall:
            self._bus.lose(reader)
            return True
        framed = frame(item.line if faults.garble is None else faults.garble)
        if faults.cut is not None:
            connection.send(framed[: faults.cut])
            return False
        connection.send(framed, faults.drip)
        return True

    def _date(self) -> str:
        return email.utils.formatdate(self._clock() // _NANO, usegmt=True)


def tcp_socket(address: Tuple[str, int]) -> socket.socket:
    """A listening TCP socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return socket.create_server(address, family=family)


def unix_socket(path: str) -> socket.socket:
    """A listening unix socket; a socket file that nobody listens on is replaced. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(os.stat(path).st_mode) or sock.connect_ex(path) == 0:
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), path)
            os.unlink(path)
        sock.close()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind(path)
        sock.listen(128)
    except BaseException:
        sock.close()
        raise
    return sock


def _nothing() -> None:
    pass


def _plain(data: bytes) -> bytes:
    return data


def _unversioned(path: str) -> str:
    head, slash, rest = path[1:].partition("/")
    return f"/{rest}" if slash and head[:1] == "v" and head[1:2].isdigit() else path


def _trouble(status: int) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, b'{"message":"out of order"}\n')


def _garbled(answer: Answer, faults: EngineFaults) -> Answer:
    if faults.garble is None or answer.body is None:
        return answer
    return answer._replace(body=faults.garble)
