"""What the actions do that work on whole segments of one switch, in one session: `docker.vdx.apply`
and `docker.vdx.undo`.

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
    ledger,
    message,
    netconf,
    operational,
    preview,
    state,
    table,
    transaction,
)
from .errors import DockerTorError, InvalidValue, PermanentError
from .goals import Asked
from .message import Message, Run
from .netconf import Login
from .plan import Goal
from .state import Vlan
from .transaction import Broken, Outcome, Progress

Result = Tuple[bool, Dict[str, Any]]
Datastore = Callable[[str], Optional[str]]
"""Reads a value of StackStorm's datastore; may raise."""
Clock = Callable[[], float]
"""Seconds, from any moment on."""


class Job(NamedTuple):
    """An action's parameters, checked. `switch` is the switch's name, where it has one."""

    login: Login
    switch: str
    vlan_name: str
    save: bool
    asked: List[Asked]
    before: Dict[int, Vlan]
    execution: str

    @property
    def goals(self) -> List[Goal]:
        """What is asked for."""
        return [one.goal for one in self.asked]


def job(raw_config: Mapping[str, Any], parameters: Mapping[str, Any]) -> Job:
    """The job of an action with these parameters: host, port, username and password (None where
    left out), segments, before, execution_id. Raises InvalidValue and ConfigError."""
    settings = config.parse(raw_config)
    login = action.login(settings, parameters)
    switch = settings.switch(parameters["host"])
    return Job(
        login,
        switch.name if switch else login.host,
        settings.vlan_name,
        settings.save_config,
        goals.read(parameters.get("segments")),
        _before(parameters.get("before")),
        str(parameters.get("execution_id") or ""),
    )


