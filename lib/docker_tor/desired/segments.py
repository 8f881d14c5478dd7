"""From Docker networks to the segments that the switches should carry. Pure: no I/O, no clock.

A segment is a VLAN on one rbridge of one switch, with the addresses of its Ve and the ports to the
hosts. The networks of several engines on one VLAN are one segment; it is removed with the last of
them. Each network brings the ports of its own uplink, and takes them with it when it goes.

`assemble` is the one place where the desired state is made, for the sensor and for reconcile. It
takes what each engine was last observed to have. For an engine that was not observed, it takes what
was last applied. `changes` compares the result with what was last applied; events play no part.
"""

from types import MappingProxyType
from typing import (
    AbstractSet,
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Set,
    Tuple,
)

from ..common.errors import ConfigError, DockerTorError
from ..config.limits import Rbridge, VeAddress, position
from ..config.settings import Config
from ..config.uplinks import Place, uplink_of
from ..engine.networks import Network, Observed, Rejection
from .actions import CREATE, DESTROY, UPDATE
from .admission import Claims

LAYER_2 = "layer 2"
"""What a table shows in place of the addresses of a segment that has no Ve."""

Key = Tuple[str, Rbridge, int]
"""A segment's identity: switch, rbridge id, VLAN."""

Ids = Mapping[str, Collection[str]]
"""The ids of networks, by engine."""
NONE: Ids = MappingProxyType({})


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


def assemble(
    config: Config,
    observed: Mapping[str, Observed],
    applied: Iterable[Segment],
    held: Ids = NONE,
) -> Desired:
    """The desired state.

    `observed` is what each engine of `config` was last heard to have. An engine that is missing
    there keeps what was last `applied`. So do engines that `config` does not name, until all that
    it names were observed: an engine that is only renamed loses nothing for a moment. `held` are
    networks that stay though their engine does not list them any more.

    Where two networks are in each other's way, the one that was applied stays, or else the older.
    """
    before: Before = {}
    for segment in applied:
        for network in segment.networks:
            before.setdefault((network.engine, network.id), (network, segment))
    waiting = any(engine.name not in observed for engine in config.engines)

    def stays(network: Network) -> bool:
        if network.engine in observed:
            return network.id in held.get(network.engine, ())
        return waiting

    wanted = [network for one in observed.values() for network in one.wanted]
    believed = [network for network, _ in before.values() if stays(network)]
    segments: Dict[Key, Segment] = {}
    rejected = [rejection for one in observed.values() for rejection in one.rejected]
    claims: Dict[str, Claims] = {}
    for network in sorted(wanted + believed, key=lambda one: _seniority(one, before)):
        network, at = _as_before(network, before), ""
        try:
            switch, rbridge, ports = _place(network, config, before)
            at = switch.name
            if switch.name not in claims:
                claims[switch.name] = Claims(switch)
            claims[switch.name].claim(network, rbridge)
        except DockerTorError as error:
            rejected.append(Rejection(network.as_payload(), error, switch=at))
            continue
        key = (switch.name, rbridge, network.vlan)
        found = segments.get(key) or Segment(*key, switch.host, (), ())
        segments[key] = found._replace(
            addresses=_with(found.addresses, network.addresses),
            networks=tuple(sorted((*found.networks, network._replace(ports=ports)))),
        )
    only = {(network.engine, network.id) for network in believed}
    unsure = (
        key
        for key, segment in segments.items()
        if all((network.engine, network.id) in only for network in segment.networks)
    )
    return Desired(segments, rejected, frozenset(unsure))


Before = Dict[Tuple[str, str], Tuple[Network, Segment]]
"""Each network that was applied, and its segment, by engine and id."""


def _seniority(network: Network, before: Before) -> Tuple[bool, str, str, str]:
    known = (network.engine, network.id) in before
    return not known, network.created, network.id, network.engine


def _as_before(network: Network, before: Before) -> Network:
    """The network, with the gateways that its engine chose known as such.

    Once an engine is restarted, it shows them as if somebody had asked for them.
    """
    applied, _ = before.get((network.engine, network.id), (network, None))
    return network._replace(chosen=network.chosen | (applied.chosen & network.addresses))


def _place(network: Network, config: Config, before: Before) -> Place:
    """Where the network is plugged in. Raises ConfigError."""
    for engine in config.engines:
        if engine.name == network.engine:
            return uplink_of(config, engine, network.interface, network.tagged)
    # Of an engine that is not configured any more, it stays where it was applied.
    known, segment = before[network.engine, network.id]
    switch = config.named(segment.switch)
    if switch is None:
        raise ConfigError("neither its engine nor its switch is configured any more")
    return Place(switch, segment.rbridge, known.ports)


def _with(addresses: Tuple[VeAddress, ...], more: AbstractSet[VeAddress]) -> Tuple[VeAddress, ...]:
    """The addresses of a Ve, and those of a junior network behind them, IPv4 before IPv6.

    A Ve's primary address stays the primary one. Those of one network are in order of number, since
    an engine's order of subnets means nothing.
    """
    joined = [*addresses, *sorted(more - set(addresses), key=position)]
    return tuple(sorted(joined, key=lambda address: address.version))


def in_order(key: Key) -> Tuple[str, int, int]:
    """What sorts keys. No rbridge is before any."""
    switch, rbridge, vlan = key
    return switch, rbridge or 0, vlan


def changes(applied: Mapping[Key, Segment], desired: Mapping[Key, Segment]) -> List[Change]:
    """What to dispatch to get from `applied` to `desired`: removals first, each in order of key.

    A segment whose networks changed while its addresses and ports stayed calls for nothing.
    """
    needed: Dict[Tuple[str, int], Set[str]] = {}
    for segment in desired.values():
        needed.setdefault((segment.switch, segment.vlan), set()).update(segment.ports)
    found = [
        Change(DESTROY, applied[key], _ports_gone(applied[key], (), needed), only_less=True)
        for key in sorted(set(applied) - set(desired), key=in_order)
    ]
    for key in sorted(desired, key=in_order):
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
