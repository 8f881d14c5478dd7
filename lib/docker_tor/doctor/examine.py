"""The whole examination: docker.yaml and the sensor at once, then every engine and every switch at
the same time, with one deadline for all."""

import functools
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from ..common import parallel
from ..common.datastore import Read
from ..common.errors import DatastoreUnreadable, known
from ..common.sanitize import counted
from ..config.settings import Config
from ..controller import heartbeat, lease
from ..desired import holds, last_applied
from . import engines, installation, sensor, settings, switches
from .engines import Listing
from .finding import FAILED, OK, WARNING, Finding, failed, of, shown
from .installation import Registered
from .switches import HostKey

DEADLINE = 120.0
"""Seconds for all engines and switches together; StackStorm gives an action 600."""

Item = Union[Finding, Listing, HostKey]


def run(
    raw_config: Mapping[str, Any],
    read: Read,
    registered: Registered,
    *,
    show_host_key: bool = False,
    clock: Callable[[], float] = time.time,
    seconds: float = DEADLINE,
) -> Tuple[bool, Dict[str, Any]]:
    """Examine the installation; whether nothing has failed, and the result: `checks`, how many are
    `ok`, `warnings` and `failed`, `host_keys`, and the `table`."""
    found, lines = settings.check(raw_config)
    lines += _sensor(read, found, clock())
    lines += installation.left(registered)
    if found is None:
        return _result(lines, [])
    lines += installation.connections(found)
    jobs = _jobs(found, show_host_key)
    told = parallel.run(list(jobs.values()), seconds=seconds)
    findings: List[Item] = []
    for where, one in zip(jobs, told):
        findings += one.items
        findings += _cut_short(where, one, seconds)
    for listing in [one for one in findings if isinstance(one, Listing)]:
        lines += settings.uplinks(found, listing.engine, listing.networks)
    lines += [one for one in findings if isinstance(one, Finding)]
    return _result(lines, [one for one in findings if isinstance(one, HostKey)])


def _jobs(found: Config, show_host_key: bool) -> "Dict[str, Callable[[], Iterable[Item]]]":
    """What is asked of each, by where it is."""
    return {
        **{
            f"engine {engine.name}": functools.partial(engines.check, engine)
            for engine in found.engines
        },
        **{
            f"switch {switch.name}": functools.partial(
                switches.check, switch, found, show_host_key=show_host_key
            )
            for switch in found.switches
        },
    }


def _cut_short(where: str, told: "parallel.Progress[Item]", seconds: float) -> Iterator[Finding]:
    if told.error is not None:
        yield of(known(told.error), "doctor", where)
    elif not told.over:
        yield failed(
            "doctor",
            where,
            f"This is all that was found out within {seconds:g} s.",
            "See whether it answers at all; run the doctor again.",
        )


def _sensor(read: Read, found: Optional[Config], now: float) -> Iterator[Finding]:
    for name, lines in (
        (heartbeat.NAME, lambda text: sensor.pulse(text, found, now)),
        (lease.NAME, lambda text: [sensor.holder(text, now)]),
        (last_applied.NAME, lambda text: [sensor.book(text)]),
        (holds.NAME, lambda text: sensor.held(text, found) if found else ()),
    ):
        try:
            text = read(name)
        except Exception as error:  # noqa: BLE001  # StackStorm's client raises what it likes
            unread = DatastoreUnreadable(
                f"{name} cannot be read: {error}",
                remedy="See that st2api answers, and that actions are told its url.",
            )
            yield of(unread, "datastore", sensor.WHERE)
        else:
            yield from lines(text)


def _result(lines: List[Finding], keys: List[HostKey]) -> Tuple[bool, Dict[str, Any]]:
    counts = {state: sum(line.state == state for line in lines) for state in (OK, WARNING, FAILED)}
    warned = counted(counts[WARNING], "warning")
    summary = f"{counts[OK]} ok, {warned}, {counts[FAILED]} failed"
    parts = [shown(lines), summary, *([_keys(keys)] if keys else [])]
    return not counts[FAILED], {
        "checks": [line._asdict() for line in lines],
        "ok": counts[OK],
        "warnings": counts[WARNING],
        "failed": counts[FAILED],
        "host_keys": [key._asdict() for key in keys],
        "table": "\n\n".join(parts),
    }


def _keys(keys: List[HostKey]) -> str:
    lines = [
        "Whoever answered showed these keys. Compare each fingerprint at the switch's own console"
        " before you set it as host_key: somebody in between would show a key of their own."
    ]
    for key in keys:
        lines += [f"{key.switch} ({key.host}:{key.port})", f"  {key.fingerprint}", f"  {key.key}"]
    return "\n".join(lines)
