"""The sensor's sign of life, in the datastore for other tools to read.

    {"version": 1, "at": 1795449840.8, "engines": {"host1": {"state": "following",
     "last_contact": 1795449838.1, "networks": 12, "lag": 0.021}},
     "config": "5f1d0c2a9b7e", "trouble": ""}

`at` and `last_contact` are seconds since 1970. `lag` is how many seconds passed from an engine's
last news until everything that followed from it was dispatched. What is not known yet is null. A
heartbeat that is older than three times EVERY means that the sensor is gone.
"""

import json
from typing import Any, Dict, Mapping, NamedTuple, Optional

NAME = "docker_tor.heartbeat"
EVERY = 30.0
"""Seconds between two heartbeats."""
STALE = 3 * EVERY
"""Seconds after which a heartbeat means that the sensor is gone."""

CONNECTING, FOLLOWING, LOST = "connecting", "following", "lost"


class Pulse(NamedTuple):
    """How it stands with one engine."""

    state: str = CONNECTING
    last_contact: Optional[float] = None
    networks: Optional[int] = None
    lag: Optional[float] = None


class Heartbeat(NamedTuple):
    """When it was (seconds since 1970), and how it stood with each engine then.

    `config` is the mark of the configuration in force; `trouble` says why that is not the one that
    StackStorm has now.
    """

    at: float
    engines: Dict[str, Pulse]
    config: str = ""
    trouble: str = ""


def load(text: str) -> Heartbeat:
    """The heartbeat of `dump`. Raises ValueError for anything else."""
    try:
        document = json.loads(text)
        engines = {str(name): _pulse(pulse) for name, pulse in document["engines"].items()}
        marked, trouble = str(document.get("config", "")), str(document.get("trouble", ""))
        return Heartbeat(float(document["at"]), engines, marked, trouble)
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(f"the value of {NAME} is no heartbeat: {error!r}") from None


def _pulse(raw: Mapping[str, Any]) -> Pulse:
    contact, networks, lag = (raw[name] for name in Pulse._fields[1:])
    return Pulse(
        str(raw["state"]),
        None if contact is None else float(contact),
        None if networks is None else int(networks),
        None if lag is None else float(lag),
    )


def dump(beat: Heartbeat) -> str:
    """The heartbeat as it is stored."""
    return json.dumps(
        {
            "version": 1,
            "at": round(beat.at, 3),
            "engines": {name: pulse._asdict() for name, pulse in beat.engines.items()},
            "config": beat.config,
            "trouble": beat.trouble,
        }
    )
