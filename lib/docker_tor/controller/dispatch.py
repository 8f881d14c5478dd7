"""Dispatches changes, alone or in batches, and does without what StackStorm would drop.

A few changes of a switch are dispatched one by one, so that each is a workflow of its own to look
at. More of them, or those that follow others within a burst, are one batch.

StackStorm drops a payload that the trigger's schema refuses, and tells the sensor nothing. So each
payload is checked first. One that is refused does not count as dispatched: the log tells it, it is
tried again later, and it keeps no other change back.
"""

import logging
import math
from typing import (
    Callable,
    Dict,
    Hashable,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from ..common.errors import PayloadRefused
from ..config import platforms
from ..config.settings import Config
from ..desired.segments import Change
from . import triggers
from .debounce import BURST
from .triggers import Trigger

Dispatch = Callable[[Trigger], None]
"""Dispatches a trigger. Raises PayloadRefused for one that StackStorm would drop; may raise any
other error, and is then called again with the same trigger."""


def refusal(trigger: Trigger, error: Exception) -> Optional[PayloadRefused]:
    """The error for what StackStorm's own check of a payload raised, if the check refuses it.

    Then it raised jsonschema's error, or the ValueError of a trigger that is not registered. Any
    other error may pass: None.
    """
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


class Group(NamedTuple):
    """Changes of one switch for one trigger: one that is dispatched `alone`, or a batch."""

    changes: Tuple[Change, ...]
    alone: bool


class Bursts:
    """Groups changes by switch, `most` in a group at most.

    Each is alone if its switch has `few` or fewer, and nothing was dispatched for it in the last
    BURST seconds.
    """

    def __init__(self, few: int, most: int, clock: Callable[[], float]) -> None:
        self.few = few
        self._most = most
        self._clock = clock
        self._out: Dict[str, float] = {}

    def groups(self, changes: Iterable[Change]) -> List[Group]:
        """The changes as they have to be dispatched, those of each switch in their order."""
        by_switch: Dict[str, List[Change]] = {}
        for change in changes:
            by_switch.setdefault(change.segment.switch, []).append(change)
        found: List[Group] = []
        for switch, those in by_switch.items():
            alone = len(those) <= self.few and not self._busy(switch)
            size = 1 if alone else self._most
            parts = [tuple(those[first : first + size]) for first in range(0, len(those), size)]
            found += [Group(part, alone) for part in parts]
        return found

    def dispatched(self, switch: str) -> None:
        """Something was dispatched for this switch just now."""
        self._out[switch] = self._clock()

    def _busy(self, switch: str) -> bool:
        return self._clock() - self._out.get(switch, -math.inf) < BURST


class Dispatcher:
    """Dispatches for one sensor. Not thread-safe."""

    def __init__(self, dispatch: Dispatch, bursts: Bursts, log: logging.Logger) -> None:
        self.bursts = bursts
        self._dispatch = dispatch
        self._log = log
        self._told: Set[Hashable] = set()
        self._refused: Set[Hashable] = set()

    def begin(self) -> None:
        """A new round: what was refused in the last one, and is so again, is not logged again."""
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

    def changes(self, changes: Iterable[Change], config: Config) -> Iterator[Change]:
        """Dispatch them, and yield each once it is dispatched; those that are refused never are.
        `config` says where what is about a switch is told, and what kind of switch it is.

        Raises what `dispatch` raises.
        """
        for group in self.bursts.groups(changes):
            yield from self._group(group.changes, group.alone, config)

    def _group(self, part: Tuple[Change, ...], alone: bool, config: Config) -> Iterator[Change]:
        switch = part[0].segment.switch
        chat = config.chat(switch)
        if alone:
            found = config.named(switch)
            platform = found.platform if found else platforms.NOS.name
            trigger = triggers.network_event(part[0], chat, platform)
        else:
            trigger = triggers.network_batch(part, chat)
        try:
            self._dispatch(trigger)
        except PayloadRefused as error:
            if len(part) == 1:
                self._tell(part[0].segment.key, error)
            else:
                # Nobody knows which of them it is.
                half = len(part) // 2
                yield from self._group(part[:half], alone, config)
                yield from self._group(part[half:], alone, config)
            return
        self.bursts.dispatched(part[0].segment.switch)
        yield from part

    def _tell(self, what: Hashable, error: PayloadRefused) -> None:
        if what not in self._told:
            self._log.error("not dispatched: %s", error)
        self._refused.add(what)
