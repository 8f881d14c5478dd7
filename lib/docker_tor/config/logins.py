"""Who logs in to a switch, and where: an action's own parameters, completed by docker.yaml."""

from typing import Any, Mapping

from ..common.errors import ConfigError
from .credentials import Login
from .entries import DEFAULT_PORT
from .settings import Config

_LOGIN = ("host", "port", "username", "password")


def login(config: Config, parameters: Mapping[str, Any]) -> Login:
    """Who logs in where: the parameters, completed by the configuration's entry of that host.

    Raises ConfigError if something is in neither.
    """
    host = parameters.get("host") or ""
    switch = config.switch(host)
    given = {key: parameters.get(key) for key in _LOGIN}
    if switch is None:
        missing = [key for key in ("host", "username", "password") if not given[key]]
        if missing:
            raise ConfigError(
                f"no switch {host!r} is configured, and {' and '.join(missing)} not given",
                where="switches",
                remedy="Add the switch to docker.yaml, or give host, username and password.",
            )
        port = given["port"] or DEFAULT_PORT
        return Login(host, port, str(given["username"]), str(given["password"]), "")
    return Login(
        switch.host,
        given["port"] or switch.port,
        given["username"] or switch.username,
        given["password"] or switch.password,
        switch.host_key,
        switch.transport,
        switch.ssh_algorithms,
    )
