"""The networks of one engine: what may be made, found and removed. No I/O and no threads.

The checks, their order and their messages are those of Docker Engine 20.10.24, as it answered when
asked the same. What is taken (names, addresses, parents) is kept nowhere: it is looked up in the
networks that there are.
"""

import datetime
import secrets
from typing import AbstractSet, Any, Callable, Dict, Iterable, List, Mapping, NamedTuple

from . import pools
from .pools import Lease
from .refused import Refused

PREDEFINED = ("bridge", "host", "none")
_PREFIX = {"macvlan": "dm", "ipvlan": "di"}
"""Of the drivers whose networks sit on a parent, how dockerd begins the name of such a network."""
_NO_PARENT = {
    "macvlan": "-o parent interface does was not found on the host",
    "ipvlan": "-o parent interface was not found on the host",
}


class Network(NamedTuple):
    """A network that exists. `shown` is what GET /networks/{id} shows; an IPv6 pool of a network
    without IPv6 has no lease; `parent` is "" where there is none."""

    shown: Dict[str, Any]
    leases: List[Lease]
    parent: str


class Networks:
    """What one engine knows of networks.

    `interfaces` are the host's links that can be parents, and `publish` takes an event for each
    change. `bridge` says whether the daemon has its default bridge network (--bridge=none takes it
    away).
    """

    def __init__(
        self,
        interfaces: Iterable[str],
        publish: Callable[[Mapping[str, Any]], None],
        bridge: bool,
    ) -> None:
        self._interfaces = frozenset(interfaces)
        self._publish = publish
        self._networks: Dict[str, Network] = {}
        for name, driver in (("none", "null"), ("host", "host")):
            self._add(Network(_document({"Name": name, "Driver": driver}), [], ""))
        if bridge:
            shown = _document({"Name": "bridge", "IPAM": {"Config": [pools.default([])]}})
            self._add(Network(shown, self._leases(shown), ""))

    def documents(self) -> List[Dict[str, Any]]:
        """Every network as GET shows it."""
        return [network.shown for network in self._networks.values()]

    def create(self, asked: Any) -> str:
        """Make the network that the body of POST /networks/create asks for; its id.

        Raises Refused.
        """
        shown = _document(asked)
        name, driver = shown["Name"], shown["Driver"]
        if name in (*PREDEFINED, "default"):
            raise Refused(403, f"operation is not permitted on predefined {name} network ")
        if any(other.shown["Name"] == name for other in self._networks.values()):
            raise Refused(409, f"network with name {name} already exists")
        # IPv4 is shown first.
        shown["IPAM"]["Config"].sort(key=lambda pool: pools.subnet_of(pool).version)
        if not name.strip():
            raise Refused(500, f"invalid name: {name}")
        _check_driver(driver)
        leases = self._leases(shown)
        parent = self._parent(shown) if driver in _PREFIX else ""
        if not parent and sum(one.subnet.version == 4 for one in leases) > 1:
            raise Refused(403, "bridge driver doesn't support multiple subnets")
        self._add(Network(shown, leases, parent))
        self._tell("create", shown)
        return str(shown["Id"])

    def find(self, term: str) -> Dict[str, Any]:
        """The one network of that id or name, or whose id begins so. Raises Refused."""
        every = self.documents()
        found = [one for one in every if term == one["Id"]]
        found = found or [one for one in every if term == one["Name"]]
        found = found or [one for one in every if one["Id"].startswith(term)]
        if not found:
            raise Refused(404, f"network {term} not found")
        if len(found) > 1:
            how = f"{len(found)} matches found based on ID prefix"
            raise Refused(400, f"network {term} is ambiguous ({how})")
        return found[0]

    def remove(self, term: str) -> None:
        """Remove the one network that `term` means. Raises Refused."""
        shown = self.find(term)
        if shown["Name"] in PREDEFINED:
            raise Refused(403, f"{shown['Name']} is a pre-defined network and cannot be removed")
        del self._networks[shown["Id"]]
        self._tell("destroy", shown)

    def restart(self) -> None:
        """After a restart of the daemon, gateways that it chose itself are shown from now on."""
        for network in self._networks.values():
            for pool, lease in zip(network.shown["IPAM"]["Config"], network.leases):
                pool["Gateway"] = str(lease.gateway)

    def _leases(self, shown: Mapping[str, Any]) -> List[Lease]:
        """Take its addresses, and those of a default pool where it has asked for none."""
        held = [lease for other in self._networks.values() for lease in other.leases]
        config = shown["IPAM"]["Config"]
        versions = [pools.subnet_of(pool).version for pool in config]
        if 4 not in versions:
            config.insert(0, pools.default(held))
        if shown["EnableIPv6"] and 6 not in versions:
            raise pools.no_default(6)
        leases: List[Lease] = []
        for pool in config:
            if shown["EnableIPv6"] or pools.subnet_of(pool).version == 4:
                leases.append(pools.lease(pool, held + leases))
        if str(leases[0].subnet) == "0.0.0.0/0":
            raise Refused(500, "ipv4 pool is empty")
        return leases

    def _parent(self, shown: Mapping[str, Any]) -> str:
        """The link that a macvlan or ipvlan network sits on; a VLAN link is made as needed."""
        driver, dummy = shown["Driver"], _user(shown)
        parent = shown["Options"].get("parent") or dummy
        for other in self._networks.values():
            if (other.shown["Driver"], other.parent) == (driver, parent):
                user = _user(other.shown)
                raise Refused(500, f"network {user} is already using parent interface {parent}")
        links = self._interfaces | {other.parent for other in self._networks.values()}
        # By moby's source, an internal network gets a link of type dummy.
        if parent not in links and not (shown["Internal"] or parent == dummy):
            _check_vlan_link(parent, links, _NO_PARENT[driver])
        return str(parent)

    def _add(self, network: Network) -> None:
        self._networks[network.shown["Id"]] = network

    def _tell(self, action: str, shown: Mapping[str, Any]) -> None:
        about = {"name": shown["Name"], "type": shown["Driver"]}
        actor = {"ID": shown["Id"], "Attributes": about}
        self._publish({"Type": "network", "Action": action, "Actor": actor})


