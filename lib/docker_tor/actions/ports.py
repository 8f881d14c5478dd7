"""`docker.segment.ports`: a VLAN is allowed on the ports to the hosts, as the last edit of a chain.

It is taken from `ports_gone`, as far as the pack has added it there and no network needs it again
by now. What else a port carries stays, and so does its mode.
"""

import functools
import time
from typing import Any, Dict, Mapping

from ..common import retry
from ..common.datastore import Keys, Read
from ..common.errors import DockerTorError
from ..switch.plan import Goal
from ..switch.transaction import Progress
from . import chain, edit, segments
from .requests import Asked
from .segments import Clock, Parameters, Result

_SHOWN = ("ports", "ports_gone", "did", "left", "stays")


def run(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    keys: Keys,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring ports to what `ports` and `ports_gone` say of a `vlan`, all of them or none.

    With `before`, what the first edit of a chain has found, it also tells the team of the chain
    (`told`).
    """
    given = edit.of_run(parameters)
    started = retry.begun(given, clock())
    before = given.get("before") or {}
    try:
        request = segments.checked(raw_config, given, ())
        platform = request.driver.platform
        goal = Goal(platform.vlan(given.get("vlan")), 0 if platform.rbridges else None)
        goal = chain.with_ports(goal._replace(ports_only=True), given, platform)
    except DockerTorError as error:
        done, found = segments.not_begun(given, error)
    else:
        request = request._replace(asked=[Asked(goal, ())])
        done, found = segments.carry_out(
            request,
            functools.partial(segments.users_of, request, read, keys),
            keys,
            lambda: clock() - started,
            progress,
            unsaved_yet=not before.get("already", True),
        )
    result = _result(found)
    if done and before:
        result["told"] = chain.told(before, result, given, result["route"], clock)
    return done, result


def _result(found: Mapping[str, Any]) -> Dict[str, Any]:
    """What came of whole segments, as the result of one edit."""
    rows = found.get("segments", ())
    result = {key: rows[0][key] for key in _SHOWN if rows and key in rows[0]}
    of_segments = ("segments", "table", "message", "extra")
    result.update((key, value) for key, value in found.items() if key not in of_segments)
    return result
