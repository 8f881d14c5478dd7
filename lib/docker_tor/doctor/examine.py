"""The whole examination.

First come docker.yaml, what the sensor keeps in the datastore, and the installation. Then every
engine and every switch is asked at the same time, with one deadline for all.
"""

import functools
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from ..common import parallel
from ..common.datastore import Read
from ..common.errors import DatastoreUnreadable, known
from ..common.sanitize import counted
from ..config.settings import Config
from ..controller import heartbeat, lease
from ..desired import holds, ledger
from . import docker_yaml, engines, installation, ports, sensor, switches
from .check_result import FAILED, OK, WARNING, CheckResult, failed, of, shown
from .engines import HostName, Listing
from .installation import Registered
from .switches import HostKey

DEADLINE = 120.0
"""Seconds for all engines and switches together; StackStorm gives an action 600."""

Item = Union[CheckResult, Listing, HostName, HostKey, ports.Seen]


def run(
    raw_config: Mapping[str, Any],
    read: Read,
    registered: Registered,
    *,
    show_host_key: bool = False,
    clock: Callable[[], float] = time.time,
    seconds: float = DEADLINE,
) -> Tuple[bool, Dict[str, Any]]:
    """Examine the installation; whether nothing has failed, and the result.

    The result has the `checks`, how many are `ok`, `warnings` and `failed`, the `host_keys`, and
    the `table`. `seconds` is the deadline for all engines and switches together.
    """
    config, results = docker_yaml.check(raw_config)
    results += _sensor(read, config, clock())
    results += installation.left(registered)
    if config is None:
        return _result(results, [])
    results += installation.connections(config)
    jobs = _jobs(config, show_host_key)
    made: List[Item] = []
    for where, progress in zip(jobs, parallel.run(list(jobs.values()), seconds=seconds)):
        made += progress.items
        made += _cut_short(where, progress, seconds)
    for listing in [one for one in made if isinstance(one, Listing)]:
        results += docker_yaml.uplinks(config, listing.engine, listing.networks)
    results += [one for one in made if isinstance(one, CheckResult)]
    results += ports.check(
        config,
        {one.engine: one.name for one in made if isinstance(one, HostName)},
        {one.switch: one.neighbours for one in made if isinstance(one, ports.Seen)},
    )
    return _result(results, [one for one in made if isinstance(one, HostKey)])


def _jobs(config: Config, show_host_key: bool) -> "Dict[str, Callable[[], Iterable[Item]]]":
    """One job for each engine and each switch, by its name in results."""
    return {
        **{
            f"engine {engine.name}": functools.partial(engines.check, engine)
            for engine in config.engines
        },
        **{
            f"switch {switch.name}": functools.partial(
                switches.check, switch, config, show_host_key=show_host_key
            )
            for switch in config.switches
        },
    }


def _cut_short(
    where: str, progress: "parallel.Progress[Item]", seconds: float
) -> Iterator[CheckResult]:
    if progress.error is not None:
        yield of(known(progress.error), "doctor", where)
    elif not progress.over:
        yield failed(
            "doctor",
            where,
            f"This is all that was found out within {seconds:g} s.",
            "See whether it answers at all; run the doctor again.",
        )


def _sensor(read: Read, config: Optional[Config], now: float) -> Iterator[CheckResult]:
    for name, check in (
        (heartbeat.NAME, lambda text: sensor.pulse(text, config, now)),
        (lease.NAME, lambda text: [sensor.holder(text, now)]),
        (ledger.NAME, lambda _text: [sensor.book(read)]),
        (holds.NAME, lambda text: sensor.held(text, config) if config else ()),
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
            yield from check(text)


def _result(results: List[CheckResult], keys: List[HostKey]) -> Tuple[bool, Dict[str, Any]]:
    counts = {state: sum(one.state == state for one in results) for state in (OK, WARNING, FAILED)}
    warned = counted(counts[WARNING], "warning")
    summary = f"{counts[OK]} ok, {warned}, {counts[FAILED]} failed"
    parts = [shown(results), summary, *([_keys(keys)] if keys else [])]
    return not counts[FAILED], {
        "checks": [one._asdict() for one in results],
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