def _document(asked: Any) -> Dict[str, Any]:
    """What GET shows of a network that is asked for so, with the pools that are asked for.

    Raises Refused.
    """
    ipam = _field(asked, "IPAM", {})
    driver, ipam_driver = (_field(one, "Driver", "") for one in (asked, ipam))
    configuration = _field(asked, "ConfigOnly", False) or asked.get("ConfigFrom")
    if configuration or driver == "overlay" or _field(asked, "Scope", "") not in ("", "local"):
        raise Refused(501, "the lab's engine has no configuration networks and no swarm")
    if ipam_driver not in ("", "default"):
        raise Refused(404, f'plugin "{ipam_driver}" not found')
    return {
        "Name": _field(asked, "Name", ""),
        "Id": secrets.token_hex(32),
        "Created": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "Scope": "local",
        "Driver": driver or "bridge",
        "EnableIPv6": _field(asked, "EnableIPv6", False),
        "IPAM": {
            "Driver": "default",
            "Options": ipam.get("Options"),
            "Config": [_pool(one) for one in _field(ipam, "Config", [])],
        },
        "Internal": _field(asked, "Internal", False),
        "Attachable": _field(asked, "Attachable", False),
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {},
        "Options": _field(asked, "Options", {}),
        "Labels": _field(asked, "Labels", {}),
    }


def _pool(asked: Any) -> Dict[str, Any]:
    known = {"Subnet": "", "IPRange": "", "Gateway": "", "AuxiliaryAddresses": {}}
    fields = {name: _field(asked, name, empty) for name, empty in known.items()}
    return {name: value for name, value in fields.items() if value}


def _field(mapping: Any, name: str, default: Any) -> Any:
    """The field of an object, of the default's type. Raises Refused where it has another."""
    if not isinstance(mapping, dict):
        raise Refused(400, f"json: cannot unmarshal what has no field {name}")
    value = default if mapping.get(name) is None else mapping[name]
    if not isinstance(value, type(default)):
        raise Refused(400, f"json: cannot unmarshal {name}")
    return value


def _user(shown: Mapping[str, Any]) -> str:
    """What dockerd calls the network where it uses a parent."""
    return f"{_PREFIX[shown['Driver']]}-{shown['Id'][:12]}"


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
