"""The containers that run on an engine: what is asked, and what is told of each.

The values have the shape of `GET /containers/json`, which is what the Exchange's docker pack
dispatched. Of a command only the program is shown, since passwords stand among its arguments.
Labels are not shown at all, and a list has no environment.
"""

import contextlib
import re
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Set

from ..common.errors import MalformedReply
from ..common.sanitize import label
from ..config.settings import EngineConfig
from .api import Engine
from .events import Event
from .listing import Listing

MOST_RUNNING = 5000
"""Containers of one engine that are followed: all of them are one value of the datastore."""
SETTLES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between lists that still have a container which has ended. The engine tells its end
before it has removed it from its network and its list: up to 40 ms were measured."""
MOST_NAMES = 10
MOST_PORTS = 100

_ID = re.compile(r"[0-9a-f]{12,64}")
_IMAGE = re.compile(r"[\w./:-]{1,300}(@[a-z0-9]+:[0-9a-f]{32,128})?")

Info = Dict[str, Any]
Running = Dict[str, Info]
"""The containers that run on one engine, by their ids."""


class ContainerApi(Engine):
    """What a watcher needs of an engine, for its containers instead of its networks."""

    watched = {"type": ["container"], "event": ["start", "die"]}  # noqa: RUF012  # as Engine has it

    def __init__(self, config: EngineConfig, sleep: Callable[[float], Any] = time.sleep) -> None:
        super().__init__(config)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._ended: Set[str] = set()

    def networks(self) -> Listing:
        """What a watcher lists: `GET /containers/json`, the containers that run.

        Raises EngineUnreachable, EngineDenied, EngineRefused, MalformedReply.
        """
        with self._lock:
            ended, self._ended = self._ended, set()
        listing = self._containers()
        for pause in SETTLES:
            if not any(isinstance(one, dict) and one.get("Id") in ended for one in listing):
                break
            self._sleep(pause)
            listing = self._containers()
        if len(listing) > MOST_RUNNING:
            raise MalformedReply(
                f"more than {MOST_RUNNING} containers run on it, and so many are not followed",
                where=self.url,
                remedy="Disable docker.DockerSensor.",
            )
        return Listing(listing)

    def _containers(self) -> List[Any]:
        listing = self._json("/containers/json", "its containers are")
        if not isinstance(listing, list):
            raise MalformedReply("its containers are no list", where=self.url)
        return listing

    @contextlib.contextmanager
    def events(self) -> Iterator[Iterator[Event]]:
        """Subscribe to the starts and the ends of containers."""
        with super().events() as events:
            yield self._noted(events)

    def _noted(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            with self._lock:
                if event.gone and len(self._ended) < MOST_RUNNING:
                    self._ended.add(event.gone)
            yield event


def read(engine: str, listing: List[Any]) -> Running:
    """The containers that an engine lists, but for those without an id. Never raises."""
    found = (_info(engine, listed) for listed in listing if isinstance(listed, dict))
    return {info["Id"]: info for info in found if info}


def _info(engine: str, listed: Mapping[str, Any]) -> Optional[Info]:
    identity = listed.get("Id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        return None
    image, ports = str(listed.get("Image"))[:500], _listed(listed.get("Ports"))
    return {
        "Id": identity,
        "Names": [label(name, 200) for name in _listed(listed.get("Names"))[:MOST_NAMES]],
        "Image": image if _IMAGE.fullmatch(image) else label(image, 200),
        "Command": label(str(listed.get("Command") or "").strip().split(" ")[0], 200),
        "Created": _number(listed.get("Created"), 2**53),
        "Status": label(listed.get("Status") or "", 100),
        "Ports": [_port(port) for port in ports[:MOST_PORTS] if isinstance(port, dict)],
        "Engine": label(engine),
    }


def _port(port: Mapping[str, Any]) -> Dict[str, Any]:
    """The port of the container and, where it is published, that of the host; 0 where it is not."""
    return {
        "IP": label(port.get("IP") or ""),
        "PrivatePort": _number(port.get("PrivatePort"), 65535),
        "PublicPort": _number(port.get("PublicPort"), 65535),
        "Type": label(port.get("Type") or "", 10),
    }


def _listed(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any, most: int) -> int:
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number and 0 <= value <= most else 0
