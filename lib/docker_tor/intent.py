"""Which segments the networks of the Docker Engines call for. Pure: no I/O, no clock.

A segment is a VLAN on one rbridge of one switch, with the addresses of its Ve. The networks of
several engines on one VLAN are one segment; it is gone when the last of them is gone. From what
the engines list and what has been dispatched follow the changes to dispatch; events play no part
in it.
"""

import ipaddress
import re
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from . import values
from .errors import ConfigError, DockerTorError, InvalidValue
from .text import label

DRIVERS = ("macvlan", "ipvlan")
# docker's drivers take the VLAN after the last dot of the parent, in decimal.
_TAGGED = re.compile(r"(?P<interface>.+)\.(?P<vlan>[0-9]{1,9})\Z")
_ID = re.compile(r"[0-9a-z]{1,64}\Z")

CREATE, UPDATE, DESTROY = "create", "update", "destroy"


class Network(NamedTuple):
    """A Docker network that calls for a VLAN. `addresses` are the Ve's, with prefix lengths."""

    id: str
    name: str
    engine: str
    driver: str
    parent: str
    vlan: int
    addresses: FrozenSet[str]

    @property
    def interface(self) -> str:
        """The host's interface that the parent is a VLAN of."""
        return self.parent.rpartition(".")[0]

    def as_payload(self) -> Dict[str, str]:
        """What a trigger says of the network; names are labels, fit to be shown."""
        return {
            "id": self.id,
            "name": self.name,
            "engine": self.engine,
            "driver": self.driver,
            "parent": self.parent,
        }


class Refusal(NamedTuple):
    """A network that nothing is dispatched for, and why."""

    id: str
    name: str
    engine: str
    error: DockerTorError


Key = Tuple[str, int, int]
"""A segment's identity: switch, rbridge id, VLAN."""


class Segment(NamedTuple):
    """A VLAN on an rbridge of a switch, the Ve's addresses in order, and the networks on it."""

    switch: str
    rbridge: int
    vlan: int
    host: str
    addresses: Tuple[str, ...]
    networks: Tuple[Network, ...]

    @property
    def key(self) -> Key:
        """What makes it this segment and no other."""
        return (self.switch, self.rbridge, self.vlan)

    @property
    def subnet(self) -> str:
        """The Ve's first IPv4 address; empty where it has none."""
        return next((address for address in self.addresses if ":" not in address), "")


class Change(NamedTuple):
    """Something to dispatch: create, update or destroy of a segment."""

    action: str
    segment: Segment

    def as_payload(self, channel: str) -> Dict[str, Any]:
        """The payload of `docker.NetworkEvent`."""
        segment = self.segment
        return {
            "action": self.action,
            "vlan": segment.vlan,
            "subnet": segment.subnet,
            "addresses": list(segment.addresses),
            "rbridge": segment.rbridge,
            "host": segment.host,
            "channel": channel,
            "switch": segment.switch,
            "networks": [network.as_payload() for network in segment.networks],
        }


def networks(engine: str, listing: Iterable[Any]) -> Tuple[List[Network], List[Refusal]]:
    """The networks of one engine's `GET /networks` that call for a VLAN, and those that cannot
    have it.

    Networks of other drivers, on untagged parents, or of no shape that an engine would list are
    none of our business and appear in neither.
    """
    items = [item for item in listing if isinstance(item, Mapping)]
    templates = {item.get("Name"): item for item in items if item.get("ConfigOnly") is True}
    wanted: List[Network] = []
    refused: List[Refusal] = []
    for item in items:
        identity = item.get("Id")
        if not isinstance(identity, str) or not _ID.match(identity):
            continue
        try:
            network = _network(engine, identity, item, templates)
        except InvalidValue as error:
            refused.append(Refusal(identity, label(item.get("Name")), engine, error))
            continue
        if network:
            wanted.append(network)
    return wanted, refused


