"""Who else is on a VLAN: it goes only with its last segment, on whatever rbridge of the fabric.

A layer-2 segment leaves no trace on its rbridge, so the switch alone cannot tell. What can is what
the sensor has dispatched, or what the engines call for. Other entries of docker.yaml may lead to
other members of one fabric, or to switches of their own: whether the running config has their
rbridges tells. Pure, but for `keeping`, which asks that.
"""

from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Sequence, Set, TypeVar

from ..config import uplinks
from ..config.settings import Config, SwitchConfig
from ..desired.segments import Segment
from .device import Device
from .model import Rbridge
from .plan import Goal

T = TypeVar("T")


class Others(NamedTuple):
    """The rbridges of the segments on each VLAN: those of entries with the switch's address, and
    those of other entries, which count where they are members of the switch's fabric. `ports` are
    the ports that either need: a port-channel has one name in the whole of a fabric."""

    own: Mapping[int, FrozenSet[Rbridge]]
    elsewhere: Mapping[int, FrozenSet[Rbridge]]
    ports: Mapping[int, FrozenSet[str]] = {}

    def keep(self, goal: Goal, members: FrozenSet[Rbridge]) -> Goal:
        """The goal; one that is to go leaves its VLAN to another segment that is on it."""
        theirs = self.elsewhere.get(goal.vlan, _NONE) & members
        others = self.own.get(goal.vlan, _NONE) | theirs
        return goal._replace(keep_vlan=bool(goal.remove and others - {goal.rbridge}))


_NONE: FrozenSet[Rbridge] = frozenset()
NOBODY = Others({}, {})


def others(config: Config, switch: SwitchConfig, segments: Iterable[Segment]) -> Others:
    """Who is on the VLANs of a switch, of these segments."""
    leads_away = uplinks.rbridges_elsewhere(config, switch)
    same = {
        one.name for one in config.switches if (one.host, one.port) == (switch.host, switch.port)
    }
    own: Dict[int, Set[Rbridge]] = {}
    elsewhere: Dict[int, Set[Rbridge]] = {}
    ports: Dict[int, Set[str]] = {}
    for segment in segments:
        if segment.switch in same:
            own.setdefault(segment.vlan, set()).add(segment.rbridge)
        elif segment.rbridge in leads_away:
            elsewhere.setdefault(segment.vlan, set()).add(segment.rbridge)
        else:
            continue
        if segment.ports:
            ports.setdefault(segment.vlan, set()).update(segment.ports)
    return Others(_frozen(own), _frozen(elsewhere), _frozen(ports))


def keeping(device: Device, goals: Sequence[Goal], who: Others) -> List[Goal]:
    """The goals as `Others.keep` has them. Raises the errors of `Session`."""
    members = _NONE
    if any(goal.remove and goal.vlan in who.elsewhere for goal in goals):
        driver = device.driver
        members = driver.rbridges(device.session.get_config(driver.survey()))
    return [who.keep(goal, members) for goal in goals]


def _frozen(found: Mapping[int, Set[T]]) -> Dict[int, FrozenSet[T]]:
    return {vlan: frozenset(those) for vlan, those in found.items()}
