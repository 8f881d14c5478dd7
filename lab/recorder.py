"""Writes down what a Docker Engine tells of its networks, as JSON lines, for `lab.replay`.

The first line says what it is. Every other has `at`, seconds since the recording began, and one of

    networks  what GET /networks answered: at the beginning and, if it has changed, after events
    event     a network event, as it came
    lost      why the engine could not be asked any more
    back      true: it can be again

A list is asked for after the event that it belongs to; the engine had it before.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, TextIO
from urllib.parse import quote, urlsplit

FORMAT = 1
TIMEOUT = 10.0
PAUSE = 0.5
"""Seconds between tries to reach an engine that is away."""
SETTLE = 0.05
"""Seconds without an event after which the networks are listed: a burst is listed once."""
EVENTS = f"/events?filters={quote(json.dumps({'type': ['network']}))}"

Wait = Callable[[float], bool]
"""Waits so many seconds; True as soon as the recording is to end."""


class Unreachable(OSError):
    """The engine cannot be asked; the text says why."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)


def connection(docker_host: str) -> http.client.HTTPConnection:
    """A connection to unix:///path or tcp://host:port, with TLS as the docker CLI's own variables
    DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say. Raises ValueError for any other URL."""
    parts = urlsplit(docker_host)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path)
    if parts.scheme != "tcp" or not parts.hostname:
        raise ValueError(f"{docker_host!r} is neither unix:///path nor tcp://host:port")
    folder = os.environ.get("DOCKER_CERT_PATH")
    if not (os.environ.get("DOCKER_TLS_VERIFY") and folder):
        return http.client.HTTPConnection(parts.hostname, parts.port or 2375, timeout=TIMEOUT)
    context = ssl.create_default_context(cafile=str(Path(folder, "ca.pem")))
    context.load_cert_chain(Path(folder, "cert.pem"), Path(folder, "key.pem"))
    return http.client.HTTPSConnection(
        parts.hostname, parts.port or 2376, timeout=TIMEOUT, context=context
    )


def get(docker_host: str, path: str) -> Any:
    """What the engine answers to a GET, decoded. Raises Unreachable."""
    asked = connection(docker_host)
    try:
        return json.loads(_ask(asked, path).read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{path}: {error}") from None
    finally:
        asked.close()


class EventStream:
    """One subscription to an engine's network events; `close` ends it from any thread."""

    def __init__(self, docker_host: str) -> None:
        self._connection = connection(docker_host)
        self._lock = threading.Lock()
        self._sock: Optional[socket.socket] = None
        self._closed = False

    def read(self, began: Callable[[], None]) -> Iterator[Any]:
        """The events, until `close`; `began` is called once all that happens is told. Raises
        Unreachable where the engine does not answer, or ends it."""
        try:
            self._connection.connect()
            # The connection forgets its socket where an engine means to close it.
            sock = self._connection.sock
            answer = _ask(self._connection, EVENTS)
            with self._lock:
                if self._closed:
                    return
                self._sock = sock
            # An idle stream says nothing for hours.
            sock.settimeout(None)
            began()
            for line in iter(answer.readline, b""):
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"its events: {error}") from None
        finally:
            self._connection.close()
        raise Unreachable("it ended its events")

    def close(self) -> None:
        """Read no more."""
        with self._lock:
            self._closed = True
            if self._sock is not None:
                # It may have ended by itself.
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)


def _ask(asked: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    asked.request("GET", path)
    answer = asked.getresponse()
    if answer.status != 200:
        raise Unreachable(f"{path}: it answers {answer.status} {answer.reason}")
    return answer


class Recorder:
    """Records one engine into `out`, a line at a time, until `wait` says that it is over."""

    def __init__(
        self,
        docker_host: str,
        out: TextIO,
        wait: Wait,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.events = 0
        self.lists = 0
        self._host = docker_host
        self._out = out
        self._wait = wait
        self._clock = clock
        self._began = clock()
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._shown: Optional[List[Any]] = None
        self._lost = False

    def run(self) -> None:
        """Record. Raises Unreachable where the engine does not answer to begin with, and ValueError
        where that is no engine's URL."""
        version = get(self._host, "/version")
        about = {name: version.get(name) for name in ("Version", "ApiVersion", "Os", "Arch")}
        self._write(recording=FORMAT, engine=about)
        while not self._wait(0):
            self._follow(EventStream(self._host))
            if self._wait(PAUSE):
                return

    def _follow(self, stream: EventStream) -> None:
        """Record until the engine is lost, or it is over."""
        subscribed = threading.Event()
        reader = threading.Thread(
            target=self._read, args=(stream, subscribed.set), name="lab-recorder"
        )
        reader.start()
        try:
            while reader.is_alive() and not self._wait(SETTLE):
                if not subscribed.is_set():
                    continue
                if self._drain() or self._shown is None or self._lost:
                    self._list()
        except Unreachable as error:
            self._lose(str(error), self._now())
        finally:
            stream.close()
            reader.join()
            if self._drain() and not self._lost:
                # The list that belongs to the last events.
                with contextlib.suppress(Unreachable):
                    self._list()

    def _read(self, stream: EventStream, began: Callable[[], None]) -> None:
        try:
            for event in stream.read(began):
                self._heard.put((self._now(), event))
        except Unreachable as error:
            self._heard.put((self._now(), error))

    def _drain(self) -> bool:
        """Write what was heard; whether there was an event."""
        found = False
        while not self._heard.empty():
            at, event = self._heard.get()
            if isinstance(event, Unreachable):
                self._lose(str(event), at)
                continue
            found = True
            self.events += 1
            self._write(at, event=event)
        return found

    def _list(self) -> None:
        networks = sorted(get(self._host, "/networks"), key=lambda one: str(one.get("Id")))
        if self._lost:
            self._lost = False
            self._write(back=True)
        if networks != self._shown:
            self._shown = networks
            self.lists += 1
            self._write(networks=networks)

    def _lose(self, reason: str, at: float) -> None:
        # What ends because the recording is over is no loss, nor is what was never had.
        if self._shown is not None and not self._lost and not self._wait(0):
            self._lost = True
            self._write(at, lost=reason)

    def _now(self) -> float:
        return round(self._clock() - self._began, 6)

    def _write(self, at: Optional[float] = None, **line: Any) -> None:
        moment = self._now() if at is None else at
        self._out.write(json.dumps({"at": moment, **line}) + "\n")
        self._out.flush()
