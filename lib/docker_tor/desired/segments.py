"""Segments: what the switches should carry, and what to dispatch where that has changed. Pure.

A segment is a VLAN on one rbridge of one switch, with the addresses of its Ve and the ports to the
hosts. The networks of several engines on one VLAN are one segment; it is removed with the last of
them. Each network brings the ports of its own uplink, and takes them with it when it goes.

`changes` compares the desired state (`assembly`) with what was last applied; events play no part.
"""

from typing import (
    AbstractSet,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Set,
    Tuple,
)

from ..config.limits import Rbridge, VeAddress
from ..engine.networks import Network, Rejection
from .actions import CREATE, DESTROY, UPDATE

LAYER_2 = "layer 2"
"""What a table shows in place of the addresses of a segment that has no Ve."""

Key = Tuple[str, Rbridge, int]
"""A segment's identity: switch, rbridge id, VLAN."""


class Segment(NamedTuple):
    """A VLAN on an rbridge of a switch, the Ve's addresses in order, and the networks on it.

    The first address of each subnet is a primary one. Without addresses, it is a layer-2 segment:
    the VLAN has no Ve there.
    """

    switch: str
    rbridge: Rbridge
    vlan: int
    host: str
    addresses: Tuple[VeAddress, ...]
    networks: Tuple[Network, ...]

    @property
    def key(self) -> Key:
        """What makes it this segment and no other."""
        return (self.switch, self.rbridge, self.vlan)

    @property
    def ports(self) -> Tuple[str, ...]:
        """The ports that have to carry the VLAN to the hosts, sorted."""
        return tuple(sorted({port for network in self.networks for port in network.ports}))


class Change(NamedTuple):
    """Something to dispatch: create, update or destroy of a segment. `ports_gone` are the ports
    that no network needs on its VLAN any more; `only_less` is whether it gives nothing, and only
    takes something away."""

    action: str
    segment: Segment
    ports_gone: Tuple[str, ...] = ()
    only_less: bool = False


class Desired(NamedTuple):
    """The segments that all engines together call for, and the networks that are rejected.

    The segments in `believed` are known from what was last applied only.
    """

    segments: Dict[Key, Segment]
    rejected: List[Rejection]
    believed: FrozenSet[Key]


def in_order(key: Key) -> Tuple[str, int, int]:
    """What sorts keys. No rbridge is before any."""
    switch, rbridge, vlan = key
    return switch, rbridge or 0, vlan


def changes(applied: Mapping[Key, Segment], desired: Mapping[Key, Segment]) -> List[Change]:
    """What to dispatch to get from `applied` to `desired`: removals first, each in order of key.

    A segment whose networks changed while its addresses and ports stayed calls for nothing.
    """
    gone = sorted(applied.keys() - desired.keys(), key=in_order)
    others = sorted(
        (key for key, one in desired.items() if applied.get(key) is not one), key=in_order
    )
    needed: Dict[Tuple[str, int], Set[str]] = {(key[0], key[2]): set() for key in (*gone, *others)}
    for segment in desired.values() if needed else ():
        if (segment.switch, segment.vlan) in needed:
            needed[segment.switch, segment.vlan].update(segment.ports)
    found = [
        Change(DESTROY, applied[key], _ports_gone(applied[key], (), needed), only_less=True)
        for key in gone
    ]
    for key in others:
        before, after = applied.get(key), desired[key]
        if before is None:
            found.append(Change(CREATE, after))
            continue
        ports_gone = _ports_gone(before, after.networks, needed)
        same = (before.addresses, before.host) == (after.addresses, after.host)
        only_less = same and set(after.ports) <= set(before.ports)
        if ports_gone or not only_less:
            found.append(Change(UPDATE, after, ports_gone, only_less))
    return found


def _ports_gone(
    before: Segment, after: Iterable[Network], needed: Mapping[Tuple[str, int], AbstractSet[str]]
) -> Tuple[str, ...]:
    """The ports of a segment that no network needs any more, sorted.

    A network that stays while docker.yaml names no port for its uplink any more leaves its ports as
    they are: somebody else cares for them now, and its containers go on.
    """
    left = {(network.engine, network.id) for network in after if not network.ports}
    stays = set(needed.get((before.switch, before.vlan), ()))
    for network in before.networks:
        if (network.engine, network.id) in left:
            stays.update(network.ports)
    return tuple(port for port in before.ports if port not in stays)
