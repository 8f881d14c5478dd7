"""What reconcile has to remember from one run to the next, as it is kept in the datastore.

    {"version": 1, "orphans": {"tor1/21/112": 1795449840.8}, "told": "..."}

`orphans` says since when (seconds since 1970) each segment has been seen that nothing calls for;
`told` is what chat was last told, so that what stays as it is is not told every five minutes.
"""

import json
from typing import Dict, Mapping, NamedTuple, Optional

from .intent import Key

NAME = "docker_tor.reconcile"


class Memory(NamedTuple):
    """Orphans by when they were first seen, and the last message's text."""

    orphans: Mapping[Key, float] = {}
    told: str = ""


def dump(memory: Memory) -> str:
    """The memory as text."""
    orphans = {
        f"{switch}/{rbridge}/{vlan}": at for (switch, rbridge, vlan), at in memory.orphans.items()
    }
    return json.dumps({"version": 1, "orphans": orphans, "told": memory.told})


def load(text: Optional[str]) -> Memory:
    """The memory of `dump`; anything else is forgotten: then orphans wait once more."""
    try:
        document = json.loads(text or "{}")
        orphans: Dict[Key, float] = {}
        for name, at in document.get("orphans", {}).items():
            switch, rbridge, vlan = name.rsplit("/", 2)
            orphans[switch, int(rbridge), int(vlan)] = float(at)
        return Memory(orphans, str(document.get("told", "")))
    except (AttributeError, TypeError, ValueError, RecursionError):
        return Memory()
