"""docker.yaml, checked once and turned into values.

StackStorm hands a sensor or an action the pack's configuration as a plain dictionary, defaults
filled in from config.schema.yaml and secrets decrypted. What the schema cannot say (unknown keys,
an uplink to a switch that is not there, two switches and no uplink) is checked here, so that a
mistake is told at once and by the name of its field.
"""

from types import MappingProxyType
from typing import Any, Dict, FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from ..common import validators
from ..common.errors import ConfigError
from ..config import limits
from . import credentials, exchange_pack, fields
from .credentials import AUTO, NO_ALGORITHMS, Algorithms

REPORT, REMOVE = "report", "remove"
DEFAULT_VLAN_NAME = "Docker Network"
DEFAULT_PORT = 22
MOST_GRACE = 7 * 24 * 3600
MOST_BATCH_ABOVE = 10_000
MOST_DEBOUNCE = 10


class Tls(NamedTuple):
    """Paths of PEM files: the CA that signed the engine's certificate, and the client's certificate
    and key, both empty for an engine that asks for none."""

    ca: str
    cert: str
    key: str


class Uplink(NamedTuple):
    """Where an engine's interface `parent` is plugged in; with a `vlan`, which VLAN the networks
    are on whose parent is that interface itself, without a tag."""

    parent: str
    switch: str
    rbridge_id: int
    vlan: int = 0


class EngineConfig(NamedTuple):
    """A Docker Engine to follow."""

    name: str
    url: str
    tls: Optional[Tls]
    uplinks: Tuple[Uplink, ...]

    @property
    def vlans(self) -> Dict[str, int]:
        """The VLANs of parents without a tag."""
        return {uplink.parent: uplink.vlan for uplink in self.uplinks if uplink.vlan}


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
    subnets: Optional[Tuple[validators.Subnet, ...]]
    transport: str = AUTO
    """AUTO or PARAMIKO."""
    ssh_algorithms: Algorithms = NO_ALGORITHMS
    """What OpenSSH is to offer beyond what it does by itself; paramiko does without."""

    def __repr__(self) -> str:
        return f"SwitchConfig(name={self.name!r}, host={self.host!r}, port={self.port})"


class Config(NamedTuple):
    """The whole of docker.yaml."""

    engines: Tuple[EngineConfig, ...]
    switches: Tuple[SwitchConfig, ...]
    channel: str
    vlan_name: str
    removal_grace: int = 0
    """Seconds for which a segment stays after the last of its networks has gone."""
    orphan_grace: int = 600
    """Seconds for which reconcile leaves a segment that nothing calls for."""
    orphans: str = REPORT
    """What becomes of such a segment if it was not dispatched from here: REPORT or REMOVE."""
    save_config: bool = False
    """Whether a run that changed a switch saves its running config to startup."""
    batch_above: int = 3
    """So many changes for one switch at once still go out one by one; more go out as a batch."""
    mass_removal_hold: int = 900
    """Seconds for which networks stay that an engine drops all at once without a word."""
    debounce: float = 0.25
    """Seconds for which a change waits for those that follow it."""
    url: str = ""
    """Of the one engine that `url` alone names, as the Exchange's docker pack has it."""
    build_options: Mapping[str, bool] = MappingProxyType({})
    """That pack's too: what of them docker.build_image goes by."""

    def named(self, name: str) -> Optional[SwitchConfig]:
        """The switch of that name."""
        return next((switch for switch in self.switches if switch.name == name), None)

    def switch(self, name_or_host: str) -> Optional[SwitchConfig]:
        """The switch of that name or, failing that, at that host.

        Raises ConfigError for a host that several entries have: only a name tells them apart.
        """
        by_host = [switch for switch in self.switches if switch.host == name_or_host]
        found = self.named(name_or_host)
        if found is None and len(by_host) > 1:
            names = ", ".join(switch.name for switch in by_host)
            raise ConfigError(
                f"host {name_or_host!r} is that of several switches",
                where="switches",
                remedy=f"Name the one that is meant: {names}.",
            )
        return found or next(iter(by_host), None)


