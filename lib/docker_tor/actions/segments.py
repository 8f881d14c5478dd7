"""`docker.segment.apply`: whole segments of one switch in one session.

What is to be deleted is first looked up: a segment that a network uses again by now stays, and a
VLAN stays for the other segments on it. From ports it is taken only where the pack has added it
(`own_ports`). Then one transaction makes and deletes the segments. A transient error is retried
until the run's `retry_until`.

The result has `changed` (null where that is not known), `segments` with what became of each, and
the `message` with its `extra` for the team; it is empty where there is nothing to tell. If edits
had been sent and an error ended the run, `before` is what there was before the first edit, by VLAN:
`docker.segment.undo` goes by it.
"""

import functools
import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..common import retry
from ..common.datastore import Keys, Read
from ..common.errors import DockerTorError
from ..common.sanitize import label
from ..config import logins, settings
from ..config.credentials import Login
from ..desired import port_records
from ..notify.messages import Message, Run
from ..switch import driver as drivers
from ..switch import own_ports, plan, transaction
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


class Request(NamedTuple):
    """An action's parameters, checked. `switch` is the switch's name, where it has one. `execution`
    is the id of the run's execution. `patience` are the seconds for which it tries again.
    `asked_by` is who has asked for it in chat."""

    login: Login
    switch: str
    driver: Driver
    asked: Sequence[Asked]
    execution: str
    patience: float
    dry_run: bool
    config: settings.Config
    asked_by: str

    @property
    def by(self) -> str:
        """Who has done it, for a record."""
        by = f" by {self.asked_by}" if self.asked_by else ""
        return f"execution {self.execution}" if self.execution else f"asked for{by} by hand"

    def run(self, seconds: float) -> Run:
        """What is told of a run for it that took so long."""
        return Run(self.switch, seconds, self.execution, self.asked_by, self.driver.interface)

    def result(self, found: Dict[str, Any]) -> Dict[str, Any]:
        """What was found, with the switch that it is about."""
        where = {"host": self.login.host, "switch": self.switch, "route": self.config.chat_route}
        return {**where, **found}


class Users(NamedTuple):
    """Who uses what is to be deleted: `kept` are the segments that networks use again. `keep`
    leaves VLANs to the other segments on them, and takes them from no port but the pack's own; it
    is None where nothing is to be deleted."""

    kept: report.Kept
    keep: Optional[Callable[[Device, Sequence[Goal]], List[Goal]]] = None


