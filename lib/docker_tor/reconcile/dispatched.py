"""Which segments this installation has dispatched, and has not seen deleted since. Pure.

A VLAN's name says that some installation of the pack made it, or a person by hand, but not who. So
reconcile deletes by itself only what is remembered here. That is what the sensor has dispatched: it
writes what it applies before it dispatches. And it is what a reconcile has added before the sensor
did. A segment is forgotten once no network calls for it and its switch has been seen without it.
Whoever makes it then may be somebody else. (If a late run of this installation does, the orphan is
only reported, too.)
"""

from typing import Collection, FrozenSet, Mapping, Tuple

from ..desired.last_applied import LastApplied
from ..desired.segments import Key
from ..switch.model import Rbridge, Vlan
from .memory import Memory

Present = FrozenSet[Tuple[Rbridge, int]]
"""What a switch has: rbridge and VLAN of each Ve, and rbridge 0 for a VLAN without any Ve."""


def present(have: Mapping[int, Vlan], name: str) -> Present:
    """What a switch has under the pack's name for its VLANs."""
    return frozenset(
        (rbridge, vlan)
        for vlan, one in have.items()
        if one.name == name
        for rbridge in (one.ves or (0,))
    )


def remembered(applied: LastApplied, memory: Memory) -> FrozenSet[Key]:
    """The segments that are remembered."""
    forgotten = {key for key, at in applied.retired.items() if memory.gone.get(key) == at}
    return (applied.dispatched - forgotten).union(applied.segments, applied.pending, memory.added)


def is_ours(key: Key, ours: Collection[Key]) -> bool:
    """Whether a segment is among `ours`; rbridge 0 stands for any."""
    switch, rbridge, vlan = key
    return key in ours or (not rbridge and any((one[0], one[2]) == (switch, vlan) for one in ours))


def with_added(applied: LastApplied, memory: Memory, wanted: Collection[Key]) -> Memory:
    """The memory to keep before a reconcile adds what is `wanted`."""
    new = set(wanted) - remembered(applied, memory)
    return memory._replace(added=memory.added | new) if new else memory


def without_gone(
    applied: LastApplied,
    memory: Memory,
    wanted: Collection[Key],
    seen: Mapping[str, Present],
) -> Memory:
    """The memory without what is gone; `seen` is what each switch had that could be looked at."""

    def is_gone(key: Key) -> bool:
        switch, rbridge, vlan = key
        if key in wanted or switch not in seen:
            return False
        return not {(rbridge, vlan), (0, vlan)} & seen[switch]

    gone = {
        key: at for key, at in applied.retired.items() if memory.gone.get(key) == at or is_gone(key)
    }
    # What the sensor has taken up, it remembers itself.
    added = {key for key in memory.added if key not in applied.segments and not is_gone(key)}
    return memory._replace(added=frozenset(added), gone=gone)
