"""Dispatches what has changed, in the groups of `pace`, and does without what is refused.

StackStorm drops a payload that the trigger's schema refuses, without a word to the sensor. So each
is checked before, and one that is refused does not count as dispatched: it is told in the log,
tried again later, and keeps no other back.
"""

import logging
from typing import Callable, Hashable, Iterable, Iterator, Optional, Set, Tuple

from ..common.errors import PayloadRefused
from ..desired.segments import Change
from . import triggers
from .debounce import Bursts
from .triggers import Trigger

Dispatch = Callable[[Trigger], None]
"""Dispatches a trigger. Raises PayloadRefused for one that StackStorm would drop; may raise any
other error, and is then called again with the same trigger."""


def refusal(trigger: Trigger, error: Exception) -> Optional[PayloadRefused]:
    """What StackStorm's own check of a payload raised, if that is a refusal: jsonschema's error, or
    the ValueError of a trigger that is not registered. Anything else is None: it may pass."""
    path = getattr(error, "absolute_path", None)
    if path is None and not isinstance(error, ValueError):
        return None
    field = ".".join(str(step) for step in path or ()) or "payload"
    return PayloadRefused(
        f"StackStorm would drop it for its {field}: {getattr(error, 'message', error)}",
        where=f"{trigger.name} for {trigger.trace_tag}",
        remedy="Register the pack anew (st2ctl reload --register-all); if that is no help, report"
        " it.",
    )


class Sender:
    """Dispatches for one sensor. Not thread-safe."""

    def __init__(self, dispatch: Dispatch, bursts: Bursts, log: logging.Logger) -> None:
        self.bursts = bursts
        self._dispatch = dispatch
        self._log = log
        self._told: Set[Hashable] = set()
        self._refused: Set[Hashable] = set()

    def begin(self) -> None:
        """A new round: what was refused in the last one, and is again, is not told again."""
        self._told, self._refused = self._refused, set()

    @property
    def refused(self) -> bool:
        """Whether something was refused in this round."""
        return bool(self._refused)

    def send(self, trigger: Trigger) -> bool:
        """Dispatch it; False where it is refused. Raises what `dispatch` raises."""
        try:
            self._dispatch(trigger)
        except PayloadRefused as error:
            self._tell((trigger.name, trigger.trace_tag), error)
            return False
        return True

    def changes(self, changes: Iterable[Change], channel: str) -> Iterator[Change]:
        """Dispatch them; each is there once it is dispatched, and those that are refused are not.
        Raises what `dispatch` raises."""
        for group in self.bursts.groups(changes):
            yield from self._group(group.changes, group.alone, channel)

    def _group(self, part: Tuple[Change, ...], alone: bool, channel: str) -> Iterator[Change]:
        make = triggers.network_batch
        trigger = triggers.network_event(part[0], channel) if alone else make(part, channel)
        try:
            self._dispatch(trigger)
        except PayloadRefused as error:
            if len(part) == 1:
                self._tell(part[0].segment.key, error)
            else:
                # Nobody knows which of them it is.
                half = len(part) // 2
                yield from self._group(part[:half], alone, channel)
                yield from self._group(part[half:], alone, channel)
            return
        self.bursts.dispatched(part[0].segment.switch)
        yield from part

    def _tell(self, what: Hashable, error: PayloadRefused) -> None:
        if what not in self._told:
            self._log.error("not dispatched: %s", error)
        self._refused.add(what)
