"""The entries of docker.yaml, checked: a Docker Engine with its uplinks, and a switch."""

import contextlib
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from ..common import validators
from . import fields, platforms, ssh
from .credentials import AUTO, NO_ALGORITHMS, PARAMIKO, Algorithms
from .fields import Fields

DEFAULT_PORT = 22


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


def engine(given: Fields, switches: Sequence[SwitchConfig]) -> EngineConfig:
    """An entry of `engines`; its uplinks lead to some of these switches. Raises ConfigError."""
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


def switch(given: Fields) -> SwitchConfig:
    """An entry of `switches`. Raises ConfigError."""
    host = given.text("host")
    name = given.name("name", host)
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
        channel=given.name("channel", ""),
        ports=_ports(given, kind),
        interface_name=fields.checked(
            kind.interface_name, given.get("interface_name"), given.place("interface_name")
        ),
    )


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
