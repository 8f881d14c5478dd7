"""docker.yaml, checked once and turned into values.

StackStorm hands a sensor or an action the pack's configuration as a plain dictionary, defaults
filled in from config.schema.yaml and secrets decrypted. What the schema cannot say (unknown keys,
an uplink to a switch that is not there, two switches and no uplink) is checked here, so that a
mistake is told at once and by the name of its field.
"""

import base64
import binascii
import difflib
from typing import Any, Collection, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from . import values
from .errors import ConfigError, InvalidValue

DEFAULT_VLAN_NAME = "Docker Network"
DEFAULT_PORT = 22
ANY_HOST_KEY = "ignore"
"""What an operator writes as `host_key` to have no host key checked."""

_HOST_KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-")
_SEE = "See docker.yaml.example."


class Tls(NamedTuple):
    """Paths of PEM files: the CA that signed the engine's certificate, and the client's certificate
    and key, both empty for an engine that asks for none."""

    ca: str
    cert: str
    key: str


class Uplink(NamedTuple):
    """Where an engine's interface `parent` is plugged in."""

    parent: str
    switch: str
    rbridge_id: int


class EngineConfig(NamedTuple):
    """A Docker Engine to follow."""

    name: str
    url: str
    tls: Optional[Tls]
    uplinks: Tuple[Uplink, ...]


class SwitchConfig(NamedTuple):
    """A switch and what Docker users may claim of it (None: any VLAN, any subnet)."""

    name: str
    host: str
    port: int
    username: str
    password: str
    rbridge_id: Optional[int]
    host_key: str
    vlans: Optional[FrozenSet[int]]
    subnets: Optional[Tuple[values.Subnet, ...]]

    def __repr__(self) -> str:
        return f"SwitchConfig(name={self.name!r}, host={self.host!r}, port={self.port})"


class Config(NamedTuple):
    """The whole of docker.yaml."""

    engines: Tuple[EngineConfig, ...]
    switches: Tuple[SwitchConfig, ...]
    channel: str
    vlan_name: str

    def switch(self, name_or_host: str) -> Optional[SwitchConfig]:
        """The switch of that name or, failing that, at that host."""
        by_name = [switch for switch in self.switches if switch.name == name_or_host]
        by_host = [switch for switch in self.switches if switch.host == name_or_host]
        return next(iter(by_name + by_host), None)


def parse(raw: Optional[Mapping[str, Any]]) -> Config:
    """Check the configuration `raw`; raises ConfigError naming the field, its value and the remedy.

    An empty configuration is valid here: an action that is given host, user name and password needs
    none. Who cannot do without calls `require` as well.
    """
    raw = raw or {}
    _known_keys(raw, Config._fields, "the configuration")
    switches = tuple(_switch(item, where) for item, where in _items(raw, "switches", ""))
    _unique([switch.name for switch in switches], "switches", "name")
    engines = tuple(_engine(item, where, switches) for item, where in _items(raw, "engines", ""))
    _unique([engine.name for engine in engines], "engines", "name")
    return Config(
        engines,
        switches,
        _text(raw, "channel", "", default="docker"),
        _checked(values.vlan_name, raw.get("vlan_name") or DEFAULT_VLAN_NAME, "vlan_name"),
    )


def require(config: Config) -> Config:
    """`config`, if it names what a sensor cannot do without: an engine, a switch, and the way
    between.

    Raises ConfigError.
    """
    if not config.engines:
        raise ConfigError("no Docker Engine is configured", where="engines", remedy=_SEE)
    if not config.switches:
        raise ConfigError("no switch is configured", where="switches", remedy=_SEE)
    for engine in config.engines:
        if not engine.uplinks and len(config.switches) > 1:
            raise ConfigError(
                f"engine {engine.name} has no uplink, and there are several switches",
                where="engines",
                remedy="Say under `uplinks` which parent interface leads to which switch.",
            )
        for uplink in engine.uplinks or (None,):
            uplink_of(config, engine, uplink.parent if uplink else "")
    return config


def uplink_of(config: Config, engine: EngineConfig, parent: str) -> Tuple[SwitchConfig, int]:
    """The switch and rbridge id that the engine's interface `parent` (without its tag) leads to.

    Raises ConfigError if the configuration does not say.
    """
    if engine.uplinks:
        uplink = next((uplink for uplink in engine.uplinks if uplink.parent == parent), None)
        if uplink is None:
            raise ConfigError(
                f"engine {engine.name} has a network on {parent}, and no uplink of that name",
                where="engines",
                remedy=f"Add `parent: {parent}` with its switch to the engine's uplinks.",
            )
        switch = config.switch(uplink.switch)
        rbridge = uplink.rbridge_id
    else:
        switch = config.switches[0] if len(config.switches) == 1 else None
        rbridge = 0
    if switch is None:
        raise ConfigError("no switch is configured for it", where=engine.name, remedy=_SEE)
    rbridge = rbridge or switch.rbridge_id or 0
    if not rbridge:
        raise ConfigError(
            f"neither switch {switch.name} nor the uplink has an rbridge_id",
            where="switches",
            remedy="Give the switch its rbridge_id (`show vcs`).",
        )
    return switch, rbridge


