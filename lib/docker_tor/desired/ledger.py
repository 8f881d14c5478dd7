"""What was last applied, as StackStorm's datastore keeps it: a value for each switch, and one for
what is of no switch.

    docker_tor.segments        {..., "refused": [...], "passed": [...], "switches": ["tor1"]}
    docker_tor.applied.tor1    {..., "segments": [...], "pending": [...], "retired": [...]}

Each is as `last_applied` writes it. The sensor writes those of which something has changed, and the
first one last, so that it names no value that is not there. Until version 0.4.0, it had all: such a
one is read, and what it has of switches is then written as it is now.
"""

from typing import Dict, Optional, Tuple

from ..common import datastore
from ..common.datastore import Read, Write
from . import last_applied
from .last_applied import REST, LastApplied
from .segments import Key, Segment, in_order

NAME = "docker_tor.segments"
"""The datastore's name for what is of no switch, without a sensor's prefix: actions read it too."""
APPLIED = "docker_tor.applied"
"""What the names of the switches' values begin with."""


def name_of(switch: str) -> str:
    """The datastore's name for what was applied to a switch."""
    return f"{APPLIED}.{datastore.part(switch)}"


def load(read: Read) -> LastApplied:
    """What was last applied; where there is no value, nothing was. Raises DatastoreUnreadable."""
    found = datastore.value(read, NAME, last_applied.load)
    found.unsaved = {key[0] for key in found.dispatched}
    for switch in sorted(found.switches):
        found.add(datastore.value(read, name_of(switch), _of_switch))
    return found


def _of_switch(text: Optional[str]) -> LastApplied:
    if not text:
        raise ValueError(f"it is gone, and {NAME} says that it is there")
    return last_applied.load(text)


class Writer:
    """Writes what was last applied, as far as it is unsaved.

    A change is written before it is dispatched and after, most often of one switch. So the texts of
    the segments of one switch are kept, and no more.
    """

    def __init__(self) -> None:
        self._texts: Dict[Key, Tuple[Segment, str]] = {}

    def save(self, applied: LastApplied, write: Write) -> None:
        """Write it. Raises what `write` raises; what is not written stays unsaved."""
        for switch in sorted(applied.unsaved - {REST}):
            write(name_of(switch), self._text(applied.of(switch)))
            applied.unsaved.remove(switch)
            if switch not in applied.switches:
                applied.switches.add(switch)
                applied.unsaved.add(REST)
        if REST in applied.unsaved:
            write(NAME, last_applied.dump(applied.of(REST)))
            applied.unsaved.remove(REST)

    def _text(self, part: LastApplied) -> str:
        before, self._texts = self._texts, {}
        for key in sorted(part.segments, key=in_order):
            segment = part.segments[key]
            known = before.get(key)
            if known is None or known[0] is not segment:
                known = segment, last_applied.segment_text(segment)
            self._texts[key] = known
        return last_applied.dump(part, (text for _, text in self._texts.values()))
