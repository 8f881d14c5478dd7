"""What `docker.reconcile` and `docker.plan` do: gather, visit every switch, tell, remember."""

import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..common import datastore
from ..common.datastore import Keys, Read, Write
from ..common.errors import DatastoreUnreadable, DockerTorError, InvalidValue
from ..common.sanitize import label
from ..config import settings
from ..notify import messages
from ..notify.messages import Run
from ..reconcile import context as contexts
from ..reconcile import memory, news, repair, report
from ..reconcile.context import Context, Parameters
from ..reconcile.memory import Memory
from ..reconcile.report import Visit
from ..switch.transaction import Progress

Result = Tuple[bool, Dict[str, Any]]


def run(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    keys: Keys,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Any] = time.sleep,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring the switches in line with Docker, or with `dry_run` only show what that would do.

    `parameters`: `switch` and `network` limit it; `only_differences` leaves out of the result what
    is in sync; `orphans` (report or remove) says what becomes of those that were not dispatched
    from here; `release_holds` lets go what is held (`holds`); `since` and `execution_id` are for
    the message, as is `asked_by`, who has asked for it in chat. `asked_in` is the channel where
    that was; it has its answer, and is not among the `posts`. Returns a status and a result: false
    where a switch could not be looked at or refused something.
    """
    started = parameters.get("since") or clock()
    act = parameters.get("dry_run") is False
    try:
        config = settings.parse(raw_config)
        if contexts.is_unattended(parameters) and not (config.engines and config.switches):
            missing = "switch" if config.engines else "Docker Engine"
            return True, report.nothing(f"no {missing} is configured.")
        context = contexts.gather(
            config, parameters, read, keys, clock(), act=act, sleep=sleep, progress=progress
        )
        contexts.release(context, read, keys.write)
        unkept = None
        if act:
            kept = contexts.before(context)
            unkept = _keep(read, keys.write, context, kept) if kept != context.memory else None
            context = context._replace(memory=kept)
        visits = repair.visit_all(context)
        _check_vlan(context, visits)
        seconds = clock() - started
        on = ", ".join(visit.switch for visit in visits)
        by = label(parameters.get("asked_by") or "")
        about = Run(on, seconds, str(parameters.get("execution_id") or ""), by)
        # What is wrong elsewhere is known only to a run that looks everywhere.
        known = context.memory.told if context.everywhere else ""
        told, remembered = news.tell_all(
            visits, about, known, bool(context.found.unreached), config.chat
        )
        if act and not context.network:
            last = remembered if context.everywhere else context.memory.told
            unkept = _keep(read, keys.write, context, contexts.after(context, visits, last))
    except DockerTorError as error:
        return False, {"dry_run": not act, "changed": False, **error.as_result()}
    changed = _changed(visits)
    posts = messages.posts(told, str(parameters.get("asked_in") or ""))
    failed = unkept is not None or any(visit.failed for visit in visits)
    return not failed, {
        "dry_run": not act,
        "changed": changed,
        "seconds": round(seconds, 3),
        **report.as_result(visits, context.found, parameters.get("only_differences") is True),
        "holds_released": {name: len(ids) for name, ids in context.found.released.items()},
        **(unkept.as_result() if unkept else {}),
        "message": "\n".join(message.text for _, message in told) if act else "",
        "posts": posts if act else [],
        "by_hand": bool(posts) and changed is not False and not context.unattended,
    }


def plan(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    keys: Keys,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Any] = time.sleep,
) -> Result:
    """What a reconcile would do for one network, one switch, or all (`network`, `switch`): as a
    table, as a diff of the running config, as the exact XML and as CLI lines. Sends no edit."""
    try:
        config = settings.parse(raw_config)
        context = contexts.gather(config, parameters, read, keys, clock(), act=False, sleep=sleep)
        visits = repair.visit_all(context)
        _check_vlan(context, visits)
        previews = report.previews(visits)
    except DockerTorError as error:
        return False, error.as_result()
    return not any(visit.failed for visit in visits), {
        **report.as_result(visits, context.found, only_differences=False),
        "plan": previews,
        "diff": "\n\n".join(
            "\n".join([f"{one['switch']}: VLAN {one['vlan']}, {one['standing']}", *one["diff"]])
            for one in previews
        ),
    }


def _keep(read: Read, write: Write, context: Context, kept: Memory) -> Optional[DockerTorError]:
    """Remember; what has been done stands whether that is possible or not. What another run has
    added since this one began is not lost."""
    try:
        latest = datastore.value(read, memory.NAME, memory.load)
        others = latest.added - context.memory.added
        datastore.put(write, memory.NAME, memory.dump(kept._replace(added=kept.added | others)))
    except DatastoreUnreadable as error:
        return error
    return None


def _changed(visits: List[Visit]) -> Optional[bool]:
    """Whether a switch is other than it was; None where that is not known."""
    if any(outcome.changed for visit in visits for outcome in visit.outcomes):
        return True
    return None if any(visit.unsure for visit in visits) else False


def _check_vlan(context: Context, visits: List[Visit]) -> None:
    """Raises InvalidValue for a VLAN that nobody has."""
    found = context.found.released or any(visit.findings or visit.error for visit in visits)
    if context.network and not found:
        raise InvalidValue(
            f"no segment is on VLAN {context.network}",
            remedy="`docker.networks` lists those that there are.",
        )
