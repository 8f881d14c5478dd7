"""Which addresses the containers of a network use as their gateways. Pure.

The Ve gets these addresses and no others. An internal network has no gateway. Since API 1.52
(Docker Engine 29), a network has one only if it was created with one (moby PR 50929). Older engines
reserve the first host of each subnet, and show it only after a restart of the daemon (measured on
Docker Engine 20.10.24).
"""

import ipaddress
from typing import Any, FrozenSet, List, Mapping, NamedTuple, Tuple

from ..common import validators
from ..common.errors import InvalidValue
from ..common.sanitize import printable, quoted
from ..config import limits

RESERVED_BEFORE = (1, 52)
"""The first API version whose engines reserve no gateway by themselves."""

_OF_THE_ENGINE = (None, "", "default")
"""The IPAM drivers that are the engine's own; what another reserves is not known."""


class Gateways(NamedTuple):
    """The gateways of a network, with the prefix lengths of their subnets. `chosen` are those that
    nobody asked for: the engine took the first host."""

    addresses: FrozenSet[limits.VeAddress] = frozenset()
    chosen: FrozenSet[limits.VeAddress] = frozenset()


def of(network: Mapping[str, Any], source: Mapping[str, Any], api: str) -> Gateways:
    """The gateways of a network that an engine lists.

    `source` says its subnets: the network itself, or the config-only network that it was made from.
    `api` is the listing's version; empty where it is not known. A link-local subnet has no gateway,
    nor has one of a family that is not enabled. Raises InvalidValue.
    """
    if network.get("Internal") is True:
        return Gateways()
    ipam = mapping(source.get("IPAM"))
    reserves = ipam.get("Driver") in _OF_THE_ENGINE and _version(api) < RESERVED_BEFORE
    addresses: List[limits.VeAddress] = []
    chosen: List[limits.VeAddress] = []
    # The engine's order means nothing; with one of our own, the same error is told each time.
    for pool in sorted(pools(source), key=_order):
        subnet = validators.subnet(pool.get("Subnet"), "the network's subnet", masked=True)
        if source.get(f"EnableIPv{subnet.version}") is False or subnet.is_link_local:
            continue
        shown, ip_range = pool.get("Gateway"), pool.get("IPRange")
        if not shown and not reserves:
            continue
        gateway = _shown(shown, subnet) if shown else _first_host(subnet, ip_range)
        address = limits.host_address(_on(subnet, gateway), "the network's gateway")
        addresses.append(address)
        # Nobody asks for the first host of a range, and a restart shows it as if somebody had.
        if not shown or (ip_range and gateway == _first_host(subnet, ip_range)):
            chosen.append(address)
    found = Gateways(frozenset(addresses))
    if not chosen:
        return found
    # Mostly the engine has chosen all of them: they are kept once.
    return found._replace(chosen=found.addresses if chosen == addresses else frozenset(chosen))


def pools(network: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    """What the network says of its subnets: nothing, where a config-only network says it."""
    subnets = mapping(network.get("IPAM")).get("Config")
    return [mapping(one) for one in subnets] if isinstance(subnets, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """The value, or an empty mapping for what is none."""
    return value if isinstance(value, dict) else {}


def _order(pool: Mapping[str, Any]) -> str:
    return str([pool.get(key) for key in ("Subnet", "Gateway", "IPRange")])


def _on(subnet: validators.Subnet, gateway: validators.Address) -> limits.VeAddress:
    if isinstance(subnet, ipaddress.IPv4Network):
        return ipaddress.IPv4Interface((int(gateway), subnet.prefixlen))
    return ipaddress.IPv6Interface((int(gateway), subnet.prefixlen))


def _shown(given: Any, subnet: validators.Subnet) -> validators.Address:
    text = str(given).partition("/")[0]
    try:
        # A zone (RFC 4007) may hold any text.
        gateway = ipaddress.ip_address("" if "%" in text else text)
    except ValueError:
        raise InvalidValue(
            f"the network's gateway is {quoted(given)}, which is no address",
            remedy="Create the network again with --gateway.",
        ) from None
    if gateway not in subnet:
        raise InvalidValue(
            f"the network's gateway {printable(gateway, 80)} is outside its subnet {subnet}",
            remedy="Create the network again with a gateway of its subnet.",
        )
    return gateway


def _first_host(subnet: validators.Subnet, ip_range: Any) -> validators.Address:
    """What the engine takes for a gateway where none is asked for."""
    pool = subnet
    if ip_range:
        pool = validators.subnet(ip_range, "the network's IP range", masked=True)
        if pool.network_address not in subnet:
            raise InvalidValue(
                f"the network's IP range {pool} is outside its subnet {subnet}",
                remedy="Create the network again with a range of its subnet.",
            )
    first = pool.network_address
    if first == subnet.network_address and subnet.prefixlen < subnet.max_prefixlen - 1:
        return first + 1
    return first


def _version(api: str) -> Tuple[int, ...]:
    """The API version "1.41" as numbers; none of what is no version."""
    parts = api[:20].split(".")
    good = all(part.isascii() and part.isdigit() for part in parts)
    return tuple(int(part) for part in parts) if good else ()
