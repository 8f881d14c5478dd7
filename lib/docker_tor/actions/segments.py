"""What the actions do that work on whole segments of one switch, in one session.

They are `docker.segment.apply` and `docker.segment.remove`; `undo` has `docker.segment.undo`.

Each returns a status and a result. Whatever happens, the result has `changed` (null where that is
not known), `segments` with what became of each, and the `message` with its `extra` that the team is
to read; an empty one where there is nothing to tell. What may pass is tried again, until
`retry_until`. Where it did not pass, or the switch's answers made no sense, and edits had been
sent, `before` has what there was before the first one, by VLAN: the undo goes by it.
"""

import functools
import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..common import datastore, retry
from ..common.datastore import Read
from ..common.errors import ConfigError, DockerTorError, SegmentConflict
from ..config import limits, logins, settings
from ..config.credentials import Login
from ..notify.messages import Message, Run
from ..switch import driver as drivers
from ..switch import plan, transaction
from ..switch.device import Device, open_device
from ..switch.driver import Driver
from ..switch.model import Vlan
from ..switch.plan import Goal
from ..switch.transaction import Outcome, Progress
from . import edit, requests
from . import segment_report as report
from .requests import Asked

Parameters = Mapping[str, Any]
"""An action's: host, port, username and password (None where left out), since, execution_id and
retry_until of the run that it is part of, dry_run, and what each function names."""
Result = Tuple[bool, Dict[str, Any]]
Clock = Callable[[], float]
"""Seconds since 1970."""


class Job(NamedTuple):
    """An action's parameters, checked. `switch` is the switch's name, where it has one; `patience`
    are the seconds for which it tries again."""

    login: Login
    switch: str
    driver: Driver
    save: bool
    asked: Sequence[Asked]
    execution: str
    patience: float
    dry_run: bool
    config: settings.Config


class Users(NamedTuple):
    """Of what is to go: the segments that networks use again, with those, and what leaves VLANs to
    the other segments on them; None where there can be none."""

    kept: report.Kept
    keep: Optional[Callable[[Device, Sequence[Goal]], List[Goal]]] = None


