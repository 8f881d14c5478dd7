"""`docker.networks`: which segments there are, as the sensor has them, or as engines list them now.

The sensor's view is in the datastore: what was last applied, its heartbeat, and what it holds. With
`live` the engines are listed, and compared with what was last applied.
"""

import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..common import datastore
from ..common.datastore import Read
from ..common.errors import DockerTorError
from ..common.sanitize import label
from ..common.table import table
from ..config import settings
from ..config.settings import Config
from ..controller import heartbeat
from ..controller.heartbeat import Heartbeat
from ..desired import holds, ledger
from ..desired.holds import Doubt
from ..desired.last_applied import LastApplied
from ..reconcile import discovery
from . import overview
from .overview import Known


class View(NamedTuple):
    """What there is to show: segments, the state of each engine, networks that are rejected or
    ignored, and what else has to be said."""

    segments: List[Known]
    engines: List[Dict[str, Any]]
    rejected: List[Dict[str, str]]
    ignored: List[Dict[str, str]]
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
        config = settings.parse(raw_config)
        applied = ledger.load(read)
        doubts = datastore.value(read, holds.NAME, holds.load)
        if parameters.get("live"):
            view = _from_engines(config, applied, doubts)
        else:
            pulse = datastore.value(
                read, heartbeat.NAME, lambda text: heartbeat.load(text) if text else None
            )
            view = _from_sensor(applied, pulse, clock(), config, doubts)
    except DockerTorError as error:
        return False, error.as_result()
    return True, {
        "live": bool(parameters.get("live")),
        "segments": [overview.as_plain(one) for one in view.segments],
        "engines": view.engines,
        "refused": view.rejected,
        "passed_over": view.ignored,
        "notes": view.notes,
        "table": _table(view),
    }


def _from_sensor(
    applied: LastApplied,
    pulse: Optional[Heartbeat],
    now: float,
    config: Config,
    doubts: Mapping[str, Doubt],
) -> View:
    """The sensor's own view."""
    engines = [
        {"engine": label(name), "state": one.state, "networks": one.networks}
        for name, one in sorted(pulse.engines.items() if pulse else ())
    ]
    rejected, ignored = (
        [
            # By its id, the first digits of it, as docker shows it.
            {"engine": engine, "network": network[:12], "reason": reason}
            for engine, network, reason in sorted(keys)
        ]
        for keys in (applied.rejected, applied.ignored)
    )
    silent = "The sensor is silent, so this may be out of date: docker.doctor says more."
    notes = [silent] if overview.silent(pulse, now) else []
    held = {engine: one.held for engine, one in doubts.items() if one.held}
    notes += [
        f"engine {label(engine)}: {holds.said(doubts[engine], config.mass_removal_hold)}"
        for engine in sorted(held)
    ]
    known = overview.from_sensor(applied, pulse, now, held)
    return View(known, engines, rejected, ignored, notes)


def _from_engines(config: Config, applied: LastApplied, doubts: Mapping[str, Doubt]) -> View:
    """What the engines list now, compared with what the sensor has dispatched."""
    found = discovery.discover(config, applied, doubts=doubts)
    engines: List[Dict[str, Any]] = []
    for engine in config.engines:
        reason = found.unreached.get(engine.name)
        doubted = "held" if engine.name in found.held else "away"
        how = {"state": doubted, "error": reason} if reason else {"state": "listed"}
        engines.append({"engine": engine.name, **how})
    rejected, ignored = (
        [
            {
                "engine": one.network["engine"],
                "network": one.network["name"],
                "reason": str(one.error),
            }
            for one in networks
        ]
        for networks in (found.rejected, [one for one in found.ignored if one.may_surprise])
    )
    away = found.unreached.keys() - found.held.keys()
    known = overview.from_engines(applied, found.segments, away, found.held)
    notes = [
        f"engine {name}: {reason}" if name in found.held else reason
        for name, reason in found.unreached.items()
    ]
    return View(known, engines, rejected, ignored, notes)


def _table(view: View) -> str:
    parts = [overview.shown(view.segments)]
    for what, networks in (("refused", view.rejected), ("passed over", view.ignored)):
        if networks:
            rows = [(one["engine"], one["network"], one["reason"]) for one in networks]
            parts.append(table(("engine", f"network {what}", "why"), rows, widest=160))
    return "\n\n".join([*parts, *view.notes])
