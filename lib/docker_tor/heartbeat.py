"""The sensor's sign of life, in the datastore for other tools to read.

    {"version": 1, "at": 1795449840.8, "engines": {"host1": {"state": "following",
     "last_contact": 1795449838.1, "networks": 12, "lag": 0.021}}}

`at` and `last_contact` are seconds since 1970; `lag` is how many seconds passed between the
engine's last news and the moment when everything that followed from it had been dispatched; null
where there is nothing to say yet. A heartbeat older than three times EVERY means that the sensor
is gone.
"""

import json
from typing import Dict, NamedTuple, Optional

NAME = "docker_tor.heartbeat"
EVERY = 30.0
"""Seconds between two heartbeats."""

CONNECTING, FOLLOWING, LOST = "connecting", "following", "lost"


class Pulse(NamedTuple):
    """How it stands with one engine."""

    state: str = CONNECTING
    last_contact: Optional[float] = None
    networks: Optional[int] = None
    lag: Optional[float] = None


def dump(at: float, engines: Dict[str, Pulse]) -> str:
    """The heartbeat as it is stored."""
    return json.dumps(
        {
            "version": 1,
            "at": round(at, 3),
            "engines": {name: pulse._asdict() for name, pulse in engines.items()},
        }
    )
