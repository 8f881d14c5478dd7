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
)

from ..common import parallel
from ..common.errors import EngineUnreachable, known
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..desired import holds, segments
from ..desired.holds import Doubt, Released
from ..desired.last_applied import LastApplied
from ..desired.segments import Key, Segment
from ..engine.api import Engine
from ..engine.listing import Listing, observe
from ..engine.networks import Network, Observed, Rejection

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
    `believed` is only known from the ledger. `ignored` are the networks that call for no VLAN, and
    why. `held` has the ids of the networks that an engine has dropped and that stay, by engine, and
    `released` those that a person lets go."""

    segments: Dict[Key, Segment]
    rejected: List[Rejection]
    unreached: Dict[str, str]
    believed: "frozenset[Key]"
    ignored: Sequence[Rejection] = ()
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
    applied: LastApplied,
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
    observed: Dict[str, Observed] = {}
    unreached: Dict[str, str] = {}
    held: Dict[str, FrozenSet[str]] = {}
    let_go: Dict[str, FrozenSet[str]] = {}
    for engine, answer in zip(config.engines, told):
        if not answer.over or answer.error is not None:
            late = EngineUnreachable(f"it did not answer within {SECONDS:g} s", where=engine.url)
            unreached[engine.name] = str(known(answer.error or late))
            continue
        (listing,) = answer.items
        seen = observed[engine.name] = observe(engine.name, listing, engine.vlans)
        doubt = _doubt(
            seen,
            _had(applied, engine.name),
            doubts.get(engine.name, holds.NO_DOUBT),
            released.get(engine.name, {}),
            math.inf if config.mass_removal_hold else 0.0,
        )
        free = doubt.held.keys() & _chosen(applied, engine.name, chosen)
        stay = doubt.held.keys() - free
        if free:
            let_go[engine.name] = frozenset(free)
        if stay:
            held[engine.name] = frozenset(stay)
            unreached[engine.name] = holds.said(doubt, config.mass_removal_hold)
    desired = segments.assemble(config, observed, applied.segments.values(), held)
    ignored = [one for seen in observed.values() for one in seen.ignored]
    return Survey(
        desired.segments, desired.rejected, unreached, desired.believed, ignored, held, let_go
    )


def _had(applied: LastApplied, engine: str) -> List[Network]:
    """The engine's networks that have been dispatched, and are not being taken away just now."""
    return [
        network
        for segment in applied.segments.values()
        for network in segment.networks
        if network.engine == engine and segment.key not in applied.pending
    ]


def _chosen(applied: LastApplied, engine: str, chosen: Chosen) -> Set[str]:
    """The ids of the engine's networks that a person releases."""
    return {
        network.id
        for segment in applied.segments.values()
        for network in segment.networks
        if network.engine == engine and chosen(segment, network)
    }


def _doubt(
    seen: Observed,
    had: List[Network],
    doubt: Doubt,
    released: Mapping[str, float],
    seconds: float,
) -> Doubt:
    """What of a list is not believed, by somebody who hears no events and has no past: the sensor's
    holds stay, whatever their time."""
    return holds.judge(had, seen, doubt, (), released, seconds, 0.0)


def list_networks(engine: EngineConfig) -> Listing:
    """The engine's `GET /networks`. Raises DockerTorError."""
    return Engine(engine).networks()


def _asking(ask: Lister, engine: EngineConfig) -> Callable[[], Iterator[List[Any]]]:
    return lambda: iter([ask(engine)])
