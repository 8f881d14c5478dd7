"""What the edits of a workflow do for their whole segment, beyond their own edit.

The first edit checks all that the later ones are to set, and looks at the whole segment: what it
finds goes on to the others, and to `docker.segment.undo`. Of a layer-2 segment it does everything
but the ports. The edit of the address gives a Ve several addresses, where one is not enough. The
last edit composes what the team reads; where the segment has ports, that is docker.segment.ports.
"""

import time
from typing import Any, Callable, Dict, List, Mapping, Tuple

from ..common import retry
from ..common.errors import InvalidValue
from ..config import limits, platforms
from ..config.limits import VeAddress
from ..config.platforms import Platform
from ..notify import messages
from ..notify.messages import Run
from ..switch import model, plan, transaction
from ..switch.device import Device
from ..switch.driver import place
from ..switch.model import Vlan, primaries
from ..switch.nos.named_edits import ipv4
from ..switch.plan import Goal
from ..switch.transaction import Outcome
from ..switch.trunk import GONE
from . import requests

Before = Dict[str, Any]
"""What was found before the first edit, as the workflow hands it on: `segment`, as in a trigger;
`vlans`, what there was, by VLAN; `already`, whether that is all it calls for; `addresses`, all that
its Ve is to have, or none where the edit of the address does by itself."""
Given = Mapping[str, Any]
"""An action's parameters."""


def segment(given: Given) -> Tuple[int, Tuple[VeAddress, ...]]:
    """The rbridge and the addresses that the later edits are to set; 0 and none if left out. Raises
    InvalidValue."""
    rbridge = given.get("rbridge_id")
    number = limits.rbridge_id(rbridge) if rbridge not in (None, "") else 0
    subnet = [ipv4(given["subnet"], "subnet")] if given.get("subnet") else []
    found = dict.fromkeys([*subnet, *_addresses(given)])
    return number, tuple(sorted(found, key=lambda one: one.version))


def with_ports(goal: Goal, given: Given, platform: Platform) -> Goal:
    """The goal with the ports that docker.segment.ports is to set. Raises InvalidValue."""
    have, gone = (requests.ports(given.get(one), platform, one) for one in ("ports", "ports_gone"))
    return goal._replace(ports=have, ports_gone=gone)


def ports_follow(before: Mapping[str, Any]) -> bool:
    """Whether the run that began so ends with docker.segment.ports."""
    segment_ = before.get("segment") or {}
    return bool(segment_.get("ports") or segment_.get("ports_gone"))


def _addresses(given: Given) -> List[VeAddress]:
    return [limits.ve_address(one, "addresses") for one in given.get("addresses") or ()]


def look(device: Device, goal: Goal, given: Given) -> Before:
    """What there is of a segment, for the edits that follow.

    Raises SegmentConflict where the VLAN is not ours, and the errors of `Session`.
    """
    device.look_at(plan.ports([goal]))
    have = device.vlan(goal.vlan)
    # From which ports it may be taken, docker.segment.ports finds out.
    changes = plan.change_set(device.driver, have, goal._replace(ports_gone=()))
    had = have.ve(goal.rbridge).addresses
    one = given.get("subnet") and len(goal.addresses) == 1 and set(had) <= set(goal.addresses)
    return {
        "segment": as_plain(goal, given),
        "vlans": {str(goal.vlan): model.as_plain(have)},
        "already": not changes.steps,
        "addresses": [] if one else [str(address) for address in goal.addresses],
    }


def as_plain(goal: Goal, given: Given) -> Dict[str, Any]:
    """The segment of a goal, with the networks that it is for, as a trigger has it."""
    return {
        "vlan": goal.vlan,
        "rbridge": goal.rbridge,
        "addresses": [str(address) for address in goal.addresses],
        "ports": list(goal.ports),
        "ports_gone": list(goal.ports_gone),
        "networks": [{"name": name} for name in requests.names(given.get("networks"))],
    }


