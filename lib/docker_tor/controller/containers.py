"""The containers that run on an engine: what is told of one, and what has changed between two
lists. Pure.

The shape is that of the engine's list (`GET /containers/json`), which is what the Exchange's docker
pack dispatched. Of a command only the program is shown, since passwords stand among arguments, and
labels are not shown at all; a list has no environment.
"""

import json
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional

from ..common.sanitize import label
from .triggers import Trigger

STARTED = "docker.container_tracker.started"
STOPPED = "docker.container_tracker.stopped"
NAME = "docker_tor.containers"
"""The datastore's name for the containers that have been told."""

MOST_NAMES = 10
MOST_PORTS = 100

_ID = re.compile(r"[0-9a-f]{12,64}")
_IMAGE = re.compile(r"[\w./:-]{1,300}(@[a-z0-9]+:[0-9a-f]{32,128})?")

Info = Dict[str, Any]
Running = Dict[str, Info]
"""The containers that run on one engine, by their ids."""


def read(engine: str, listing: List[Any]) -> Running:
    """What an engine lists; what has no id is passed over."""
    found = (_info(engine, listed) for listed in listing if isinstance(listed, dict))
    return {info["Id"]: info for info in found if info}


def changes(known: Running, running: Running) -> Iterator[Trigger]:
    """What is to be told: first the containers that have stopped, as they were last seen."""
    for identity in sorted(known.keys() - running.keys()):
        yield Trigger(STOPPED, {"container_info": known[identity]}, identity)
    for identity in sorted(running.keys() - known.keys()):
        yield Trigger(STARTED, {"container_info": running[identity]}, identity)


def dump(engines: Mapping[str, Running]) -> str:
    """What has been told of each engine, as text."""
    plain = {name: list(running.values()) for name, running in engines.items()}
    return json.dumps({"version": 1, "engines": plain}, separators=(",", ":"))


def load(text: Optional[str]) -> Dict[str, Running]:
    """What `dump` has written; nothing where there is no text. Raises ValueError."""
    try:
        engines = json.loads(text or '{"engines":{}}')["engines"]
        return {name: {info["Id"]: info for info in listing} for name, listing in engines.items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"the value of {NAME} is none of the pack's ({error!r}): st2 key delete {NAME}"
        ) from None


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
