"""What reconcile has to remember from one run to the next, as it is kept in the datastore.

    {"version": 1, "orphans": {"tor1/21/112": 1795449840.8}, "told": "...",
     "denied": {"tor1": ["5f1a..."]}, "added": [...], "gone": {...}, "replaces": ["tor1"]}

`orphans` says since when (seconds since 1970) each segment has been seen that nothing calls for.
`told` is a hash of what chat was last told to be wrong; it is empty if nothing is. Thus what stays
wrong is not told every five minutes. `denied` has the switches that denied a login, each with the
marks of those logins (config/denied_logins): the timer's runs do not try them again. `added` are
the segments that a reconcile has added, or may have. `gone` are the segments that the switch no
longer had after the sensor had dispatched their removal, by when it had. `replaces` are the
switches where an edit of ports has removed VLANs of others: the timer's runs edit no port there.
"""

import json
import math
from typing import Dict, FrozenSet, Mapping, NamedTuple, Optional, Tuple

from ..desired.segments import Key, in_order

NAME = "docker_tor.reconcile"


class Memory(NamedTuple):
    """What the datastore keeps for reconcile; `dispatched` says what `added` and `gone` are for."""

    orphans: Mapping[Key, float] = {}
    told: str = ""
    denied: Mapping[str, Tuple[str, ...]] = {}
    added: FrozenSet[Key] = frozenset()
    gone: Mapping[Key, float] = {}
    replaces: FrozenSet[str] = frozenset()


def dump(memory: Memory) -> str:
    """The memory as text."""
    kept = {
        "orphans": _plain(memory.orphans),
        "told": memory.told,
        "denied": {name: list(marks) for name, marks in memory.denied.items()},
        "added": [_name(key) for key in sorted(memory.added, key=in_order)],
        "gone": _plain(memory.gone),
        "replaces": sorted(memory.replaces),
    }
    return json.dumps({"version": 1, **kept})


def load(text: Optional[str]) -> Memory:
    """The memory of `dump`; anything else is forgotten: then orphans wait once more."""
    try:
        document = json.loads(text or "{}")
        denied = {
            str(name): tuple(str(mark) for mark in marks)
            for name, marks in document.get("denied", {}).items()
            # Version 0.2.0 had one short hash, which told something of the password.
            if isinstance(marks, list)
        }
        return Memory(
            _times(document.get("orphans", {})),
            str(document.get("told", "")),
            denied,
            frozenset(_key(name) for name in document.get("added", ())),
            _times(document.get("gone", {})),
            frozenset(map(str, document.get("replaces", ()))),
        )
    except (AttributeError, TypeError, ValueError, OverflowError, RecursionError):
        return Memory()


def _plain(times: Mapping[Key, float]) -> Dict[str, float]:
    return {_name(key): at for key, at in times.items()}


def _times(plain: Mapping[str, float]) -> Dict[Key, float]:
    found: Dict[Key, float] = {}
    for name, at in plain.items():
        since = float(at)
        if math.isfinite(since):
            found[_key(name)] = since
    return found


def _name(key: Key) -> str:
    switch, rbridge, vlan = key
    return f"{switch}/{'' if rbridge is None else rbridge}/{vlan}"


def _key(name: str) -> Key:
    switch, rbridge, vlan = name.rsplit("/", 2)
    return switch, int(rbridge) if rbridge else None, int(vlan)
