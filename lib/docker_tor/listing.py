"""What the action `docker.networks` does: the segments as the sensor has them, or listed afresh."""

import functools
import time
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from . import config, heartbeat, intent, ledger, networks, overview, store, together
from .config import Config, EngineConfig
from .engine import Engine
from .errors import DockerTorError, EngineUnreachable, known
from .heartbeat import Heartbeat
from .ledger import Ledger
from .networks import Network, Refusal
from .overview import Known
from .store import Read
from .table import table
from .text import label

DEADLINE = 60.0
"""Seconds for all engines together: less than an action has."""


class View(NamedTuple):
    """What there is to show: segments, how it stands with each engine, refused networks, and what
    else has to be said."""

    segments: List[Known]
    engines: List[Dict[str, Any]]
    refused: List[Dict[str, str]]
    notes: List[str]


def run(
    raw_config: Mapping[str, Any],
    parameters: Mapping[str, Any],
    read: Read,
    *,
    clock: Callable[[], float] = time.time,
) -> Tuple[bool, Dict[str, Any]]:
    """The segments that exist: `segments`, `engines`, `refused` and `table`.

    With `live` in `parameters` the engines are listed now; else it is the sensor's own view, from
    the datastore that `read` reads. Returns a status and a result; an error is a result too.
    """
    try:
        settings = config.parse(raw_config)
        book = store.value(read, ledger.NAME, ledger.load)
        if parameters.get("live"):
            view = _live(settings, book)
        else:
            pulse = store.value(
                read, heartbeat.NAME, lambda text: heartbeat.load(text) if text else None
            )
            view = _told(book, pulse, clock())
    except DockerTorError as error:
        return False, error.as_result()
    return True, {
        "live": bool(parameters.get("live")),
        "segments": [overview.as_plain(one) for one in view.segments],
        "engines": view.engines,
        "refused": view.refused,
        "notes": view.notes,
        "table": _table(view),
    }


def _told(book: Ledger, pulse: Optional[Heartbeat], now: float) -> View:
    """The sensor's own view."""
    engines = [
        {"engine": label(name), "state": one.state, "networks": one.networks}
        for name, one in sorted(pulse.engines.items() if pulse else ())
    ]
    refused = [
        # By its id, the first digits of it, as docker shows it.
        {"engine": engine, "network": network[:12], "reason": reason}
        for engine, network, reason in sorted(book.refused)
    ]
    silent = "The sensor is silent, so this may be out of date: docker.doctor says more."
    notes = [silent] if overview.silent(pulse, now) else []
    return View(overview.from_sensor(book, pulse, now), engines, refused, notes)


def _live(settings: Config, book: Ledger) -> View:
    """What the engines list now, compared with what the sensor has dispatched."""
    jobs = [functools.partial(_list, engine) for engine in settings.engines]
    told = together.run(jobs, seconds=DEADLINE)
    wanted: List[Network] = []
    refused: List[Refusal] = []
    engines: List[Dict[str, Any]] = []
    away: List[str] = []
    for engine, one in zip(settings.engines, told):
        if one.items:
            listed, refusals = networks.read(engine.name, one.items[0])
            wanted += listed
            refused += refusals
            count = len(one.items[0])
            engines.append({"engine": engine.name, "state": "listed", "networks": count})
        else:
            late = EngineUnreachable(f"no answer within {DEADLINE:.0f} s", where=engine.url)
            error = known(one.error or late)
            engines.append({"engine": engine.name, "state": "away", **error.as_result()})
            away.append(engine.name)
    # An engine that does not answer has what it had.
    wanted += [
        network
        for segment in book.segments.values()
        for network in segment.networks
        if network.engine in away
    ]
    desired, conflicts = intent.segments(wanted, _place(settings), _incumbents(book))
    rows = [
        {
            "engine": one.network["engine"],
            "network": one.network["name"],
            "reason": str(one.error),
        }
        for one in (*refused, *conflicts)
    ]
    notes = [one["error"] for one in engines if "error" in one]
    return View(overview.from_engines(book, desired, away), engines, rows, notes)


def _list(engine: EngineConfig) -> Iterator[List[Any]]:
    api = Engine(engine)
    try:
        yield api.networks()
    finally:
        api.close()


def _place(settings: Config) -> intent.Place:
    engines = {engine.name: engine for engine in settings.engines}
    return lambda network: config.uplink_of(settings, engines[network.engine], network.interface)


def _incumbents(book: Ledger) -> Sequence[Tuple[str, str]]:
    return [
        (network.engine, network.id)
        for segment in book.segments.values()
        for network in segment.networks
    ]


def _table(view: View) -> str:
    parts = [overview.shown(view.segments)]
    if view.refused:
        rows = [(one["engine"], one["network"], one["reason"]) for one in view.refused]
        parts.append(table(("engine", "refused network", "why"), rows, widest=160))
    return "\n\n".join([*parts, *view.notes])
