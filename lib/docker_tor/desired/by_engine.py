"""The networks that were last applied, by engine. Pure.

A segment never changes: another one takes its place. So of many segments only those are looked at
that are other ones than before; and whoever goes by this looks at those engines only whose networks
are others.
"""

from types import MappingProxyType
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from ..engine.networks import Network
from .segments import Key, Segment, in_order


class Applied(NamedTuple):
    """A network as it was applied, and the segment that it is on."""

    network: Network
    key: Key


Networks = Mapping[str, Tuple[Applied, ...]]
"""The networks of an engine, by id. One that has moved, and whose old segment waits for its
removal, is on both; the first one counts."""
NO_NETWORKS: Networks = MappingProxyType({})


class ByEngine:
    """The networks of segments, by engine."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self._segments: Dict[Key, Segment] = {}
        self._engines: Dict[str, Networks] = {}
        self.take({segment.key: segment for segment in segments})

    @property
    def engines(self) -> Iterable[str]:
        """The engines that have networks."""
        return self._engines.keys()

    def of(self, engine: str) -> Networks:
        """The networks of an engine. It is the same mapping as long as they are the same."""
        return self._engines.get(engine, NO_NETWORKS)

    def take(self, segments: Mapping[Key, Segment]) -> None:
        """Go by these segments from now on."""
        before, self._segments = self._segments, dict(segments)
        changed = [key for key in before if key not in segments]
        changed += [key for key, one in segments.items() if before.get(key) is not one]
        anew: Dict[str, Dict[str, Tuple[Applied, ...]]] = {}

        def others(network: Network, key: Key) -> List[Applied]:
            """Where the network is, too; its engine's networks are about to change."""
            if network.engine not in anew:
                anew[network.engine] = dict(self.of(network.engine))
            return [one for one in anew[network.engine].pop(network.id, ()) if one.key != key]

        for key in changed:
            old, new = _networks(before.get(key)), _networks(segments.get(key))
            for network in [old[one] for one in old.keys() - new.keys()]:
                left = others(network, key)
                if left:
                    anew[network.engine][network.id] = tuple(left)
            for network in [new[one] for one in new.keys() - old.keys()]:
                both = [*others(network, key), Applied(network, key)]
                both.sort(key=lambda one: in_order(one.key))
                anew[network.engine][network.id] = tuple(both)
        self._engines.update(anew)
        self._engines = {engine: those for engine, those in self._engines.items() if those}


def _networks(segment: Optional[Segment]) -> Dict[int, Network]:
    """Those of a segment, each by what makes it this object and no other."""
    return {id(network): network for network in segment.networks} if segment else {}
