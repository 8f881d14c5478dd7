"""docker.yaml, checked once and turned into values.

StackStorm hands a sensor or an action the configuration as a dictionary. It has filled in the
defaults of config.schema.yaml and decrypted secrets. What a schema cannot say is checked here:
unknown keys, an uplink to a switch that is not there. So a mistake is told at once, by its field.
"""

import contextlib
from types import MappingProxyType
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from ..common import validators
from ..common.errors import ConfigError
from . import exchange_pack, fields, limits, platforms, ssh
from .credentials import AUTO, NO_ALGORITHMS, PARAMIKO, Algorithms
from .fields import Fields

REPORT, REMOVE = "report", "remove"
DEFAULT_VLAN_NAME = "Docker Network"
DEFAULT_PORT = 22
DEFAULT_ROUTE = "chatops"
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
    are on whose parent is that interface itself, without a tag.

    `ports` are the names of the switch's ports that carry the VLANs; none where the pack does no
    ports."""

    parent: str
    switch: str
    rbridge_id: int
    vlan: int = 0
    ports: Tuple[str, ...] = ()


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


class Chat(NamedTuple):
    """Where in chat something is told: a channel, and the route of the announcements that the bot
    follows (chatops.post_message)."""

    channel: str
    route: str


class SwitchConfig(NamedTuple):
    """A switch, what Docker users may claim of it (None: any VLAN, any subnet), and which of its
    ports the pack may touch (None: any)."""

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
    platform: str = platforms.NOS.name
    """What kind of switch it is: one of `platforms.PLATFORMS`."""
    ssh_algorithms: Algorithms = NO_ALGORITHMS
    """What OpenSSH offers beyond its own defaults; paramiko knows none of it."""
    channel: str = ""
    """The chat channel of those who care for it; empty for that of everybody."""
    ports: Optional[FrozenSet[str]] = None
    interface_name: str = platforms.NOS.interface
    """What the switch calls a VLAN's interface, with `platforms.VLAN` for the VLAN's number."""

    @property
    def kind(self) -> platforms.Platform:
        """What a switch of its platform takes."""
        return platforms.PLATFORMS[self.platform]

    def interface(self, vlan: int) -> str:
        """What the switch calls a VLAN's interface."""
        return self.interface_name.replace(platforms.VLAN, str(vlan))

    def __repr__(self) -> str:
        return f"SwitchConfig(name={self.name!r}, host={self.host!r}, port={self.port})"


class Config(NamedTuple):
    """The whole of docker.yaml."""

    engines: Tuple[EngineConfig, ...]
    switches: Tuple[SwitchConfig, ...]
    channel: str
    vlan_name: str
    chat_route: str = DEFAULT_ROUTE
    """The route by which the chat bot hears: chatops for Hubot, often errbot for Errbot."""
    removal_grace: int = 0
    """Seconds for which a segment stays after its last network is removed."""
    orphan_grace: int = 600
    """Seconds for which reconcile leaves a segment that no network calls for."""
    orphans: str = REPORT
    """What happens to such a segment if this installation has not dispatched it."""
    save_config: bool = False
    """Whether a run that changed a switch saves its running config to startup."""
    batch_above: int = 3
    """The most changes for one switch at once that go out one by one; more go out as a batch."""
    mass_removal_hold: int = 900
    """Seconds for which networks stay that an engine drops all at once without an event."""
    debounce: float = 0.25
    """Seconds for which a change waits for those that follow it."""
    url: str = ""
    """The url of the engine that the key `url` names, as in the Exchange's docker pack."""
    build_options: Mapping[str, bool] = MappingProxyType({})
    """What docker.build_image takes of that pack's `build_options`."""

    def chat(self, switch: str = "") -> Chat:
        """Where to tell what is about the switch of that name, or about none."""
        found = self.named(switch)
        return Chat((found.channel if found else "") or self.channel, self.chat_route)

    def named(self, name: str) -> Optional[SwitchConfig]:
        """The switch of that name."""
        return next((switch for switch in self.switches if switch.name == name), None)

    def switch(self, name_or_host: str) -> Optional[SwitchConfig]:
        """The switch of that name or, failing that, at that host, as a person types it: spaces
        around it do not matter, nor does the case where only one name is meant.

        Raises ConfigError for a host that several entries have: only a name tells them apart.
        """
        name_or_host = name_or_host.strip()
        host = name_or_host.casefold()
        by_host = [switch for switch in self.switches if switch.host.casefold() == host]
        found = validators.meant(name_or_host, {switch.name: switch for switch in self.switches})
        if found is None and len(by_host) > 1:
            names = ", ".join(switch.name for switch in by_host)
            raise ConfigError(
                f"host {name_or_host!r} is that of several switches",
                where="switches",
                remedy=f"Name the one that is meant: {names}.",
            )
        return found or next(iter(by_host), None)


