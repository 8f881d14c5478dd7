"""Where a switch is, who logs in to it, and how."""

from typing import NamedTuple, Tuple

ANY_HOST_KEY = "ignore"
"""What an operator writes as `host_key` if no host key is to be checked."""
AUTO, PARAMIKO = "auto", "paramiko"
"""How a switch is reached: by OpenSSH where that works, else by paramiko; or by paramiko only."""


class Algorithms(NamedTuple):
    """Names of SSH algorithms, by kind."""

    kex: Tuple[str, ...] = ()
    host_key: Tuple[str, ...] = ()
    cipher: Tuple[str, ...] = ()
    mac: Tuple[str, ...] = ()


NO_ALGORITHMS = Algorithms()


class Login(NamedTuple):
    """A user at a switch.

    `host_key` is "TYPE BASE64", ANY_HOST_KEY, or "" for the known_hosts file of the user that runs
    the action. `transport` is AUTO or PARAMIKO. `algorithms` are what OpenSSH offers beyond its own
    defaults.
    """

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
