"""A TCP proxy in front of a Docker Engine's unix socket that can be made to misbehave.

    with Proxy(str(engine.socket)) as proxy, Following(host1=proxy.url) as sensor:
        proxy.stall()                   # connections stay open and carry nothing any more
        proxy.cut(after=100)            # the next 100 bytes still come, then the connection ends
        proxy.refuse()                  # nobody listens, nobody is connected
        proxy.recover()                 # as good as a wire again

It copies bytes and knows of HTTP only the first request's path, by which a fault can be narrowed
down.
"""

import contextlib
import re
import socket
import threading
from typing import Callable, Iterator, List, NamedTuple, Optional

READ = 65536
_PATH = re.compile(rb"[A-Z]+ (/[^ ]*) ")


class Cut(NamedTuple):
    """How many bytes the first connection to `path` still gets."""

    path: str
    after: int


class Link:
    """One connection: the client's socket, the engine's, and what it was opened for."""

    def __init__(self, client: socket.socket, engine: socket.socket) -> None:
        self.client = client
        self.engine = engine
        self.path = ""
        self.deaf = False
        """Whether nothing passes any more, for good: both ends believe that all is well."""

    def end(self) -> None:
        """Wake whoever reads from either socket."""
        for end in (self.client, self.engine):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """A context manager; `unix` is the path of the engine's socket. All methods are thread-safe."""

    def __init__(self, unix: str) -> None:
        self._unix = unix
        self._address = ("127.0.0.1", 0)
        self._lock = threading.Lock()
        self._listener: Optional[socket.socket] = None
        self._links: List[Link] = []
        self._threads: List[threading.Thread] = []
        self._stalled: Optional[str] = None
        self._cut: Optional[Cut] = None
        self.swallowed = 0
        """How many bytes were lost on deaf connections, in either direction."""
        self.asked: List[str] = []
        """The path of each connection's first request, in order."""

    @property
    def url(self) -> str:
        """Where the sensor is to look for the engine."""
        return "tcp://{}:{}".format(*self._address)

    def __enter__(self) -> "Proxy":
        self._listen()
        return self

    def __exit__(self, *_error: object) -> None:
        self.refuse()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), thread.name

    def stall(self, path: str = "/", *, to_come: bool = True) -> None:
        """Go half-open: connections for that path stay open and carry nothing, now and later.

        What is sent on them is lost. Unless `to_come`, new connections work.
        """
        with self._lock:
            self._stalled = path if to_come else None
            for link in self._links:
                link.deaf = link.deaf or link.path.startswith(path)

    def cut(self, after: int, path: str = "/") -> None:
        """Let a connection for that path carry `after` bytes more to the client, and end it."""
        with self._lock:
            self._cut = Cut(path, after)

    def refuse(self) -> None:
        """End every connection, and listen no more."""
        with self._lock:
            listener, self._listener = self._listener, None
            links = list(self._links)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for link in links:
            link.end()

    def recover(self) -> None:
        """Carry everything again; connections that have gone deaf stay so."""
        with self._lock:
            self._stalled, self._cut = None, None
            listens = self._listener is not None
        if not listens:
            self._listen()

    def _listen(self) -> None:
        listener = socket.create_server(self._address, backlog=64)
        self._address = listener.getsockname()
        with self._lock:
            self._listener = listener
        self._run(lambda: self._accept(listener))

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="proxy")
        with self._lock:
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._run(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as engine:
            link = Link(client, engine)
            with self._lock:
                refused = self._listener is None
                if not refused:
                    self._links.append(link)
            if refused:
                return
            try:
                # An engine that is away ends the connection, as one that refuses it does.
                with contextlib.suppress(OSError):
                    engine.connect(self._unix)
                    down = threading.Thread(target=self._down, args=[link], name="proxy")
                    down.start()
                    self._up(link)
                    link.end()
                    down.join()
            finally:
                with self._lock:
                    self._links.remove(link)

    def _up(self, link: Link) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = link.client.recv(READ)
                if not data:
                    return
                with self._lock:
                    found = _PATH.match(data)
                    if found and not link.path:
                        link.path = found.group(1).decode()
                        self.asked.append(link.path)
                        stalled = self._stalled
                        link.deaf = stalled is not None and link.path.startswith(stalled)
                    deaf = link.deaf
                    self.swallowed += len(data) if deaf else 0
                if not deaf:
                    link.engine.sendall(data)

    def _down(self, link: Link) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = link.engine.recv(READ)
                if not data:
                    break
                for piece in self._pieces(link, data):
                    link.client.sendall(piece)
        # A deaf link hides from the client that the engine has gone, too.
        if not link.deaf:
            link.end()

    def _pieces(self, link: Link, data: bytes) -> Iterator[bytes]:
        """What of `data` reaches the client; raises OSError where the connection is cut."""
        with self._lock:
            deaf, cut = link.deaf, self._cut
            self.swallowed += len(data) if deaf else 0
            if cut and not link.path.startswith(cut.path):
                cut = None
            if cut:
                self._cut = None if len(data) >= cut.after else Cut(cut.path, cut.after - len(data))
        if deaf:
            return
        yield data[: cut.after] if cut else data
        if cut and len(data) >= cut.after:
            raise ConnectionResetError("cut")
