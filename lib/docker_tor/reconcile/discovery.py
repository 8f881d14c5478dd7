"""What the Docker Engines call for right now, asked of each of them anew.

All engines are asked at the same time. What they list becomes the desired state, by the function
that the sensor uses, too. Of an engine that cannot be reached the networks of the last applied
state count instead, and so do those of an engine whose list is not believed (`holds`). What was
applied first stays where networks are in each other's way.
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
    Optional,
    Sequence,
)

from ..common import parallel
from ..common.errors import EngineUnreachable, known
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..desired import assembly, holds
from ..desired.holds import Doubt, Released
from ..desired.last_applied import LastApplied
from ..desired.segments import Key, Segment
from ..engine.api import Engine
from ..engine.listing import Listing, observe
from ..engine.networks import Network, Observed, Rejection

SECONDS = 20.0
"""For all engines together to answer."""

NO_DOUBTS: Mapping[str, Doubt] = MappingProxyType({})
Lister = Callable[[EngineConfig], List[Any]]
"""Asks an engine for its networks; raises DockerTorError."""
Chosen = Callable[[Segment, Network], bool]
"""Whether a network that was applied, on that segment, is among those that a person releases."""


class Discovery(NamedTuple):
    """What the engines call for.

    `segments` is the desired state. Those in `believed` are only known from what was last applied.
    `rejected` are the networks that cannot have what they call for, `ignored` those that call for
    no VLAN, each with the reason. `unreached` says of engines why they could not be asked or are
    not believed. `held` has the ids of the networks that an engine has dropped and that stay, by
    engine; `released` has those that a person releases.
    """

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


def discover(
    config: Config,
    applied: LastApplied,
    lister: Optional[Lister] = None,
    doubts: Mapping[str, Doubt] = NO_DOUBTS,
    chosen: Optional[Chosen] = None,
    released: Released = MappingProxyType({}),
) -> Discovery:
    """Ask every engine. One that does not answer in time, or refuses, is unreached.

    `doubts` are the sensor's. `released` is what people have released, which the sensor may not
    have seen yet, and `chosen` tells what they release now.
    """
    ask = lister or list_networks
    answers = parallel.run([_asking(ask, engine) for engine in config.engines], seconds=SECONDS)
    observed: Dict[str, Observed] = {}
    unreached: Dict[str, str] = {}
    held: Dict[str, FrozenSet[str]] = {}
    let_go: Dict[str, FrozenSet[str]] = {}
    for engine, answer in zip(config.engines, answers):
        if not answer.over or answer.error is not None:
            late = EngineUnreachable(f"it did not answer within {SECONDS:g} s", where=engine.url)
            unreached[engine.name] = str(known(answer.error or late))
            continue
        (listing,) = answer.items
        seen = observed[engine.name] = observe(engine.name, listing, engine.vlans)
        # A reconcile hears no events and has no past: the sensor's holds stay, whatever their time.
        doubt = holds.judge(
            _had(applied, engine.name),
            seen,
            doubts.get(engine.name, holds.NO_DOUBT),
            (),
            released.get(engine.name, {}),
            math.inf if config.mass_removal_hold else 0.0,
            0.0,
        )
        free = doubt.held.keys() & _chosen(applied, engine.name, chosen) if chosen else set()
        stay = doubt.held.keys() - free
        if free:
            let_go[engine.name] = frozenset(free)
        if stay:
            held[engine.name] = frozenset(stay)
            unreached[engine.name] = holds.said(doubt, config.mass_removal_hold)
    desired = assembly.assemble(config, observed, applied.segments.values(), held)
    ignored = [one for seen in observed.values() for one in seen.ignored]
    return Discovery(
        desired.segments, desired.rejected, unreached, desired.believed, ignored, held, let_go
    )


def _had(applied: LastApplied, engine: str) -> List[Network]:
    """The engine's networks that were applied, and are not just being deleted."""
    return [
        network
        for segment in applied.segments.values()
        for network in segment.networks
        if network.engine == engine and segment.key not in applied.pending
    ]


def _chosen(applied: LastApplied, engine: str, chosen: Chosen) -> FrozenSet[str]:
    """The ids of the engine's networks that a person releases."""
    return frozenset(
        network.id
        for segment in applied.segments.values()
        for network in segment.networks
        if network.engine == engine and chosen(segment, network)
    )


def list_networks(engine: EngineConfig) -> Listing:
    """The engine's `GET /networks`. Raises DockerTorError."""
    return Engine(engine).networks()


def _asking(ask: Lister, engine: EngineConfig) -> Callable[[], Iterator[List[Any]]]:
    return lambda: iter([ask(engine)])
