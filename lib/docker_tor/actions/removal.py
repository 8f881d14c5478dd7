"""`docker.segment.remove`: a person deletes what the pack made of a VLAN.

It is done as `segments` does it, unless a network still uses the VLAN. No workflow tells of it, so
the result has the `posts` by which the team is told.
"""

import time
from typing import Any, Dict, List, Mapping

from ..common import retry
from ..common.datastore import Keys, Read
from ..common.errors import ConfigError, DockerTorError, SegmentConflict
from ..config import limits, settings
from ..notify import messages
from ..notify.messages import Message, Unknown
from ..switch import own_ports, transaction
from ..switch.model import Vlan
from ..switch.plan import Goal
from . import edit, segments
from .requests import Asked
from .segments import Clock, Parameters, Request, Result


def remove(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    keys: Keys,
    *,
    clock: Clock = time.time,
) -> Result:
    """Delete what the pack made of `vlan`, on `rbridge_id` or else on all rbridges, of `switch` or
    else of the only one that is configured.

    It is an error if a network still uses the VLAN, by what was last applied or by what the engines
    say now, and if an engine cannot be asked. So is a Ve that carries more than the pack gave it,
    unless `force` says so. `asked_by` and `asked_in` say who has asked for it in chat, and in which
    channel: that one is not among the `posts`, which tell the team.
    """
    parameters = edit.of_run(parameters)
    started = retry.begun(parameters, clock())
    parameters = {**parameters, "host": parameters.get("switch")}
    try:
        parameters["host"] = parameters["host"] or _only_switch(settings.parse(raw_config))
        rbridge = parameters.get("rbridge_id")
        goal = Goal(
            limits.vlan_id(parameters.get("vlan")),
            limits.rbridge_id(rbridge) if rbridge else 0,
            remove=True,
            force=parameters.get("force") is True,
        )
        request = segments.checked(raw_config, parameters, [Asked(goal, ())])
    except DockerTorError as error:
        return segments.not_begun(parameters, error)

    def users() -> segments.Users:
        found = segments.users_of(request, read, keys, ask=True)
        for networks in found.kept.values():
            raise SegmentConflict(
                f"VLAN {goal.vlan} is in use by {', '.join(networks)}",
                where=request.switch,
                remedy="Remove the Docker network; the switch follows by itself.",
            )
        return found

    def seconds() -> float:
        return clock() - started

    def unknown(error: DockerTorError, before: Dict[int, Vlan]) -> Message:
        goals = own_ports.looked_at([goal], before)
        rest = Unknown(transaction.steps(request.driver, goals, before))
        run = request.run(seconds())
        return messages.failed([(goal, ())], run, error, rest)

    succeeded, found = segments.carry_out(request, users, keys, seconds, unknown=unknown)
    posts = _posts(request, found, str(parameters.get("asked_in") or ""))
    return succeeded, {**found, "posts": posts, "by_hand": bool(posts)}


def _posts(request: Request, found: Mapping[str, Any], asked_in: str) -> List[Dict[str, Any]]:
    """What the team is told of a change, or of what may be one, that no workflow tells of."""
    if found["changed"] is False:
        return []
    message = Message(found["message"], found["extra"])
    return messages.posts([(request.config.chat(request.switch), message)], asked_in)


def _only_switch(config: settings.Config) -> str:
    if len(config.switches) != 1:
        names = ", ".join(switch.name for switch in config.switches)
        raise ConfigError(
            "which switch is not said", remedy=f"Name one of {names or 'those in docker.yaml'}."
        )
    return config.switches[0].name