def apply(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    read: Read,
    keys: Keys,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Make each of the `segments`, or delete it if its action is destroy.

    A segment that is to be deleted and that a network uses again by now stays, as `kept`.
    """
    parameters = edit.of_run(parameters)
    started = retry.begun(parameters, clock())
    try:
        request = checked(raw_config, parameters, requests.read(parameters.get("segments")))
    except DockerTorError as error:
        return not_begun(parameters, error)
    users = functools.partial(users_of, request, read, keys)
    return carry_out(request, users, keys, lambda: clock() - started, progress)


def carry_out(
    request: Request,
    users_now: Callable[[], Users],
    keys: Keys,
    seconds: Clock,
    progress: Progress = lambda _line: None,
    unknown: Optional[Callable[[DockerTorError, Dict[int, Vlan]], Message]] = None,
    *,
    unsaved_yet: bool = False,
) -> Result:
    """Do what is requested. `unknown` composes the message where it is not known what the switch
    took; without it nothing is told then, since a workflow undoes the run and tells of that.
    `unsaved_yet` is whether the run's earlier actions have changed something."""
    before: Dict[int, Vlan] = {}

    def attempt(unsure: bool) -> Dict[str, Any]:
        if not unsure:
            before.clear()
        # Asked each time: the engines go on meanwhile.
        users = users_now()
        asked = [one for one in request.asked if one.goal not in users.kept]
        outcomes: List[Outcome] = []
        unsaved, unrecorded = "", []
        warnings: Dict[str, Any] = {}
        if asked:
            wanted = [one.goal for one in asked]
            reads = request.driver.filters(sorted({goal.vlan for goal in wanted}))
            ports = sorted({port for goal in wanted for port in goal.ports})
            if ports and not users.keep:
                reads += request.driver.port_filters(ports)
            with open_device(request.login, request.driver, first=reads) as device:
                if users.keep:
                    wanted = users.keep(device, wanted)
                if request.dry_run:
                    return _previews(device, wanted)
                outcomes = transaction.bring(device, wanted, before, progress)
                # What has been applied stands, whether it can be recorded and saved or not.
                unrecorded = port_records.keep(
                    keys, request.switch, own_ports.records(outcomes), request.by
                )
                changed = unsaved_yet or any(outcome.changed for outcome in outcomes)
                if request.config.save_config and changed:
                    unsaved = device.save()
                edit.warned(device.session, warnings)
        outcomes_for = [(outcome, one.networks) for outcome, one in zip(outcomes, asked)]
        run = request.run(seconds())
        done = report.done(outcomes_for, users.kept, run, unsaved, list(map(str, unrecorded)))
        return {**done, **warnings}

    try:
        found = retry.persist(attempt, str(request.login), request.patience, progress)
    except DockerTorError as error:
        error = error.at(request.login.host)
        message = unknown(error, before) if unknown and error.unsure else None
        found = report.broken(error, before if error.unsure else {}, message)
    return "error" not in found, request.result(found)


def checked(
    raw_config: Mapping[str, Any], parameters: Parameters, asked: Sequence[Asked]
) -> Request:
    """The request of an action's parameters. Raises ConfigError and InvalidValue."""
    config = settings.parse(raw_config)
    login = logins.login(config, parameters)
    switch = config.switch(parameters["host"])
    driver = drivers.of(config, switch)
    return Request(
        login,
        switch.name if switch else login.host,
        driver,
        requests.placed(asked, driver.platform),
        str(parameters.get("execution_id") or ""),
        retry.patience(parameters),
        parameters.get("dry_run") is True,
        config,
        label(parameters.get("asked_by") or ""),
    )


def not_begun(
    parameters: Parameters, error: DockerTorError, message: Optional[Message] = None
) -> Result:
    """The result where the parameters are no request."""
    found = report.broken(error.at(parameters.get("host") or ""), {}, message)
    return False, {"host": parameters.get("host"), **found}


def users_of(request: Request, read: Read, keys: Keys, *, ask: bool = False) -> Users:
    """Who uses what is to be deleted, by what was last applied, and with `ask` by the engines, too.

    It may have changed since the removal was dispatched: StackStorm runs what was dispatched in any
    order.
    """
    deleted = [one.goal for one in request.asked if one.goal.remove]
    vlans = {one.goal.vlan for one in request.asked if one.goal.remove or one.goal.ports_gone}
    if not vlans:
        return Users({})
    # Imported here and below only: every run would pay for what few need.
    from ..desired import ledger
    from ..switch import fabric

    switch = request.config.named(request.switch)
    if ask and switch is not None:
        from . import in_use

        applied = in_use.applied_now(request.config, switch, read)
    else:
        applied = ledger.load(read)
    users = {goal: applied.users(request.switch, goal.vlan, goal.rbridge) for goal in deleted}
    kept = {goal: names for goal, names in users.items() if names}
    within, platform = switch.ports if switch else None, request.driver.platform
    recorded = port_records.recorded(keys, request.switch, platform, vlans, within)
    staying = [one for key, one in applied.segments.items() if key not in applied.pending]
    who = fabric.others(request.config, switch, staying) if switch else fabric.NOBODY

    def keep(device: Device, goals: Sequence[Goal]) -> List[Goal]:
        return own_ports.limited(fabric.keeping(device, goals, who), recorded, who.ports)

    return Users(kept, keep)


def _previews(device: Device, wanted: Sequence[Goal]) -> Dict[str, Any]:
    from ..switch import preview

    device.look_at(plan.ports(wanted))
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
