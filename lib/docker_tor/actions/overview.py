"""Which segments there are, of which networks, since when, and how well it is known. Pure.

The sensor's view is what it has last applied, with a state by its heartbeat. The engines' view is
what they list now, with a state by comparison with what was last applied.
"""

import datetime
import re
from types import MappingProxyType
from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..common.table import table
from ..controller import heartbeat
from ..controller.heartbeat import Heartbeat
from ..desired import segments
from ..desired.last_applied import LastApplied
from ..desired.segments import LAYER_2, Key, Segment, in_order

PENDING = "pending"
CURRENT = "current"
ENGINE_LOST = "engine lost"
ENGINE_UNKNOWN = "engine unknown"
SENSOR_SILENT = "sensor silent"
HELD = "held"
NEW, CHANGED, GONE = "new", "changed", "gone"

_CREATED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII
)
_COLUMNS = (
    *("switch", "rbridge", "VLAN", "addresses", "state", "since"),
    *("network", "engine", "driver", "parent"),
)
_PORTS = "ports"
"""A column that is there only where docker.yaml names ports."""


Held = Mapping[str, Collection[str]]
"""The ids of networks, by engine."""
NOTHING_HELD: Held = MappingProxyType({})


class Known(NamedTuple):
    """A segment, and its state: one of the words above."""

    segment: Segment
    state: str


def silent(pulse: Optional[Heartbeat], now: float) -> bool:
    """Whether the sensor is gone: no heartbeat, or none for long; `now` in seconds since 1970."""
    return pulse is None or now - pulse.at > heartbeat.STALE


def from_sensor(
    applied: LastApplied, pulse: Optional[Heartbeat], now: float, held: Held = NOTHING_HELD
) -> List[Known]:
    """The segments last applied; `pulse` is None where there is no heartbeat. `held` are the
    networks that an engine does not list any more, and that stay."""
    gone = silent(pulse, now)
    engines = {} if pulse is None else pulse.engines

    def state(segment: Segment) -> str:
        if segment.key in applied.pending:
            return PENDING
        if gone:
            return SENSOR_SILENT
        if _is_held(segment, held):
            return HELD
        states = [
            engines[network.engine].state if network.engine in engines else ""
            for network in segment.networks
        ]
        if heartbeat.LOST in states:
            return ENGINE_LOST
        return CURRENT if set(states) <= {heartbeat.FOLLOWING} else ENGINE_UNKNOWN

    return _sorted([Known(segment, state(segment)) for segment in applied.segments.values()])


def from_engines(
    applied: LastApplied,
    desired: Mapping[Key, Segment],
    away: Collection[str],
    held: Held = NOTHING_HELD,
) -> List[Known]:
    """The segments that the engines call for now, and the applied ones that none calls for. `away`
    are the engines that could not be listed: their networks are those last applied."""
    found = []
    changed = {one.segment.key for one in segments.changes(applied.segments, desired)}
    for key, segment in desired.items():
        if _is_held(segment, held):
            state = HELD
        elif any(network.engine in away for network in segment.networks):
            state = ENGINE_LOST
        elif key not in applied.segments:
            state = NEW
        else:
            state = CHANGED if key in changed else CURRENT
        found.append(Known(segment, state))
    gone = [Known(one, GONE) for key, one in applied.segments.items() if key not in desired]
    return _sorted([*found, *gone])


def _is_held(segment: Segment, held: Held) -> bool:
    return any(one.id in held.get(one.engine, ()) for one in segment.networks)


def since(segment: Segment) -> str:
    """When the first of its networks was created, in UTC, as "2026-11-24T08:13:00Z"; empty where no
    engine says."""
    moments = [moment for moment in (_utc(one.created) for one in segment.networks) if moment]
    return f"{min(moments):%Y-%m-%dT%H:%M:%SZ}" if moments else ""


def as_plain(known: Known) -> Dict[str, Any]:
    """A segment as it stands in a result."""
    segment = known.segment
    return {
        "switch": segment.switch,
        "host": segment.host,
        "rbridge_id": segment.rbridge,
        "vlan": segment.vlan,
        "addresses": [str(one) for one in segment.addresses],
        "ports": list(segment.ports),
        "state": known.state,
        "since": since(segment),
        "networks": [
            {**network.as_payload(), "created": network.created, "ports": list(network.ports)}
            for network in segment.networks
        ],
    }


def shown(segments: Sequence[Known]) -> str:
    """The segments as a table, a line for each network."""
    ports = any(one.segment.ports for one in segments)
    columns = (*_COLUMNS, _PORTS) if ports else _COLUMNS
    rows = [row for one in segments for row in _rows(one)]
    return table(columns, [row[: len(columns)] for row in rows])


def _rows(known: Known) -> List[Tuple[Any, ...]]:
    segment = known.segment
    place = (segment.switch, segment.rbridge, segment.vlan, segment.addresses or LAYER_2)
    first = (*place, known.state, since(segment))
    return [
        (*first, network.name, network.engine, network.driver, network.parent, network.ports)
        for network in segment.networks
    ] or [(*first, *[None] * 4)]


def _sorted(segments: Sequence[Known]) -> List[Known]:
    return sorted(segments, key=lambda known: in_order(known.segment.key))


def _utc(created: str) -> Optional[datetime.datetime]:
    """The engine's own time stamp (RFC 3339 with nanoseconds, which datetime does not read)."""
    found = _CREATED.match(created)
    if not found:
        return None
    *numbers, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = (int(number) for number in numbers)
    utc = datetime.timezone.utc
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second, tzinfo=utc)
        offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return moment + offset if sign == "-" else moment - offset
    except (OverflowError, ValueError):
        return None
