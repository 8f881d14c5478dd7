"""From Docker networks to the segments that the switches should carry. Pure: no I/O, no clock.

Here is the one place where the desired state is made, for the sensor and for reconcile. It takes
what each engine was last observed to have. For an engine that was not observed, it takes what was
last applied.

A sensor does so again and again, and keeps an `Assembly` for it, which looks only at what is not as
it was: at the engines whose networks are others, and at the neighbours of these networks. The
result is the same as if it looked at all.
"""

import functools
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
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

from ..common.errors import ConfigError, DockerTorError
from ..config.limits import REMEMBERED, VeAddress, position
from ..config.settings import Config, SwitchConfig
from ..config.uplinks import Place, uplink_of
from ..engine.networks import Network, Observed, Rejection
from .admission import Claims
from .by_engine import Applied, ByEngine, Networks
from .neighbours import Link, Neighbours, Who
from .segments import Desired, Key, Segment

Ids = Mapping[str, Collection[str]]
"""The ids of networks, by engine."""
NONE: Ids = MappingProxyType({})


def assemble(
    config: Config,
    observed: Mapping[str, Observed],
    applied: Iterable[Segment],
    held: Ids = NONE,
) -> Desired:
    """The desired state, once. `applied` is what was last applied; for the rest see `Assembly`."""
    return Assembly().assemble(config, observed, ByEngine(applied), held)


class _Inputs(NamedTuple):
    """What the networks of an engine depend on: those that it calls for, those that were applied,
    and which of the latter stay though it does not call for them; None stands for all."""

    wanted: Sequence[Network]
    applied: Networks
    stay: Optional[FrozenSet[str]]


class _Entry(NamedTuple):
    """A network that takes part.

    `listed` and `applied` are what it was made of. It is `believed` if it is known from what was
    applied only. It leads to a `switch`, and to a segment there.
    """

    listed: Network
    applied: Optional[Applied]
    believed: bool
    network: Network
    switch: SwitchConfig
    key: Key


class _Nowhere(NamedTuple):
    """The same, of a network that leads nowhere."""

    listed: Network
    applied: Optional[Applied]
    believed: bool
    error: ConfigError


_Seniority = Tuple[bool, str, str, str]


def _seniority(one: Union[_Entry, _Nowhere]) -> _Seniority:
    """What sorts networks: first those that were applied, then the older ones."""
    return one.applied is None, one.listed.created, one.listed.id, one.listed.engine


