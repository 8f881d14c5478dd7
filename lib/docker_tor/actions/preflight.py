"""The workflow that makes a segment edit by edit, at its two ends: a look at the whole of it before
the first edit, and what the team reads after the last."""

import time
from typing import Any, Callable, Dict, List, Mapping, Optional

from ..common import retry
from ..config import limits
from ..netconf.session import Session
from ..notify import messages
from ..notify.messages import Run
from ..switch import model, plan, transaction
from ..switch.model import Ve
from ..switch.nos import running_config
from ..switch.plan import Goal
from ..switch.transaction import Outcome
from . import requests

Before = Dict[str, Any]
"""What was found before the first edit, as the workflow hands it on to `docker.segment.undo` and to
the last edit: `segment`, as in a trigger; `vlans`, what there was, by VLAN; `already`, whether
that is all it calls for; `addresses`, all that its Ve is to have, or none where `subnet` is all."""


def criteria(parameters: Mapping[str, Any]) -> List[str]:
    """What `look` reads, as `<filter>` elements."""
    return running_config.criteria([int(parameters["name"])])


def segment(parameters: Mapping[str, Any]) -> Before:
    """The `segment` that an edit's parameters are about; they are checked: name, rbridge_id,
    subnet, addresses and networks."""
    subnet = [parameters["subnet"]] if parameters.get("subnet") else []
    given = [*subnet, *(parameters.get("addresses") or ())]
    addresses = dict.fromkeys(str(limits.ve_address(one, "addresses")) for one in given)
    return {
        "vlan": int(parameters["name"]),
        "rbridge": int(parameters["rbridge_id"]),
        "addresses": list(addresses),
        "networks": [{"name": name} for name in requests.names(parameters.get("networks"))],
    }


def look(session: Session, asked: Mapping[str, Any], name: str, enough: Optional[str]) -> Before:
    """What there is of a segment; `enough` is the address that the edits give by themselves.

    Raises SegmentConflict where the VLAN named `name` is not ours, and the errors of `Session`.
    """
    goal = _goal(asked)
    have = transaction.read(session, [goal.vlan])[goal.vlan]
    had = have.ves.get(goal.rbridge, Ve()).addresses
    by_itself = bool(enough) and set(had) <= set(goal.addresses) == set(goal.ipv4[:1])
    return {
        "segment": dict(asked),
        "vlans": {str(goal.vlan): model.as_plain(have)},
        "already": not plan.diff(goal.vlan, have, plan.target(have, goal, name)),
        "addresses": [] if by_itself else list(goal.addresses),
    }


def told(
    before: Mapping[str, Any],
    result: Mapping[str, Any],
    parameters: Mapping[str, Any],
    clock: Callable[[], float] = time.time,
) -> Dict[str, Any]:
    """Of a segment that is in service now: `message` and `extra` for the team, and `changed`. The
    `result` is that of the last edit, with `switch` and, perhaps, `unsaved`."""
    goal = _goal(before["segment"])
    already = bool(before["already"])
    had = requests.before(before.get("vlans")).get(goal.vlan, model.ABSENT)
    outcome = Outcome(goal, had, [] if already else ["all of it"])
    networks = requests.names(before["segment"]["networks"])
    now = clock()
    seconds = now - retry.begun(parameters, now)
    run = Run(result["switch"], seconds, str(parameters.get("execution_id") or ""))
    text, extra = messages.of([(outcome, networks)], run, result.get("unsaved", ""))
    return {"message": text, "extra": extra, "changed": not already}


def _goal(asked: Mapping[str, Any]) -> Goal:
    return Goal(asked["vlan"], asked["rbridge"], tuple(asked["addresses"]))