def apply(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring each of the `segments` about, or take it away if its action is destroy.

    A segment that is to go and that a network uses again by now stays, and is told as `kept`.
    """
    parameters = edit.of_run(parameters)
    started = retry.begun(parameters, clock())
    try:
        todo = job(raw_config, parameters, requests.read(parameters.get("segments")))
    except DockerTorError as error:
        return gave_up(parameters, error)
    users = functools.partial(_users, todo, read)
    return _carry_out(todo, users, lambda: clock() - started, progress)


def remove(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    *,
    clock: Clock = time.time,
) -> Result:
    """Take away what the pack made of `vlan`, on `rbridge_id` or else on all rbridges, of `switch`
    or else of the only one that is configured.

    What a network still uses, by the ledger or by what the engines say now, is refused, also where
    an engine cannot be asked; and so is a Ve that carries more than the pack gave it, unless
    `force` says so.
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
        todo = job(raw_config, parameters, [Asked(goal, ())])
    except DockerTorError as error:
        return gave_up(parameters, error)

    def users() -> Users:
        found = _users(todo, read, ask=True)
        for networks in found.kept.values():
            raise SegmentConflict(
                f"VLAN {goal.vlan} is in use by {', '.join(networks)}",
                where=todo.switch,
                remedy="Remove the Docker network; the switch follows by itself.",
            )
        return found

    return _carry_out(todo, users, lambda: clock() - started)


def _carry_out(
    todo: Job,
    users_now: Callable[[], Users],
    seconds: Clock,
    progress: Progress = lambda _line: None,
) -> Result:
    before: Dict[int, Vlan] = {}

    def attempt(unsure: bool) -> Dict[str, Any]:
        if not unsure:
            before.clear()
        # Asked each time: the engines go on meanwhile.
        users = users_now()
        asked = [one for one in todo.asked if one.goal not in users.kept]
        outcomes: List[Outcome] = []
        unsaved = ""
        warnings: Dict[str, Any] = {}
        if asked:
            wanted = [one.goal for one in asked]
            reads = todo.driver.filters(sorted({goal.vlan for goal in wanted}))
            with open_device(todo.login, todo.driver, first=reads) as device:
                if users.keep:
                    wanted = users.keep(device, wanted)
                if todo.dry_run:
                    return _previews(device, wanted)
                outcomes = transaction.bring(device, wanted, before, progress)
                # What has been applied stands, whether it can be saved or not.
                if todo.save and any(outcome.changed for outcome in outcomes):
                    unsaved = device.save()
                edit.warned(device.session, warnings)
        told = [(outcome, one.networks) for outcome, one in zip(outcomes, asked)]
        run = Run(todo.switch, seconds(), todo.execution)
        return {**report.done(told, users.kept, run, unsaved), **warnings}

    try:
        found = retry.persist(attempt, str(todo.login), todo.patience, progress)
    except DockerTorError as error:
        found = report.broken(error.at(todo.login.host), before if error.unsure else {})
    return "error" not in found, told_of(todo, found)


def job(raw_config: Mapping[str, Any], parameters: Parameters, asked: Sequence[Asked]) -> Job:
    config = settings.parse(raw_config)
    login = logins.login(config, parameters)
    switch = config.switch(parameters["host"])
    return Job(
        login,
        switch.name if switch else login.host,
        drivers.of(config, switch),
        config.save_config,
        asked,
        str(parameters.get("execution_id") or ""),
        retry.patience(parameters),
        parameters.get("dry_run") is True,
        config,
    )


def gave_up(
    parameters: Parameters, error: DockerTorError, told: Optional[Message] = None
) -> Result:
    found = report.broken(error.at(parameters.get("host") or ""), {}, told)
    return False, {"host": parameters.get("host"), **found}


def told_of(todo: Job, found: Dict[str, Any]) -> Dict[str, Any]:
    where = {"host": todo.login.host, "switch": todo.switch, "route": todo.config.chat_route}
    return {**where, **found}


def _only_switch(config: settings.Config) -> str:
    if len(config.switches) != 1:
        names = ", ".join(switch.name for switch in config.switches)
        raise ConfigError(
            "which switch is not said", remedy=f"Name one of {names or 'those in docker.yaml'}."
        )
    return config.switches[0].name


def _users(todo: Job, read: Read, *, ask: bool = False) -> Users:
    """Who uses what is to go, as the sensor knows it, and with `ask` the engines too.

    It may have changed since the removal was dispatched: StackStorm runs what was dispatched in any
    order.
    """
    leaving = [one.goal for one in todo.asked if one.goal.remove]
    if not leaving:
        return Users({})
    # Imported here and below only: every run would pay for what few need.
    from ..desired import last_applied
    from ..switch import fabric

    switch = todo.config.named(todo.switch)
    if ask and switch is not None:
        from . import in_use

        book = in_use.book(todo.config, switch, read)
    else:
        book = datastore.value(read, last_applied.NAME, last_applied.load)
    users = {goal: book.users(todo.switch, goal.vlan, goal.rbridge) for goal in leaving}
    kept = {goal: names for goal, names in users.items() if names}
    if switch is None:
        return Users(kept)
    staying = [one for key, one in book.segments.items() if key not in book.pending]
    who = fabric.others(todo.config, switch, staying)
    return Users(kept, lambda device, goals: fabric.keeping(device, goals, who))


def _previews(device: Device, wanted: Sequence[Goal]) -> Dict[str, Any]:
    from ..switch import preview

    have = device.read(goal.vlan for goal in wanted)
    shown: List[preview.Preview] = []
    for goal in wanted:
        changes = plan.change_set(device.driver, have[goal.vlan], goal)
        shown.append(preview.of(device.driver, changes))
        # Another segment on this VLAN goes on from there.
        have[goal.vlan] = changes.want
    return {
        "changed": False,
        "dry_run": True,
        "diff": "\n".join(line for one in shown for line in one.diff),
        "xml": [xml for one in shown for xml in one.xml],
        "cli": [line for one in shown for line in one.cli],
    }
