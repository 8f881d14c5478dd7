"""What one engine lists: the networks that call for a VLAN, and those that cannot have it. Pure.

Every field of a listing is somebody else's word. Shapes and quirks: Docker Engine API 1.41, as
recorded from Docker Engine 20.10.24 (tests/fixtures/docker-recordings).
"""

import contextlib
import functools
import ipaddress
import re
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from . import values
from .errors import DockerTorError, InvalidValue
from .text import label

DRIVERS = ("macvlan", "ipvlan")
OPT_OUT = ("docker_tor", "off")
"""The label, and its value, of a network that wants to be left alone."""

# docker's drivers take the VLAN after the last dot of the parent, in decimal.
_TAGGED = re.compile(r".+\.(?P<vlan>[0-9]{1,9})\Z")
_ID = re.compile(r"[0-9a-z]{1,64}\Z")
_TIME = re.compile(r"[0-9T:.Z+-]{1,40}\Z")
# Each list holds nearly the same addresses as the one before.
_ve_address = functools.lru_cache(maxsize=values.REMEMBERED)(values.ve_address)


class Network(NamedTuple):
    """A Docker network that calls for a VLAN.

    `addresses` are the Ve's, with prefix lengths; `created` is the engine's own time stamp.
    """

    id: str
    name: str
    engine: str
    driver: str
    parent: str
    vlan: int
    addresses: FrozenSet[str]
    created: str = ""

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
    """A network that nothing is done for, as `Network.as_payload` shows it, and why."""

    network: Mapping[str, str]
    error: DockerTorError

    @property
    def key(self) -> Tuple[str, str, str]:
        """Engine, network and reason: what makes it worth telling again."""
        return self.network["engine"], self.network["id"], str(self.error)


def read(engine: str, listing: Iterable[Any]) -> Tuple[List[Network], List[Refusal]]:
    """Of one engine's `GET /networks`, what calls for a VLAN, and what does and cannot have it.

    Networks of other drivers, on untagged parents, that opted out by label, or of no shape that an
    engine would list are none of our business and appear in neither.
    """
    items = [item for item in listing if isinstance(item, Mapping)]
    templates = {
        item["Name"]: item
        for item in items
        if item.get("ConfigOnly") is True and isinstance(item.get("Name"), str)
    }
    wanted: List[Network] = []
    refused: List[Refusal] = []
    for item in items:
        # What JSON can nest may still be too deep for an error to show it.
        with contextlib.suppress(RecursionError):
            tagged = _tagged(item, templates)
            if tagged is None:
                continue
            shown = _shown(engine, item, tagged)
            try:
                wanted.append(_network(shown, tagged, item, templates))
            except InvalidValue as error:
                refused.append(Refusal(shown, error))
    return wanted, refused


Templates = Mapping[str, Mapping[str, Any]]


def _tagged(item: Mapping[str, Any], templates: Templates) -> "Optional[re.Match[str]]":
    """The tagged parent of a network that is our business; None for any other."""
    identity = item.get("Id")
    parent = _options(item, templates).get("parent")
    label_name, off = OPT_OUT
    if (
        not isinstance(identity, str)
        or not _ID.match(identity)
        or item.get("Driver") not in DRIVERS
        or item.get("ConfigOnly")
        or not isinstance(parent, str)
        or _mapping(item.get("Labels")).get(label_name) == off
    ):
        return None
    return _TAGGED.match(parent)


def _shown(engine: str, item: Mapping[str, Any], tagged: "re.Match[str]") -> Dict[str, str]:
    return {
        "id": item["Id"],
        "name": label(item.get("Name")),
        "engine": engine,
        "driver": item["Driver"],
        "parent": label(tagged.string),
    }


def _network(
    shown: Mapping[str, str],
    tagged: "re.Match[str]",
    item: Mapping[str, Any],
    templates: Templates,
) -> Network:
    # Of the parent itself: what is shown of it may have been cut.
    vlan = values.vlan_id(tagged.group("vlan"), "the VLAN of the network's parent")
    subnets = _subnets(item) or _subnets(_template(item, templates))
    if not subnets:
        raise InvalidValue(
            "the network has no subnet, so its Ve would have no address",
            remedy="Create the network again with --subnet.",
        )
    created = item.get("Created")
    return Network(
        **shown,
        vlan=vlan,
        addresses=frozenset(_address(subnet) for subnet in subnets),
        created=created if isinstance(created, str) and _TIME.match(created) else "",
    )


def _template(item: Mapping[str, Any], templates: Templates) -> Mapping[str, Any]:
    # A swarm-scoped network shows neither options nor subnets on a manager, only the name of the
    # node's own config-only network that holds them (recording 33-swarm-macvlan).
    name = _mapping(item.get("ConfigFrom")).get("Network")
    return templates.get(name, {}) if isinstance(name, str) else {}


def _options(item: Mapping[str, Any], templates: Templates) -> Mapping[str, Any]:
    own = _mapping(item.get("Options"))
    return own or _mapping(_template(item, templates).get("Options"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _subnets(item: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    subnets = _mapping(item.get("IPAM")).get("Config")
    return [_mapping(one) for one in subnets] if isinstance(subnets, list) else []


def _address(ipam: Mapping[str, Any]) -> str:
    """The Ve's address in one subnet of a network: its gateway, or else the first host.

    An engine shows the gateway only where it was given, or after a restart; absent, it is the first
    host of the IPRange, where there is one, or of the subnet (measured on Docker Engine 20.10.24).
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
    else:
        gateway = _first_host(subnet, ipam.get("IPRange"))
    if gateway not in subnet:
        raise InvalidValue(
            f"the network's gateway {gateway} is outside its subnet {subnet}",
            remedy="Create the network again with a gateway of its subnet.",
        )
    return str(_ve_address(f"{gateway}/{subnet.prefixlen}", "the network's gateway"))


def _first_host(subnet: values.Subnet, ip_range: Any) -> Any:
    pool = values.subnet(ip_range, "the network's IP range") if ip_range else subnet
    first = pool.network_address
    if first == subnet.network_address and subnet.prefixlen < subnet.max_prefixlen - 1:
        return first + 1
    return first
