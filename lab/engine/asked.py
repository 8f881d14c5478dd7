"""The body of POST /networks/create, read as strictly as Go reads it into its struct."""

import dataclasses
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from . import golang

Reader = Callable[[Any, str, str], Any]


class PoolConfig(NamedTuple):
    """One entry of IPAM.Config. Nothing here is checked yet; "" and None mean: not given."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    auxiliary: Optional[Dict[str, str]] = None


class IPAM(NamedTuple):
    """How the network's addresses are to be handed out."""

    driver: str = ""
    options: Optional[Dict[str, str]] = None
    config: Tuple[PoolConfig, ...] = ()


_NO_IPAM = IPAM()


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a caller asks a network to be, under the API's names in lower case."""

    name: str = ""
    check_duplicate: bool = False
    driver: str = ""
    scope: str = ""
    enable_ipv6: bool = False
    ipam: IPAM = _NO_IPAM
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: str = ""
    options: Optional[Dict[str, str]] = None
    labels: Optional[Dict[str, str]] = None


def read(body: bytes) -> Asked:
    """What `body` asks for. Raises golang.GoError in Go's words.

    As in Go, a field's case does not matter, unknown fields are passed over, null leaves the
    default, and what follows the first JSON value is not looked at.
    """
    if not body.strip():
        raise golang.GoError("got EOF while reading request body")
    value = golang.loads(body)
    if value is None:
        return Asked()
    if not isinstance(value, dict):
        raise golang.mismatch(value, "value of type types.NetworkCreateRequest")
    return Asked(**_struct(value, "NetworkCreateRequest", "", _REQUEST))


def _struct(
    value: Dict[str, Any], struct: str, path: str, fields: Dict[str, Tuple[str, str, Reader]]
) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for key, item in value.items():
        field = fields.get(key.lower())
        if field is None or item is None:
            continue
        target, name, reader = field
        found[target] = reader(item, struct, path + name)
    return found


def _scalar(python: type, go: str) -> Reader:
    def read_scalar(value: Any, struct: str, path: str) -> Any:
        if type(value) is not python:
            raise golang.mismatch(value, f"struct field {struct}.{path} of type {go}")
        return value

    return read_scalar


_string = _scalar(str, "string")
_bool = _scalar(bool, "bool")


def _string_map(value: Any, struct: str, path: str) -> Dict[str, str]:
    if not isinstance(value, dict):
        raise golang.mismatch(value, f"struct field {struct}.{path} of type map[string]string")
    return {key: "" if item is None else _string(item, struct, path) for key, item in value.items()}


def _object(value: Any, struct: str, path: str, go: str) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise golang.mismatch(value, f"struct field {struct}.{path} of type {go}")
    return value


def _config_from(value: Any, struct: str, path: str) -> str:
    fields = _object(value, struct, path, "network.ConfigReference")
    found = _struct(
        fields, "ConfigReference", f"{path}.", {"network": ("network", "Network", _string)}
    )
    return str(found.get("network", ""))


def _pools(value: Any, struct: str, path: str) -> Tuple[PoolConfig, ...]:
    if not isinstance(value, list):
        raise golang.mismatch(value, f"struct field {struct}.{path} of type []network.IPAMConfig")
    pools: List[PoolConfig] = []
    for item in value:
        fields = _object(item or {}, struct, path, "network.IPAMConfig")
        pools.append(PoolConfig(**_struct(fields, "IPAMConfig", f"{path}.", _POOL)))
    return tuple(pools)


def _ipam(value: Any, struct: str, path: str) -> IPAM:
    return IPAM(**_struct(_object(value, struct, path, "network.IPAM"), "IPAM", f"{path}.", _IPAM))


_POOL: Dict[str, Tuple[str, str, Reader]] = {
    "subnet": ("subnet", "Subnet", _string),
    "iprange": ("ip_range", "IPRange", _string),
    "gateway": ("gateway", "Gateway", _string),
    "auxiliaryaddresses": ("auxiliary", "AuxiliaryAddresses", _string_map),
}
_IPAM: Dict[str, Tuple[str, str, Reader]] = {
    "driver": ("driver", "Driver", _string),
    "options": ("options", "Options", _string_map),
    "config": ("config", "Config", _pools),
}
_REQUEST: Dict[str, Tuple[str, str, Reader]] = {
    "name": ("name", "Name", _string),
    "checkduplicate": ("check_duplicate", "CheckDuplicate", _bool),
    "driver": ("driver", "Driver", _string),
    "scope": ("scope", "Scope", _string),
    "enableipv6": ("enable_ipv6", "EnableIPv6", _bool),
    "ipam": ("ipam", "IPAM", _ipam),
    "internal": ("internal", "Internal", _bool),
    "attachable": ("attachable", "Attachable", _bool),
    "ingress": ("ingress", "Ingress", _bool),
    "configonly": ("config_only", "ConfigOnly", _bool),
    "configfrom": ("config_from", "ConfigFrom", _config_from),
    "options": ("options", "Options", _string_map),
    "labels": ("labels", "Labels", _string_map),
}
