"""The networks of one engine: what may be made, found and removed. No I/O, no threads, no clock.

The checks, their order and their messages are those of Docker Engine 20.10.24, as it answered when
asked the same; its source (moby, daemon/network.go and libnetwork) names the steps.
"""

import dataclasses
import ipaddress
from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple

from . import golang, leases
from .asked import IPAM, Asked, PoolConfig
from .drivers import DRIVERS, Drivers, Links
from .filters import Filters
from .network import Network
from .pools import Pools, Subnet, parse_subnet
from .refused import Refused

Announce = Callable[[str, str, Dict[str, str]], None]
"""Takes an event's action, the network's id and the event's attributes."""

PREDEFINED = ("bridge", "host", "none")
_OPERATOR_FIELDS = (
    "configuration network can only contain network specific fields. Network operator fields "
    "like [ ingress | internal | attachable | scope ] are not supported."
)
_NO_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
_NOTHING = ipaddress.IPv4Network("0.0.0.0/0")


class Store:
    """What one engine knows of networks.

    `interfaces` are the host's links that can be parents, `clock` gives nanoseconds since 1970,
    `new_id` 64 hex digits, and `announce` is told of each change. `bridge` says whether the
    daemon has its default bridge network (--bridge=none takes it away), `predefined` whether it has
    those that no daemon is without, and `reserves` whether it takes gateways that nobody asks for.
    """

    def __init__(
        self,
        interfaces: Iterable[str],
        announce: Announce,
        *,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        bridge: bool = True,
        predefined: bool = True,
        reserves: bool = True,
    ) -> None:
        self._reserves = reserves
        self._links = Links(interfaces)
        self._drivers = Drivers(self._links)
        self._pools = Pools()
        self._networks: Dict[str, Network] = {}
        self._foreign: Dict[str, Dict[str, Any]] = {}
        self._announce = announce
        self._clock = clock
        self._new_id = new_id
        for name, driver in (("none", "null"), ("host", "host")) if predefined else ():
            self._add(Network(new_id(), clock(), Asked(name=name), driver, [], []))
        if bridge and predefined:
            self._add_default_bridge(PoolConfig("172.17.0.0/16"))

    def documents(self) -> List[Dict[str, Any]]:
        """Every network as GET shows it."""
        return [*(n.document() for n in self._networks.values()), *self._foreign.values()]

    def create(self, asked: Asked) -> Tuple[str, str]:
        """Make a network; its id and a warning or "". Raises Refused."""
        if asked.name in (*PREDEFINED, "default"):
            raise Refused(403, f"operation is not permitted on predefined {asked.name} network ")
        warning = self._check_duplicate(asked)
        v4, v6 = _by_version(asked.ipam.config)
        if not asked.name.strip():
            raise Refused(500, f"invalid name: {asked.name}")
        _check_configuration(asked)
        network = Network(self._new_id(), self._clock(), asked, asked.driver or "bridge", v4, v6)
        if asked.config_only:
            network.driver = "null"
        else:
            self._check_driver(asked, network.driver)
            if asked.config_from:
                _apply(self._config_network(asked.config_from), network)
            self._attach(network)
        self._add(network)
        self._tell("create", network)
        return network.id, warning

    def find(self, term: str) -> Dict[str, Any]:
        """The document of the one network that `term` means. Raises Refused."""
        try:
            return self._document(self._find(term))
        except _Ambiguous as error:
            raise Refused(400, f"{error.how}: network {term} is ambiguous") from None

    def remove(self, term: str) -> None:
        """Remove the one network that `term` means. Raises Refused."""
        try:
            found = self._find(term)
        except _Ambiguous as error:
            raise Refused(400, f"network {term} is ambiguous ({error.how})") from None
        if self._foreign.pop(found, None) is not None:
            return
        network = self._networks[found]
        if network.name in PREDEFINED:
            message = f"{network.name} is a pre-defined network and cannot be removed"
            raise Refused(403, message)
        if network.asked.config_only and any(
            n.asked.config_from == network.name for n in self._networks.values()
        ):
            raise Refused(
                403,
                "error while removing network: "
                f"configuration network {golang.quote(network.name)} is in use",
            )
        self._remove(network)

    def prune(self, filters: Filters) -> List[str]:
        """Remove what nobody uses and the filters name; the names. Raises Refused."""
        filters.check("label", "label!", "until")
        before = filters.until(self._clock())
        pruned = [
            network
            for network in self._networks.values()
            if network.name not in PREDEFINED
            and not network.asked.config_only
            and (before is None or network.created <= before)
            and filters.labels("label", network.asked.labels or {})
            and not filters.unwanted(network.asked.labels or {})
        ]
        for network in pruned:
            self._remove(network)
        self._announce("prune", "", {"reclaimed": "0"})
        return [network.name for network in pruned]

    def restart(self) -> None:
        """What a restart of the daemon changes: it forgets leaked pools and shows gateways."""
        self._pools = Pools()
        # Whole subnets first: a range may be taken beside any of them, but not the other way round.
        again = sorted(self._networks.values(), key=lambda n: any(c.ip_range for c in n.v4 + n.v6))
        for network in again:
            network.show_gateways()
            if network.name == "bridge":
                del self._networks[network.id]
                self._drivers.detach(network.id)
                self._add_default_bridge(network.v4[0])
            elif network.leases:
                ipv6 = network.asked.enable_ipv6
                network.leases = leases.allocate(
                    self._pools, network.name, self._again(network), network.v6, ipv6
                )

    def put(self, document: Dict[str, Any]) -> None:
        """Show this document as a network, unchecked and without an event (swarm's, or garbage)."""
        self._foreign[str(document["Id"])] = document

    def _again(self, network: Network) -> Sequence[PoolConfig]:
        # A default pool is taken again by its address, whatever the order of the networks.
        return network.v4 or [PoolConfig(str(network.leases[0].pool.subnet))]

    def _add_default_bridge(self, config: PoolConfig) -> None:
        options = {
            "com.docker.network.bridge.default_bridge": "true",
            "com.docker.network.bridge.enable_icc": "true",
            "com.docker.network.bridge.enable_ip_masquerade": "true",
            "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
            "com.docker.network.bridge.name": "docker0",
            "com.docker.network.driver.mtu": "1500",
        }
        asked = Asked(name="bridge", options=options)
        network = Network(self._new_id(), self._clock(), asked, "bridge", [config], [])
        self._attach(network)
        self._add(network)

    def _check_duplicate(self, asked: Asked) -> str:
        for network in self._networks.values():
            if network.name == asked.name:
                if asked.check_duplicate:
                    raise Refused(409, f"network with name {asked.name} already exists")
                return f"Network with name {asked.name} (id : {network.id}) already exists"
        return ""

    def _check_driver(self, asked: Asked, driver: str) -> None:
        if driver not in DRIVERS:
            # The real one looks for a plugin for 15 s before it says so.
            raise Refused(404, f"plugin {golang.quote(driver)} not found")
        if asked.ingress and driver != "overlay":
            raise Refused(403, "Ingress network can only be global scope network")
        if asked.scope == "swarm":
            raise Refused(403, "cannot create a swarm scoped network when swarm is not active")
        if driver == "overlay" or asked.scope not in ("", "local"):
            raise Refused(500, _NO_MANAGER)

    def _config_network(self, name: str) -> Network:
        for network in self._networks.values():
            if network.name == name and network.asked.config_only:
                return network
        raise Refused(404, f"configuration network {golang.quote(name)} does not exist")

    def _attach(self, network: Network) -> None:
        asked = network.asked
        subnets: List[Subnet] = []
        if network.driver not in ("host", "null"):
            ipam = asked.ipam.driver or "default"
            if ipam not in ("default", "null"):
                raise Refused(404, f"plugin {golang.quote(ipam)} not found")
            if ipam == "null":
                if network.v4 or network.v6:
                    message = "null ipam driver does not handle specific address pool requests"
                    raise Refused(500, message)
                subnets = [_NOTHING]
            else:
                network.leases = leases.allocate(
                    self._pools, network.name, network.v4, network.v6, asked.enable_ipv6
                )
                subnets = [n.pool.subnet for n in network.leases if n.pool.subnet.version == 4]
        try:
            self._drivers.attach(
                network.driver, network.id, asked.options or {}, asked.internal, subnets
            )
        except Refused:
            leases.release(self._pools, network.leases)
            raise

    def _add(self, network: Network) -> None:
        network.reserves = self._reserves
        self._networks[network.id] = network

    def _remove(self, network: Network) -> None:
        del self._networks[network.id]
        self._drivers.detach(network.id)
        leases.release(self._pools, network.leases)
        if not network.asked.config_only:
            self._tell("destroy", network)

    def _tell(self, action: str, network: Network) -> None:
        self._announce(action, network.id, {"name": network.name, "type": network.driver})

    def _document(self, found: str) -> Dict[str, Any]:
        network = self._networks.get(found)
        return self._foreign[found] if network is None else network.document()

    def _find(self, term: str) -> str:
        names = {n.id: n.name for n in self._networks.values()}
        names.update((found, str(raw.get("Name"))) for found, raw in self._foreign.items())
        if term in names:
            return term
        named = [found for found, name in names.items() if name == term]
        if len(named) == 1:
            return named[0]
        if named:
            raise _Ambiguous(f"{len(named)} matches found based on name")
        begun = [found for found in names if found.startswith(term)]
        if len(begun) == 1:
            return begun[0]
        if begun:
            raise _Ambiguous(f"{len(begun)} matches found based on ID prefix")
        raise Refused(404, f"network {term} not found")


