"""What reconcile has to remember from one run to the next, as it is kept in the datastore.

    {"version": 1, "orphans": {"tor1/21/112": 1795449840.8}, "told": "...",
     "denied": {"tor1": "5f1a"}}

`orphans` says since when (seconds since 1970) each segment has been seen that nothing calls for;
`told` stands for what chat was last told to be wrong (nothing, if it is empty), so that what stays
as it is is not told every five minutes. `denied` has the switches that refused the login, each with
a mark of that login: it is not tried again by itself, since that may lock the account.
"""

import json
import math
from typing import Dict, Mapping, NamedTuple, Optional

from .intent import Key

NAME = "docker_tor.reconcile"


class Memory(NamedTuple):
    """Orphans by when they were first seen, what the last message was about, and the marks of
    logins that were refused, by switch."""

    orphans: Mapping[Key, float] = {}
    told: str = ""
    denied: Mapping[str, str] = {}


def dump(memory: Memory) -> str:
    """The memory as text."""
    orphans = {
        f"{switch}/{rbridge}/{vlan}": at for (switch, rbridge, vlan), at in memory.orphans.items()
    }
    kept = {"orphans": orphans, "told": memory.told, "denied": dict(memory.denied)}
    return json.dumps({"version": 1, **kept})


def load(text: Optional[str]) -> Memory:
    """The memory of `dump`; anything else is forgotten: then orphans wait once more."""
    try:
        document = json.loads(text or "{}")
        orphans: Dict[Key, float] = {}
        for name, at in document.get("orphans", {}).items():
            switch, rbridge, vlan = name.rsplit("/", 2)
            since = float(at)
            if math.isfinite(since):
                orphans[switch, int(rbridge), int(vlan)] = since
        denied = {str(name): str(mark) for name, mark in document.get("denied", {}).items()}
        return Memory(orphans, str(document.get("told", "")), denied)
    except (AttributeError, TypeError, ValueError, OverflowError, RecursionError):
        return Memory()
