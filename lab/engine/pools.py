"""Which addresses a network takes: a model of dockerd's `default` IPAM driver (moby 20.10).

A pool is one entry of IPAM.Config: a subnet, or a range within one. Subnets may not overlap each
other. Two ranges of one subnet may live side by side, and a range is never compared with other
subnets, as in the real one.
"""

import ipaddress
from typing import Any, Mapping, NamedTuple, Sequence, Union

from .refused import Refused

Pool = Mapping[str, Any]
"""Subnet, IPRange, Gateway and AuxiliaryAddresses, as they are asked for and shown."""
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

DEFAULTS = (
    *(f"172.{number}.0.0/16" for number in range(17, 32)),
    *(f"192.168.{number}.0/20" for number in range(0, 256, 16)),
)
"""What networks without a subnet get, in this order."""


class Lease(NamedTuple):
    """One pool that a network has taken, and the address in it that is the gateway's."""

    subnet: Subnet
    ip_range: str
    gateway: Address


def lease(pool: Pool, held: Sequence[Lease]) -> Lease:
    """Take a pool and its gateway, where `held` are all that are taken. Raises Refused."""
    asked, ip_range = pool.get("Gateway") or "", pool.get("IPRange") or ""
    try:
        wanted = ipaddress.ip_address(asked) if asked else None
    except ValueError:
        message = f"invalid gateway address {asked} in Ipam configuration"
        raise Refused(500, message) from None
    subnet = subnet_of(pool)
    candidates = _range(subnet, ip_range) if ip_range else subnet
    if conflicts(subnet, ip_range, held):
        raise Refused(403, "Pool overlaps with other one on this address space")
    # Nobody gets the subnet's own address or, in IPv4, the broadcast address.
    taken = {subnet[0], *([subnet[-1]] if subnet.version == 4 else [])}
    taken.update(other.gateway for other in held if other.subnet == subnet)
    gateway = wanted or next((one for one in candidates if one not in taken), None)
    if gateway is None:
        problem = "No available addresses on this pool"
    elif gateway not in subnet:
        problem = "Requested address is out of range"
    elif gateway in taken:
        problem = "Address already in use"
    else:
        return Lease(subnet, ip_range, gateway)
    raise Refused(500, f"failed to allocate gateway ({asked}): {problem}")


def default(held: Sequence[Lease]) -> Pool:
    """The first of the default pools that is free, with its gateway. Raises Refused if none is."""
    for subnet in DEFAULTS:
        if not conflicts(ipaddress.ip_network(subnet), "", held):
            return {"Subnet": subnet, "Gateway": subnet.replace(".0/", ".1/").partition("/")[0]}
    raise no_default(4)


def no_default(version: int) -> Refused:
    """What is said where there is no default pool for that version of IP."""
    what = f"could not find an available, non-overlapping IPv{version} address pool"
    return Refused(404, f"{what} among the defaults to assign to the network")


def conflicts(subnet: Subnet, ip_range: str, held: Sequence[Lease]) -> bool:
    """Whether a pool cannot be taken beside those."""
    if ip_range:
        return any((subnet, ip_range) == (other.subnet, other.ip_range) for other in held)
    return any(subnet.overlaps(other.subnet) for other in held)


def subnet_of(pool: Pool) -> Subnet:
    """The subnet as Go's net.ParseCIDR takes it, host bits dropped. Raises Refused."""
    text = pool.get("Subnet") or ""
    try:
        # Python takes a netmask there, too, or nothing.
        if not text.rpartition("/")[2].isdigit() or "/" not in text:
            raise ValueError
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Refused(500, f"Invalid subnet {text} : invalid CIDR address: {text}") from None


def _range(subnet: Subnet, ip_range: str) -> Subnet:
    try:
        return ipaddress.ip_network(ip_range, strict=False)
    except ValueError:
        message = f'failed to parse pool request for address space "LocalDefault" pool "{subnet}"'
        raise Refused(500, f'{message} subpool "{ip_range}": Invalid Address SubPool') from None
