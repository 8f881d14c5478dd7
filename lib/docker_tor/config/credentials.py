"""Where a switch is, who logs in to it, and how: a login, and the fields of docker.yaml about SSH.

The functions take a switch's entry and the place where it stands, and raise ConfigError.
"""

import base64
import binascii
import re
from typing import Any, Mapping, NamedTuple, Tuple

from ..common.errors import ConfigError
from . import fields

ANY_HOST_KEY = "ignore"
"""What an operator writes as `host_key` to have no host key checked."""

AUTO, PARAMIKO = "auto", "paramiko"
"""How a switch is reached: by OpenSSH where that can be, else by paramiko; or by paramiko only."""

_DSA = "ssh-dss"
_HOST_KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-")
_ALGORITHM = re.compile(r"[a-z0-9][a-z0-9@.-]*\Z")


class Algorithms(NamedTuple):
    """Names of SSH algorithms, by kind."""

    kex: Tuple[str, ...] = ()
    host_key: Tuple[str, ...] = ()
    cipher: Tuple[str, ...] = ()
    mac: Tuple[str, ...] = ()


NO_ALGORITHMS = Algorithms()


class Login(NamedTuple):
    """`host_key` is "TYPE BASE64", "ignore", or "" for the known_hosts file of the user that runs;
    `transport` is AUTO or PARAMIKO; `algorithms` are what OpenSSH is to offer beyond its own."""

    host: str
    port: int
    username: str
    password: str
    host_key: str
    transport: str = AUTO
    algorithms: Algorithms = NO_ALGORITHMS

    def __repr__(self) -> str:
        return f"Login({self.username!r} at {self})"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def transport(raw: Mapping[str, Any], where: str) -> str:
    """How a switch is reached: AUTO or PARAMIKO."""
    return fields.either(raw, "transport", where, AUTO, PARAMIKO)


def algorithms(raw: Mapping[str, Any], where: str) -> Algorithms:
    """What an old switch needs that OpenSSH does not offer by itself."""
    given, place = raw.get("ssh_algorithms") or {}, f"{where}.ssh_algorithms"
    fields.mapping(given, place)
    fields.known_keys(given, Algorithms._fields, place)
    kinds = {kind: fields.listed(given.get(kind), f"{place}.{kind}") for kind in Algorithms._fields}
    return Algorithms(
        *(
            tuple(_algorithm(name, f"{place}.{kind}") for name in names)
            for kind, names in kinds.items()
        )
    )


def _algorithm(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _ALGORITHM.match(name):
        raise ConfigError(
            f"{name!r} is no SSH algorithm",
            where=where,
            remedy="`ssh -Q kex` prints their names; for the others `key-sig`, `cipher` and `mac`.",
        )
    return name


def host_key(raw: Mapping[str, Any], where: str) -> str:
    """An SSH host key as `ssh-keyscan` prints it, checked: "TYPE BASE64", "ignore" or ""."""
    text = fields.text(raw, "host_key", where, default="")
    if text in ("", ANY_HOST_KEY):
        return text
    kind, _, rest = text.strip().partition(" ")
    key = rest.split()[0] if rest.split() else ""
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    if kind == _DSA:
        raise ConfigError(
            f"the host key is of type {_DSA}, which SSH clients of today do not take any more",
            where=f"{where}.host_key",
            remedy="Write the switch's RSA, ECDSA or Ed25519 key: `ssh-keyscan HOST` prints what it"
            " has. Where it has none, have one made at the switch.",
        )
    # RFC 4253, 6.6: a key's blob begins with its type as a length-prefixed string.
    if not blob[4:].startswith(kind.encode()) or not kind.startswith(_HOST_KEY_TYPES):
        raise ConfigError(
            f"{text!r} is no SSH host key",
            where=f"{where}.host_key",
            remedy='Write it as `ssh-keyscan HOST` prints it, without the host: "ssh-rsa AAAA...".',
        )
    return f"{kind} {key}"
