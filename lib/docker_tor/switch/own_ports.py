"""From which ports a VLAN may be taken, and what is recorded once a run has ended. Pure.

That a VLAN is the pack's own on a port says only its record (`port_records`). One that is recorded
stays where another segment needs it.
"""

from typing import Collection, Dict, Iterable, List, Mapping, Sequence, Set

from ..common.datastore import Keys
from ..desired import port_records
from ..desired.port_records import Ports, Unrecorded
from .model import Vlan
from .plan import Goal
from .rollback import Outcome


def limited(
    goals: Sequence[Goal], recorded: Ports, needed: Mapping[int, Collection[str]]
) -> List[Goal]:
    """The goals, which take their VLAN from no port but those that are recorded, and that no other
    segment needs. With the whole of a VLAN goes what is recorded of it, asked for or not."""
    kept: Dict[int, Set[str]] = {vlan: set(ports) for vlan, ports in needed.items()}
    for goal in goals:
        kept.setdefault(goal.vlan, set()).update(goal.ports)
    found: List[Goal] = []
    for goal in goals:
        gone = set(recorded.get(goal.vlan, ()))
        if goal.keep_vlan or not goal.remove:
            gone &= set(goal.ports_gone)
        found.append(goal._replace(ports_gone=tuple(sorted(gone - kept[goal.vlan]))))
    return found


def looked_at(goals: Sequence[Goal], before: Mapping[int, Vlan]) -> List[Goal]:
    """The goals as `limited` has left them, to judge by the ports that were looked at `before` the
    first edit."""
    seen: Ports = {vlan: frozenset(have.ports) for vlan, have in before.items()}
    return limited(goals, seen, {})


def keep(keys: Keys, switch: str, outcomes: Iterable[Outcome], by: str) -> List[Unrecorded]:
    """Record what a run has done or undone; returns what cannot be recorded, for people. `by` says
    who did it."""
    failed: List[Unrecorded] = []
    for outcome in outcomes:
        goal, had = outcome.goal, outcome.before.ports
        one = port_records.record(keys, switch, goal.vlan, outcome.added_to, by)
        failed += [one] if one else []
        # What is not there any more is forgotten, too.
        absent = [
            port for port in goal.ports_gone if port in had and not had[port].lists(goal.vlan)
        ]
        port_records.forget(keys, switch, goal.vlan, {*outcome.removed_from, *absent})
    return failed