class _Ambiguous(Exception):
    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def _by_version(configs: Iterable[PoolConfig]) -> Tuple[List[PoolConfig], List[PoolConfig]]:
    v4: List[PoolConfig] = []
    v6: List[PoolConfig] = []
    for config in configs:
        try:
            version = parse_subnet(config.subnet).version
        except ValueError as error:
            raise Refused(500, f"Invalid subnet {config.subnet} : {error}") from None
        (v4 if version == 4 else v6).append(config)
    return v4, v6


def _check_configuration(asked: Asked) -> None:
    if asked.config_only and (asked.ingress or asked.internal or asked.attachable or asked.scope):
        raise Refused(403, _OPERATOR_FIELDS)
    if not asked.config_from:
        return
    if asked.config_only:
        message = "a configuration network cannot depend on another configuration network"
        raise Refused(403, message)
    ipam = asked.ipam
    of_its_own = ipam.config or ipam.options or ipam.driver not in ("", "default")
    if of_its_own or asked.enable_ipv6 or asked.labels:
        raise Refused(
            403,
            "user specified configurations are not supported if the network depends on a "
            "configuration network",
        )
    if asked.options:
        raise Refused(
            403,
            "network driver options are not supported if the network depends on a "
            "configuration network",
        )


def _apply(config: Network, network: Network) -> None:
    source = config.asked
    options = source.ipam.options or network.asked.ipam.options
    network.v4, network.v6 = list(config.v4), list(config.v6)
    network.asked = dataclasses.replace(
        network.asked,
        enable_ipv6=source.enable_ipv6,
        ipam=IPAM(source.ipam.driver, options, source.ipam.config),
        options=source.options,
        labels=source.labels,
    )
