"""An SSH server's host key, asked for without logging in."""

import base64
import hashlib
import logging
import socket
from typing import Tuple

from ..common.errors import HostKeyRejected, SwitchUnreachable

_LOG = "docker_tor.hostkey"
# An RSA key proves itself by one of several signatures (RFC 8332).
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


def fetch(host: str, port: int, *, timeout: float, kind: str = "") -> str:
    """The host key that the server proves to have, as "TYPE BASE64"; of the type `kind` if given.

    Nothing is sent but a key exchange. Raises SwitchUnreachable where none comes about within
    `timeout` seconds, once connected, and HostKeyRejected where the server has no key of that type.
    """
    # Imported only here, as in netconf.
    import paramiko

    # What paramiko logs of a peer that is no SSH server is a traceback.
    logging.getLogger(_LOG).setLevel(logging.CRITICAL)
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), timeout) as peer:
            transport = paramiko.Transport(peer)
            transport.set_log_channel(_LOG)
            if kind:
                transport.get_security_options().key_types = _algorithms(kind)
            try:
                transport.start_client(timeout=timeout)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
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
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint(key: str) -> str:
    """The fingerprint of a key "TYPE BASE64", as OpenSSH shows it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _algorithms(kind: str) -> Tuple[str, ...]:
    return _ALGORITHMS.get(kind, (kind,))