def _engine(raw: Mapping[str, Any], where: str, switches: Sequence[SwitchConfig]) -> EngineConfig:
    _known_keys(raw, EngineConfig._fields, where)
    url = _text(raw, "url", where)
    parts = urlsplit(url)
    if not ((parts.scheme == "unix" and parts.path) or (parts.scheme == "tcp" and parts.hostname)):
        raise ConfigError(
            f"{url!r} is no address of a Docker Engine",
            where=f"{where}.url",
            remedy="Write unix:///var/run/docker.sock or tcp://HOST:2376.",
        )
    uplinks = tuple(_uplink(item, at, switches) for item, at in _items(raw, "uplinks", where))
    _unique([uplink.parent for uplink in uplinks], f"{where}.uplinks", "parent")
    name = _text(raw, "name", where, default=parts.hostname or "local")
    return EngineConfig(name, url, _tls(raw.get("tls") or {}, f"{where}.tls"), uplinks)


def _tls(raw: Any, where: str) -> Optional[Tls]:
    _mapping(raw, where)
    _known_keys(raw, Tls._fields, where)
    if not any(raw.values()):
        return None
    ca, cert, key = (_text(raw, name, where, default="") for name in Tls._fields)
    if not ca or bool(cert) != bool(key):
        raise ConfigError(
            "it takes a ca, and a cert with its key where the engine asks for one",
            where=where,
            remedy=_SEE,
        )
    return Tls(ca, cert, key)


def _uplink(raw: Mapping[str, Any], where: str, switches: Sequence[SwitchConfig]) -> Uplink:
    _known_keys(raw, Uplink._fields, where)
    switch = _text(raw, "switch", where, default=switches[0].name if len(switches) == 1 else "")
    names = [known.name for known in switches]
    if switch not in names:
        raise ConfigError(
            f"there is no switch {switch!r}",
            where=f"{where}.switch",
            remedy=f"The configured ones are {', '.join(names) or 'none'}.",
        )
    rbridge = raw.get("rbridge_id")
    number = _checked(values.rbridge_id, rbridge, f"{where}.rbridge_id") if rbridge else 0
    return Uplink(_text(raw, "parent", where), switch, number)


def _switch(raw: Mapping[str, Any], where: str) -> SwitchConfig:
    _known_keys(raw, SwitchConfig._fields, where)
    host = _text(raw, "host", where)
    rbridge, vlans, subnets = raw.get("rbridge_id"), raw.get("vlans"), raw.get("subnets")
    port = raw.get("port") or DEFAULT_PORT
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise ConfigError(f"{port!r} is no TCP port", where=f"{where}.port", remedy="Usually 22.")
    return SwitchConfig(
        name=_text(raw, "name", where, default=host),
        host=host,
        port=port,
        username=_text(raw, "username", where),
        password=_secret(raw, "password", where),
        rbridge_id=_checked(values.rbridge_id, rbridge, f"{where}.rbridge_id") if rbridge else None,
        host_key=host_key(_text(raw, "host_key", where, default=""), f"{where}.host_key"),
        vlans=_checked(values.vlan_ranges, vlans, f"{where}.vlans") if vlans else None,
        subnets=tuple(
            _checked(values.subnet, item, f"{where}.subnets[{number}]")
            for number, item in enumerate(_list(subnets, f"{where}.subnets"))
        )
        or None,
    )


def host_key(text: str, where: str = "host_key") -> str:
    """An SSH host key as `ssh-keyscan` prints it, checked: "TYPE BASE64", "ignore" or "".

    Raises ConfigError.
    """
    if text in ("", ANY_HOST_KEY):
        return text
    words = text.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, IndexError, ValueError):
        blob = b""
    # RFC 4253, 6.6: a key's blob begins with its type as a length-prefixed string.
    if not blob[4:].startswith(words[0].encode()) or not words[0].startswith(_HOST_KEY_TYPES):
        raise ConfigError(
            f"{text!r} is no SSH host key",
            where=where,
            remedy='Write it as `ssh-keyscan HOST` prints it, without the host: "ssh-rsa AAAA...".',
        )
    return f"{words[0]} {words[1]}"


def _checked(check: Any, value: Any, where: str) -> Any:
    try:
        return check(value, where)
    except InvalidValue as error:
        raise ConfigError(error.what, where="docker.yaml", remedy=error.remedy) from None


def _known_keys(raw: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            meant = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(known)}."
            raise ConfigError(f"there is no key {key!r}", where=where, remedy=meant)


def _mapping(raw: Any, where: str) -> None:
    if not isinstance(raw, Mapping):
        raise ConfigError("this is no mapping of keys to values", where=where, remedy=_SEE)


def _list(raw: Any, where: str) -> List[Any]:
    if raw is None:
        return []
    if not isinstance(raw, (list, tuple)):
        raise ConfigError("this is no list", where=where, remedy=_SEE)
    return list(raw)


def _items(raw: Mapping[str, Any], key: str, where: str) -> List[Tuple[Mapping[str, Any], str]]:
    place = f"{where}.{key}" if where else key
    items = [(item, f"{place}[{n}]") for n, item in enumerate(_list(raw.get(key), place))]
    for item, at in items:
        _mapping(item, at)
    return items


def _text(raw: Mapping[str, Any], key: str, where: str, default: Optional[str] = None) -> str:
    value = raw.get(key)
    if value is None or value == "":
        if default is None:
            raise ConfigError("it is missing", where=f"{where}.{key}", remedy=_SEE)
        return default
    if not isinstance(value, str) or not value.isprintable():
        raise ConfigError(f"{value!r} is no text", where=f"{where}.{key}", remedy="Quote it.")
    return value


def _secret(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(
            "it is missing or no text",
            where=f"{where}.{key}",
            remedy='Keep it in the datastore, encrypted, and write "{{ st2kv.system.NAME }}".',
        )
    return value


def _unique(names: Sequence[str], where: str, key: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"two of them have the {key} {name!r}",
                where=where,
                remedy=f"Make each {key} its own.",
            )