def apply(
    raw_config: Mapping[str, Any],
    parameters: Mapping[str, Any],
    datastore: Datastore,
    *,
    clock: Clock = time.monotonic,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring each segment about, or take it away if its action is destroy.

    A segment that is to go and that a network uses again by now stays, and is told as `kept`. With
    `dry_run` nothing is sent but the reads.
    """
    started = clock()
    before: Dict[int, Vlan] = {}
    try:
        todo = job(raw_config, parameters)
        before = todo.before
        kept = _in_use(todo, datastore)
        wanted = [one for one in todo.asked if one.goal not in kept]
        with netconf.session(todo.login) as session:
            if parameters.get("dry_run"):
                return True, _result(parameters, **_previews(session, todo, wanted))
            outcomes = transaction.bring(
                session,
                [one.goal for one in wanted],
                todo.vlan_name,
                before=before,
                progress=progress,
            )
            unsaved = _save(session, todo, outcomes)
    except Broken as broken:
        return False, _failed(parameters, broken.error, broken.before)
    except DockerTorError as error:
        return False, _failed(parameters, error, before)
    run = Run(todo.switch, clock() - started, todo.execution)
    told = [(outcome, one.networks) for outcome, one in zip(outcomes, wanted)]
    rows = [_row(outcome) for outcome in outcomes] + [_kept_row(*one) for one in kept.items()]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    return not errors, _result(
        parameters,
        changed=any(outcome.changed for outcome in outcomes),
        seconds=round(run.seconds, 3),
        segments=rows,
        table=_table(rows),
        **(errors[0].as_result() if errors else {}),
        **({"unsaved": unsaved} if unsaved else {}),
        **_message(message.of(told, run, unsaved) if told else None),
    )


def undo(
    raw_config: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    clock: Clock = time.monotonic,
) -> Result:
    """Take back what tries that have failed for good did towards the segments, and nothing else.

    `before` is what those tries returned, and `failure` the result of the last one; None if it died
    without one. The status is that of the undoing; the message tells of the failure, and of what is
    left where.
    """
    started = clock()
    failure = parameters.get("failure")
    text = failure.get("error") if isinstance(failure, Mapping) else None
    reason = PermanentError(str(text or "the action ended without a result"))
    try:
        todo = job(raw_config, parameters)
    except DockerTorError as error:
        # Then no try can have come further.
        told = Message(f"Nothing was changed on {parameters['host']}: {reason}", {})
        return False, _failed(parameters, error, {}, told)
    told_of = [(one.goal, one.networks) for one in todo.asked]

    def tell(left: Sequence[str], unreached: Optional[DockerTorError] = None) -> Message:
        run = Run(todo.switch, clock() - started, todo.execution)
        sure = text is not None or bool(todo.before)
        return message.failed(told_of, run, reason, left=left, sure=sure, unreached=unreached)

    outcomes: List[Outcome] = []
    try:
        if todo.before:
            with netconf.session(todo.login) as session:
                outcomes = transaction.take_back(
                    session, todo.goals, todo.vlan_name, todo.before
                )
    except Broken as broken:
        return False, _failed(parameters, broken.error, todo.before, tell((), broken.error))
    except DockerTorError as error:
        return False, _failed(parameters, error, todo.before, tell((), error))
    left = [step for outcome in outcomes for step in outcome.left]
    return not left, _result(
        parameters,
        changed=any(outcome.did for outcome in outcomes),
        undone=[step for outcome in outcomes for step in outcome.did],
        left=left,
        **_message(tell(left)),
    )


def _in_use(todo: Job, datastore: Datastore) -> Dict[Goal, Tuple[str, ...]]:
    """The segments that are to go and yet are in use, with the networks that use them.

    Whether a segment is in use the sensor knows best, and it may have changed since the removal was
    dispatched: StackStorm runs what was dispatched in any order.
    """
    leaving = [goal for goal in todo.goals if goal.remove]
    if not leaving:
        return {}
    book = ledger.load(datastore(ledger.NAME))
    users = {goal: book.users((todo.switch, goal.rbridge, goal.vlan)) for goal in leaving}
    return {goal: names for goal, names in users.items() if names}


def _save(session: netconf.Session, todo: Job, outcomes: Sequence[Outcome]) -> str:
    """Save the running config if the configuration says so; why that failed, if it did.

    What has been applied stands all the same. A try after a broken one saves what that one did.
    """
    changed = todo.before or any(outcome.changed for outcome in outcomes)
    if not todo.save or not changed:
        return ""
    try:
        operational.save(session)
    except DockerTorError as error:
        return str(error)
    return ""


def _previews(
    session: netconf.Session, todo: Job, wanted: Sequence[Asked]
) -> Dict[str, Any]:
    have = transaction.read(session, [one.goal.vlan for one in wanted])
    shown = [preview.of(one.goal, have[one.goal.vlan], todo.vlan_name) for one in wanted]
    return {
        "changed": False,
        "dry_run": True,
        "diff": "\n".join(line for one in shown for line in one.diff),
        "xml": [xml for one in shown for xml in one.xml],
        "cli": [line for one in shown for line in one.cli],
    }


def _before(given: Any) -> Dict[int, Vlan]:
    if not given:
        return {}
    try:
        return {int(vlan): state.from_plain(plain) for vlan, plain in given.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidValue(
            f"before is not what an earlier run returned: {error}", remedy="Leave it out."
        ) from None


def _result(parameters: Mapping[str, Any], **found: Any) -> Dict[str, Any]:
    return {"host": parameters["host"], **found}


def _failed(
    parameters: Mapping[str, Any],
    error: DockerTorError,
    before: Mapping[int, Vlan],
    told: Optional[Message] = None,
) -> Dict[str, Any]:
    return _result(
        parameters,
        # Where something had been read, something may have been sent.
        changed=None if before else False,
        before={str(vlan): state.as_plain(have) for vlan, have in before.items()},
        **error.at(parameters["host"]).as_result(),
        **_message(told),
    )


def _message(told: Optional[Message]) -> Dict[str, Any]:
    return {"message": told.text, "extra": told.extra} if told else {"message": "", "extra": {}}


def _row(outcome: Outcome) -> Dict[str, Any]:
    goal = outcome.goal
    if outcome.error is not None:
        standing = "partly" if outcome.left else "failed"
    else:
        standing = "removed" if goal.remove else "in service"
    row: Dict[str, Any] = {
        "vlan": goal.vlan,
        "rbridge": goal.rbridge,
        "addresses": list(goal.addresses),
        "state": standing,
        "did": list(outcome.did) if outcome.error is None else [],
    }
    if outcome.error is not None:
        row.update(outcome.error.as_result(), left=list(outcome.left))
    return row


def _kept_row(goal: Goal, networks: Sequence[str]) -> Dict[str, Any]:
    return {
        "vlan": goal.vlan,
        "rbridge": goal.rbridge,
        "addresses": [],
        "state": "kept",
        "did": [],
        "networks": list(networks),
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return table.table(
        ("VLAN", "rbridge", "addresses", "state", "what was done"),
        (
            (
                row["vlan"],
                row["rbridge"] or "all",
                row["addresses"],
                row["state"],
                row.get("error") or f"{len(row['did'])} edits",
            )
            for row in rows
        ),
    )
