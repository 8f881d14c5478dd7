"""The networks of one engine: what may be made, found and removed. No I/O and no threads.

The checks, their order and their messages are those of Docker Engine 20.10.24, as it answered when
asked the same. What is taken (names, addresses, parents) is kept nowhere: it is looked up in the
networks that there are.
"""

import dataclasses
from typing import AbstractSet, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence

from . import pools
from .pools import Lease, Pool
from .refused import Refused

Announce = Callable[[str, str, Dict[str, str]], None]
"""Takes an event's action, the network's id and the event's attributes."""

PREDEFINED = ("bridge", "host", "none")
_PREFIX = {"macvlan": "dm", "ipvlan": "di"}
"""Of the drivers whose networks sit on a parent, how dockerd begins the name of such a network."""
_NO_PARENT = {
    "macvlan": "-o parent interface does was not found on the host",
    "ipvlan": "-o parent interface was not found on the host",
}


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a caller asks a network to be, under the API's names in lower case."""

    name: str
    driver: str = "bridge"
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pools: Sequence[Pool] = ()
    ipam_options: Optional[Mapping[str, str]] = None
    ipv6: bool = False
    internal: bool = False
    attachable: bool = False


@dataclasses.dataclass
class Network:
    """A network that exists; `created` in the API's own form, `parent` "" where it has none."""

    id: str
    created: str
    asked: Asked
    pools: List[Pool] = dataclasses.field(default_factory=list)
    leases: List[Lease] = dataclasses.field(default_factory=list)
    parent: str = ""
    has_gateway: bool = True
    """Whether it has a gateway where none was asked for."""

    def show_gateways(self) -> None:
        """After a restart of the daemon: gateways that it chose itself are shown from now on."""
        if self.has_gateway:
            # An IPv6 pool of a network without IPv6 has no lease.
            for number, (pool, lease) in enumerate(zip(self.pools, self.leases)):
                self.pools[number] = pool._replace(gateway=str(lease.gateway))

    def document(self) -> Dict[str, Any]:
        """What GET /networks/{id} shows."""
        asked = self.asked
        return {
            "Name": asked.name,
            "Id": self.id,
            "Created": self.created,
            "Scope": "local",
            "Driver": asked.driver,
            "EnableIPv6": asked.ipv6,
            "IPAM": {
                "Driver": "default",
                "Options": asked.ipam_options,
                "Config": [_shown(pool) for pool in self.pools],
            },
            "Internal": asked.internal,
            "Attachable": asked.attachable,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": {},
            "Options": dict(asked.options),
            "Labels": dict(asked.labels),
        }


