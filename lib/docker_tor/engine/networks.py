"""Docker networks as values: those that call for a VLAN, and those that get none. Pure."""

import math
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Tuple

from ..common.errors import DockerTorError
from ..config import limits

DRIVERS = ("macvlan", "ipvlan")


class Network(NamedTuple):
    """A Docker network that calls for a VLAN.

    `addresses` are the Ve's; a network without a gateway has none. Those that the engine chose
    itself are also in `chosen`. `created` is the engine's own time stamp.

    `name` and `parent` are fit to be shown. Where they are cut, `full_name` and `link` (the host's
    interface) are whole. `tagged` is false where docker.yaml names the VLAN of the parent.

    `ports` are those of the switch that docker.yaml names for its uplink; the desired state says
    them, not the engine.
    """

    id: str
    name: str
    engine: str
    driver: str
    parent: str
    vlan: int
    addresses: FrozenSet[limits.VeAddress]
    created: str = ""
    chosen: FrozenSet[limits.VeAddress] = frozenset()
    full_name: str = ""
    link: str = ""
    tagged: bool = True
    ports: Tuple[str, ...] = ()

    @property
    def interface(self) -> str:
        """The host's interface that is plugged in: without its tag, where there is one."""
        return self.link or self.parent.rpartition(".")[0]

    def as_payload(self) -> Dict[str, str]:
        """What a trigger says of the network; names are labels, fit to be shown."""
        return {
            "id": self.id,
            "name": self.name,
            "engine": self.engine,
            "driver": self.driver,
            "parent": self.parent,
        }


class Rejection(NamedTuple):
    """A network for which nothing is done, as `Network.as_payload` shows it, and why. `full_name`
    is its whole name where that is another; `switch` is the name of the one that it would be on, if
    that is known."""

    network: Mapping[str, str]
    error: DockerTorError
    full_name: str = ""
    switch: str = ""

    @property
    def key(self) -> Tuple[str, str, str]:
        """Engine, network and reason: what makes it worth telling again."""
        return self.network["engine"], self.network["id"], str(self.error)

    @property
    def may_surprise(self) -> bool:
        """Whether somebody may wonder why nothing is done: only these drivers are ever followed."""
        return self.network["driver"] in DRIVERS


class Observed(NamedTuple):
    """What an engine was last heard to have: its networks, and the id of every network that it
    lists. The list arrived `at` (seconds since 1970); `since` (monotonic) there was news."""

    wanted: List[Network]
    rejected: List[Rejection]
    ignored: List[Rejection]
    ids: FrozenSet[str]
    at: float = -math.inf
    since: float = -math.inf

    @property
    def meaning(self) -> Tuple[Any, ...]:
        """What has to be equal in two lists that call for the same."""
        surprising = [one.key for one in self.ignored if one.may_surprise]
        return self.wanted, [one.key for one in self.rejected], surprising
