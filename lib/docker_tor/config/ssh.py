"""The fields of a switch about SSH. Every function raises ConfigError."""

import base64
import binascii
import re
from typing import Any, Tuple

from .credentials import ANY_HOST_KEY, Algorithms
from .fields import Fields

_DSA = "ssh-dss"
_HOST_KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-")
_ALGORITHM = re.compile(r"[a-z0-9][a-z0-9@.-]*\Z")


def algorithms(switch: Fields) -> Algorithms:
    """What an old switch needs that OpenSSH does not offer by itself."""
    given = switch.mapping("ssh_algorithms", Algorithms._fields)
    return Algorithms(*(_names(given, kind) for kind in Algorithms._fields))


def _names(given: Fields, kind: str) -> Tuple[str, ...]:
    names = tuple(name for name, _ in given.listed(kind))
    for name in names:
        if not isinstance(name, str) or not _ALGORITHM.match(name):
            remedy = (
                "`ssh -Q kex` prints their names; for the others `key-sig`, `cipher` and `mac`."
            )
            raise given.wrong(kind, f"{name!r} is no SSH algorithm", remedy)
    return names


def host_key(switch: Fields) -> str:
    """An SSH host key as `ssh-keyscan` prints it, checked: "TYPE BASE64", ANY_HOST_KEY or ""."""
    text = switch.text("host_key", default="")
    if text in ("", ANY_HOST_KEY):
        return text
    kind, _, rest = text.strip().partition(" ")
    key = rest.split()[0] if rest.split() else ""
    if kind == _DSA:
        raise switch.wrong(
            "host_key",
            f"the host key is of type {_DSA}, which SSH clients of today do not take any more",
            "Write the switch's RSA, ECDSA or Ed25519 key: `ssh-keyscan HOST` prints what it has."
            " Where it has none, have one made at the switch.",
        )
    # RFC 4253, 6.6: a key's blob begins with its type as a length-prefixed string.
    if not kind.startswith(_HOST_KEY_TYPES) or not _blob(key)[4:].startswith(kind.encode()):
        raise switch.wrong(
            "host_key",
            f"{text!r} is no SSH host key",
            'Write it as `ssh-keyscan HOST` prints it, without the host: "ssh-rsa AAAA...".',
        )
    return f"{kind} {key}"


def _blob(key: Any) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return b""