def parse(raw: Optional[Mapping[str, Any]]) -> Config:
    """Check the configuration `raw`; raises ConfigError naming the field, its value and the remedy.

    An empty configuration is valid here: an action that is given host, user name and password needs
    none. Who cannot do without calls `uplinks.require` as well.
    """
    raw, defaults = raw or {}, Config._field_defaults
    current = [key for key in raw if key not in exchange_pack.WITHOUT_MEANING]
    fields.known_keys(current, Config._fields, "the configuration")
    switches = tuple(_switch(item, where) for item, where in fields.items(raw, "switches", ""))
    _check_names(switches)
    engines = tuple(
        _engine(item, where, switches) for item, where in fields.items(raw, "engines", "")
    )
    fields.unique([engine.name for engine in engines], "engines", "name")
    old = _old_engine(raw, engines)
    return Config(
        engines + old,
        switches,
        fields.text(raw, "channel", "", default="docker"),
        fields.checked(limits.vlan_name, raw.get("vlan_name") or DEFAULT_VLAN_NAME, "vlan_name"),
        fields.number(raw, "removal_grace", "", defaults["removal_grace"], most=MOST_GRACE),
        fields.number(raw, "orphan_grace", "", defaults["orphan_grace"], most=MOST_GRACE),
        fields.either(raw, "orphans", "", REPORT, REMOVE),
        fields.flag(raw, "save_config", "", defaults["save_config"]),
        fields.number(raw, "batch_above", "", defaults["batch_above"], most=MOST_BATCH_ABOVE),
        fields.number(raw, "mass_removal_hold", "", defaults["mass_removal_hold"], most=MOST_GRACE),
        fields.seconds(raw, "debounce", defaults["debounce"], most=MOST_DEBOUNCE),
        old[0].url if old else "",
        exchange_pack.build_options(raw),
    )


def _old_engine(
    raw: Mapping[str, Any], engines: Sequence[EngineConfig]
) -> Tuple[EngineConfig, ...]:
    """The engine of the old pack's `url`, unless it is there under `engines` too."""
    url = exchange_pack.url(raw)
    if not url or url in [engine.url for engine in engines]:
        return ()
    engine = _engine({"url": url}, "url", ())
    taken = engine.name in [engine.name for engine in engines]
    return (engine._replace(name=url) if taken else engine,)


def _engine(raw: Mapping[str, Any], where: str, switches: Sequence[SwitchConfig]) -> EngineConfig:
    fields.known_keys(raw, EngineConfig._fields, where)
    url = fields.text(raw, "url", where)
    host = _host(url, f"{where}.url")
    uplinks = tuple(_uplink(item, at, switches) for item, at in fields.items(raw, "uplinks", where))
    for with_vlan in (False, True):
        parents = [uplink.parent for uplink in uplinks if bool(uplink.vlan) == with_vlan]
        fields.unique(parents, f"{where}.uplinks", "parent")
    name = fields.text(raw, "name", where, default=host or "local")
    return EngineConfig(name, url, _tls(raw.get("tls") or {}, f"{where}.tls"), uplinks)


def _host(url: str, where: str) -> str:
    """The host of an engine's url, empty for a socket of this host."""
    try:
        parts = urlsplit(url)
        # Asking for the port is what checks it.
        is_one = parts.path if parts.scheme == "unix" else parts.scheme == "tcp" and parts.hostname
        if is_one and parts.port != 0:
            return parts.hostname or ""
    except ValueError:
        pass
    raise ConfigError(
        f"{url!r} is no address of a Docker Engine",
        where=where,
        remedy="Write unix:///var/run/docker.sock or tcp://HOST:2376.",
    )


