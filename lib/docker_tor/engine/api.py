"""One Docker Engine's API, as far as networks need it.

Two calls do the work. `GET /networks` is the truth. `GET /events` only says that it is time to list
again, and may say which network is gone. `GET /info` is asked where a list may lack a swarm's
networks, for the host's name, and by the doctor, as `GET /version` is.

What surprises about framing, failures and swarms was measured on Docker Engine 20.10.24.
"""

import contextlib
import json
import random
import socket
import time
from http.client import HTTPResponse, IncompleteRead
from typing import Any, Callable, FrozenSet, Iterator, List, Mapping, Optional, Sequence
from urllib.parse import quote

from ..common.errors import EngineRefused, EngineUnreachable, MalformedReply
from ..common.sanitize import printable
from ..config.settings import EngineConfig
from .connection import FAILURES, answer
from .connection_errors import WANTS_TLS, recognise
from .events import Event, read_event
from .listing import Listing

LIST_TIMEOUT = 10.0
"""Seconds for the head of an answer, and for each part of a list."""
SILENCE = 150.0
"""Seconds without an event after which a stream ends, and another follows; up to a tenth less, so
that the streams of many engines do not end together.

An engine sends no keepalive, and TCP's ends at a proxy. Only a new subscription tells an idle
stream from one that is half-open behind a proxy."""
LARGEST_LISTING = 64 * 1024 * 1024
LONGEST_EVENT = 1024 * 1024
LONGEST_NAME = 255
"""Characters of a host's name (RFC 1035)."""
REMEMBERED = 24 * 3600
"""The first subscription asks for the events of so many seconds before it. The engine keeps 256 of
them, which tell what networks were removed while nobody listened."""