def parse(raw: Optional[Mapping[str, Any]]) -> Config:
    """Check the configuration `raw`; raises ConfigError with the field, its value and the remedy.

    An empty configuration is valid: an action with host, user name and password needs none. A
    sensor needs one, and calls `uplinks.require` as well.
    """
    raw, defaults = raw or {}, Config._field_defaults
    given = Fields(exchange_pack.without_old_keys(raw), "", Config._fields)
    switches = tuple(_switch(one) for one in given.mappings("switches", SwitchConfig._fields))
    _check_names(switches)
    engines = tuple(
        _engine(one, switches) for one in given.mappings("engines", EngineConfig._fields)
    )
    fields.unique([engine.name for engine in engines], "engines", "name")
    old = _old_engine(raw, engines)
    name = given.get("vlan_name") or DEFAULT_VLAN_NAME
    return Config(
        engines=engines + old,
        switches=switches,
        channel=_name(given, "channel", "docker"),
        chat_route=_name(given, "chat_route", DEFAULT_ROUTE),
        vlan_name=fields.checked(limits.vlan_name, name, "vlan_name"),
        removal_grace=given.number("removal_grace", defaults["removal_grace"], most=MOST_GRACE),
        orphan_grace=given.number("orphan_grace", defaults["orphan_grace"], most=MOST_GRACE),
        orphans=given.either("orphans", REPORT, REMOVE),
        save_config=given.flag("save_config", defaults["save_config"]),
        batch_above=given.number("batch_above", defaults["batch_above"], most=MOST_BATCH_ABOVE),
        mass_removal_hold=given.number(
            "mass_removal_hold", defaults["mass_removal_hold"], most=MOST_GRACE
        ),
        debounce=given.seconds("debounce", defaults["debounce"], most=MOST_DEBOUNCE),
        url=old[0].url if old else "",
        build_options=exchange_pack.build_options(raw),
    )


def _old_engine(
    raw: Mapping[str, Any], engines: Sequence[EngineConfig]
) -> Tuple[EngineConfig, ...]:
    """The engine of the old pack's `url`, unless it is among `engines` too."""
    url = exchange_pack.url(raw)
    if not url or url in [engine.url for engine in engines]:
        return ()
    engine = _engine(Fields({"url": url}, "url", EngineConfig._fields), ())
    taken = engine.name in [engine.name for engine in engines]
    return (engine._replace(name=url) if taken else engine,)


def _engine(given: Fields, switches: Sequence[SwitchConfig]) -> EngineConfig:
    url = given.text("url")
    host = _host(given, url)
    uplinks = tuple(_uplink(one, switches) for one in given.mappings("uplinks", Uplink._fields))
    for with_vlan in (False, True):
        parents = [uplink.parent for uplink in uplinks if bool(uplink.vlan) == with_vlan]
        fields.unique(parents, given.place("uplinks"), "parent")
    return EngineConfig(given.text("name", default=host or "local"), url, _tls(given), uplinks)


