"""An SSH server's host key, asked for without logging in."""

import base64
import contextlib
import hashlib
import logging
import socket
import time
from typing import TYPE_CHECKING, Iterable, Iterator

from ..common.errors import HostKeyRejected, SwitchUnreachable

if TYPE_CHECKING:
    import paramiko

_LOG = "docker_tor.ssh"
# An RSA key proves itself by one of several signatures (RFC 8332).
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


def fetch(host: str, port: int, *, timeout: float, kind: str = "") -> str:
    """The host key that the server proves to have, as "TYPE BASE64"; of the type `kind` if given.

    Only a key exchange takes place. Raises SwitchUnreachable if it does not end within `timeout`
    seconds, and HostKeyRejected if the server has no key of that type.
    """
    import paramiko

    where = f"{host}:{port}"
    try:
        with connected(host, port, time.monotonic() + timeout) as transport:
            return exchange(transport, [kind] if kind else [], timeout)
    except (OSError, EOFError, paramiko.SSHException) as error:
        if kind and "host key" in str(error):
            raise HostKeyRejected(
                f"it shows no SSH host key of the type {kind}",
                where=where,
                remedy="Compare its key at the switch's console, and set host_key anew.",
            ) from None
        raise SwitchUnreachable(
            f"no SSH server answers: {error or type(error).__name__}",
            where=where,
            remedy="Check address, port and network, and that SSH is enabled at the switch.",
        ) from None


@contextlib.contextmanager
def connected(host: str, port: int, deadline: float) -> "Iterator[paramiko.Transport]":
    """A paramiko Transport that has not begun to speak, for the length of a `with` block."""
    # Imported here only: it takes longer than all the rest of an action.
    import paramiko

    # What paramiko logs of a failure is a traceback; the pack's own error says it in a line.
    logging.getLogger(_LOG).setLevel(logging.CRITICAL)
    left = max(0.001, deadline - time.monotonic())
    with socket.create_connection((host, port), left) as peer:
        # Else each small packet waits for an acknowledgement of the one before (Nagle).
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(peer)
        transport.set_log_channel(_LOG)
        with contextlib.closing(transport):
            yield transport


def exchange(transport: "paramiko.Transport", kinds: Iterable[str], timeout: float) -> str:
    """Exchange keys: the server's host key, as "TYPE BASE64". It has to be of one of these types;
    without any, of whatever type the server likes."""
    options = transport.get_security_options()
    wanted = [name for kind in kinds for name in _ALGORITHMS.get(kind, (kind,))]
    if wanted:
        options.key_types = [name for name in wanted if name in options.key_types]
    transport.start_client(timeout=timeout)
    key = transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint(key: str) -> str:
    """The fingerprint of a key "TYPE BASE64", as OpenSSH shows it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
