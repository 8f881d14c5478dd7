"""What the Docker Engines call for right now, asked of each of them anew.

The sensor's ledger helps where an engine has to be believed without being heard: networks that are
in each other's way keep the order in which they came, and the networks of an engine that cannot be
reached, or whose list is not believed (`holds`), are still there, as far as anybody knows.
"""

import math
from types import MappingProxyType
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Set,
    Tuple,
)

from ..common import parallel
from ..common.errors import EngineUnreachable, known
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..config.uplinks import uplink_of
from ..desired import holds
from ..desired import segments as intent
from ..desired.holds import Doubt, Listed, Released
from ..desired.last_applied import Ledger
from ..desired.segments import Key, Segment
from ..engine import networks
from ..engine.api import Engine
from ..engine.networks import Listing, Network, Refusal

SECONDS = 20.0
"""For all engines together to answer."""

NOTHING: Mapping[str, Doubt] = MappingProxyType({})
Lister = Callable[[EngineConfig], List[Any]]
"""Asks an engine for its networks; raises DockerTorError."""


Chosen = Callable[[Segment, Network], bool]
"""Whether a network of the ledger, on that segment, is among those that a person releases."""


def nothing_chosen(_segment: Segment, _network: Network) -> bool:
    """Nothing is released."""
    return False


class Survey(NamedTuple):
    """The segments that all engines call for, the networks that cannot have what they call for, and
    the engines that could not be asked or are not believed, with the reason. A segment that is in
    `believed` is only known from the ledger. `passed` are the networks that call for no VLAN, and
    why. `held` has the ids of the networks that an engine has dropped and that stay, by engine, and
    `released` those that a person lets go."""

    segments: Dict[Key, Segment]
    refused: List[Refusal]
    unreached: Dict[str, str]
    believed: "frozenset[Key]"
    passed: Sequence[Refusal] = ()
    held: Mapping[str, "frozenset[str]"] = {}
    released: Mapping[str, "frozenset[str]"] = {}

    def unreached_of(self, config: Config, switch: SwitchConfig) -> List[str]:
        """The engines that could not be asked and that may have networks on the switch."""
        return [
            engine.name
            for engine in config.engines
            if engine.name in self.unreached
            and (not engine.uplinks or any(u.switch == switch.name for u in engine.uplinks))
        ]


def take(
    config: Config,
    ledger: Ledger,
    lister: "Lister | None" = None,
    doubts: Mapping[str, Doubt] = NOTHING,
    chosen: Chosen = nothing_chosen,
    released: Released = MappingProxyType({}),
) -> Survey:
    """Ask every engine. One that does not answer in time, or refuses, is unreached, and so is one
    that is not believed; `doubts` are the sensor's, `released` is what people have let go, which
    the sensor may not have seen yet, and `chosen` is what they let go now."""
    ask = lister or list_networks
    told = parallel.run([_asking(ask, engine) for engine in config.engines], seconds=SECONDS)
    wanted: List[Network] = []
    refused: List[Refusal] = []
    passed: List[Refusal] = []
    unreached: Dict[str, str] = {}
    held: Dict[str, FrozenSet[str]] = {}
    let_go: Dict[str, FrozenSet[str]] = {}
    for engine, answer in zip(config.engines, told):
        if answer.over and answer.error is None:
            (listing,) = answer.items
            found, cannot = networks.read(engine.name, listing, engine.vlans)
            passed += networks.passed_over(engine.name, listing, engine.vlans)
            wanted += found
            refused += cannot
            doubt = _doubt(
                Listed(networks.ids(listing), found),
                _had(ledger, engine.name),
                doubts.get(engine.name, holds.NO_DOUBT),
                released.get(engine.name, {}),
                math.inf if config.mass_removal_hold else 0.0,
            )
            free = doubt.held.keys() & _chosen(ledger, engine.name, chosen)
            stay = doubt.held.keys() - free
            if free:
                let_go[engine.name] = frozenset(free)
            if stay:
                held[engine.name] = frozenset(stay)
                unreached[engine.name] = holds.said(doubt, config.mass_removal_hold)
        else:
            late = EngineUnreachable(f"it did not answer within {SECONDS:g} s", where=engine.url)
            unreached[engine.name] = str(known(answer.error or late))
    dispatched = [network for segment in ledger.segments.values() for network in segment.networks]
    believed = [
        network
        for network in dispatched
        if network.engine in unreached and network.id in held.get(network.engine, (network.id,))
    ]
    engines = {engine.name: engine for engine in config.engines}

    def place(network: Network) -> Tuple[SwitchConfig, int]:
        engine = engines[network.engine]
        return uplink_of(config, engine, network.interface, network.tagged)

    segments, cannot = intent.segments(
        wanted + believed,
        place,
        {(network.engine, network.id): network for network in dispatched},
    )
    only = _only_believed(segments, believed)
    return Survey(segments, refused + cannot, unreached, only, passed, held, let_go)


def _had(ledger: Ledger, engine: str) -> List[Network]:
    """The engine's networks that have been dispatched, and are not being taken away just now."""
    return [
        network
        for segment in ledger.segments.values()
        for network in segment.networks
        if network.engine == engine and segment.key not in ledger.pending
    ]


def _chosen(ledger: Ledger, engine: str, chosen: Chosen) -> Set[str]:
    """The ids of the engine's networks that a person releases."""
    return {
        network.id
        for segment in ledger.segments.values()
        for network in segment.networks
        if network.engine == engine and chosen(segment, network)
    }


def _doubt(
    listed: Listed,
    had: List[Network],
    doubt: Doubt,
    released: Mapping[str, float],
    seconds: float,
) -> Doubt:
    """What of a list is not believed, by somebody who hears no events and has no past: the sensor's
    holds stay, whatever their time."""
    return holds.judge(had, listed, doubt, (), released, seconds, 0.0)


def list_networks(engine: EngineConfig) -> Listing:
    """The engine's `GET /networks`. Raises DockerTorError."""
    return Engine(engine).networks()


def _asking(ask: Lister, engine: EngineConfig) -> Callable[[], Iterator[List[Any]]]:
    return lambda: iter([ask(engine)])


def _only_believed(segments: Mapping[Key, Segment], believed: List[Network]) -> "frozenset[Key]":
    known = {(network.engine, network.id) for network in believed}
    return frozenset(
        key
        for key, segment in segments.items()
        if all((network.engine, network.id) in known for network in segment.networks)
    )
