"""Which segments the networks of the Docker Engines call for. Pure: no I/O, no clock.

A segment is a VLAN on one rbridge of one switch, with the addresses of its Ve. The networks of
several engines on one VLAN are one segment; it is gone when the last of them is gone. From what the
engines list and what has been dispatched follow the changes to dispatch; events play no part in it.
"""

from typing import (
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from ..common.errors import DockerTorError
from ..config.limits import VeAddress, position
from ..config.settings import SwitchConfig
from ..engine.networks import Network, Refusal
from .admission import Claims

CREATE, UPDATE, DESTROY = "create", "update", "destroy"
"""What has become of a segment, in the words of the triggers."""
LAYER_2 = "layer 2"
"""What a table shows in place of the addresses of a segment that has no Ve."""

Key = Tuple[str, int, int]
"""A segment's identity: switch, rbridge id, VLAN."""


class Segment(NamedTuple):
    """A VLAN on an rbridge of a switch, the Ve's addresses in order, and the networks on it.

    Without addresses it is a layer-2 segment: the VLAN has no Ve there. The first address of each
    subnet is a primary one.
    """

    switch: str
    rbridge: int
    vlan: int
    host: str
    addresses: Tuple[VeAddress, ...]
    networks: Tuple[Network, ...]

    @property
    def key(self) -> Key:
        """What makes it this segment and no other."""
        return (self.switch, self.rbridge, self.vlan)


class Change(NamedTuple):
    """Something to dispatch: create, update or destroy of a segment."""

    action: str
    segment: Segment


NOBODY: Mapping[Tuple[str, str], Network] = {}
Place = Callable[[Network], Tuple[SwitchConfig, int]]
"""Tells a network's switch and rbridge id, or raises ConfigError."""


def segments(
    wanted: Iterable[Network],
    place: Place,
    incumbents: Mapping[Tuple[str, str], Network] = NOBODY,
) -> Tuple[Dict[Key, Segment], List[Refusal]]:
    """What the networks of all engines call for, and those that cannot have it.

    Where two networks are in each other's way, the one among `incumbents` (those that have been
    dispatched, by engine and id) stays, and else the older one.
    """
    found: Dict[Key, Segment] = {}
    refused: List[Refusal] = []
    claims: Dict[str, Claims] = {}

    def seniority(network: Network) -> Tuple[bool, str, str, str]:
        known = (network.engine, network.id) in incumbents
        return not known, network.created, network.id, network.engine

    for network in sorted(wanted, key=seniority):
        network = _as_before(network, incumbents.get((network.engine, network.id)))
        try:
            switch, rbridge = place(network)
            if switch.name not in claims:
                claims[switch.name] = Claims(switch)
            claims[switch.name].claim(network, rbridge)
        except DockerTorError as error:
            refused.append(Refusal(network.as_payload(), error))
            continue
        key = (switch.name, rbridge, network.vlan)
        before = found.get(key) or Segment(*key, switch.host, (), ())
        found[key] = before._replace(
            addresses=_with(before.addresses, network.addresses),
            networks=tuple(sorted((*before.networks, network))),
        )
    return found, refused


def _as_before(network: Network, known: Optional[Network]) -> Network:
    """A gateway that the engine has chosen stays one, though the engine shows it as if somebody had
    asked for it once it has been restarted."""
    if known is None:
        return network
    return network._replace(chosen=network.chosen | (known.chosen & network.addresses))


def _with(addresses: Tuple[VeAddress, ...], more: Iterable[VeAddress]) -> Tuple[VeAddress, ...]:
    """IPv4 before IPv6, a senior network's before a junior's, those of one network by number: an
    engine's order of subnets means nothing, and a Ve's primary address stays the primary one."""
    joined = [*addresses, *sorted(set(more) - set(addresses), key=position)]
    return tuple(sorted(joined, key=lambda address: address.version))


def changes(dispatched: Mapping[Key, Segment], desired: Mapping[Key, Segment]) -> List[Change]:
    """What to dispatch to get from `dispatched` to `desired`: removals first, each in order of key.

    A segment that only gained or lost networks while its addresses stayed calls for nothing.
    """
    found = [Change(DESTROY, dispatched[key]) for key in sorted(set(dispatched) - set(desired))]
    for key in sorted(desired):
        before = dispatched.get(key)
        if before is None:
            found.append(Change(CREATE, desired[key]))
        elif (before.addresses, before.host) != (desired[key].addresses, desired[key].host):
            found.append(Change(UPDATE, desired[key]))
    return found
