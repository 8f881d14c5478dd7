"""The edge: sockets, and the faults on the way out.

One thread serves all engines of a process. It alone touches what they are made of, so nothing here
needs a lock, and hundreds of engines cost little while nothing happens.
"""

import asyncio
import contextlib
import functools
import http.client
import io
import threading
import time
from typing import Any, Callable, Coroutine, List, NamedTuple, Optional, Set, Tuple, TypeVar
from urllib.parse import urlsplit

from .api import API_VERSION, RELEASE, Answer, Api
from .events import NANO, Bus, Reader, Wanted

T = TypeVar("T")

HEAD = f"""\
Api-Version: {API_VERSION}\r
Docker-Experimental: false\r
Ostype: linux\r
Server: Docker/{RELEASE} (linux)\r
"""
GONE = (OSError, EOFError, asyncio.LimitOverrunError)
"""What is raised where a client goes, or sends what is no request."""


class EngineFaults(NamedTuple):
    """What goes wrong between an engine and whoever asks it. `EngineFaults()` is no trouble.

    A fault applies to answers that begin, and to events that are sent, after it was set.
    """

    delay: float = 0.0
    """Seconds to wait before each answer begins."""
    status: Optional[int] = None
    """Answer with this HTTP status and a message, without doing what was asked."""
    cut: Optional[int] = None
    """End the connection after this many bytes of an answer's body, or of the next event."""


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """What comes of work in the thread of all engines. From any other thread."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


@functools.lru_cache(maxsize=None)
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="engines", daemon=True).start()
    return loop


class Server:
    """Where one engine listens, and who is connected there. All of it belongs to the loop."""

    def __init__(self, api: Api, bus: Bus, faults: Callable[[], EngineFaults]) -> None:
        self._api = api
        self._bus = bus
        self._faults = faults
        self._listening: List[asyncio.AbstractServer] = []
        self._open: Set[asyncio.Task[None]] = set()

    async def listen(self, url: str) -> str:
        """Listen there; the URL with the port that it has got. Raises OSError."""
        where = urlsplit(url)
        if where.scheme == "unix":
            self._listening.append(await asyncio.start_unix_server(self._serve, where.path))
            return url
        listening = await asyncio.start_server(self._serve, where.hostname, where.port)
        self._listening.append(listening)
        return f"tcp://{where.hostname}:{listening.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Take no more connections, and end those that are open where they are."""
        for listening in self._listening:
            listening.close()
        self._listening = []
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        self._open.add(task)
        try:
            # Who has cancelled it waits for its end.
            with contextlib.suppress(asyncio.CancelledError, *GONE):
                while self._listening and not writer.is_closing():
                    await self._exchange(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and what it is answered with."""
        line, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        body = await reader.readexactly(int(headers.get("Content-Length") or 0))
        method, target, _ = line.split(" ")
        await asyncio.sleep(self._faults().delay)
        status = self._faults().status
        result = (
            Answer(status, b'{"message":"out of order"}\n')
            if status
            else self._api.answer(method, target, body)
        )
        if isinstance(result, Wanted):
            await self._stream(result, reader, writer)
            return
        writer.write(_answered(result))
        if result.body and method != "HEAD":
            self._send(writer, result.body)
        await writer.drain()

    async def _stream(
        self, wanted: Wanted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send events until the client has gone or the time is over."""
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"

        def send(line: bytes) -> None:
            self._send(writer, b"%x\r\n%s\r\n" % (len(line), line))

        reads = Reader(wanted, send)
        past = self._bus.subscribe(reads)
        # Whoever has this is subscribed.
        writer.write(f"{head}{HEAD}\r\n".encode())
        for line in past:
            send(line)
        left = wanted.until and max(wanted.until / NANO - time.time(), 0)
        try:
            # Whoever follows events sends nothing more: that ends when the client does.
            await asyncio.wait_for(reader.read(), left)
        except asyncio.TimeoutError:
            writer.write(b"0\r\n\r\n")
        finally:
            self._bus.readers.remove(reads)
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        cut = self._faults().cut
        writer.write(data[:cut])
        if cut is not None:
            writer.close()


def _head(request: bytes) -> Tuple[str, http.client.HTTPMessage]:
    line, _, headers = request.partition(b"\r\n")
    return line.decode("latin-1"), http.client.parse_headers(io.BytesIO(headers))


def _answered(answer: Answer) -> bytes:
    """The head of an answer."""
    about = ""
    if answer.body is not None:
        about = f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
    reason = http.client.responses[answer.status]
    return f"HTTP/1.1 {answer.status} {reason}\r\n{about}{HEAD}\r\n".encode()
