"""One network, and how the API shows it."""

import dataclasses
from typing import Any, Dict, List

from . import golang
from .asked import Asked, PoolConfig
from .leases import Lease


@dataclasses.dataclass
class Network:
    """A network that exists. `created` is in nanoseconds since 1970."""

    id: str
    created: int
    asked: Asked
    driver: str
    v4: List[PoolConfig]
    v6: List[PoolConfig]
    leases: List[Lease] = dataclasses.field(default_factory=list)
    reserves: bool = True
    """Whether the engine takes a gateway where none is asked for."""

    @property
    def name(self) -> str:
        """Its name: unique only where the caller asked for that check, and of any characters."""
        return self.asked.name

    def document(self) -> Dict[str, Any]:
        """What GET /networks/{id} shows: the fields in dockerd's order."""
        asked = self.asked
        return {
            "Name": asked.name,
            "Id": self.id,
            "Created": golang.rfc3339(self.created),
            "Scope": "local",
            "Driver": self.driver,
            **({} if self.reserves else {"EnableIPv4": True}),
            "EnableIPv6": asked.enable_ipv6,
            "IPAM": {
                "Driver": asked.ipam.driver or "default",
                "Options": golang.sorted_keys(asked.ipam.options),
                "Config": self._config(),
            },
            "Internal": asked.internal,
            "Attachable": asked.attachable,
            "Ingress": asked.ingress,
            "ConfigFrom": {"Network": asked.config_from},
            "ConfigOnly": asked.config_only,
            "Containers": {},
            "Options": golang.sorted_keys(asked.options or {}),
            "Labels": golang.sorted_keys(asked.labels or {}),
        }

    def show_gateways(self) -> None:
        """After a restart of the daemon: gateways that it chose itself are shown from now on."""
        if not self.leases or not self._has_gateway:
            return
        chosen = iter(self.leases if self.v4 else self.leases[1:])
        self.v4 = [_with_gateway(config, next(chosen)) for config in self.v4]
        if self.asked.enable_ipv6:
            self.v6 = [_with_gateway(config, next(chosen)) for config in self.v6]

    @property
    def _has_gateway(self) -> bool:
        return self.reserves or self.driver not in ("macvlan", "ipvlan")

    def _config(self) -> List[Dict[str, Any]]:
        shown = [_shown(config) for config in self.v4]
        if not shown:
            # A default pool shows its gateway at once.
            shown = [
                {
                    "Subnet": str(lease.pool.subnet),
                    **({"Gateway": str(lease.gateway)} if self._has_gateway else {}),
                }
                for lease in self.leases[:1]
            ]
        return shown + [_shown(config) for config in self.v6]


def _with_gateway(config: PoolConfig, lease: Lease) -> PoolConfig:
    return config if config.gateway else config._replace(gateway=str(lease.gateway))


def _shown(config: PoolConfig) -> Dict[str, Any]:
    fields = {
        "Subnet": config.subnet,
        "IPRange": config.ip_range,
        "Gateway": config.gateway,
        "AuxiliaryAddresses": golang.sorted_keys(config.auxiliary),
    }
    return {name: value for name, value in fields.items() if value}
