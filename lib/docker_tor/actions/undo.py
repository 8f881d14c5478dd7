"""What `docker.segment.undo` does: take back what a failed run did, and tell of it."""

import time
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..common import retry
from ..common.errors import DockerTorError
from ..notify import messages
from ..notify.messages import Message, Run, Unknown
from ..switch import transaction
from ..switch.device import open_device
from ..switch.plan import Goal
from ..switch.transaction import NOTHING_LEFT, Outcome, Progress, Rest
from . import edit, ending, requests
from . import segment_report as report
from .requests import Asked
from .segments import Clock, Parameters, Result, gave_up, job, told_of


def undo(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Take back what a run that has failed for good did towards the `segments`, and nothing else.

    `before` is what a chain's first edit found (see `chain`), and `failure` how the run's last
    action ended: `result`, `exit_code` and `error` as StackStorm has them. The status is
    that of the undoing; the message tells of the failure, and of what is left where. `changed` is
    whether the run leaves the switch other than it was.
    """
    parameters = edit.of_run(parameters)
    started = retry.begun(parameters, clock())
    end = ending.of(parameters.get("failure"), parameters.get("before"))
    asked: Sequence[Asked] = ()
    try:
        least = [_least(parameters)] if end.died else []
        asked = requests.read(parameters.get("segments") or end.segments or least)
        before = requests.before(end.before)
        todo = job(raw_config, parameters, asked)
    except DockerTorError as error:
        host = str(parameters["host"])
        run = Run(host, clock() - started, str(parameters.get("execution_id") or ""))
        if end.before or end.died:
            # The run had a login: docker.yaml has changed since.
            told = messages.failed(_for_whom(asked), run, end.reason, Unknown((), error))
            error.unsure = True
        else:
            shown = messages.attachment(messages.WARNING, [("Switch", host)], run)
            told = Message(f"Nothing was changed: {end.reason}{run.suffix}", shown)
        return gave_up(parameters, error, told)

    def tell(rest: "Rest | Unknown") -> Dict[str, Any]:
        run = Run(todo.switch, clock() - started, todo.execution)
        return report.posted(messages.failed(_for_whom(asked), run, end.reason, rest))

    wanted = [one.goal for one in asked]
    if not before:
        # Whoever died may have changed something before anybody knew what there was.
        rest = Unknown(transaction.steps(todo.driver, wanted, {})) if end.died else NOTHING_LEFT
        found: Dict[str, Any] = {"changed": None if end.died else False, "undone": [], "left": []}
        return True, told_of(todo, {**found, **tell(rest)})

    warnings: Dict[str, Any] = {}

    def attempt(_unsure: bool) -> List[Outcome]:
        with open_device(todo.login, todo.driver) as device:
            try:
                return transaction.take_back(device, wanted, before)
            finally:
                edit.warned(device.session, warnings)

    try:
        outcomes = retry.persist(attempt, str(todo.login), todo.patience, progress)
    except DockerTorError as error:
        error.unsure = True
        may = transaction.steps(todo.driver, wanted, before)
        told_ = tell(Unknown(may, error.at(str(todo.login))))
        return False, told_of(todo, {**report.broken(error, before), **told_})
    undone = [step for outcome in outcomes for step in outcome.did]
    left = [step for outcome in outcomes for step in outcome.rest.left]
    stays = [step for outcome in outcomes for step in outcome.rest.stays]
    found = {"changed": bool(left), "undone": undone, "left": left, **warnings}
    return not left, told_of(todo, {**found, **tell(Rest(left, stays))})


def _least(parameters: Parameters) -> Mapping[str, Any]:
    """What is known of a chain's segment if its first edit has not said anything."""
    return {
        "vlan": parameters.get("vlan"),
        "rbridge": parameters.get("rbridge_id"),
        "addresses": [],
    }


def _for_whom(asked: Sequence[Asked]) -> List[Tuple[Goal, Sequence[str]]]:
    return [(one.goal, one.networks) for one in asked]
