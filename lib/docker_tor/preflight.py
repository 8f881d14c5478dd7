"""A look at a whole segment before the first of its edits: may it be had, and what was there."""

from typing import Any, Dict, List, Mapping

from . import plan, state, transaction, values
from .netconf import Session
from .plan import Goal
from .state import Ve


def wanted(parameters: Mapping[str, Any]) -> bool:
    """Whether an edit's parameters are those of the edit that makes a VLAN, and say for which
    segment."""
    makes_vlan = "vlan_name" in parameters and not parameters.get("delete_vlan")
    return makes_vlan and bool(parameters.get("rbridge_id"))


def criteria(parameters: Mapping[str, Any]) -> List[str]:
    """What `look` reads, as `<filter>` elements."""
    return state.criteria([int(parameters["name"])])


def look(session: Session, parameters: Mapping[str, Any], name: str) -> Dict[str, Any]:
    """`segment_before`, what there is of the segment, by VLAN, as `docker.vdx.undo` takes it; and
    `ve_addresses`, all that its Ve is to have, or none where it is enough to give it `subnet`.

    `parameters` are those of the edit that makes the VLAN, checked: name, rbridge_id, subnet and
    addresses. Raises SegmentConflict where the VLAN named `name` is not ours, and the errors of
    `Session`.
    """
    subnet = [parameters["subnet"]] if parameters.get("subnet") else []
    given = [*subnet, *(parameters.get("addresses") or ())]
    addresses = dict.fromkeys(str(values.ve_address(one, "addresses")) for one in given)
    goal = Goal(int(parameters["name"]), int(parameters["rbridge_id"]), tuple(addresses))
    have = transaction.read(session, [goal.vlan])[goal.vlan]
    plan.check_ours(have, goal.vlan, name)
    had = have.ves.get(goal.rbridge, Ve()).addresses
    enough = bool(subnet) and set(had) <= set(goal.addresses) == set(goal.ipv4[:1])
    return {
        "segment_before": {str(goal.vlan): state.as_plain(have)},
        "ve_addresses": [] if enough else list(goal.addresses),
    }
