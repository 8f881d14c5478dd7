"""What the actions do that work on whole segments of one switch, in one session.

They are `docker.vdx.apply`, `docker.vdx.remove` and `docker.vdx.undo`.

Each returns a status and a result. Whatever happens, the result has `changed` (null where that is
not known), `segments` with what became of each, and the `message` with its `extra` that the team is
to read; an empty one where there is nothing to tell. Where a session broke off the error is
transient, and `before` has what there was before the first edit, by VLAN: handed back to the next
try, or to the undo, it is what they go by.
"""

import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import (
    action,
    config,
    goals,
    message,
    netconf,
    plan,
    state,
    store,
    transaction,
    values,
)
from . import segment_report as report
from .errors import ConfigError, DockerTorError, SegmentConflict, from_result
from .goals import Asked
from .message import Message, Run
from .netconf import Login
from .plan import Goal
from .state import Vlan
from .store import Read
from .transaction import Broken, Outcome, Progress

Parameters = Mapping[str, Any]
"""An action's: host, port, username and password (None where left out), before, since and
execution_id of the run that it is part of, `again` if an earlier try of it died without a result,
dry_run, and what each function names."""
Result = Tuple[bool, Dict[str, Any]]
Clock = Callable[[], float]
"""Seconds since 1970."""


class Job(NamedTuple):
    """An action's parameters, checked. `switch` is the switch's name, where it has one; `again` and
    `sure` are as of a `Run`."""

    login: Login
    switch: str
    vlan_name: str
    save: bool
    asked: Sequence[Asked]
    before: Dict[int, Vlan]
    execution: str
    again: bool
    sure: bool
    dry_run: bool
    settings: config.Config


class Users(NamedTuple):
    """Of what is to go: the segments that networks use again, with those, and what leaves VLANs to
    the other segments on them; None where there can be none."""

    kept: report.Kept
    keep: Optional[Callable[[netconf.Session, Sequence[Goal]], List[Goal]]] = None