def told(
    before: Before,
    result: Mapping[str, Any],
    given: Given,
    route: str,
    clock: Callable[[], float] = time.time,
) -> Dict[str, Any]:
    """Of a segment that is in service now: `message` and `extra` for the team, the `route` by which
    the bot hears, and `changed`. The `result` is that of the last edit, with `switch` and, perhaps,
    `ports_gone`, `unsaved` and `unrecorded`."""
    (asked,) = requests.read([before["segment"]])
    had = requests.before(before.get("vlans")).get(asked.goal.vlan, model.ABSENT)
    already = bool(before["already"]) and not result.get("changed")
    goal = asked.goal._replace(ports_gone=tuple(result.get("ports_gone", ())))
    taken = [port for port in goal.ports_gone if had.ports.get(port, GONE).lists(goal.vlan)]
    outcome = Outcome(goal, had, [] if already else ["all of it"], removed_from=tuple(taken))
    now = clock()
    seconds = now - retry.begun(given, now)
    run = Run(result["switch"], seconds, str(given.get("execution_id") or ""))
    text, extra = messages.of(
        [(outcome, asked.networks)],
        run,
        result.get("unsaved", ""),
        result.get("unrecorded", ()),
    )
    return {"message": text, "extra": extra, "route": route, "changed": not already}


def layer_2(device: Device, goal: Goal, before: Dict[int, Vlan]) -> Dict[str, Any]:
    """Make a VLAN, and delete the Ve that the pack has made of it on an rbridge; its ports come
    later.

    Returns `changed`, `before` and `after` by place, and `did`, the steps. Raises what
    `set_addresses` does.
    """
    goal = goal._replace(ports=(), ports_gone=())
    outcome = _reached(device, goal, before)
    want = plan.target(device.driver, outcome.before, goal)
    at = f"VLAN {goal.vlan}"
    return {
        "changed": outcome.changed,
        "before": {at: model.as_plain(outcome.before)},
        "after": {at: model.as_plain(want)},
        "did": list(outcome.did),
    }


def addresses_of(given: Given) -> Goal:
    """What the edit of the address is asked for: all `addresses` that a Ve is to have, and no
    others. Raises InvalidValue."""
    for flag in ("delete_address", "delete_ve"):
        if given.get(flag):
            raise InvalidValue(f"{flag} and addresses are both given", remedy="Give one of them.")
    found = tuple(dict.fromkeys(_addresses(given)))
    vlan = platforms.NOS.vlan(given.get("name"), "name")
    return Goal(vlan, limits.rbridge_id(given.get("rbridge_id")), found, addresses_only=True)


def set_addresses(device: Device, goal: Goal, before: Dict[int, Vlan]) -> Dict[str, Any]:
    """Give a Ve these addresses and no others, or leave it as it was.

    Returns `changed`, `before` and `after` by place, and `did`, something where `changed`: what
    was added, what was deleted ("no ..."), and which secondary address became the primary one.
    Raises SegmentConflict where the VLAN is not ours, and the errors of `Session`; an error is
    `unsure` where the addresses may not be what they were.
    """
    outcome = _reached(device, goal, before)
    had, has = outcome.before.ve(goal.rbridge), goal.addresses
    was = primaries(had.ipv4).values()
    up = [one for one in primaries(goal.ve.ipv4).values() if one in had.ipv4 and one not in was]
    did = [
        *(f"no {address}" for address in had.addresses if address not in has),
        *(f"{address} as the primary address" for address in up),
        *(str(address) for address in has if address not in had.addresses),
    ]
    at = place(device.driver, goal.vlan, goal.rbridge)
    return {
        "changed": outcome.changed,
        "before": {at: [str(address) for address in had.addresses]},
        "after": {at: [str(address) for address in has]},
        "did": did if outcome.changed else [],
    }


def show_addresses(device: Device, goal: Goal, _before: Dict[int, Vlan]) -> Dict[str, Any]:
    """What `set_addresses` would send, as XML and as CLI lines, and as a diff; sends no edit."""
    # Imported here only: the runs that edit would pay for it.
    from ..switch import preview

    changes = plan.change_set(device.driver, device.vlan(goal.vlan), goal)
    shown = preview.of(device.driver, changes)
    return {
        "dry_run": True,
        "diff": list(shown.diff),
        "xml": "\n".join(shown.xml),
        "cli": list(shown.cli),
    }


def _reached(device: Device, goal: Goal, before: Dict[int, Vlan]) -> Outcome:
    (outcome,) = transaction.bring(device, [goal], before)
    if outcome.error:
        if outcome.changed:
            rest = ", ".join([*outcome.rest.left, *outcome.rest.stays])
            outcome.error.what += f"; undoing that at once left still to do: {rest}"
            outcome.error.unsure = True
        raise outcome.error
    return outcome