def _host(given: Fields, url: str) -> str:
    """The host of an engine's url; empty for a socket of this host."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        # Asking for the port is what checks it.
        is_one = parts.path if parts.scheme == "unix" else parts.scheme == "tcp" and parts.hostname
        if is_one and parts.port != 0:
            return parts.hostname or ""
    what = f"{url!r} is no address of a Docker Engine"
    raise given.wrong("url", what, "Write unix:///var/run/docker.sock or tcp://HOST:2376.")


def _tls(engine: Fields) -> Optional[Tls]:
    given = engine.mapping("tls", Tls._fields)
    ca, cert, key = (given.text(name, default="") for name in Tls._fields)
    if not (ca or cert or key):
        return None
    if not ca or bool(cert) != bool(key):
        what = "it takes a ca, and a cert with its key where the engine asks for one"
        raise engine.wrong("tls", what)
    return Tls(ca, cert, key)


def _uplink(given: Fields, switches: Sequence[SwitchConfig]) -> Uplink:
    names = [switch.name for switch in switches]
    switch = given.text("switch", default=names[0] if len(names) == 1 else "")
    if switch not in names:
        remedy = f"The configured ones are {', '.join(names) or 'none'}."
        what = f"there is no switch {switch!r}" if switch else "it names no switch"
        raise given.wrong("switch", what, remedy)
    leads_to = next(one for one in switches if one.name == switch)
    parent, vlan = given.text("parent"), given.get("vlan")
    uplink = Uplink(
        parent, switch, _rbridge(given, leads_to.kind) or 0, ports=_uplink_ports(given, leads_to)
    )
    if vlan is None:
        return uplink
    if "." in parent and parent.rpartition(".")[2].isdigit():
        what = f"parent {parent} carries a tag, which says its VLAN"
        raise given.wrong("vlan", what, "Leave the vlan out, and write the parent without its tag.")
    return uplink._replace(vlan=fields.checked(leads_to.kind.vlan, vlan, given.place("vlan")))


def _uplink_ports(given: Fields, switch: SwitchConfig) -> Tuple[str, ...]:
    ports = _port_names(given, switch.kind)
    fields.unique(ports, given.place("ports"), "name")
    for port in ports:
        if switch.ports is not None and port not in switch.ports:
            what = f"{port} is not among the `ports` of switch {switch.name} that Docker may use"
            raise given.wrong("ports", what, "Add it there, or leave it out here.")
    return tuple(sorted(ports))


def _port_names(given: Fields, kind: platforms.Platform) -> List[str]:
    return [fields.checked(kind.port, item, where) for item, where in given.listed("ports")]


def _rbridge(given: Fields, kind: platforms.Platform) -> Optional[int]:
    """The rbridge id; 0 is as good as none."""
    number = given.get("rbridge_id")
    if not number:
        return None
    return fields.checked(kind.rbridge, number, given.place("rbridge_id"))


def _check_names(switches: Sequence[SwitchConfig]) -> None:
    """Raises ConfigError for names that do not tell switches apart: all after the trigger goes by
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


def _switch(given: Fields) -> SwitchConfig:
    host = given.text("host")
    name = _name(given, "name", host)
    kind = platforms.named(given.get("platform"), given.place("platform"))
    return SwitchConfig(
        name=name,
        host=host,
        port=given.number("port", DEFAULT_PORT, least=1, most=65535),
        username=given.text("username"),
        password=given.secret("password"),
        rbridge_id=_rbridge(given, kind),
        host_key=ssh.host_key(given),
        vlans=_vlans(given, kind),
        subnets=_subnets(given),
        transport=given.either("transport", AUTO, PARAMIKO),
        platform=kind.name,
        ssh_algorithms=ssh.algorithms(given),
        channel=_name(given, "channel", ""),
        ports=_ports(given, kind),
        interface_name=fields.checked(
            kind.interface_name, given.get("interface_name"), given.place("interface_name")
        ),
    )


def _name(given: Fields, key: str, default: str) -> str:
    """Text that a workflow takes as its input: they reject what could be an expression."""
    name = given.text(key, default=default)
    if "<" in name or "{" in name:
        raise given.wrong(key, f"{name!r} has a '<' or '{{'", "Leave them out.")
    return name


def _vlans(given: Fields, kind: platforms.Platform) -> Optional[FrozenSet[int]]:
    if not given.limit("vlans", none='""'):
        return None
    ranges = given.get("vlans")
    if ranges == "":
        return frozenset()
    return fields.checked(kind.vlan_ranges, ranges, given.place("vlans"))


def _subnets(given: Fields) -> Optional[Tuple[validators.Subnet, ...]]:
    if not given.limit("subnets", none="[]"):
        return None
    items = given.listed("subnets")
    return tuple(fields.checked(validators.subnet, item, where) for item, where in items)


def _ports(given: Fields, kind: platforms.Platform) -> Optional[FrozenSet[str]]:
    return frozenset(_port_names(given, kind)) if given.limit("ports", none="[]") else None
