"""What the action `docker.networks` does: the segments as the sensor has them, or listed afresh."""

import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import config, heartbeat, ledger, overview, store, survey
from .config import Config
from .errors import DockerTorError
from .heartbeat import Heartbeat
from .ledger import Ledger
from .overview import Known
from .store import Read
from .table import table
from .text import label


class View(NamedTuple):
    """What there is to show: segments, how it stands with each engine, networks that are refused
    and such as are passed over, and what else has to be said."""

    segments: List[Known]
    engines: List[Dict[str, Any]]
    refused: List[Dict[str, str]]
    passed: List[Dict[str, str]]
    notes: List[str]


def run(
    raw_config: Mapping[str, Any],
    parameters: Mapping[str, Any],
    read: Read,
    *,
    clock: Callable[[], float] = time.time,
) -> Tuple[bool, Dict[str, Any]]:
    """The segments that exist: `segments`, `engines`, `refused`, `passed_over` and `table`.

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
        "passed_over": view.passed,
        "notes": view.notes,
        "table": _table(view),
    }


def _told(book: Ledger, pulse: Optional[Heartbeat], now: float) -> View:
    """The sensor's own view."""
    engines = [
        {"engine": label(name), "state": one.state, "networks": one.networks}
        for name, one in sorted(pulse.engines.items() if pulse else ())
    ]
    refused, passed = (
        [
            # By its id, the first digits of it, as docker shows it.
            {"engine": engine, "network": network[:12], "reason": reason}
            for engine, network, reason in sorted(keys)
        ]
        for keys in (book.refused, book.passed)
    )
    silent = "The sensor is silent, so this may be out of date: docker.doctor says more."
    notes = [silent] if overview.silent(pulse, now) else []
    return View(overview.from_sensor(book, pulse, now), engines, refused, passed, notes)


def _live(settings: Config, book: Ledger) -> View:
    """What the engines list now, compared with what the sensor has dispatched."""
    found = survey.take(settings, book)
    engines: List[Dict[str, Any]] = []
    for engine in settings.engines:
        reason = found.unreached.get(engine.name)
        away = {"state": "away", "error": reason} if reason else {"state": "listed"}
        engines.append({"engine": engine.name, **away})
    refused, passed = (
        [
            {
                "engine": one.network["engine"],
                "network": one.network["name"],
                "reason": str(one.error),
            }
            for one in networks
        ]
        for networks in (found.refused, [one for one in found.passed if one.may_surprise])
    )
    known = overview.from_engines(book, found.segments, list(found.unreached))
    return View(known, engines, refused, passed, list(found.unreached.values()))


def _table(view: View) -> str:
    parts = [overview.shown(view.segments)]
    for what, networks in (("refused", view.refused), ("passed over", view.passed)):
        if networks:
            rows = [(one["engine"], one["network"], one["reason"]) for one in networks]
            parts.append(table(("engine", f"network {what}", "why"), rows, widest=160))
    return "\n\n".join([*parts, *view.notes])
