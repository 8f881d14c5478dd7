"""Which segments this installation has dispatched, and has not seen gone since. Pure.

A VLAN's name says that some installation of the pack made it, or a person by hand, but not who. So
reconcile takes by itself only what is remembered here: what the sensor has dispatched (its ledger
says it before it dispatches) and what a reconcile has added before the sensor did. A segment is
forgotten once no network calls for it and its switch has been seen without it: who makes it then
may be somebody else. (Should a late run of this installation do so, the orphan is reported too.)
"""

from typing import Collection, FrozenSet, Mapping, Tuple

from ..desired.last_applied import LastApplied
from ..desired.segments import Key
from ..switch.model import Rbridge, Vlan
from .memory import Memory

There = FrozenSet[Tuple[Rbridge, int]]
"""What a switch has: rbridge and VLAN of each Ve, and rbridge 0 for a VLAN without any Ve."""


def there(have: Mapping[int, Vlan], name: str) -> There:
    """What a switch has under the pack's name for its VLANs."""
    return frozenset(
        (rbridge, vlan)
        for vlan, one in have.items()
        if one.name == name
        for rbridge in (one.ves or (0,))
    )


def remembered(book: LastApplied, memory: Memory) -> FrozenSet[Key]:
    """The segments that are remembered."""
    forgotten = {key for key, at in book.retired.items() if memory.gone.get(key) == at}
    return (book.dispatched - forgotten).union(book.segments, book.pending, memory.added)


def is_one(key: Key, known: Collection[Key]) -> bool:
    """Whether a segment is among the known ones; rbridge 0 stands for any."""
    switch, rbridge, vlan = key
    return key in known or (
        not rbridge and any((one[0], one[2]) == (switch, vlan) for one in known)
    )


def adding(book: LastApplied, memory: Memory, wanted: Collection[Key]) -> Memory:
    """The memory of a run that may add what is `wanted`, to be kept before it does so."""
    new = set(wanted) - remembered(book, memory)
    return memory._replace(added=memory.added | new) if new else memory


def forget(
    book: LastApplied,
    memory: Memory,
    wanted: Collection[Key],
    seen: Mapping[str, There],
) -> Memory:
    """The memory without what is gone: `seen` is what each switch had that could be looked at."""

    def is_gone(key: Key) -> bool:
        switch, rbridge, vlan = key
        if key in wanted or switch not in seen:
            return False
        return not {(rbridge, vlan), (0, vlan)} & seen[switch]

    gone = {
        key: at for key, at in book.retired.items() if memory.gone.get(key) == at or is_gone(key)
    }
    # What the sensor has taken up, its ledger remembers.
    added = {key for key in memory.added if key not in book.segments and not is_gone(key)}
    return memory._replace(added=frozenset(added), gone=gone)