class Engine:
    """The API of one engine. `url` is unix:///path or tcp://host:port."""

    watched: Mapping[str, Sequence[str]] = {"type": ["network"]}
    """The filters of the events that are subscribed to."""

    def __init__(self, config: EngineConfig, clock: Callable[[], float] = time.time) -> None:
        self.name = config.name
        self.url = config.url
        self._config = config
        self._clock = clock
        self._told_at = ""
        self._swarm: Optional[FrozenSet[str]] = None

    def networks(self) -> Listing:
        """`GET /networks`: a list of whatever the engine put in it, with the version of its API.

        A node lists none of its swarm's networks while the swarm is locked or has no leader, or
        while it joins it again. Nothing is gone then, so this raises EngineUnreachable. Also raises
        EngineDenied, EngineRefused, MalformedReply.
        """
        listing = self._listing()
        if self._swarm is None or not self._swarm <= _swarm_scoped(listing):
            self._check_swarm()
            listing = self._listing()
        self._swarm = _swarm_scoped(listing)
        return listing

    def version(self) -> Mapping[str, Any]:
        """`GET /version`. Raises EngineUnreachable, EngineDenied, EngineRefused, MalformedReply."""
        return self._mapping("/version", "its version is")

    def info(self) -> Mapping[str, Any]:
        """`GET /info`; raises the same."""
        return self._mapping("/info", "its info is")

    def host_name(self) -> str:
        """What its host calls itself; empty where it does not say. Raises the same."""
        return host_name(self.info())

    def _mapping(self, path: str, what: str) -> Mapping[str, Any]:
        found = self._json(path, what)
        if not isinstance(found, dict):
            raise MalformedReply(f"{what} no JSON object", where=self.url)
        return found

    def _listing(self) -> Listing:
        with self._get("/networks") as response:
            api = response.headers.get("Api-Version", "")
            listing = self._parsed(response, "its networks are")
        if not isinstance(listing, list):
            raise MalformedReply("its networks are no list", where=self.url)
        return Listing(listing, api)

    def _check_swarm(self) -> None:
        try:
            info = self._json("/info", "its info is")
        except EngineRefused:
            # A proxy that lets only /networks and /events through: nothing can be said.
            return
        swarm = info.get("Swarm") if isinstance(info, dict) else None
        if not isinstance(swarm, dict):
            return
        state = swarm.get("LocalNodeState")
        # A manager (ControlAvailable) tells by Error that its swarm has no leader. A node that
        # joins again does not say yet whether it will be one.
        manager = swarm.get("ControlAvailable")
        if swarm.get("Error") if manager else state in ("locked", "error", "pending"):
            raise EngineUnreachable(
                f"its swarm cannot say which networks it has: {swarm.get('Error') or state}",
                where=self.url,
                remedy="Unlock the swarm, bring back more than half of its managers, or leave it.",
            )

    def _json(self, path: str, what: str) -> Any:
        with self._get(path) as response:
            return self._parsed(response, what)

    def _parsed(self, response: HTTPResponse, what: str) -> Any:
        body = self._bounded(response)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedReply(f"{what} not JSON: {error}", where=self.url) from None

    @contextlib.contextmanager
    def events(self) -> Iterator[Iterator[Event]]:
        """Subscribe to the engine's network events.

        Once the context is entered, the engine tells whatever happens. First it tells again what it
        remembers since the last event of the subscription before, that one included. The iterator
        ends after `SILENCE` seconds without an event. Raises EngineUnreachable where the stream
        breaks off; entering raises EngineDenied and EngineRefused, too.
        """
        filters = quote(json.dumps(self.watched))
        since = self._told_at or str(max(int(self._clock()) - REMEMBERED, 0))
        path = f"/events?filters={filters}&since={since}"
        silence = SILENCE * random.uniform(0.9, 1)  # noqa: S311  # no secret
        with self._get(path, silence) as response:
            yield self._events(response)

    def _events(self, response: HTTPResponse) -> Iterator[Event]:
        rest = b""
        try:
            # An engine sends each event as an HTTP chunk, and a chunk is handed on when it arrives.
            while True:
                data = response.read1(65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    event = read_event(line)
                    self._told_at = event.at or self._told_at
                    yield event
                if len(rest) > LONGEST_EVENT:
                    rest = b""
                    yield Event()
        except socket.timeout:
            return
        except FAILURES as error:
            raise self._unreachable("its event stream broke off", error) from None
        raise self._unreachable("it ended its event stream", None)

    @contextlib.contextmanager
    def _get(self, path: str, silence: Optional[float] = None) -> Iterator[HTTPResponse]:
        with answer(self._config, path, LIST_TIMEOUT, silence or LIST_TIMEOUT) as response:
            self._check(response, path)
            yield response

    def _check(self, response: HTTPResponse, path: str) -> None:
        """Raises EngineRefused, or EngineDenied where it wants TLS, for any status but 200."""
        if response.status == 200:
            return
        text = self._bounded(response)[:300].decode("utf-8", "replace")
        if recognise(text, (WANTS_TLS,)):
            raise WANTS_TLS.denied(self.url)
        raise EngineRefused(
            f"the Docker Engine answers {response.status} to {path.partition('?')[0]}: {text}",
            where=self.url,
            remedy="Check that the url is a Docker Engine's and not a proxy's.",
        )

    def _bounded(self, response: HTTPResponse) -> bytes:
        body = bytearray()
        try:
            while len(body) <= LARGEST_LISTING:
                data = response.read(65536)
                body += data
                if not data and response.length:
                    raise IncompleteRead(b"", response.length)
                if not data:
                    return bytes(body)
        except FAILURES as error:
            raise self._unreachable("its answer broke off", error) from None
        raise MalformedReply(
            f"its answer is larger than {LARGEST_LISTING // 2**20} MiB", where=self.url
        )

    def _unreachable(self, what: str, error: Optional[BaseException]) -> EngineUnreachable:
        return EngineUnreachable(
            f"{what} ({error})" if error else what,
            where=self.url,
            remedy="Check that dockerd runs and that this user may reach it.",
        )


def host_name(info: Mapping[str, Any]) -> str:
    """The host's name in what `GET /info` answers, printable and cut."""
    name = info.get("Name")
    return printable(name, LONGEST_NAME) if isinstance(name, str) else ""


def _swarm_scoped(listing: List[Any]) -> FrozenSet[str]:
    """The ids of the listed networks that the whole swarm has."""
    return frozenset(
        str(one.get("Id"))
        for one in listing
        if isinstance(one, dict) and one.get("Scope") == "swarm"
    )
