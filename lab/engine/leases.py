"""A network's pools and the addresses that it takes of them when it is made."""

from typing import List, NamedTuple, Sequence, Tuple

from .asked import PoolConfig
from .pools import Address, InUse, Key, OutOfRange, Pools, no_default, parse_address
from .refused import Refused


class Lease(NamedTuple):
    """One pool of a network, and what is taken of it."""

    pool: Key
    gateway: Address
    auxiliary: Tuple[Address, ...] = ()


class _Leaked(Refused):
    """A refusal after which Docker Engine 20.10 forgets to give the pools back."""


def allocate(
    pools: Pools, network: str, v4: Sequence[PoolConfig], v6: Sequence[PoolConfig], ipv6: bool
) -> List[Lease]:
    """Take what a network's IPAM.Config asks for, and a default pool where it has no IPv4 subnet.

    IPv6 subnets are passed over unless `ipv6`. Raises Refused; then nothing stays taken, but for
    the pools that 20.10 leaks after a bad auxiliary address: they are free again after a restart.
    """
    leases = _allocate(pools, network, v4) if v4 else [_default(pools)]
    if not ipv6:
        return leases
    try:
        if not v6:
            raise Refused(404, no_default(6))
        return leases + _allocate(pools, network, v6)
    except Refused:
        release(pools, leases)
        raise


def release(pools: Pools, leases: Sequence[Lease]) -> None:
    """Give a network's addresses and pools back."""
    for lease in leases:
        for address in (lease.gateway, *lease.auxiliary):
            pools.free(lease.pool, address)
        pools.release(lease.pool)


def _default(pools: Pools) -> Lease:
    key = pools.request_default()
    return Lease(key, pools.address(key))


def _allocate(pools: Pools, network: str, configs: Sequence[PoolConfig]) -> List[Lease]:
    held: List[Key] = []
    leases: List[Lease] = []
    try:
        for config in configs:
            gateway = parse_address(config.gateway) if config.gateway else None
            if config.gateway and gateway is None:
                message = f"invalid gateway address {config.gateway} in Ipam configuration"
                raise Refused(500, message)
            key = pools.request(config.subnet, config.ip_range)
            held.append(key)
            try:
                gateway = pools.address(key, gateway)
            except InUse as error:
                message = f"failed to allocate gateway ({config.gateway}): {error}"
                raise Refused(500, message) from None
            leases.append(Lease(key, gateway, _auxiliary(pools, network, key, config)))
    except _Leaked:
        raise
    except Refused:
        for key in held:
            pools.release(key)
        raise
    return leases


def _auxiliary(pools: Pools, network: str, key: Key, config: PoolConfig) -> Tuple[Address, ...]:
    taken: List[Address] = []
    for name, text in (config.auxiliary or {}).items():
        address = parse_address(text)
        if address is None:
            raise _Leaked(
                500,
                f"non parsable secondary ip address ({name}:{text}) passed for network {network}",
            )
        try:
            taken.append(pools.address(key, address))
        except OutOfRange:
            raise _Leaked(
                403,
                f"auxiliary address: ({name}:{text}) must belong to the master pool: {key.subnet}",
            ) from None
        except InUse as error:
            raise Refused(
                500, f"failed to allocate secondary ip address ({name}:{text}): {error}"
            ) from None
    return tuple(taken)