class Assembly:
    """Makes the desired state again and again, of what has changed in between."""

    def __init__(self) -> None:
        self._config: Optional[Config] = None

    def _begin(self, config: Config) -> None:
        self._config = config
        self._engines = {engine.name: engine for engine in config.engines}
        # The networks of an engine share few interfaces.
        self._uplink_of = functools.lru_cache(REMEMBERED)(functools.partial(uplink_of, config))
        self._inputs: Dict[str, _Inputs] = {}
        self._entries: Dict[str, Dict[str, Union[_Entry, _Nowhere]]] = {}
        self._neighbours = Neighbours()
        self._segments: Dict[Key, Segment] = {}
        self._believed: Set[Key] = set()
        self._rejected: Dict[Who, Tuple[_Seniority, Rejection]] = {}

    def assemble(
        self,
        config: Config,
        observed: Mapping[str, Observed],
        applied: ByEngine,
        held: Ids = NONE,
    ) -> Desired:
        """The desired state.

        `observed` is what each engine of `config` was last heard to have. An engine that is missing
        there keeps what was last `applied`. So do engines that `config` does not name, until all
        that it names were observed: an engine that is only renamed loses nothing for a moment.
        `held` are networks that stay though their engine does not list them any more.

        Where two networks are in each other's way, the one that was applied stays, or else the
        older.
        """
        if config is not self._config:
            self._begin(config)
        self._config = None
        waiting = any(name not in observed for name in self._engines)
        touched: Set[Who] = set()
        left: Set[Link] = set()
        for engine in {*self._inputs, *observed, *applied.engines}:
            seen = observed.get(engine)
            stay = frozenset(held.get(engine, ())) if seen or not waiting else None
            inputs = _Inputs(seen.wanted if seen else (), applied.of(engine), stay)
            if self._inputs.get(engine) != inputs:
                self._inputs[engine] = inputs
                self._take(config, engine, inputs, touched, left)
        before = {key: self._segments.pop(key) for key in self._segments.keys() & left}
        self._believed -= before.keys()
        for group in self._neighbours.groups(touched, left):
            self._admit(group, before)
        # Whatever was raised, half of it may have been done: then all is made anew.
        self._config = config
        by_engines = [one for seen in observed.values() for one in seen.rejected]
        by_admission = [one for _, one in sorted(self._rejected.values(), key=lambda one: one[0])]
        return Desired(dict(self._segments), by_engines + by_admission, frozenset(self._believed))

    def _take(
        self,
        config: Config,
        engine: str,
        inputs: _Inputs,
        touched: Set[Who],
        left: Set[Link],
    ) -> None:
        """Take in an engine's networks. Those that are others now are `touched`; what they had to
        do with others by before, they have `left`."""
        stay = inputs.stay
        found = {
            one: (both[0].network, True)
            for one, both in inputs.applied.items()
            if stay is None or one in stay
        }
        found.update({network.id: (network, False) for network in inputs.wanted})
        before, now = self._entries.get(engine, {}), {}
        for one, (network, believed) in found.items():
            made_of = (network, inputs.applied.get(one, (None,))[0], believed)
            old = before.get(one)
            if old is None or any(a is not b for a, b in zip(old, made_of)):
                now[one] = self._entry(config, *made_of)
            else:
                now[one] = old
        self._entries[engine] = now
        for one in {*before, *now}:
            old, new = before.get(one), now.get(one)
            if old is new:
                continue
            who = (engine, one)
            touched.add(who)
            if isinstance(old, _Entry):
                left.update(self._neighbours.remove(who))
            self._rejected.pop(who, None)
            if isinstance(new, _Entry):
                self._neighbours.add(who, new.key, new.network.addresses)
            elif new:
                self._reject(new, new.listed, new.error)

    def _entry(
        self, config: Config, listed: Network, applied: Optional[Applied], believed: bool
    ) -> Union[_Entry, _Nowhere]:
        network = listed
        # Once an engine is restarted, it shows the gateways that it chose as if somebody had asked
        # for them.
        chosen = applied.network.chosen & listed.addresses if applied else frozenset()
        if not chosen <= listed.chosen:
            network = network._replace(chosen=listed.chosen | chosen)
        try:
            place = self._place(config, network, applied)
        except ConfigError as error:
            return _Nowhere(listed, applied, believed, error)
        key = (place.switch.name, place.rbridge, network.vlan)
        if place.ports != network.ports:
            network = network._replace(ports=place.ports)
        return _Entry(listed, applied, believed, network, place.switch, key)

    def _place(self, config: Config, network: Network, applied: Optional[Applied]) -> Place:
        """Where the network is plugged in. Raises ConfigError."""
        engine = self._engines.get(network.engine)
        if engine is not None:
            return self._uplink_of(engine, network.interface, network.tagged)
        # Of an engine that is not configured any more, it stays where it was applied.
        switch = config.named(applied.key[0]) if applied else None
        if applied is None or switch is None:
            raise ConfigError("neither its engine nor its switch is configured any more")
        return Place(switch, applied.key[1], applied.network.ports)

    def _admit(self, group: Iterable[Who], before: Mapping[Key, Segment]) -> None:
        """Decide anew who of a group gets what it calls for, and make their segments anew. Some of
        these, as they were, are in `before`."""
        found = [self._entries[engine][one] for engine, one in group]
        entries = sorted((one for one in found if isinstance(one, _Entry)), key=_seniority)
        claims = Claims(entries[0].switch)
        members: Dict[Key, List[_Entry]] = {entry.key: [] for entry in entries}
        for entry in entries:
            try:
                claims.claim(entry.network, entry.key[1])
            except DockerTorError as error:
                self._reject(entry, entry.network, error, entry.switch.name)
            else:
                self._rejected.pop((entry.network.engine, entry.network.id), None)
                members[entry.key].append(entry)
        for key, those in members.items():
            self._believed.discard(key)
            old = self._segments.pop(key, before.get(key))
            if not those:
                continue
            segment = _segment(key, those)
            # Whoever compares it with what was applied need not look into the same one again.
            self._segments[key] = old if old == segment else segment
            if all(one.believed for one in those):
                self._believed.add(key)

    def _reject(
        self, one: Union[_Entry, _Nowhere], network: Network, error: DockerTorError, at: str = ""
    ) -> None:
        rejection = Rejection(network.as_payload(), error, switch=at)
        self._rejected[network.engine, network.id] = _seniority(one), rejection


def _segment(key: Key, entries: Sequence[_Entry]) -> Segment:
    """The segment of networks in order of their seniority."""
    addresses: Tuple[VeAddress, ...] = ()
    for entry in entries:
        addresses = _with(addresses, entry.network.addresses)
    return Segment(
        *key, entries[0].switch.host, addresses, tuple(sorted(entry.network for entry in entries))
    )


def _with(addresses: Tuple[VeAddress, ...], more: AbstractSet[VeAddress]) -> Tuple[VeAddress, ...]:
    """The addresses of a Ve, and those of a junior network behind them, IPv4 before IPv6.

    A Ve's primary address stays the primary one. Those of one network are in order of number, since
    an engine's order of subnets means nothing.
    """
    joined = [*addresses, *sorted(more - set(addresses), key=position)]
    return tuple(sorted(joined, key=lambda address: address.version))