def _network(
    engine: str, identity: str, item: Mapping[str, Any], templates: Mapping[Any, Mapping[str, Any]]
) -> Optional[Network]:
    driver = item.get("Driver")
    if driver not in DRIVERS or item.get("ConfigOnly"):
        return None
    # A swarm-scoped network shows neither options nor subnets on a manager, only the name of the
    # node's own config-only network that holds them (recording 33-swarm-macvlan).
    template = templates.get(_mapping(item.get("ConfigFrom")).get("Network"), {})
    options = _mapping(item.get("Options")) or _mapping(template.get("Options"))
    parent = options.get("parent")
    tagged = _TAGGED.match(parent) if isinstance(parent, str) else None
    if not tagged:
        return None
    subnets = _subnets(item) or _subnets(template)
    if not subnets:
        raise InvalidValue(
            "the network has no subnet, so its Ve would have no address",
            remedy="Create the network again with --subnet.",
        )
    return Network(
        identity,
        label(item.get("Name")),
        engine,
        str(driver),
        label(parent),
        values.vlan_id(tagged.group("vlan"), "the VLAN of the network's parent"),
        frozenset(_address(subnet) for subnet in subnets),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _subnets(item: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    subnets = _mapping(item.get("IPAM")).get("Config")
    return [_mapping(one) for one in subnets] if isinstance(subnets, list) else []


def _address(ipam: Mapping[str, Any]) -> str:
    """The Ve's address in one subnet of a network: its gateway, or the first host where none is
    shown.

    An engine shows the gateway only where it was given, or after a restart; absent, it is the first
    host (measured on Docker Engine 20.10.24).
    """
    subnet = values.subnet(ipam.get("Subnet"), "the network's subnet")
    shown = ipam.get("Gateway")
    if shown:
        try:
            gateway = ipaddress.ip_address(str(shown).partition("/")[0])
        except ValueError:
            raise InvalidValue(
                f"the network's gateway is {shown!r}, which is no address",
                remedy="Create the network again with --gateway.",
            ) from None
        if gateway not in subnet:
            raise InvalidValue(
                f"the network's gateway {gateway} is outside its subnet {subnet}",
                remedy="Create the network again with a gateway of its subnet.",
            )
    else:
        longest = subnet.max_prefixlen - 1
        gateway = subnet[0] if subnet.prefixlen >= longest else subnet[1]
    address = values.ve_address(f"{gateway}/{subnet.prefixlen}", "the network's gateway")
    return str(address)


Place = Callable[[Network], Tuple[str, str, int]]
"""Tells a network's switch name, switch host and rbridge id, or raises ConfigError."""


def segments(wanted: Iterable[Network], place: Place) -> Tuple[Dict[Key, Segment], List[Refusal]]:
    """The segments that the networks of all engines call for, and the networks with no way to a
    switch."""
    found: Dict[Key, Segment] = {}
    refused: List[Refusal] = []
    for network in sorted(wanted):
        try:
            switch, host, rbridge = place(network)
        except ConfigError as error:
            refused.append(Refusal(network.id, network.name, network.engine, error))
            continue
        key = (switch, rbridge, network.vlan)
        before = found.get(key) or Segment(switch, rbridge, network.vlan, host, (), ())
        found[key] = before._replace(
            addresses=_ordered({*before.addresses, *network.addresses}),
            networks=(*before.networks, network),
        )
    return found, refused


def _ordered(addresses: Iterable[str]) -> Tuple[str, ...]:
    """IPv4 before IPv6, each by number: an engine's order of subnets means nothing."""
    return tuple(sorted(addresses, key=_position))


def _position(address: str) -> Tuple[int, int, int]:
    interface = ipaddress.ip_interface(address)
    return interface.version, int(interface.ip), interface.network.prefixlen


def changes(dispatched: Mapping[Key, Segment], desired: Mapping[Key, Segment]) -> List[Change]:
    """What to dispatch to get from `dispatched` to `desired`: removals first, each in order of key.

    A segment that only gained or lost networks while its addresses stayed calls for nothing.
    """
    found = [Change(DESTROY, dispatched[key]) for key in sorted(set(dispatched) - set(desired))]
    for key in sorted(desired):
        before = dispatched.get(key)
        if before is None:
            found.append(Change(CREATE, desired[key]))
        elif (before.addresses, before.host) != (desired[key].addresses, desired[key].host):
            found.append(Change(UPDATE, desired[key]))
    return found