def apply(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    datastore: Read,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring each of the `segments` about, or take it away if its action is destroy.

    A segment that is to go and that a network uses again by now stays, and is told as `kept`.
    """
    started = _start(parameters, clock)
    try:
        todo = _job(raw_config, parameters, goals.read(parameters.get("segments")))
        users = _users(todo, datastore)
    except DockerTorError as error:
        return _gave_up(parameters, error)
    todo = todo._replace(asked=[one for one in todo.asked if one.goal not in users.kept])
    return _carry_out(parameters, todo, users, lambda: clock() - started, progress)


def remove(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    datastore: Read,
    *,
    clock: Clock = time.time,
) -> Result:
    """Take away what the pack made of `vlan`, on `rbridge_id` or else on all rbridges, of `switch`
    or else of the only one that is configured.

    What a network still uses, by the ledger or by what the engines say now, is refused, also where
    an engine cannot be asked; and so is a Ve that carries more than the pack gave it, unless
    `force` says so.
    """
    started = _start(parameters, clock)
    parameters = {**parameters, "host": parameters.get("switch")}
    try:
        parameters["host"] = parameters["host"] or _only_switch(config.parse(raw_config))
        rbridge = parameters.get("rbridge_id")
        goal = Goal(
            values.vlan_id(parameters.get("vlan")),
            values.rbridge_id(rbridge) if rbridge else 0,
            remove=True,
            force=parameters.get("force") is True,
        )
        todo = _job(raw_config, parameters, [Asked(goal, ())])
        users = _users(todo, datastore, ask=True)
        for networks in users.kept.values():
            raise SegmentConflict(
                f"VLAN {goal.vlan} is in use by {', '.join(networks)}",
                where=todo.switch,
                remedy="Remove the Docker network; the switch follows by itself.",
            )
    except DockerTorError as error:
        return _gave_up(parameters, error)
    return _carry_out(parameters, todo, users, lambda: clock() - started)


def undo(
    raw_config: Mapping[str, Any], parameters: Parameters, *, clock: Clock = time.time
) -> Result:
    """Take back what tries that have failed for good did towards the `segments`, and nothing else.

    `before` is what those tries returned, and `failure` the result of the last one; None if it died
    without one. The status is that of the undoing; the message tells of the failure, and of what is
    left where.
    """
    started = _start(parameters, clock)
    failure = parameters.get("failure")
    verdict = failure if isinstance(failure, Mapping) else {}
    reason = from_result(verdict)
    asked: Sequence[Asked] = ()
    try:
        asked = goals.read(parameters.get("segments"))
        todo = _job(raw_config, parameters, asked)
    except DockerTorError as error:
        host = str(parameters["host"])
        run = Run(host, clock() - started, str(parameters.get("execution_id") or ""))
        died = bool(asked) and bool(parameters.get("again") or not verdict.get("error"))
        if asked and (parameters.get("before") or died):
            # The tries had a login: docker.yaml has changed since.
            goals_ = [(one.goal, one.networks) for one in asked]
            unreached = error if parameters.get("before") else None
            told = message.failed(goals_, run, reason, sure=not died, unreached=unreached)
        else:
            shown = message.attachment(message.WARNING, [("Switch", host)], run)
            told = Message(f"Nothing was changed: {reason}{run.suffix}", shown)
        return _gave_up({**parameters, "again": died}, error, told)

    outcomes: List[Outcome] = []

    def tell(left: Sequence[str], unreached: Optional[DockerTorError] = None) -> Message:
        return message.failed(
            [(one.goal, one.networks) for one in todo.asked],
            Run(todo.switch, clock() - started, todo.execution),
            reason,
            left=left,
            stays=[step for outcome in outcomes for step in outcome.stays],
            sure=todo.sure and bool(verdict.get("error") or todo.before),
            unreached=unreached,
        )

    try:
        if todo.before:
            wanted = [one.goal for one in todo.asked]
            with netconf.session(todo.login) as session:
                outcomes = transaction.take_back(session, wanted, todo.vlan_name, todo.before)
    except (Broken, DockerTorError) as caught:
        cause = caught.error if isinstance(caught, Broken) else caught
        return False, _told_of(todo, report.broken(cause, todo.before, tell((), cause)))
    undone = [step for outcome in outcomes for step in outcome.did]
    left = [step for outcome in outcomes for step in outcome.left]
    found = {"changed": bool(undone), "undone": undone, "left": left}
    return not left, _told_of(todo, {**found, **report.posted(tell(left))})


def _carry_out(
    parameters: Parameters,
    todo: Job,
    users: Users,
    seconds: Clock,
    progress: Progress = lambda _line: None,
) -> Result:
    outcomes: List[Outcome] = []
    unsaved = ""
    warnings: Dict[str, Any] = {}
    try:
        if todo.asked:
            wanted = [one.goal for one in todo.asked]
            reads = state.criteria(sorted({goal.vlan for goal in wanted}))
            with netconf.session(todo.login, first=reads) as session:
                if users.keep:
                    wanted = users.keep(session, wanted)
                if todo.dry_run:
                    return True, _told_of(todo, _previews(session, todo, wanted))
                outcomes = transaction.bring(
                    session, wanted, todo.vlan_name, before=todo.before, progress=progress
                )
                unsaved = _save(session, todo, outcomes)
                action.warned(session, warnings)
    except Broken as broken:
        return False, _told_of(todo, report.broken(broken.error, broken.before))
    except DockerTorError as error:
        return _gave_up(parameters, error)
    told = [(outcome, one.networks) for outcome, one in zip(outcomes, todo.asked)]
    run = Run(todo.switch, seconds(), todo.execution, todo.again, todo.sure)
    found = report.done(told, users.kept, run, unsaved)
    return "error" not in found, _told_of(todo, {**found, **warnings})


def _job(raw_config: Mapping[str, Any], parameters: Parameters, asked: Sequence[Asked]) -> Job:
    settings = config.parse(raw_config)
    login = action.login(settings, parameters)
    switch = settings.switch(parameters["host"])
    return Job(
        login,
        switch.name if switch else login.host,
        settings.vlan_name,
        settings.save_config,
        asked,
        goals.before(parameters.get("before")),
        str(parameters.get("execution_id") or ""),
        bool(parameters.get("again") or parameters.get("before")),
        not parameters.get("again"),
        parameters.get("dry_run") is True,
        settings,
    )


def _start(parameters: Parameters, clock: Clock) -> float:
    since = parameters.get("since")
    return since if isinstance(since, (int, float)) else clock()


def _gave_up(
    parameters: Parameters, error: DockerTorError, told: Optional[Message] = None
) -> Result:
    """A run that found nothing out: what there was before is what the try before it has said."""
    found = report.broken(error.at(parameters.get("host") or ""), {}, told)
    if parameters.get("again") or parameters.get("before"):
        found.update(changed=None, before=parameters.get("before") or {})
    return False, {"host": parameters.get("host"), **found}


def _told_of(todo: Job, found: Dict[str, Any]) -> Dict[str, Any]:
    return {"host": todo.login.host, "switch": todo.switch, **found}


def _only_switch(settings: config.Config) -> str:
    if len(settings.switches) != 1:
        names = ", ".join(switch.name for switch in settings.switches)
        raise ConfigError(
            "which switch is not said", remedy=f"Name one of {names or 'those in docker.yaml'}."
        )
    return settings.switches[0].name


def _users(todo: Job, datastore: Read, *, ask: bool = False) -> Users:
    """Who uses what is to go, as the sensor knows it, and with `ask` the engines too.

    It may have changed since the removal was dispatched: StackStorm runs what was dispatched in any
    order.
    """
    leaving = [one.goal for one in todo.asked if one.goal.remove]
    if not leaving:
        return Users({})
    # Imported here and below only: every run would pay for what few need.
    from . import fabric, ledger

    switch = todo.settings.named(todo.switch)
    if ask and switch is not None:
        from . import in_use

        book = in_use.book(todo.settings, switch, datastore)
    else:
        book = store.value(datastore, ledger.NAME, ledger.load)
    users = {goal: book.users(todo.switch, goal.vlan, goal.rbridge) for goal in leaving}
    kept = {goal: names for goal, names in users.items() if names}
    if switch is None:
        return Users(kept)
    staying = [one for key, one in book.segments.items() if key not in book.pending]
    who = fabric.others(todo.settings, switch, staying)
    return Users(kept, lambda session, goals: fabric.keeping(session, goals, who))


def _save(session: netconf.Session, todo: Job, outcomes: Sequence[Outcome]) -> str:
    """Save the running config if the configuration says so; why that failed, if it did.

    What has been applied stands all the same. A try after a broken one saves what that one did.
    """
    if not todo.save or not (todo.again or any(outcome.changed for outcome in outcomes)):
        return ""
    from . import operational

    return operational.try_save(session)


def _previews(session: netconf.Session, todo: Job, wanted: Sequence[Goal]) -> Dict[str, Any]:
    from . import preview

    have = transaction.read(session, [goal.vlan for goal in wanted])
    shown: List[preview.Preview] = []
    for goal in wanted:
        shown.append(preview.of(goal, have[goal.vlan], todo.vlan_name))
        # Another segment on this VLAN goes on from there.
        have[goal.vlan] = plan.target(have[goal.vlan], goal, todo.vlan_name)
    return {
        "changed": False,
        "dry_run": True,
        "diff": "\n".join(line for one in shown for line in one.diff),
        "xml": [xml for one in shown for xml in one.xml],
        "cli": [line for one in shown for line in one.cli],
    }