def _tls(raw: Any, where: str) -> Optional[Tls]:
    fields.mapping(raw, where)
    fields.known_keys(raw, Tls._fields, where)
    if not any(raw.values()):
        return None
    ca, cert, key = (fields.text(raw, name, where, default="") for name in Tls._fields)
    if not ca or bool(cert) != bool(key):
        raise ConfigError(
            "it takes a ca, and a cert with its key where the engine asks for one",
            where=where,
            remedy=fields.SEE,
        )
    return Tls(ca, cert, key)


def _uplink(raw: Mapping[str, Any], where: str, switches: Sequence[SwitchConfig]) -> Uplink:
    fields.known_keys(raw, Uplink._fields, where)
    switch = fields.text(
        raw, "switch", where, default=switches[0].name if len(switches) == 1 else ""
    )
    names = [known.name for known in switches]
    if switch not in names:
        raise ConfigError(
            f"there is no switch {switch!r}",
            where=f"{where}.switch",
            remedy=f"The configured ones are {', '.join(names) or 'none'}.",
        )
    rbridge, vlan = raw.get("rbridge_id"), raw.get("vlan")
    number = fields.checked(limits.rbridge_id, rbridge, f"{where}.rbridge_id") if rbridge else 0
    parent = fields.text(raw, "parent", where)
    if vlan is None:
        return Uplink(parent, switch, number)
    if "." in parent and parent.rpartition(".")[2].isdigit():
        raise ConfigError(
            f"parent {parent} carries a tag, which says its VLAN",
            where=f"{where}.vlan",
            remedy="Leave the vlan out, and write the parent without its tag.",
        )
    return Uplink(parent, switch, number, fields.checked(limits.vlan_id, vlan, f"{where}.vlan"))


def _check_names(switches: Sequence[SwitchConfig]) -> None:
    """Refuse names that do not tell one switch from another: everything after the trigger goes by
    them."""
    fields.unique([switch.name for switch in switches], "switches", "name")
    for switch in switches:
        others = [other for other in switches if other is not switch and other.host == switch.name]
        if others:
            raise ConfigError(
                f"one of them is named {switch.name!r}, which is the host of {others[0].name}",
                where="switches",
                remedy="Give it a `name` that is no other entry's host.",
            )


def _switch(raw: Mapping[str, Any], where: str) -> SwitchConfig:
    fields.known_keys(raw, SwitchConfig._fields, where)
    host = fields.text(raw, "host", where)
    name = fields.text(raw, "name", where, default=host)
    if "<" in name or "{" in name:
        # The workflows refuse an input that could be an expression.
        raise ConfigError(
            f"{name!r} has a '<' or '{{'",
            where=f"{where}.name",
            remedy="Leave them out of the switch's name.",
        )
    rbridge = raw.get("rbridge_id")
    return SwitchConfig(
        name=name,
        host=host,
        port=fields.number(raw, "port", where, DEFAULT_PORT, least=1, most=65535),
        username=fields.text(raw, "username", where),
        password=fields.secret(raw, "password", where),
        rbridge_id=fields.checked(limits.rbridge_id, rbridge, f"{where}.rbridge_id")
        if rbridge
        else None,
        host_key=credentials.host_key(raw, where),
        vlans=_vlans(raw, where),
        subnets=_subnets(raw, where),
        transport=credentials.transport(raw, where),
        ssh_algorithms=credentials.algorithms(raw, where),
    )


def _vlans(raw: Mapping[str, Any], where: str) -> Optional[FrozenSet[int]]:
    if not fields.is_given(raw, "vlans", where, none='""'):
        return None
    if raw["vlans"] == "":
        return frozenset()
    found: FrozenSet[int] = fields.checked(limits.vlan_ranges, raw["vlans"], f"{where}.vlans")
    return found


def _subnets(raw: Mapping[str, Any], where: str) -> Optional[Tuple[validators.Subnet, ...]]:
    if not fields.is_given(raw, "subnets", where, none="[]"):
        return None
    return tuple(
        fields.checked(validators.subnet, item, f"{where}.subnets[{number}]")
        for number, item in enumerate(fields.listed(raw["subnets"], f"{where}.subnets"))
    )
