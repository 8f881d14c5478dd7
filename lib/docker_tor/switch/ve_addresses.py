"""A Ve's addresses made those that are given, and no others: what the chain's `set_ve_ip` does
where to give one address is not enough. Or no Ve at all: the first edit of a layer-2 segment."""

from typing import Any, Dict, List, Mapping, Optional

from ..common import validators
from ..common.errors import InvalidValue
from ..config import limits
from ..netconf.session import Session
from . import model, plan, transaction
from .model import Ve, Vlan
from .nos import running_config
from .plan import Goal
from .transaction import Broken, Outcome

Parameters = Mapping[str, Any]
"""Those of the edit that gives a Ve its IPv4 address. `addresses` are all that it is to have; the
first IPv4 address of each subnet becomes its primary one."""


def criteria(parameters: Parameters) -> List[str]:
    """What `apply` and `look` read first, as `<filter>` elements. Raises InvalidValue."""
    return running_config.criteria([_goal(parameters).vlan])


def apply(
    session: Session,
    parameters: Parameters,
    name: str,
    before: Optional[Dict[int, Vlan]] = None,
) -> Dict[str, Any]:
    """Bring them about, or leave them as they were. `before` is what there was before an earlier
    try, and is filled where that breaks off.

    Returns `changed`, `before` and `after` by place, and `did`, something where `changed`: what
    came, what went ("no ..."), and which secondary address became the primary one.
    Raises InvalidValue, SegmentConflict where the VLAN is not named `name`, and the errors of
    `Session`; an error is `unsure` where the addresses may not be what they were.
    """
    goal = _goal(parameters)
    outcome = _bring(session, goal, name, before)
    had = outcome.before.ves.get(goal.rbridge, Ve())
    gone = [f"no {address}" for address in had.addresses if address not in goal.addresses]
    come = [address for address in goal.addresses if address not in had.addresses]
    first, was = (validators.primaries(ve).values() for ve in (goal.ipv4, had.ipv4))
    up = [f"{one} as the primary address" for one in first if one in had.ipv4 and one not in was]
    place = f"Ve {goal.vlan} on rbridge {goal.rbridge}"
    return {
        "changed": outcome.changed,
        "before": {place: list(had.addresses)},
        "after": {place: list(goal.addresses)},
        "did": gone + up + come if outcome.changed else [],
    }


def no_ve(
    session: Session,
    parameters: Parameters,
    name: str,
    before: Optional[Dict[int, Vlan]] = None,
) -> Dict[str, Any]:
    """Make a VLAN, and take away the Ve that the pack has made of it on an rbridge.

    `parameters` are those of the edit that makes the VLAN. Returns `changed`, `before` and `after`
    by place, and `did`, the steps; raises what `apply` does.
    """
    goal = Goal(limits.vlan_id(parameters["name"]), limits.rbridge_id(parameters["rbridge_id"]))
    outcome = _bring(session, goal, name, before)
    want = plan.target(outcome.before, goal, name)
    place = f"VLAN {goal.vlan}"
    return {
        "changed": outcome.changed,
        "before": {place: model.as_plain(outcome.before)},
        "after": {place: model.as_plain(want)},
        "did": list(outcome.did),
    }


def look(
    session: Session, parameters: Parameters, name: str, _: Optional[Dict[int, Vlan]] = None
) -> Dict[str, Any]:
    """What `apply` would send, as XML and as CLI lines, and as a diff; sends no edit."""
    from . import preview

    goal = _goal(parameters)
    shown = preview.of(goal, transaction.read(session, [goal.vlan])[goal.vlan], name)
    return {
        "dry_run": True,
        "diff": list(shown.diff),
        "xml": "\n".join(shown.xml),
        "cli": list(shown.cli),
    }


def _bring(session: Session, goal: Goal, name: str, before: Optional[Dict[int, Vlan]]) -> Outcome:
    before = {} if before is None else before
    try:
        (outcome,) = transaction.bring(session, [goal], name, before=before)
    except Broken as broken:
        before.update(broken.before)
        broken.error.unsure = session.touched
        raise broken.error from None
    if outcome.error:
        if outcome.changed:
            rest = ", ".join([*outcome.left, *outcome.stays])
            outcome.error.what += f"; undoing that at once left still to do: {rest}"
            outcome.error.unsure = True
        raise outcome.error
    return outcome


def _goal(parameters: Parameters) -> Goal:
    for flag in ("delete_address", "delete_ve"):
        if parameters.get(flag):
            raise InvalidValue(f"{flag} and addresses are both given", remedy="Give one of them.")
    given = [limits.ve_address(one, "addresses") for one in parameters["addresses"]]
    return Goal(
        limits.vlan_id(parameters.get("name"), "name"),
        limits.rbridge_id(parameters.get("rbridge_id")),
        tuple(dict.fromkeys(map(str, given))),
        addresses_only=True,
    )
