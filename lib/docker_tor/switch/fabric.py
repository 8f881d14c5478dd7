"""Who else is on a VLAN: it goes only with its last segment, on whatever rbridge of the fabric.

A layer-2 segment leaves no trace on its rbridge, so the switch alone cannot tell. What can is what
the sensor has dispatched, or what the engines call for. Other entries of docker.yaml may lead to
other members of one fabric, or to switches of their own: whether the running config has their
rbridges tells. Pure, but for `keeping`, which asks that.
"""

from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Sequence, Set

from ..config import uplinks
from ..config.settings import Config, SwitchConfig
from ..desired.segments import Segment
from ..netconf.session import Session
from .nos import running_config
from .plan import Goal


class Others(NamedTuple):
    """The rbridges of the segments on each VLAN: those of entries with the switch's address, and
    those of other entries, which count where they are members of the switch's fabric."""

    own: Mapping[int, FrozenSet[int]]
    elsewhere: Mapping[int, FrozenSet[int]]

    def keep(self, goal: Goal, members: FrozenSet[int]) -> Goal:
        """The goal; one that is to go leaves its VLAN to another segment that is on it."""
        theirs = self.elsewhere.get(goal.vlan, _NONE) & members
        others = self.own.get(goal.vlan, _NONE) | theirs
        return goal._replace(keep_vlan=bool(goal.remove and others - {goal.rbridge}))


_NONE: FrozenSet[int] = frozenset()


def others(settings: Config, switch: SwitchConfig, segments: Iterable[Segment]) -> Others:
    """Who is on the VLANs of a switch, of these segments."""
    leads_away = uplinks.rbridges_elsewhere(settings, switch)
    same = {
        one.name for one in settings.switches if (one.host, one.port) == (switch.host, switch.port)
    }
    own: Dict[int, Set[int]] = {}
    elsewhere: Dict[int, Set[int]] = {}
    for segment in segments:
        if segment.switch in same:
            own.setdefault(segment.vlan, set()).add(segment.rbridge)
        elif segment.rbridge in leads_away:
            elsewhere.setdefault(segment.vlan, set()).add(segment.rbridge)
    return Others(_frozen(own), _frozen(elsewhere))


def keeping(session: Session, goals: Sequence[Goal], who: Others) -> List[Goal]:
    """The goals as `Others.keep` has them. Raises the errors of `Session`."""
    ask = any(goal.remove and goal.vlan in who.elsewhere for goal in goals)
    members = running_config.rbridges(session.get_config(running_config.fabric())) if ask else _NONE
    return [who.keep(goal, members) for goal in goals]


def _frozen(found: Mapping[int, Set[int]]) -> Dict[int, FrozenSet[int]]:
    return {vlan: frozenset(rbridges) for vlan, rbridges in found.items()}