class Networks:
    """What one engine knows of networks.

    `interfaces` are the host's links that can be parents, `clock` gives the time in the API's own
    form, `new_id` 64 hex digits, and `announce` is told of each change. `bridge` says whether the
    daemon has its default bridge network (--bridge=none takes it away), `reserves` whether it takes
    gateways that nobody asks for, as releases before 29 do.
    """

    def __init__(
        self,
        interfaces: Iterable[str],
        announce: Announce,
        *,
        clock: Callable[[], str],
        new_id: Callable[[], str],
        bridge: bool = True,
        reserves: bool = True,
    ) -> None:
        self._interfaces = frozenset(interfaces)
        self._announce = announce
        self._clock = clock
        self._new_id = new_id
        self._reserves = reserves
        self._networks: Dict[str, Network] = {}
        for name, driver in (("none", "null"), ("host", "host")):
            self._add(Network(new_id(), clock(), Asked(name, driver)))
        if bridge:
            pool = Pool("172.17.0.0/16")
            self._add(Network(new_id(), clock(), Asked("bridge"), [pool], [pools.lease(pool, [])]))

    def documents(self) -> List[Dict[str, Any]]:
        """Every network as GET shows it."""
        return [network.document() for network in self._networks.values()]

    def create(self, asked: Asked) -> str:
        """Make a network; its id. Raises Refused."""
        if asked.name in (*PREDEFINED, "default"):
            raise Refused(403, f"operation is not permitted on predefined {asked.name} network ")
        if any(other.asked.name == asked.name for other in self._networks.values()):
            raise Refused(409, f"network with name {asked.name} already exists")
        v4 = [pool for pool in asked.pools if pools.parse_subnet(pool.subnet).version == 4]
        v6 = [pool for pool in asked.pools if pools.parse_subnet(pool.subnet).version == 6]
        if not asked.name.strip():
            raise Refused(500, f"invalid name: {asked.name}")
        _check_driver(asked.driver)
        network = Network(self._new_id(), self._clock(), asked)
        network.has_gateway = self._reserves or asked.driver not in _PREFIX
        self._lease(network, v4, v6)
        if asked.driver in _PREFIX:
            network.parent = self._parent(network)
        elif len(v4) > 1:
            raise Refused(403, "bridge driver doesn't support multiple subnets")
        self._add(network)
        self._tell("create", network)
        return network.id

    def find(self, term: str) -> Network:
        """The one network of that id or name, or whose id begins so. Raises Refused."""
        found = [self._networks[term]] if term in self._networks else []
        found = found or [one for one in self._networks.values() if one.asked.name == term]
        found = found or [one for one in self._networks.values() if one.id.startswith(term)]
        if not found:
            raise Refused(404, f"network {term} not found")
        if len(found) > 1:
            how = f"{len(found)} matches found based on ID prefix"
            raise Refused(400, f"network {term} is ambiguous ({how})")
        return found[0]

    def remove(self, term: str) -> None:
        """Remove the one network that `term` means. Raises Refused."""
        network = self.find(term)
        if network.asked.name in PREDEFINED:
            message = f"{network.asked.name} is a pre-defined network and cannot be removed"
            raise Refused(403, message)
        del self._networks[network.id]
        self._tell("destroy", network)

    def restart(self) -> None:
        """What a restart of the daemon changes."""
        for network in self._networks.values():
            network.show_gateways()

    def _lease(self, network: Network, v4: List[Pool], v6: List[Pool]) -> None:
        held = [lease for other in self._networks.values() for lease in other.leases]
        network.pools = v4 + v6
        if not v4:
            pool = _default(held)
            lease = pools.lease(pool, held)
            network.leases.append(lease)
            # A default pool shows its gateway at once.
            gateway = str(lease.gateway) if network.has_gateway else ""
            network.pools.insert(0, pool._replace(gateway=gateway))
        if network.asked.ipv6 and not v6:
            raise _no_pool(6)
        for pool in v4 + (v6 if network.asked.ipv6 else []):
            network.leases.append(pools.lease(pool, held + network.leases))
        if str(network.leases[0].subnet) == "0.0.0.0/0":
            raise Refused(500, "ipv4 pool is empty")

    def _parent(self, network: Network) -> str:
        """The link that a macvlan or ipvlan network sits on; a VLAN link is made as needed."""
        driver, asked = network.asked.driver, network.asked
        dummy = f"{_PREFIX[driver]}-{network.id[:12]}"
        parent = asked.options.get("parent", "") or dummy
        for other in self._networks.values():
            if (other.asked.driver, other.parent) == (driver, parent):
                user = f"{_PREFIX[driver]}-{other.id[:12]}"
                raise Refused(500, f"network {user} is already using parent interface {parent}")
        links = self._interfaces | {other.parent for other in self._networks.values()}
        # By moby's source, an internal network gets a link of type dummy.
        if parent not in links and not (asked.internal or parent == dummy):
            _check_vlan_link(parent, links, _NO_PARENT[driver])
        return parent

    def _add(self, network: Network) -> None:
        self._networks[network.id] = network

    def _tell(self, action: str, network: Network) -> None:
        about = {"name": network.asked.name, "type": network.asked.driver}
        self._announce(action, network.id, about)


def _check_driver(driver: str) -> None:
    if driver in ("host", "null"):
        raise Refused(403, f'only one instance of "{driver}" network is allowed')
    if driver not in ("bridge", *_PREFIX):
        # The real one looks for a plugin for 15 s before it says so.
        raise Refused(404, f'plugin "{driver}" not found')


def _check_vlan_link(name: str, links: AbstractSet[str], no_parent: str) -> None:
    """Whether a link "eth0.112" can be made. Raises Refused."""
    parts = name.split(".")
    if len(parts) == 1:
        message = f"invalid subinterface vlan name {name}, example formatting is eth0.10"
        raise Refused(500, message)
    if len(parts) > 2:
        message = "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10"
        raise Refused(500, f"{message}, instead received {name}")
    base, number = parts
    if not (number.isascii() and number.isdigit()):
        message = f"unable to parse a valid vlan id from: {number} (ex. eth0.10 for vlan 10)"
        raise Refused(500, message)
    if base not in links:
        raise Refused(500, f"{no_parent}: {base}")
    if not 1 <= int(number) <= 4094:
        raise Refused(500, f"vlan id must be between 1-4094, received: {int(number)}")


def _default(held: Sequence[Lease]) -> Pool:
    """The first of the default pools that is free. Raises Refused where none is."""
    for subnet in pools.DEFAULTS:
        if not pools.conflicts(pools.parse_subnet(subnet), "", held):
            return Pool(subnet)
    raise _no_pool(4)


def _no_pool(version: int) -> Refused:
    where = f"could not find an available, non-overlapping IPv{version} address pool"
    return Refused(404, f"{where} among the defaults to assign to the network")


def _shown(pool: Pool) -> Dict[str, Any]:
    fields = {
        "Subnet": pool.subnet,
        "IPRange": pool.ip_range,
        "Gateway": pool.gateway,
        "AuxiliaryAddresses": pool.auxiliary,
    }
    return {name: value for name, value in fields.items() if value}
