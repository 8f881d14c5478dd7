"""Which addresses a network takes: a model of dockerd's `default` IPAM driver (moby 20.10).

A pool is a subnet, or a range within one. Subnets may not overlap each other. Two ranges of one
subnet may live side by side, and a range is never compared with other subnets, as in the real one.
"""

import ipaddress
from typing import Dict, Iterator, NamedTuple, Optional, Sequence, Union

from .refused import Refused

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

DEFAULTS = (
    *(f"172.{number}.0.0/16" for number in range(17, 32)),
    *(f"192.168.{number}.0/20" for number in range(0, 256, 16)),
)
"""What networks without a subnet get, in this order."""


class Pool(NamedTuple):
    """One entry of IPAM.Config, as it is asked for and shown; "" means: not given."""

    subnet: str
    ip_range: str = ""
    gateway: str = ""
    auxiliary: Optional[Dict[str, str]] = None


class Lease(NamedTuple):
    """One pool that a network has taken, and the address in it that is the gateway's."""

    subnet: Subnet
    ip_range: str
    gateway: Address


def lease(pool: Pool, held: Sequence[Lease]) -> Lease:
    """Take a pool and its gateway, where `held` are all that are taken. Raises Refused."""
    wanted = _address(pool.gateway) if pool.gateway else None
    if pool.gateway and wanted is None:
        raise Refused(500, f"invalid gateway address {pool.gateway} in Ipam configuration")
    subnet = parse_subnet(pool.subnet)
    candidates = _candidates(subnet, pool.ip_range)
    if conflicts(subnet, pool.ip_range, held):
        raise Refused(403, "Pool overlaps with other one on this address space")
    # Nobody gets the subnet's own address or, in IPv4, the broadcast address.
    taken = {subnet[0], *([subnet[-1]] if subnet.version == 4 else [])}
    taken.update(other.gateway for other in held if other.subnet == subnet)
    gateway = wanted or next((one for one in candidates if one not in taken), None)
    problem = ""
    if gateway is not None and gateway not in subnet:
        problem = "Requested address is out of range"
    elif gateway is None or len(taken) >= subnet.num_addresses:
        problem = "No available addresses on this pool"
    elif gateway in taken:
        problem = "Address already in use"
    if gateway is None or problem:
        raise Refused(500, f"failed to allocate gateway ({pool.gateway}): {problem}")
    return Lease(subnet, pool.ip_range, gateway)


def conflicts(subnet: Subnet, ip_range: str, held: Sequence[Lease]) -> bool:
    """Whether a pool cannot be taken beside those."""
    if ip_range:
        return any((subnet, ip_range) == (other.subnet, other.ip_range) for other in held)
    return any(subnet.overlaps(other.subnet) for other in held)


def parse_subnet(text: str) -> Subnet:
    """A subnet as Go's net.ParseCIDR takes it, host bits dropped. Raises Refused."""
    address, slash, prefix = text.partition("/")
    try:
        # Python takes a netmask there, and a scope.
        if not (slash and prefix.isascii() and prefix.isdigit()) or "%" in address:
            raise ValueError
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Refused(500, f"Invalid subnet {text} : invalid CIDR address: {text}") from None


def _address(text: str) -> Optional[Address]:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _candidates(subnet: Subnet, ip_range: str) -> Iterator[Address]:
    """The addresses of the subnet with the host parts that the range covers, one by one."""
    if not ip_range:
        yield from subnet
        return
    mask = int(subnet.hostmask)
    try:
        inner = parse_subnet(ip_range)
    except Refused:
        message = f'failed to parse pool request for address space "LocalDefault" pool "{subnet}"'
        raise Refused(500, f'{message} subpool "{ip_range}": Invalid Address SubPool') from None
    for number in range(int(inner[0]) & mask, (int(inner[-1]) & mask) + 1):
        yield subnet[number]
