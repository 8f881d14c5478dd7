"""Which addresses are taken: a model of the `default` IPAM driver (moby 20.10, libnetwork/ipam).

A pool is a subnet, or a range within one. Subnets may not overlap each other. Two ranges of one
subnet may live side by side, and a range is never compared with other subnets, as in the real one.
"""

import ipaddress
from typing import Dict, Iterator, NamedTuple, Optional, Set, Tuple, Union

from .refused import Refused

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Subnet = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

OVERLAP = "Pool overlaps with other one on this address space"
_MOST_ADDRESSES = 2**64 - 1


class InUse(Exception):
    """An address that cannot be had; the text is dockerd's."""


class OutOfRange(InUse):
    """An address that is not of the pool."""


class Key(NamedTuple):
    """Names a pool: its subnet, and the range within it as it was written, or ""."""

    subnet: Subnet
    ip_range: str = ""


def _defaults() -> Tuple[Subnet, ...]:
    wide = (ipaddress.IPv4Network(f"172.{n}.0.0/16") for n in range(17, 32))
    return (*wide, *ipaddress.IPv4Network("192.168.0.0/16").subnets(new_prefix=20))


DEFAULTS = _defaults()
"""What a network without a subnet gets, in this order and round and round."""


class Pools:
    """The pools and addresses in use on one engine."""

    def __init__(self) -> None:
        self._users: Dict[Key, int] = {}
        self._taken: Dict[Subnet, Set[int]] = {}
        self._next = 0

    def request(self, subnet: str, ip_range: str) -> Key:
        """Take a pool. Raises Refused where it overlaps or the range is none."""
        key = Key(parse_subnet(subnet), ip_range)
        if ip_range:
            _ordinals(key)
        if key in self._users or (not ip_range and self._overlaps(key.subnet)):
            raise Refused(403, OVERLAP)
        self._users[key] = 1
        if ip_range:
            whole = Key(key.subnet)
            self._users[whole] = self._users.get(whole, 0) + 1
        if key.subnet not in self._taken:
            self._taken[key.subnet] = _never_given(key.subnet)
        return key

    def request_default(self) -> Key:
        """Take the next of `DEFAULTS` that is free. Raises Refused where none is."""
        count = len(DEFAULTS)
        for step in range(count):
            subnet = DEFAULTS[(self._next + step) % count]
            if not self._overlaps(subnet):
                self._next = (self._next + step + 1) % count
                return self.request(str(subnet), "")
        raise Refused(404, no_default(4))

    def release(self, key: Key) -> None:
        """Give a pool back."""
        for used in (key, Key(key.subnet)) if key.ip_range else (key,):
            self._users[used] -= 1
            if not self._users[used]:
                del self._users[used]
        if Key(key.subnet) not in self._users:
            del self._taken[key.subnet]

    def address(self, key: Key, wanted: Optional[Address] = None) -> Address:
        """Take `wanted`, or else the first free address of the pool. Raises InUse."""
        base = int(key.subnet.network_address)
        taken = self._taken[key.subnet]
        if wanted is not None and wanted not in key.subnet:
            raise OutOfRange("Requested address is out of range")
        if len(taken) >= min(key.subnet.num_addresses, _MOST_ADDRESSES):
            raise InUse("No available addresses on this pool")
        if wanted is None:
            free = next((n for n in _ordinals(key) if n not in taken), None)
            if free is None:
                raise InUse("No available addresses on this pool")
            wanted = key.subnet[free]
        elif int(wanted) - base in taken:
            raise InUse("Address already in use")
        taken.add(int(wanted) - base)
        return wanted

    def free(self, key: Key, address: Address) -> None:
        """Give an address back."""
        self._taken[key.subnet].discard(int(address) - int(key.subnet.network_address))

    def _overlaps(self, subnet: Subnet) -> bool:
        return any(not key.ip_range and subnet.overlaps(key.subnet) for key in self._users)


def parse_subnet(text: str) -> Subnet:
    """A subnet as Go's net.ParseCIDR takes it, host bits dropped. Raises ValueError.

    An IPv6-mapped IPv4 subnet is an IPv4 subnet, as in Go.
    """
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdigit()) or "%" in address:
        raise ValueError(f"invalid CIDR address: {text}")
    try:
        ip = ipaddress.ip_address(address)
        bits = int(prefix)
        mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
        if mapped and bits >= 96:
            ip, bits = mapped, bits - 96
        return ipaddress.ip_network(f"{ip}/{bits}", strict=False)
    except ValueError:
        raise ValueError(f"invalid CIDR address: {text}") from None


def parse_address(text: str) -> Optional[Address]:
    """An address as Go's net.ParseIP takes it, or None."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def no_default(version: int) -> str:
    """dockerd's words for: no default pool of that IP version is left."""
    return (
        f"could not find an available, non-overlapping IPv{version} address pool "
        "among the defaults to assign to the network"
    )


def _never_given(subnet: Subnet) -> Set[int]:
    # The subnet's own address, and in IPv4 the broadcast address.
    return {0, subnet.num_addresses - 1} if subnet.version == 4 else {0}


def _ordinals(key: Key) -> Iterator[int]:
    # The host parts that the range covers: its own first and last address under the subnet's mask.
    if not key.ip_range:
        return iter(range(min(key.subnet.num_addresses, _MOST_ADDRESSES)))
    try:
        inner = parse_subnet(key.ip_range)
    except ValueError:
        reason = "Invalid Address SubPool"
    else:
        if inner.version == key.subnet.version:
            mask = int(key.subnet.hostmask)
            first, last = int(inner.network_address) & mask, int(inner.broadcast_address) & mask
            return iter(range(first, last + 1))
        reason = (
            "failed to compute range's lowest ip address: cannot compute host portion ip address "
            "because ip and mask are not compatible"
        )
    raise Refused(
        500,
        f'failed to parse pool request for address space "LocalDefault" pool "{key.subnet}" '
        f'subpool "{key.ip_range}": {reason}',
    )
