"""What an engine has, as it was last heard. Pure."""

from typing import Any, FrozenSet, List, Mapping, NamedTuple, Optional

from ..desired.holds import Listed
from ..desired.last_applied import RefusalKey
from ..engine import networks
from ..engine.networks import Network, Refusal


class Heard(NamedTuple):
    """The networks that call for a VLAN, those that cannot have it, those that are passed over
    though people may wonder why, and the list that it comes from."""

    wanted: List[Network]
    refused: List[Refusal]
    passed: FrozenSet[RefusalKey]
    listed: Listed

    def same_as(self, other: "Optional[Heard]") -> bool:
        """Whether it makes no difference: errors themselves compare by identity."""
        return (
            other is not None
            and self._replace(refused=other.refused, listed=other.listed) == other
            and [one.key for one in self.refused] == [one.key for one in other.refused]
        )


def hear(
    engine: str, listing: List[Any], vlans: Mapping[str, int], at: float, since: float
) -> Heard:
    """What a list says: it came `at` (seconds since 1970), and `since` (monotonic) there was news
    to ask for. `vlans` are those that the engine's uplinks name."""
    wanted, refused = networks.read(engine, listing, vlans)
    passed = networks.passed_over(engine, listing, vlans)
    told = frozenset(one.key for one in passed if one.may_surprise)
    return Heard(wanted, refused, told, Listed(networks.ids(listing), wanted, at, since))
