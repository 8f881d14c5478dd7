"""Plays a recording of `lab.recorder` on an engine of the lab, so that the pack can follow it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple

from lab.engine import Engine
from lab.recorder import FORMAT

NETWORKS, EVENT, LOST, BACK = "networks", "event", "lost", "back"
KINDS = (NETWORKS, EVENT, LOST, BACK)
NEEDED = ("Id", "Name", "Driver", "Scope", "Labels", "Containers")
"""What the engine looks at of a network; the rest it shows as it is."""

Wait = Callable[[float], bool]
"""Waits so many seconds; True as soon as the replay is to end."""


class BadRecording(ValueError):
    """A file that is no recording; the text says where and why."""


class Step(NamedTuple):
    """Something that happens `at` so many seconds: `kind` is one of KINDS, `value` what it says."""

    at: float
    kind: str
    value: Any


def load(path: Path) -> List[Step]:
    """The steps of a recording. Raises BadRecording, and OSError."""
    with path.open(encoding="utf-8") as lines:
        return steps(lines, str(path))


def steps(lines: Iterable[str], name: str = "recording") -> List[Step]:
    """The steps of a recording, in the order in which they are to happen.

    A list that was asked for after some events, or once the engine was back, was true before that,
    and comes so: whoever lists at an event would else see what was, and not look again. Raises
    BadRecording.
    """
    found: List[Step] = []
    pending = 0
    for number, line in enumerate(lines, start=1):
        read = _read(line, f"{name}, line {number}", first=number == 1)
        if read is None:
            continue
        if read.kind == NETWORKS and pending:
            before = len(found) - pending
            found.insert(before, read._replace(at=found[before].at))
        else:
            found.append(read)
        pending = pending + 1 if read.kind in (EVENT, BACK) else 0
    if not found:
        raise BadRecording(f"{name} holds nothing to replay")
    return found


def _read(line: str, where: str, *, first: bool) -> Step | None:
    try:
        said: Dict[str, Any] = json.loads(line)
        at = float(said["at"])
    except (ValueError, TypeError, KeyError):
        raise BadRecording(f"{where} is no line of a recording") from None
    if first:
        if said.get("recording") != FORMAT:
            raise BadRecording(f"{where} does not say recording {FORMAT}: `lab record` makes one")
        return None
    kinds = [kind for kind in KINDS if kind in said]
    if len(kinds) != 1:
        raise BadRecording(f"{where} has none of {', '.join(KINDS)}, or several")
    kind = kinds[0]
    value = said[kind]
    if kind == NETWORKS and not (isinstance(value, list) and all(map(_is_network, value))):
        raise BadRecording(f"{where}: networks is no list of networks")
    if kind == EVENT and not isinstance(value, dict):
        raise BadRecording(f"{where}: event is no object")
    return Step(at, kind, value)


def _is_network(value: Any) -> bool:
    return isinstance(value, dict) and all(name in value for name in NEEDED)


def play(engine: Engine, recording: Iterable[Step], wait: Wait, speed: float = 1.0) -> bool:
    """Make it happen on an engine without networks of its own, `speed` times as fast as it did.

    False where `wait` ended it before all had happened. Raises OSError where the engine cannot
    listen again after it was lost.
    """
    moment = 0.0
    for step in recording:
        if wait(max(step.at - moment, 0.0) / speed):
            return False
        moment = max(step.at, moment)
        if step.kind == NETWORKS:
            show(engine, step.value)
        elif step.kind == EVENT:
            engine.emit(step.value)
        elif step.kind == LOST:
            engine.stop()
        else:
            engine.start()
    return True


def show(engine: Engine, networks: List[Dict[str, Any]]) -> None:
    """Let the engine have these networks and no others, without telling of it."""
    wanted = {str(one["Id"]) for one in networks}
    for one in networks:
        engine.put_network(one)
    for one in engine.networks():
        if str(one["Id"]) not in wanted:
            engine.remove(str(one["Id"]))
