"""`docker.segment.undo`: undo what a failed run did, and tell the team of it.

A workflow that fails hands on how its last action ended, and what there was before its first edit.
The way back leads there, and touches nothing else. If the last action died, nobody knows what the
switch took of it, and the message says so.
"""

import time
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..common import retry
from ..common.datastore import Keys
from ..common.errors import DockerTorError, VlansRemoved
from ..desired import port_records
from ..notify import messages
from ..notify.messages import Message, Run, Unknown
from ..switch import own_ports, transaction
from ..switch.device import open_device
from ..switch.plan import Goal
from ..switch.transaction import NOTHING_LEFT, Outcome, Progress, Rest
from . import edit, ending, requests
from . import segment_report as report
from .requests import Asked
from .segments import Clock, Parameters, Result, checked, not_begun


def undo(
    raw_config: Mapping[str, Any],
    parameters: Parameters,
    keys: Keys,
    *,
    clock: Clock = time.time,
    progress: Progress = lambda _line: None,
) -> Result:
    """Undo what a run that has failed for good did towards the `segments`, and nothing else.

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
        request = checked(raw_config, parameters, asked)
        asked = request.asked
    except DockerTorError as error:
        host = str(parameters["host"])
        run = Run(host, clock() - started, str(parameters.get("execution_id") or ""))
        if end.before or end.died:
            # The run had a login: docker.yaml has changed since.
            message = messages.failed(_for_whom(asked), run, end.reason, Unknown((), error))
            error.unsure = True
        else:
            shown = messages.attachment(messages.WARNING, [("Switch", host)], run)
            message = Message(f"Nothing was changed: {end.reason}{run.suffix}", shown)
        return not_begun(parameters, error, message)

    def posted(rest: "Rest | Unknown", reason: DockerTorError = end.reason) -> Dict[str, Any]:
        run = request.run(clock() - started)
        return report.posted(messages.failed(_for_whom(asked), run, reason, rest))

    wanted = own_ports.looked_at([one.goal for one in asked], before)
    if not before:
        # Whoever died may have changed something before anybody knew what there was.
        rest = Unknown(transaction.steps(request.driver, wanted, {})) if end.died else NOTHING_LEFT
        found: Dict[str, Any] = {"changed": None if end.died else False, "undone": [], "left": []}
        return True, request.result({**found, **posted(rest)})

    warnings: Dict[str, Any] = {}

    def attempt(_unsure: bool) -> List[Outcome]:
        with open_device(request.login, request.driver) as device:
            try:
                return transaction.take_back(device, wanted, before)
            finally:
                edit.warned(device.session, warnings)

    try:
        outcomes = retry.persist(attempt, str(request.login), request.patience, progress)
    except DockerTorError as error:
        error.unsure = True
        may = transaction.steps(request.driver, wanted, before)
        rest = Unknown(may, error.at(str(request.login)))
        return False, request.result({**report.broken(error, before), **posted(rest)})
    port_records.keep(keys, request.switch, own_ports.records(outcomes), request.by)
    undone = [step for outcome in outcomes for step in outcome.did]
    left = [step for outcome in outcomes for step in outcome.rest.left]
    stays = [step for outcome in outcomes for step in outcome.rest.stays]
    found = {"changed": bool(left), "undone": undone, "left": left, **warnings}
    # That matters more than why the run had failed before.
    removed = (one.error for one in outcomes if isinstance(one.error, VlansRemoved))
    reason = next(removed, end.reason)
    return not left, request.result({**found, **posted(Rest(left, stays), reason)})


def _least(parameters: Parameters) -> Mapping[str, Any]:
    """What is known of a chain's segment if its first edit has not said anything."""
    return {
        "vlan": parameters.get("vlan"),
        "rbridge": parameters.get("rbridge_id"),
        "addresses": [],
    }


def _for_whom(asked: Sequence[Asked]) -> List[Tuple[Goal, Sequence[str]]]:
    return [(one.goal, one.networks) for one in asked]
