"""From which ports a VLAN may be taken, and what is to be recorded once a run has ended.
Pure.

That a VLAN is the pack's own on a port says only its record (`port_records`). One that is recorded
stays where another segment needs it.
"""

from typing import Collection, Dict, Iterable, List, Mapping, Sequence, Set

from ..desired.port_records import Change, Ports
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


def records(outcomes: Iterable[Outcome]) -> List[Change]:
    """What is to be recorded, and forgotten, of what a run has done or undone."""
    found: List[Change] = []
    for outcome in outcomes:
        goal, had = outcome.goal, outcome.before.ports
        # What is not there any more is forgotten, too.
        absent = [
            port for port in goal.ports_gone if port in had and not had[port].lists(goal.vlan)
        ]
        forgotten = frozenset({*outcome.removed_from, *absent})
        found.append(Change(goal.vlan, outcome.added_to, forgotten))
    return found
