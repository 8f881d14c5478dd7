"""What the Docker Engines call for right now, asked of each of them anew.

The sensor's ledger helps where an engine has to be believed without being heard: networks that are
in each other's way keep the order in which they came, and the networks of an engine that cannot be
reached are still there, as far as anybody knows.
"""

from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import intent, networks, together
from .config import Config, EngineConfig, SwitchConfig, uplink_of
from .engine import Engine
from .errors import EngineUnreachable, known
from .intent import Key, Segment
from .ledger import Ledger
from .networks import Listing, Network, Refusal

SECONDS = 20.0
"""For all engines together to answer."""

Lister = Callable[[EngineConfig], List[Any]]
"""Asks an engine for its networks; raises DockerTorError."""


class Survey(NamedTuple):
    """The segments that all engines call for, the networks that cannot have what they call for, and
    the engines that could not be asked, with the reason. A segment that is in `believed` is only
    known from the ledger. `passed` are the networks that call for no VLAN, and why."""

    segments: Dict[Key, Segment]
    refused: List[Refusal]
    unreached: Dict[str, str]
    believed: "frozenset[Key]"
    passed: Sequence[Refusal] = ()

    def unreached_of(self, config: Config, switch: SwitchConfig) -> List[str]:
        """The engines that could not be asked and that may have networks on the switch."""
        return [
            engine.name
            for engine in config.engines
            if engine.name in self.unreached
            and (not engine.uplinks or any(u.switch == switch.name for u in engine.uplinks))
        ]


def take(config: Config, ledger: Ledger, lister: "Lister | None" = None) -> Survey:
    """Ask every engine. One that does not answer in time, or refuses, is unreached."""
    ask = lister or list_networks
    told = together.run([_asking(ask, engine) for engine in config.engines], seconds=SECONDS)
    wanted: List[Network] = []
    refused: List[Refusal] = []
    passed: List[Refusal] = []
    unreached: Dict[str, str] = {}
    for engine, answer in zip(config.engines, told):
        if answer.over and answer.error is None:
            (listing,) = answer.items
            found, cannot = networks.read(engine.name, listing, engine.vlans)
            passed += networks.passed_over(engine.name, listing, engine.vlans)
            wanted += found
            refused += cannot
        else:
            late = EngineUnreachable(f"it did not answer within {SECONDS:g} s", where=engine.url)
            unreached[engine.name] = str(known(answer.error or late))
    dispatched = [network for segment in ledger.segments.values() for network in segment.networks]
    believed = [network for network in dispatched if network.engine in unreached]
    engines = {engine.name: engine for engine in config.engines}

    def place(network: Network) -> Tuple[SwitchConfig, int]:
        engine = engines[network.engine]
        return uplink_of(config, engine, network.interface, network.tagged)

    segments, cannot = intent.segments(
        wanted + believed,
        place,
        {(network.engine, network.id): network for network in dispatched},
    )
    believed_only = _only_believed(segments, unreached)
    return Survey(segments, refused + cannot, unreached, believed_only, passed)


def list_networks(engine: EngineConfig) -> Listing:
    """The engine's `GET /networks`. Raises DockerTorError."""
    return Engine(engine).networks()


def _asking(ask: Lister, engine: EngineConfig) -> Callable[[], Iterator[List[Any]]]:
    return lambda: iter([ask(engine)])


def _only_believed(
    segments: Mapping[Key, Segment], unreached: Mapping[str, str]
) -> "frozenset[Key]":
    return frozenset(
        key
        for key, segment in segments.items()
        if all(network.engine in unreached for network in segment.networks)
    )
